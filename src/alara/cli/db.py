"""``alara db``."""

from __future__ import annotations

from dataclasses import asdict

import click

from alara.cli.options import as_json, command, console, echo_json, is_database, with_config
from alara.cli.wrong_use import Group
from alara.commands import flags_of
from alara.config import Config


@click.group("db", cls=Group, epilog="Example: alara db info")
def db_command() -> None:
    """The database: info, upgrade, move, roles."""


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
        click.echo(f"-- {line}" if dry_run and not lines else line)  # what is printed then may go to psql


@command("move", "alara db move /srv/alara/alara.sqlite postgresql+psycopg://alara@db/alara")
@click.argument("source", metavar="FROM", callback=is_database)
@click.argument("target", metavar="TO", callback=is_database)
@click.option("--dry-run", is_flag=True, help="Look whether it can be done, count, and copy nothing.")
@as_json
def move_command(source: str, target: str, dry_run: bool, json_output: bool) -> None:
    """Copy a database into another, and prove that both hold the same.

    FROM and TO are SQLite files or URLs, in either direction. TO is empty or
    not there yet. Every table is read back and compared, by its count of rows
    and a digest over them, before the one transaction ends; when anything goes
    wrong TO has no row, as before. FROM is left as it is, and may be written
    meanwhile: what comes after the start is not in TO (alara ingest --again
    adds it).
    """
    from alara.store import move

    with console(stderr=True).status("Copying …") as spinner:
        done = move(
            Config(database=source).database_url,
            Config(database=target).database_url,
            dry_run=dry_run,
            progress=lambda table, rows, of: spinner.update(f"Copying {table} … {rows} of {of} rows"),
        )
    if json_output:
        echo_json(asdict(done))
        return
    for table, content in done.tables.items():
        click.echo(f"{content.rows:>12}  {table:<12} {content.digest[:16]}".rstrip())
    if dry_run:
        click.echo(f"{done.source} would be copied to {done.target}; nothing was.")
    else:
        click.echo(f"{done.target} holds what {done.source} held, by count and digest of every table.")
        click.echo(f"To use it, set database in alara.toml; then: alara db info{flags_of('database', target)}")


@command("roles", "alara db roles --node alara_node --audit alara_audit | psql alara")
@click.option("--node", default="alara_node", show_default=True, metavar="ROLE", help="The role of the nodes.")
@click.option("--audit", default="alara_audit", show_default=True, metavar="ROLE", help="The role that only reads.")
@click.option("--schema", default="public", show_default=True, help="The schema of the tables.")
def roles_command(node: str, audit: str, schema: str) -> None:
    """Print the SQL that gives two roles of a PostgreSQL server what they need.

    A node inserts and selects, and changes what is derived; an audit selects.
    The owner of the tables runs it, again after every upgrade.
    """
    from alara.store import grants

    for line in grants(node=node, audit=audit, schema=schema):
        click.echo(line)


for _command in (info_command, upgrade_command, move_command, roles_command):
    db_command.add_command(_command)
