"""``alara audit``."""

from __future__ import annotations

from pathlib import Path

import click

from alara.cli.lake_options import lake_of, lake_options
from alara.cli.options import as_json, command, console, echo_files, echo_json, with_config
from alara.config import Config


@command("audit", "alara audit 2026-10 --out audit/2026-10")
@click.argument("period")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Folder to write; default audit/PERIOD.")
@lake_options
@click.option("--groups-only", is_flag=True, help="Write the grouped statistics alone, and no single case.")
@with_config("data_dir", "database", "policy", "background", "site", "knowledge")
@as_json
def audit_command(
    config: Config,
    period: str,
    out: Path | None,
    lake: Path | None,
    engine: str,
    master: str,
    groups_only: bool,
    json_output: bool,
) -> None:
    """Audit a month (or quarter, year, range): CSVs and a page.

    PERIOD is 2026-10, 2026-Q4, 2026, or 2026-10-01..2026-10-15. Writes
    procedures.csv, summary.csv, columns.csv, report.html and manifest.json;
    the same data, policy and version give the same bytes. With --groups-only
    summary.csv, columns.csv and manifest.json alone: for periods and numbers of
    procedures whose cases nobody reads one by one.
    """
    from alara.app.audit import audit_period
    from alara.report.console import headline_dict, print_audit

    dataset = lake_of(lake, engine, master)
    with console(stderr=True).status("Auditing …"):
        run = audit_period(config, period, out, lake=dataset, groups_only=groups_only)
    if json_output:
        echo_json({**headline_dict(run.audit), "files": [str(path) for path in run.files]})
        return
    print_audit(run.audit, console())
    echo_files(run.files)
