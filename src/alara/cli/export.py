"""``alara export``."""

from __future__ import annotations

from pathlib import Path

import click

from alara.cli.options import as_json, command, console, echo_json, with_config
from alara.config import Config
from alara.words import counted


@command("export", "alara export --parquet lake")
@click.argument("period", default="")
@click.option(
    "--parquet",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    metavar="DIR",
    help="Folder of the dataset; one file for each year, month and site.",
)
@with_config("data_dir", "database")
@as_json
def export_command(config: Config, period: str, folder: Path, json_output: bool) -> None:
    """Write the procedures of all sites as a Parquet dataset.

    PERIOD (2026-10, 2026-Q4, 2026) limits it to the months that it touches;
    without one everything is written. Exporting again replaces the files whose
    rows have changed, each as a whole, and leaves the others alone, also those
    of sites that are not in the database. The rows
    have pseudonymous case ids and no name, ID or birth date. alara audit PERIOD
    --from DIR reads them.
    """
    from alara.app.exporting import export_parquet

    with console(stderr=True).status("Exporting …") as spinner:
        made = export_parquet(
            config, folder, period, lambda year, month: spinner.update(f"Exporting … {year}-{month:02}")
        )
    if json_output:
        numbers = {"rows": made.rows, "files": made.partitions, "written": made.written, "removed": made.removed}
        numbers["of_other_sites"] = made.others
        echo_json({"folder": str(folder), **numbers})
        return
    unchanged = made.partitions - made.written
    click.echo(
        f"{counted(made.rows, 'procedure')} in {counted(made.partitions, 'file')} of {folder}: "
        f"{made.written:,} written, {unchanged:,} as they were, {made.removed:,} removed."
    )
    if made.others:
        click.echo(f"{counted(made.others, 'file')} of sites that are not in this database: left alone.")
