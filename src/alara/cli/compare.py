"""``alara compare``."""

from __future__ import annotations

from pathlib import Path

import click

from alara.cli.lake_options import lake_of, lake_options
from alara.cli.options import as_json, command, console, echo_files, echo_json, with_config
from alara.config import Config


@command("compare", "alara compare 2026 --from lake --engine duckdb")
@click.argument("period")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Folder to write; default sites/PERIOD.")
@lake_options
@with_config("data_dir", "database", "policy", "background", "knowledge")
@as_json
def compare_command(
    config: Config, period: str, out: Path | None, lake: Path | None, engine: str, master: str, json_output: bool
) -> None:
    """Compare sites by procedure: grouped statistics, and no single case.

    Writes sites.csv: for each site and procedure what summary.csv says of it,
    by that site's own policy and knowledge (tables [sites.NAME] of alara.toml).
    Groups of fewer than five are suppressed, and nothing is summed over sites.
    """
    from alara.app.comparing import compare_sites
    from alara.report.sites import print_sites

    with console(stderr=True).status("Comparing …"):
        made = compare_sites(config, period, out, lake=lake_of(lake, engine, master))
    if json_output:
        echo_json({"sites": list(made.audits), "files": [str(path) for path in made.files]})
        return
    print_sites(made.audits, console())
    echo_files(made.files)
