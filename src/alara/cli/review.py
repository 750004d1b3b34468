"""``alara review``: what the audit asks about, and what the department says of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from alara.cli.options import as_json, command, console, echo_json, with_config
from alara.cli.values import cases, periods, reasons, reviewed_cases
from alara.cli.wrong_use import Group
from alara.config import Config
from alara.words import counted

if TYPE_CHECKING:
    from alara.app.review import Written

F = TypeVar("F", bound=Callable[..., Any])

_VERDICTS = ("justified", "optimise", "equipment", "training", "data-error")


@click.group("review", cls=Group, epilog="Example: alara review list")
def review_command() -> None:
    """The cases that the audit asks about: list, show, close, reopen."""


_by = click.option("--by", required=True, metavar="CODE", help="Code of the reviewer: R2, MP, PHYS-1; never a name.")
_note = click.option("--note", default="", metavar="TEXT", help="A sentence, with nothing of a person in it.")
_dry_run = click.option("--dry-run", is_flag=True, help="Check everything and write nothing.")


def _settings(function: F) -> F:
    """What decides which cases are asked about."""
    return with_config("data_dir", "database", "policy", "background", "site", "knowledge")(function)


@command("list", "alara review list --month 2026-10 --open")
@click.option(
    "--month",
    default="",
    metavar="PERIOD",
    shell_complete=periods,
    help="2026-10, 2026-Q4, 2026, or days; all time without it.",
)
@click.option("--open", "state", flag_value="open", help="Only those that are open.")
@click.option("--closed", "state", flag_value="closed", help="Only those that are closed.")
@click.option("--reason", default="", metavar="CODE", shell_complete=reasons, help="Only those with this reason.")
@_settings
@as_json
def list_command(config: Config, month: str, state: str | None, reason: str, json_output: bool) -> None:
    """List the cases that the audit asks about, the most pressing first.

    A case is open until it is closed. Its reasons are those of the audit under
    the chosen policy: substantial_dose, implausible, stands_out, incomplete,
    contested, alternative_exists.
    """
    from alara.alike import did_you_mean
    from alara.app.review import listed
    from alara.app.review_file import copy_path
    from alara.audit import Flag, Period
    from alara.errors import UsageError
    from alara.report.review_list import entry_as_dict, print_rows, rows_as_dicts
    from alara.report.reviewed import reviews_sentence

    if reason and reason not in list(Flag):
        raise UsageError(
            f"There is no reason {reason!r}.", hint=f"{did_you_mean(reason, Flag)}There are {', '.join(Flag)}."
        )
    found = listed(config, Period.parse(month) if month else None)
    rows = found.rows
    if state:
        rows = rows[rows["state"] == state]
    if reason:
        rows = rows[rows["reasons"].str.split().map(lambda words: reason in words)]
    if json_output:
        unplaced = [entry_as_dict(entry) for entry in found.unplaced]
        echo_json({"cases": rows_as_dicts(rows), "unplaced": unplaced, "only_in_copy": found.only_in_copy})
        return
    print_rows(rows, console())
    click.echo(config.here(f"{reviews_sentence(found.rows)} One of them: alara review show CASE"))
    if found.unplaced:
        cases = ", ".join(dict.fromkeys(entry.case_id for entry in found.unplaced))
        click.echo(f"Entries of cases that are not in the database: {cases}")
    if found.only_in_copy:
        file = copy_path(config)
        only = counted(found.only_in_copy, "entry is", "entries are")
        click.echo(config.here(f"{only} only in {file}: alara review import {file}"))


@command("show", "alara review show k3v5m2qa7xwd")
@click.argument("case", shell_complete=cases)
@_settings
@as_json
def show_command(config: Config, case: str, json_output: bool) -> None:
    """Show one case: why the audit asks, and all that was ever said of it.

    CASE is a case id as in the list, or its beginning.
    """
    from alara.app.review import shown
    from alara.report.review_list import case_as_dict, print_case

    found = shown(config, case)
    if json_output:
        echo_json(case_as_dict(found.case_id, found.row, found.history))
        return
    print_case(found.case_id, found.row, found.history, console())
    if found.row is not None:
        click.echo(config.here(f"Where it comes from: alara explain {found.case_id}"))


@command("close", "alara review close k3v5m2qa7xwd --as optimise --by R2 --note 'pulse rate was left at 15'")
@click.argument("case", shell_complete=cases)
@click.option("--as", "verdict", required=True, type=click.Choice(_VERDICTS), help="What the reviewer found.")
@_by
@_note
@_dry_run
@_settings
@as_json
def close_command(
    config: Config, case: str, verdict: str, by: str, note: str, dry_run: bool, json_output: bool
) -> None:
    """Close a case with what the reviewer found.

    The finding is the reviewer's own word. Everything stays in the history;
    the latest entry counts. A note that looks like a name, an ID or a date of
    birth is refused, but not every one can be recognised: write none.
    """
    from alara.app.review import close
    from alara.reviews import Verdict

    _tell(close(config, case, Verdict(verdict), by, note, dry_run=dry_run), json_output)


@command("reopen", "alara review reopen k3v5m2qa7xwd --by R2")
@click.argument("case", shell_complete=reviewed_cases)
@_by
@_note
@_dry_run
@_settings
@as_json
def reopen_command(config: Config, case: str, by: str, note: str, dry_run: bool, json_output: bool) -> None:
    """Open a closed case again; what was said of it stays in its history."""
    from alara.app.review import reopen

    _tell(reopen(config, case, by, note, dry_run=dry_run), json_output)


def _tell(done: Written, json_output: bool) -> None:
    from alara.report.review_list import entry_as_dict, entry_line
    from alara.reviews import could_be_a_name

    if could_be_a_name(done.entry.by):
        click.echo("alara: the code after --by could be a short name as well; if it is one, take another.", err=True)
    if json_output:
        before = entry_as_dict(done.before) if done.before is not None else None
        echo_json({"entry": entry_as_dict(done.entry), "was_closed_by": before, "dry_run": done.dry_run})
        return
    click.echo(f"Case {done.entry.case_id}: {entry_line(done.entry)}")
    if done.before is not None and done.entry.verdict is not None:
        click.echo(f"It was closed before: {entry_line(done.before)}. Both stay; the latest counts.")
    if done.dry_run:
        click.echo("Nothing was written.")


@command("export", "alara review export reviews-2026.csv")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True), default="-", metavar="[FILE]")
@with_config("data_dir", "database")
def export_command(config: Config, file: Path) -> None:
    """Write every entry as CSV to a new file, or to standard output.

    alara review import takes it in again, here or in another database.
    """
    from alara.app.review_file import export
    from alara.errors import UsageError

    if str(file) == "-":
        click.echo(export(config), nl=False)
        return
    if file.exists():
        raise UsageError(f"{file} is already there and is left as it is.", hint="Name another file.")
    file.write_bytes(export(config))
    click.echo(f"Written: {file}")


@command("import", "alara review import reviews-2026.csv --dry-run")
@click.argument("file", type=click.Path(path_type=Path))
@_dry_run
@with_config("data_dir", "database")
@as_json
def import_command(config: Config, file: Path, dry_run: bool, json_output: bool) -> None:
    """Take entries in from CSV: all of them or, when a row is wrong, none.

    What is there already changes nothing. A row whose entry_id is empty becomes
    a new entry.
    """
    from alara.app.review_file import import_file

    done = import_file(config, file, dry_run=dry_run)
    if json_output:
        echo_json({"entries": done.entries, "added": done.added, "unplaced": done.unplaced, "dry_run": done.dry_run})
        return
    entries = counted(done.entries, "entry", "entries")
    click.echo(f"{entries}: {done.added} new, {done.unplaced} of cases that are not in the database.")
    if done.dry_run:
        click.echo("Nothing was written.")


_MEMBERS = (list_command, show_command, close_command, reopen_command, export_command, import_command)
for _member in _MEMBERS:
    review_command.add_command(_member)
