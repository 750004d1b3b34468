"""``alara`` alone, ``alara init`` and ``alara completion``: from nothing to the next command."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import click

from alara.cli.options import command, with_config
from alara.config import Config, config_file, load


def show_next_steps() -> None:
    """Say how things are here, and what to do next; nothing is made."""
    from alara.app.next_steps import next_steps

    settings = config_file(os.environ)
    today = datetime.now().astimezone().date()
    found = next_steps(load(), settings=settings, today=today, folder=Path.cwd())
    click.echo(f"{found.found}\n\nNext:")
    for step in found.steps:
        click.echo(f"  {step.command}\n      {step.why}")
    click.echo("\nAll commands: alara --help")


@command("init", 'alara init --site "North clinic" --data-dir /srv/alara')
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), default=Path("alara.toml"))
@click.option("--dry-run", is_flag=True, help="Print it and write nothing.")
@with_config("site", "host", "port", "aet", "data_dir", "database", "key_file", "policy", "background")
def init_command(config: Config, file: Path, dry_run: bool) -> None:
    """Write an alara.toml that explains each setting.

    Settings given as flags stand in it; all others are commented out, with
    their defaults. A FILE that is there already is never replaced.
    """
    from alara.app.settings_file import settings_text, write_settings

    given = {name: getattr(config, name) for name, source in config.sources.items() if source.startswith("--")}
    if dry_run:
        click.echo(settings_text(given), nl=False)
        return
    write_settings(file, given)
    then = load(environ={}, file=file).here("alara doctor")
    click.echo(f"{file} is written. Next: edit it, then {then}")


@command("completion", "alara completion bash > ~/.local/share/bash-completion/completions/alara")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion_command(shell: str) -> None:
    """Print the script that completes commands, options and values in a shell.

    \b
    bash: alara completion bash > ~/.local/share/bash-completion/completions/alara
    zsh:  alara completion zsh > ~/.zfunc/_alara  (a folder of fpath)
    fish: alara completion fish > ~/.config/fish/completions/alara.fish
    """
    from click.shell_completion import get_completion_class

    from alara.cli import cli

    kind = get_completion_class(shell)
    if kind is None:  # click knows these three
        raise click.UsageError(f"There is no completion for {shell}.")
    click.echo(kind(cli, {}, "alara", "_ALARA_COMPLETE").source())
