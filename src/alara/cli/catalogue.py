"""``alara catalogue``."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from alara.cli.options import as_json, command, console, echo_json, with_config
from alara.cli.values import ids, periods
from alara.cli.wrong_use import Group
from alara.config import Config

_ALWAYS = "0001-01-01..9999-12-30"
_TO_MAP_THEM = "To map them: alara catalogue map export map.csv --unmapped, fill in, alara catalogue map import map.csv"


@click.group("catalogue", cls=Group, epilog="Example: alara catalogue show sij")
def catalogue_command() -> None:
    """The catalogue of procedures, and the site's own map of words."""


@command("list", "alara catalogue list --json")
@with_config("data_dir", "knowledge")
@as_json
def list_command(config: Config, json_output: bool) -> None:
    """List the procedures with their grades under the three policies."""
    from alara.app.catalogue import knowledge_of
    from alara.report.catalogue import catalogue_as_dict, print_catalogue

    knowledge = knowledge_of(config)
    if json_output:
        echo_json(catalogue_as_dict(knowledge))
    else:
        print_catalogue(knowledge, console(), one_of_them=config.here("One of them: alara catalogue show ID"))


@command("show", "alara catalogue show esi_tf_lumbar")
@click.argument("procedure_id", metavar="ID", shell_complete=ids("procedures"))
@click.option("--toml", "as_toml", is_flag=True, help="Print the entry as it would stand in procedures.toml.")
@with_config("data_dir", "knowledge")
@as_json
def show_command(config: Config, procedure_id: str, as_toml: bool, json_output: bool) -> None:
    """Show all that is known of a procedure: grades, evidence on both sides, payer, codes, sources.

    With --toml as an entry to start from: a site's own procedures.toml needs
    only the fields that are to differ.
    """
    from alara.app.catalogue import knowledge_of, procedure
    from alara.errors import UsageError
    from alara.report.catalogue import print_procedure, procedure_as_dict
    from alara.report.entry_toml import entry_as_toml

    if as_toml and json_output:
        raise UsageError("Name one of --toml and --json.", hint="alara catalogue show ID --toml")

    knowledge = knowledge_of(config)
    entry = procedure(knowledge, procedure_id)
    if as_toml:
        click.echo(entry_as_toml(entry), nl=False)
    elif json_output:
        echo_json(procedure_as_dict(entry, knowledge))
    else:
        print_procedure(entry, knowledge, console())


@command("unmapped", "alara catalogue unmapped 2026-10")
@click.argument("period", required=False, shell_complete=periods)
@with_config("data_dir", "database", "knowledge")
@as_json
def unmapped_command(config: Config, period: str | None, json_output: bool) -> None:
    """List what operators typed that names no procedure, most frequent first.

    Of all procedures, or of a PERIOD: 2026-10, 2026-Q4, 2026 or 2026-10-01..2026-10-15.
    """
    from alara.app.catalogue import knowledge_of, unmapped
    from alara.audit import Period
    from alara.report.catalogue import print_unmapped, unmapped_as_dict

    found = unmapped(config, Period.parse(period or _ALWAYS))
    digest = knowledge_of(config).digest
    if json_output:
        echo_json(unmapped_as_dict(found, digest))
    else:
        print_unmapped(found, digest, console(), to_map_them=config.here(_TO_MAP_THEM))


@click.group("map", cls=Group)
def map_command() -> None:
    """The site's own map: what its own words and codes mean."""


@command("export", "alara catalogue map export map.csv --unmapped")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True), default="-", metavar="[FILE]")
@click.option("--unmapped", "with_unmapped", is_flag=True, help="Add what names no procedure yet, to be filled in.")
@with_config("data_dir", "database", "knowledge")
def export_command(config: Config, file: Path, with_unmapped: bool) -> None:
    """Write the site's map as CSV to a new file, or to standard output.

    Columns: description, code (scheme:value), procedure_id, note, and n, the
    number of cases of what is still to be filled in.
    """
    from alara.app.catalogue import export_map, knowledge_of, unmapped
    from alara.audit import Period
    from alara.errors import UsageError

    missing = unmapped(config, Period.parse(_ALWAYS)).descriptions if with_unmapped else ()
    text = export_map(knowledge_of(config), ((text, n) for text, n in missing if text))
    if str(file) == "-":
        click.echo(text, nl=False)
    elif file.exists():
        raise UsageError(f"{file} is already there and is left as it is.", hint="Name another file.")
    else:
        file.write_text(text, encoding="utf-8-sig")  # with the mark by which Excel knows UTF-8
        then = config.here(f"alara catalogue map import {shlex.quote(str(file.absolute()))} --dry-run")
        click.echo(f"Written: {file}. Fill in procedure_id, then: {then}")


@command("import", "alara catalogue map import map.csv --dry-run")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Forget the map that was; else what the file does not name stays.")
@click.option("--dry-run", is_flag=True, help="Check the file and change nothing.")
@with_config("data_dir", "knowledge")
@as_json
def import_command(config: Config, file: Path, replace: bool, dry_run: bool, json_output: bool) -> None:
    """Take the site's map in from CSV: as a whole or, when a row is wrong, not at all.

    A row says what a description, or a code, means: a procedure_id of the
    catalogue, or unclassified for a text that names no procedure.
    """
    from alara.app.catalogue import import_map

    done = import_map(config, file, replace=replace, dry_run=dry_run)
    if json_output:
        echo_json(done.as_dict())
        return
    click.echo(f"{done.added} added, {done.changed} changed, {done.same} as before, {done.left_empty} left empty.")
    for text, rules, own in done.overruled:
        click.echo(f"  {text}: {own}, where the rules say {rules}. Your map counts.")
    click.echo(f"Nothing was changed: {done.file}" if dry_run else f"Written: {done.file}")
    click.echo(f"Knowledge {done.knowledge_sha256[:12]}.")


for _member in (list_command, show_command, unmapped_command, map_command):
    catalogue_command.add_command(_member)
for _member in (export_command, import_command):
    map_command.add_command(_member)
