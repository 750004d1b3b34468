"""``alara reingest``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from alara.cli.options import as_json, command, console, echo_json, with_config
from alara.config import Config
from alara.words import counted

if TYPE_CHECKING:
    from alara.app.reingest import Plan

#: Cases shown on the terminal; --json has all.
_SHOWN = 40


@command("reingest", "alara reingest --dry-run")
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--yes", is_flag=True, help="Change without asking.")
@click.option("--accept-losses", is_flag=True, help="Go on although reports of the database would be lost.")
@with_config("data_dir", "database", "key_file", "site", takes_in=True)
@as_json
def reingest_command(config: Config, dry_run: bool, yes: bool, accept_losses: bool, json_output: bool) -> None:
    """Read all that was kept again, and show what changes before it changes.

    For after an upgrade: every original is read anew into a database beside,
    which is compared with the live one and then takes its place at once. The
    node may go on meanwhile. A run that is stopped goes on where it was.
    """
    from alara.app.reingest import Reingest

    with Reingest(config, dry_run=dry_run) as reingest:
        with console(stderr=True).status("Reading …") as spinner:
            plan = reingest.plan(lambda done, total: spinner.update(f"Reading … {done} of {total}"))
        if json_output:
            echo_json({**plan.as_dict(), "changed": yes and not dry_run and not plan.difference.is_none})
        else:
            _print(plan)
        if plan.difference.is_none:
            reingest.discard()
            return
        if dry_run:
            return
        if not yes and (json_output or not sys.stdin.isatty() or not click.confirm("Change the database?")):
            click.echo(config.here("Nothing was changed. To change it: alara reingest --yes"), err=True)
            return
        with console(stderr=True).status("Putting it in place …"):
            reingest.apply(plan, accept_losses=accept_losses)
    if not json_output:
        click.echo("The database is now what this version reads from the inbox.")


def _print(plan: Plan) -> None:
    from alara.report.changes import case_line, counts_lines

    for line in counts_lines(plan.counts()):
        click.echo(line)
    for case in plan.difference.cases[:_SHOWN]:
        click.echo(case_line(case))
    if (more := len(plan.difference.cases) - _SHOWN) > 0:
        click.echo(f"{counted(more, 'more case')}: --json has all.")
    if plan.difference.is_none:
        click.echo("Nothing changes: the database is what this version reads from the inbox.")
