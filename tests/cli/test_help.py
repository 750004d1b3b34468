from __future__ import annotations

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from alara._version import __version__
from alara.cli import COMMANDS, cli


def _commands(group: click.Group, path: str = "") -> list[tuple[str, click.Command]]:
    found = []
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        found.append((f"{path}{name}", command))
        if isinstance(command, click.Group):
            found += _commands(command, f"{path}{name} ")
    return found


@pytest.mark.parametrize(("path", "command"), _commands(cli), ids=lambda value: value if isinstance(value, str) else "")
def test_every_command_has_help_with_an_example(path: str, command: click.Command) -> None:
    result = CliRunner().invoke(cli, [*path.split(), "--help"])
    assert result.exit_code == 0
    assert command.help
    if not isinstance(command, click.Group):
        assert f"Example: alara {path}" in result.output
        assert all(param.help for param in command.params if isinstance(param, click.Option))


def test_the_line_in_the_list_is_the_line_in_the_help() -> None:
    for name, (_, line) in COMMANDS.items():
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        assert command.help is not None
        assert command.help.split("\n\n")[0] == line


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from alara.cli import main\n"
        "try:\n    main(['--help'])\n"
        "except SystemExit:\n    pass\n"
        "heavy = {'pandas', 'numpy', 'sqlalchemy', 'pydicom', 'pynetdicom', 'rich', 'altair', 'alembic'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_version() -> None:
    assert CliRunner().invoke(cli, ["--version"]).output == f"alara {__version__}\n"


def test_alara_alone_shows_the_first_steps() -> None:
    result = CliRunner().invoke(cli, [])
    assert result.exit_code == 0
    assert "alara demo" in result.output
