"""``alara list``, ``show`` and ``doctor``."""

from __future__ import annotations

import click

from alara.cli.options import as_json, command, console, echo_json, with_config
from alara.cli.values import cases, periods
from alara.config import Config


@command("list", "alara list 2026-10")
@click.argument("period", required=False, shell_complete=periods)
@click.option("--site", help="Those of one site; every site without it.")
@click.option("--uids", is_flag=True, help="Print the SOP Instance UID of every report, one a line.")
@with_config("data_dir", "database")
@as_json
def list_command(config: Config, period: str | None, site: str | None, uids: bool, json_output: bool) -> None:
    """List what the database holds.

    Without PERIOD, all procedures; a PERIOD is 2026-10, 2026-Q4, 2026 or
    2026-10-01..2026-10-15.
    """
    from alara.app import inspect
    from alara.audit.period import Period
    from alara.report.lists import print_procedures, procedures_as_dicts

    if uids:
        found = inspect.report_uids(config)
        if json_output:
            echo_json(list(found))
            return
        for uid in found:
            click.echo(uid)
        return
    frame = inspect.procedures(config, Period.parse(period or "0001-01-01..9999-12-30"), site)
    if json_output:
        echo_json(procedures_as_dicts(frame))
    else:
        print_procedures(frame, console(), one_of_them=config.here("One of them: alara show CASE"))


@command("show", "alara show CASE --json")
@click.argument("case", shell_complete=cases)
@with_config("data_dir", "database")
@as_json
def show_command(config: Config, case: str, json_output: bool) -> None:
    """Show one case: planes, events, reports, findings.

    CASE is a case id as in alara list and procedures.csv.
    """
    from alara.app import inspect
    from alara.report.case import case_as_dict, print_case

    detail = inspect.case(config, case)
    if json_output:
        echo_json(case_as_dict(detail))
    else:
        print_case(detail, console())


@command("doctor", "alara doctor")
@click.option("--settings", is_flag=True, help="Show every setting, its value and where it came from.")
@with_config("host", "port", "aet", "site", "data_dir", "database", "key_file", "knowledge")
@as_json
def doctor_command(config: Config, settings: bool, json_output: bool) -> None:
    """Check the installation; name the next command for each failure.

    Exits with 1 when a check failed.
    """
    from alara.app.doctor import Verdict, examine

    if settings:
        _show_settings(config, json_output)
        return
    checks = list(examine(config))
    if json_output:
        echo_json([check.as_dict() for check in checks])
    else:
        for check in checks:
            click.echo(f"{check.verdict.value:<7} {check.name:<14} {check.found}")
            if check.next:
                click.echo(f"{'':<7} {'':<14} next: {check.next}")
    if any(check.verdict is Verdict.FAILED for check in checks):
        raise SystemExit(1)


def _show_settings(config: Config, json_output: bool) -> None:
    from alara.commands import without_password
    from alara.config import settings

    shown = {"peers": _addresses(config), "database": without_password(config.database)}
    values = {name: getattr(config, name) for name in settings()} | shown
    rows = [
        {"name": name, "value": values[name], "source": config.sources[name], "meaning": meaning}
        for name, meaning in settings().items()
    ]
    if json_output:
        echo_json(rows)
        return
    for row in rows:
        value = row["value"]
        click.echo(f"{row['name']} = {list(value) if isinstance(value, tuple) else value}  ({row['source']})")
        click.echo(f"    {row['meaning']}")


def _addresses(config: Config) -> dict[str, str]:
    """Where each peer of the settings is, by its name."""
    return {name: peer.address for name, peer in config.peers.items()}
