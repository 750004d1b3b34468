"""``alara db``."""

from __future__ import annotations

from dataclasses import asdict

import click

from alara.cli.options import as_json, command, echo_json, with_config
from alara.config import Config


@click.group("db")
def db_command() -> None:
    """The database: info, upgrade."""


@command("info", "alara db info --json")
@with_config("data_dir", "database")
@as_json
def info_command(config: Config, json_output: bool) -> None:
    """Show where the database is, its schema version and how much it holds."""
    from alara.store import Store

    with Store.open(config.database_url, create=False) as store:
        info = store.info()
    if json_output:
        echo_json(asdict(info))
        return
    size = "" if info.size_bytes is None else f", {info.size_bytes / 1024**2:.1f} MiB"
    click.echo(f"{info.database}: schema {info.schema_version}{size}")
    for table, rows in info.rows.items():
        click.echo(f"{rows:>12}  {table}")


@command("upgrade", "alara db upgrade --dry-run")
@click.option("--dry-run", is_flag=True, help="Show the SQL and change nothing.")
@with_config("data_dir", "database")
def upgrade_command(config: Config, dry_run: bool) -> None:
    """Bring the database to this version's schema; a new one is made."""
    from alara.store import upgrade

    lines = upgrade(config.database_url, dry_run=dry_run)
    for line in lines or ["The database has this version's schema already."]:
        click.echo(line)


db_command.add_command(info_command)
db_command.add_command(upgrade_command)
