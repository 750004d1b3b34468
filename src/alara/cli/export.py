"""``alara export``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from alara.cli.options import as_json, command, console, echo_json, with_config
from alara.config import Config
from alara.words import counted

if TYPE_CHECKING:
    from alara.lake import Export


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
@click.option("--dry-run", is_flag=True, help="Say what would be written, removed and left alone, and do nothing.")
@with_config("data_dir", "database")
@as_json
def export_command(config: Config, period: str, folder: Path, dry_run: bool, json_output: bool) -> None:
    """Write the procedures of all sites as a Parquet dataset.

    PERIOD (2026-10, 2026-Q4, 2026) limits it to the months that it touches;
    without one everything is written. Exporting again replaces the files whose
    rows have changed, each as a whole, and removes those of its sites that have
    no row any more; files of sites that are not in the database are left alone.
    The rows have pseudonymous case ids and no name, ID or birth date. alara
    audit PERIOD --from DIR reads them.
    """
    from alara.app.exporting import export_parquet

    with console(stderr=True).status("Exporting …") as spinner:

        def told(year: int, month: int) -> None:
            spinner.update(f"Exporting … {year}-{month:02}")

        made = export_parquet(config, folder, period, told, dry_run=dry_run)
    if json_output:
        echo_json({"folder": str(folder), "dry_run": dry_run, **_numbers(made)})
        return
    would = "would be " if dry_run else ""
    click.echo(
        f"{counted(made.rows, 'procedure')} in {counted(made.partitions, 'file')} of {folder}: "
        f"{made.written:,} {would}written, {made.partitions - made.written:,} as they were, "
        f"{len(made.removed):,} {would}removed."
    )
    for partition in made.removed if dry_run else ():
        click.echo(f"  would be removed: {folder / partition.folder}")
    if made.others:
        click.echo(
            f"{counted(len(made.others), 'file')} of sites that are not in this database: left alone "
            f"({', '.join(made.other_sites)})."
        )


def _numbers(made: Export) -> dict[str, object]:
    return {
        "rows": made.rows,
        "files": made.partitions,
        "written": made.written,
        "removed": len(made.removed),
        "of_other_sites": len(made.others),
        "other_sites": made.other_sites,
    }
