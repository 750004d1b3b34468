"""``alara import`` and ``alara read``: dose reports from files."""

from __future__ import annotations

from pathlib import Path

import click

from alara.cli.options import as_json, command, console, echo_json, with_config
from alara.config import Config


@command("import", "alara import sample_rdsr export.zip /mnt/usb/DICOM")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH…")
@with_config("data_dir", "database", "key_file", "site")
@as_json
def import_command(config: Config, paths: tuple[Path, ...], json_output: bool) -> None:
    """Import dose reports from files, folders and zip archives.

    What is imported goes the same way as what a C-arm sends: it is kept byte
    for byte, read, and stored once however often it comes. Exits with 3 when
    something was set aside in quarantine.
    """
    from alara.app.importing import ImportSummary, import_paths

    screen = console(stderr=True)
    with screen.status("Importing …") as spinner:

        def progress(summary: ImportSummary) -> None:
            spinner.update(f"Importing … {summary.tally.ends.total()} done")

        summary = import_paths(config, paths, progress=progress)
    if json_output:
        echo_json(summary.as_dict())
    else:
        for line in summary.lines():
            click.echo(line)
    if summary.tally.ends["quarantined"] or summary.too_large:
        raise SystemExit(3)


@command("read", "alara read sample_rdsr/2026-10/0001-*.dcm --json")
@click.argument("file", type=click.Path(path_type=Path))
@as_json
def read_command(file: Path, json_output: bool) -> None:
    """Read one dose report and print what it says; needs no database.

    Exits with 3 and a named reason when the file cannot become a report.
    """
    import alara
    from alara.errors import UsageError
    from alara.report.one import as_dict, print_report

    try:
        report = alara.read(file)
    except OSError as error:
        raise UsageError(
            f"{file} cannot be opened: {error.strerror}.", hint="alara read FILE, with the path of a DICOM file"
        ) from error
    if json_output:
        echo_json(as_dict(report))
    else:
        print_report(report, console())
