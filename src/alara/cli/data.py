"""``alara import`` and ``alara read``: dose reports from files."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alara.cli.options import as_json, command, console, echo_json, with_config
from alara.cli.pace import Pace
from alara.config import Config
from alara.words import counted

if TYPE_CHECKING:
    from alara.app.importing import ImportSummary
    from alara.app.reading import FileRead
    from alara.errors import AlaraError


@command("import", "alara import sample_rdsr export.zip /mnt/usb/DICOM")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="PATH…")
@click.option(
    "--manual", type=click.Path(path_type=Path), metavar="FILE.csv", help="Import doses typed into a CSV file."
)
@click.option("--dry-run", is_flag=True, help="With --manual: check the file and show what would be imported.")
@click.option(
    "--template",
    type=click.Path(path_type=Path, allow_dash=True),
    is_flag=False,
    flag_value="-",
    metavar="[FILE.csv]",
    help="Write an empty file for --manual, with the meaning of each column.",
)
@with_config("data_dir", "database", "key_file", "site", takes_in=True)
@as_json
def import_command(
    config: Config,
    paths: tuple[Path, ...],
    manual: Path | None,
    dry_run: bool,
    template: Path | None,
    json_output: bool,
) -> None:
    """Import dose reports from files, folders and zip archives.

    What is imported goes the same way as what a C-arm sends: it is kept byte
    for byte, read, and stored once however often it comes. Exits with 3 when
    something was set aside in quarantine, or the database lacks what the inbox
    has.

    Doses that an old C-arm only shows on its screen can be typed into a CSV
    file: --template writes an empty one, --manual imports it, as a whole or,
    when a row is wrong, not at all.
    """
    from alara.errors import UsageError

    if sum(map(bool, (paths, manual, template))) != 1:
        raise UsageError(
            "Name either files and folders, or --manual FILE.csv, or --template.", hint="alara import --help"
        )
    if dry_run and not manual:
        raise UsageError("--dry-run is for --manual alone.", hint="alara import --manual FILE.csv --dry-run")
    if template:
        _write_template(config, template)
    elif manual:
        _import_manual(config, manual, dry_run=dry_run, json_output=json_output)
    else:
        from alara.app.importing import import_paths

        _finish(config, _with_progress(lambda progress: import_paths(config, paths, progress=progress)), json_output)


def _write_template(config: Config, file: Path) -> None:
    from alara.app.manual import template
    from alara.errors import UsageError

    if file == Path("-"):
        click.echo(template(), nl=False)
    elif file.exists():
        raise UsageError(f"{file} is already there and is left as it is.", hint="Name another file.")
    else:
        file.write_text(template(), encoding="utf-8-sig")  # with the mark by which Excel knows UTF-8
        then = config.here(f"alara import --manual {shlex.quote(str(file.absolute()))} --dry-run")
        click.echo(f"Written: {file}. Fill in a row a procedure, then: {then}")


def _import_manual(config: Config, file: Path, *, dry_run: bool, json_output: bool) -> None:
    from alara.app.manual import import_manual, read_sheet
    from alara.errors import UsageError

    try:
        sheet = read_sheet(file.read_bytes(), file.name)
    except OSError as error:
        raise UsageError(
            f"{file} cannot be opened: {error.strerror}.", hint="alara import --template writes a file to fill in."
        ) from error
    if not json_output:
        for line in [*(sheet.lines() if dry_run else ()), *sheet.odd_lines()]:
            click.echo(line)
    if not dry_run:
        _finish(config, _with_progress(lambda progress: import_manual(config, sheet, progress=progress)), json_output)
    elif json_output:
        echo_json(sheet.as_dict())
    else:
        click.echo(f"{counted(len(sheet.entries), 'row')} would be imported; nothing was.")


def _with_progress(run: Callable[[Callable[[ImportSummary], None]], ImportSummary]) -> ImportSummary:
    pace = Pace()
    with console(stderr=True).status("Importing …") as spinner:
        return run(lambda summary: spinner.update(f"Importing … {pace.told(summary.done, summary.files)}"))


def _finish(config: Config, summary: ImportSummary, json_output: bool) -> None:
    if json_output:
        echo_json(summary.as_dict())
    else:
        for line in summary.lines():
            click.echo(config.here(line))
    if not summary.is_whole:
        raise SystemExit(3)


@command("read", "alara read sample_rdsr/2026-10/0001-*.dcm --json")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
@as_json
def read_command(files: tuple[Path, ...], json_output: bool) -> None:
    """Read one dose report and print what it says; needs no database.

    Of several files, and of a folder, each is read, whatever the others are; -
    is standard input. With --json one file is an object and several are a list
    of them.

    Exits with 3 when a file cannot become a report, the reason named, and with
    2 when one cannot be opened.
    """
    from rich.text import Text

    from alara.app.reading import read_files
    from alara.report.one import print_report

    several = len(files) > 1 or files[0].is_dir()
    errors: list[AlaraError] = []
    shown: list[dict[str, object]] = []
    for number, read in enumerate(read_files(files)):
        if read.error is not None:
            errors.append(read.error)
        if json_output:
            shown.append(_read_as_dict(read))
        elif several:
            console().print(Text(f"{chr(10) if number else ''}{read.name}", style="bold"), soft_wrap=True)
        if not json_output and read.report is not None:
            print_report(read.report, console())
        elif read.error is not None and not (json_output and several):
            _tell_error(read, hint=not several)
    if json_output and (several or "not_opened" not in shown[0]):
        echo_json(shown if several else shown[0])
    if errors:
        raise SystemExit(min(error.exit_code for error in errors))


def _tell_error(read: FileRead, *, hint: bool) -> None:
    from alara.errors import UnreadableReport

    click.echo(f"alara: {_in_its_place(read)}", err=True)
    if hint and read.error is not None:
        kept = f"alara import {read.name} keeps it in quarantine, with this reason."
        click.echo(f"  next: {kept if isinstance(read.error, UnreadableReport) else read.error.hint}", err=True)


def _in_its_place(read: FileRead) -> str:
    """The error of a file, with the file that it is of."""
    from alara.errors import UnreadableReport

    if isinstance(read.error, UnreadableReport):
        return f"{read.name}: {read.error.message} ({read.error.reason.value})"
    return read.error.message if read.error is not None else ""


def _read_as_dict(read: FileRead) -> dict[str, object]:
    from alara.errors import UnreadableReport
    from alara.report.one import as_dict

    if read.report is not None:
        return {"file": read.name, **as_dict(read.report)}
    if isinstance(read.error, UnreadableReport):
        return {"file": read.name, "unreadable": {"reason": read.error.reason.value, "text": read.error.message}}
    return {"file": read.name, "not_opened": read.error.message if read.error is not None else ""}
