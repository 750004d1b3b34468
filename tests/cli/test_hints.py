"""Every next command that is printed speaks of the installation that was asked, from any folder."""

from __future__ import annotations

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from alara.cli import cli, main
from alara.commands import TAKES, completed
from alara.config import Config, load, settings
from alara.inbox import Inbox
from tests.conftest import ROOT, SAMPLES

#: Commands of a sentence with the flags after them; a value with a blank is quoted.
COMMAND = re.compile(rf"(?<![\w./-])alara ({'|'.join(sorted(TAKES, key=len, reverse=True))})((?: --[a-z-]+ (?:'[^']*'|\S+))*)")
#: They make what they speak of.
OF_THEIR_OWN = {"init", "generate"}


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    for name in group.list_commands(context := click.Context(group)):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        elif command is not None:
            yield " ".join((*path, name)), command


COMMANDS = dict(commands(cli))


def test_the_table_of_commands_says_what_the_command_line_takes() -> None:
    takes = {
        name: {str(one.name) for one in command.params if isinstance(one, click.Option)}
        for name, command in COMMANDS.items()
    }
    with_settings = {name for name, options in takes.items() if "config_path" in options} - OF_THEIR_OWN
    assert {name: set(those) for name, those in TAKES.items()} == {
        name: takes[name] & set(settings()) for name in with_settings
    }


@dataclass
class Installation:
    """A data folder with what was read, what waits and what could not be read; settings; and how they are given."""

    folder: Path
    flags: tuple[str, ...]
    expected: Config
    digest: str


@pytest.fixture(scope="session")
def filled(database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("in [room] 1") / "two words"
    shutil.copytree(database.parent, folder / "data")
    shutil.move(folder / "data" / "alara.sqlite", folder / "own.sqlite")
    shutil.copy(database.parent.parent / "key", folder / "secret")
    inbox = Inbox(folder / "data" / "inbox")
    inbox.put((SAMPLES / "2026-10" / "0001-orbit.dcm").read_bytes() + b"\0")
    (folder / "named.toml").write_text(
        "site = 'Test'\naet = 'ROOM'\nport = 4711\ndata_dir = 'data'\ndatabase = 'own.sqlite'\nkey_file = 'secret'\n"
    )
    return folder


#: How the settings are given: the file's name, flags, environment.
STATES: dict[str, tuple[str, tuple[str, ...], dict[str, str]]] = {
    "the file by flag": ("named.toml", ("--config", "named.toml"), {}),
    "the data by flag": ("", ("--data-dir", "data"), {}),
    "the environment": ("", (), {"ALARA_DATA_DIR": "data", "ALARA_DATABASE": "own.sqlite", "ALARA_SITE": "Test"}),
    "a file of the folder": ("alara.toml", (), {}),
    "the user's own file": ("home/alara/alara.toml", (), {}),
}


@pytest.fixture(params=STATES)
def installation(
    request: pytest.FixtureRequest, filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Installation:
    file, flags, environ = STATES[request.param]
    folder = tmp_path / "in [room] 1"
    shutil.copytree(filled, folder)
    if file and file != "named.toml":
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        text = (folder / "named.toml").read_text().replace("= 'data'", f"= '{folder}/data'")
        (folder / file).write_text(text.replace("'own.sqlite'", f"'{folder}/own.sqlite'"))
    if "data" in flags:  # without --database it is where it is by default
        shutil.move(folder / "own.sqlite", folder / "data" / "alara.sqlite")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "home"))
    monkeypatch.setenv("XDG_DATA_HOME", str(folder / "home"))
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(folder)
    expected = load(
        {flags[0][2:].replace("-", "_"): flags[1]} if "data" in flags else {},
        file=Path(file) if flags and file else None,
    )
    waits = Inbox(folder / "data" / "inbox")
    digest = next(iter((waits.root / "quarantine").rglob("*.json"))).stem.split(".")[0]
    return Installation(folder, flags, expected, digest)
