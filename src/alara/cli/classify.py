"""``alara classify``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alara.cli.options import as_json, command, echo_json, with_config
from alara.config import Config
from alara.words import counted

if TYPE_CHECKING:
    from alara.app.classify import Score


@command("classify", 'alara classify "LT L4/5 TFESI" "Hüftinfiltration re."')
@click.argument("texts", nargs=-1, metavar="[TEXT…]")
@click.option(
    "--csv",
    "file",
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="FILE",
    help="Classify a column of a CSV file, however long; - is standard input.",
)
@click.option("--column", default="description", show_default=True, help="With --csv: the column of the descriptions.")
@click.option(
    "--expected",
    metavar="COLUMN",
    help="With --csv: hold the answers against the procedure ids of this column, print figures. Blank and"
    " unclassified both mean that the description names none; an id that the catalogue does not have is refused.",
)
@with_config("data_dir", "knowledge")
@as_json
def classify_command(
    config: Config, texts: tuple[str, ...], file: Path | None, column: str, expected: str | None, json_output: bool
) -> None:
    """Say which procedure a description names.

    Prints CSV, or JSON with --json: the procedure, its zone, region and grades
    under the three policies, the rule that matched and how sure that is. What
    names no procedure is unclassified. How many were not classified, and the
    knowledge that was used, go to standard error.
    """
    from alara.app.classify import Descriptions
    from alara.errors import UsageError
    from alara.report.classified import classified_rows, write_csv, write_json

    if bool(texts) == (file is not None):
        raise UsageError("Name either texts or a CSV file.", hint="alara classify TEXT…, or --csv FILE")
    if expected and not file:
        raise UsageError("--expected is for --csv alone.", hint="alara classify --csv FILE --expected COLUMN")
    descriptions = Descriptions(config)

    if expected:
        labelled = ((line, text, label) for line, (text, label) in _rows(texts, file, column, expected))
        score = descriptions.score(labelled)
        _print_score(score, descriptions.knowledge.digest, json_output)
        return
    answers = descriptions.answers(text for _, (text, *_) in _rows(texts, file, column))
    found = classified_rows(answers, descriptions.knowledge)
    if json_output:
        write_json(found, sys.stdout, descriptions.knowledge.digest)
    else:
        write_csv(found, sys.stdout)
        click.echo(f"{descriptions.tally.words}; knowledge {descriptions.knowledge.digest[:12]}.", err=True)


def _rows(texts: tuple[str, ...], file: Path | None, *columns: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The texts, or the columns of the file or of standard input, each row with its line."""
    from alara.app.csvs import Sheet, open_csv

    if file is None:
        yield from ((number, (text,)) for number, text in enumerate(texts, start=1))
        return
    with ExitStack() as stack:
        stream = sys.stdin.buffer if str(file) == "-" else stack.enter_context(open_csv(file))
        yield from Sheet(stream, *columns).rows(*columns)


def _print_score(score: Score, digest: str, json_output: bool) -> None:
    figures = score.as_dict()
    if json_output:
        echo_json({**figures, "knowledge_sha256": digest})
        return
    click.echo(
        f"{counted(score.given, 'description')}, {score.named} of which name a procedure; knowledge {digest[:12]}."
    )
    for count, of, words in (
        (score.named_answered, score.named, "of those that name one are answered"),
        (score.right, score.answered, "of the answers are right"),
    ):
        click.echo(f"{count} of {of}{f' ({count / of:.1%})' if of else ''} {words}.")
    for description, label, given in score.wrong:
        click.echo(f"  {description}: {given}, not {label or 'unclassified'}")
