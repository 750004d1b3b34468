"""``alara audit``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from alara.cli.lake_options import lake_of, lake_options, with_lake
from alara.cli.options import as_json, command, console, echo_files, echo_json, with_config
from alara.cli.values import periods
from alara.config import Config

if TYPE_CHECKING:
    from alara.app.audit import AuditRun
    from alara.app.audit_source import Lake

_IN_ITS_DATABASE = (
    "They are shown, explained and closed (alara review, alara explain) "
    "in the database that the dataset was exported from."
)


@command("audit", "alara audit 2026-10 --out audit/2026-10")
@click.argument("period", shell_complete=periods)
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Folder to write; default audit/PERIOD.")
@click.option("--xlsx", is_flag=True, help="Also write audit.xlsx (needs alara[xlsx]).")
@click.option("--pdf", is_flag=True, help="Also write report.pdf, the page on A4 (needs alara[pdf]).")
@lake_options
@click.option("--groups-only", is_flag=True, help="Write the grouped statistics alone, and no single case.")
@with_config("data_dir", "database", "policy", "background", "site", "knowledge", "slots_per_week")
@as_json
def audit_command(
    config: Config,
    period: str,
    out: Path | None,
    xlsx: bool,
    pdf: bool,
    lake: Path | None,
    engine: str,
    master: str,
    groups_only: bool,
    json_output: bool,
) -> None:
    """Audit a month (or quarter, year, range): CSVs and a page.

    PERIOD is 2026-10, 2026-Q4, 2026, or 2026-10-01..2026-10-15. Writes
    procedures.csv, summary.csv, reviews.csv, insights.csv, devices.csv,
    columns.csv, report.html and manifest.json, plan.csv where there are slots
    of ultrasound, and operators.csv where operators are told apart; the same
    data, policy and version give the same bytes.

    With --groups-only summary.csv, columns.csv and manifest.json alone: for
    periods and numbers of procedures whose cases nobody reads one by one.
    """
    from alara.app.audit import audit_period
    from alara.report.console import headline_dict
    from alara.report.reviewed import reviews_dict
    from alara.report.standing_out import standing_as_dict

    dataset = lake_of(lake, engine, master, groups_only=groups_only)
    with console(stderr=True).status("Auditing …"):
        also = [extra for extra, wanted in (("xlsx", xlsx), ("pdf", pdf)) if wanted]
        run = audit_period(config, period, out, also, lake=dataset, groups_only=groups_only)
    if json_output:
        files = [str(path) for path in run.files]
        reviews = {} if run.reviews is None else {"reviews": reviews_dict(run.reviews)}
        insights = {} if run.standing_out is None else {"insights": standing_as_dict(run.standing_out)}
        no_plan = {"no_plan": run.no_plan} if run.no_plan else {}
        echo_json({**headline_dict(run.audit), **insights, **reviews, **no_plan, "files": files})
        return
    tell(run, config, dataset)


def tell(run: AuditRun, config: Config, lake: Lake | None = None) -> None:
    """An audit for people: what it found, what to do first, what is under review, and where it is written."""
    from_dataset = lake is not None and lake.folder is not None
    from alara.report.console import print_audit
    from alara.report.reviewed import reviews_sentence
    from alara.report.standing_out import first_lines
    from alara.report.terminal import say

    screen = console()
    print_audit(run.audit, screen)
    if run.standing_out is not None and (lines := list(first_lines(run.standing_out))):
        click.echo("\nWhat to do first:")
        for line in lines:
            say(screen, with_lake(config.here(line), lake), hang=3)
    if run.reviews is not None:
        click.echo("")
        say(screen, f"{reviews_sentence(run.reviews)} They are in reviews.csv.", hang=0)
        if from_dataset:
            say(screen, _IN_ITS_DATABASE, hang=0)
        else:
            click.echo(config.here("Each of them: alara review list"))
    if run.no_plan:
        click.echo("")
        say(screen, run.no_plan, hang=0)
    echo_files(run.files)
