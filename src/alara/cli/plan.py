"""``alara plan``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from alara.cli.options import as_json, command, console, echo_files, echo_json, with_config
from alara.cli.values import periods
from alara.config import Config


@command("plan", "alara plan --slots-per-week 12 --month 2026-10")
@click.option(
    "--month",
    metavar="PERIOD",
    shell_complete=periods,
    help="2026-10, 2026-Q4, 2026, or days from..to; default the latest month.",
)
@click.option("--weights", metavar="NAME", help="age-sex, sex-blind or unit; default the setting plan_weights.")
@click.option("--csv", "csv_file", type=click.Path(path_type=Path), metavar="FILE", help="Write the groups to FILE.")
@click.option(
    "--out",
    "folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write plan.csv, columns.csv and plan.html into DIR.",
)
@with_config("data_dir", "database", "policy", "site", "knowledge", "slots_per_week")
@as_json
def plan_command(
    config: Config,
    month: str | None,
    weights: str | None,
    csv_file: Path | None,
    folder: Path | None,
    json_output: bool,
) -> None:
    """Whom to route to ultrasound first, with so many slots a week.

    Takes a month's cases as the demand, and says which procedures and which
    patients like these get the slots so that most effective dose is averted,
    weighted by age and sex, within the wait limit. Compares that with first
    come and with the young and central first, and shows what it hangs on
    (docs/methods/plan.md).
    """
    from alara.app.plan import plan_month, write_plan, write_plan_folder
    from alara.report.plan import plan_as_dict, print_plan

    plan = plan_month(replace(config, plan_weights=weights) if weights else config, month)
    if csv_file:
        write_plan(plan, csv_file)
    files = write_plan_folder(plan, folder) if folder else ()
    if json_output:
        echo_json(plan_as_dict(plan))
        return
    print_plan(plan, console())
    if csv_file:
        click.echo(f"Written: {csv_file}")
    if files:
        echo_files(files)
