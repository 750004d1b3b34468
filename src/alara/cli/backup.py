"""``alara backup`` and ``alara restore``."""

from __future__ import annotations

from pathlib import Path

import click

from alara.cli.options import as_json, command, console, echo_json, with_config
from alara.config import Config
from alara.words import counted


@command("backup", "alara backup /mnt/backup/alara")
@click.argument("dest", type=click.Path(path_type=Path))
@with_config("data_dir", "database", "key_file")
@as_json
def backup_command(config: Config, dest: Path, json_output: bool) -> None:
    """Copy the database and the inbox while the node runs.

    DEST is a new folder, or an earlier backup, which then becomes this one and
    takes only what is new. It holds the original reports, names and all, and
    is for its owner alone. The pseudonym key is not in it: keep a copy of that
    elsewhere, since together they undo the pseudonyms.
    """
    from alara.app.backup import back_up

    with console(stderr=True).status("Copying …") as spinner:
        made = back_up(config, dest, progress=lambda count: spinner.update(f"Copying … {counted(count, 'object')}"))
    if json_output:
        echo_json(
            {
                "folder": str(made.folder),
                "objects": made.objects,
                "copied_files": made.copied_files,
                "copied_bytes": made.copied_bytes,
                "database": made.has_database,
                "key": False,
            }
        )
        return
    click.echo(
        f"{made.folder} holds {counted(made.objects, 'object')}{' and the database' if made.has_database else ''}; "
        f"{counted(made.copied_files, 'file')}, {made.copied_bytes / 1024**2:.1f} MiB, copied now."
    )
    if not made.has_database:
        click.echo("No database file is in it: back up a server with its own tools, or make it anew from the inbox.")
    click.echo(f"The pseudonym key is not in it. Keep a copy of {made.key_file} elsewhere.")


@command("restore", "alara restore /mnt/backup/alara --data-dir /srv/alara")
@click.argument("src", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Put data that is there already aside, in the data folder.")
@with_config("data_dir", "database", "key_file")
@as_json
def restore_command(config: Config, src: Path, force: bool, json_output: bool) -> None:
    """Bring a backup back.

    Every file is checked against the manifest before anything is put in
    place. Stop the node first. The pseudonym key is not in a backup: put its
    copy where --key-file says before the node starts again.
    """
    from alara.app.backup import restore
    from alara.pseudonym import Pseudonymiser

    with console(stderr=True).status("Checking and copying …") as spinner:
        done = restore(
            config, src, force=force, progress=lambda count: spinner.update(f"Copying … {counted(count, 'object')}")
        )
    key = Pseudonymiser.from_file(config.key_file).version if config.key_file.exists() else ""
    is_right_key = not done.key_version or key == done.key_version
    if json_output:
        echo_json(
            {
                "objects": done.objects,
                "waiting": done.waiting,
                "database": done.has_database,
                "put_aside": str(done.put_aside) if done.put_aside else None,
                "key": is_right_key,
            }
        )
        return
    are = "is" if done.objects == 1 else "are"
    click.echo(f"{counted(done.objects, 'object')} {are} back in {config.data_dir}; to be read: {done.waiting}.")
    if done.put_aside:
        click.echo(f"What was there before is in {done.put_aside}.")
    if not done.has_database:
        click.echo(config.here("The backup held no database: alara ingest --again makes it from the inbox."))
    if not is_right_key:
        click.echo(f"The pseudonym key {done.key_version} belongs to it and is not at {config.key_file}: put it there.")
    click.echo(config.here("next: alara doctor, then alara listen"))
