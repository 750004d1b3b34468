"""Every next command that is printed speaks of the installation that was asked, from any folder."""

from __future__ import annotations

import ast
import contextlib
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from alara.cli import cli, main
from alara.commands import TAKES, completed
from alara.config import Config, load, settings
from alara.errors import UnreadableReason
from alara.inbox import Inbox
from tests.conftest import ROOT

#: Commands of a sentence with the flags after them; a value with a blank is quoted.
_NAMES = "|".join(sorted(TAKES, key=len, reverse=True))
COMMAND = re.compile(rf"(?<![\w./-])alara ({_NAMES})(?![\w-])((?: --(?:config|data-dir|database) (?:'[^']*'|\S+))*)")
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


#: How the settings are given: the file's place, the flags, the environment; an installation of each is made.
STATES: dict[str, tuple[str, tuple[str, ...], dict[str, str]]] = {
    "the file by flag": ("named.toml", ("--config", "named.toml"), {}),
    "the data by flag": ("", ("--data-dir", "data", "--database", "own.sqlite"), {"ALARA_SITE": "Test"}),
    "the environment": ("", (), {"ALARA_DATA_DIR": "data", "ALARA_DATABASE": "own.sqlite", "ALARA_SITE": "Test"}),
    "a file of the folder": ("alara.toml", (), {}),
    "the user's own file": ("home/alara/alara.toml", (), {}),
    "the defaults": ("", (), {"ALARA_SITE": "Test"}),  # all but the name of the site
}
#: States of the default suite; the others are slow.
FEW = ("the file by flag", "the environment", "the defaults")
#: Commands that print a next command, here for what they find and there for what they do not.
ASKED = [
    "",
    "list",
    "show nothing",
    "status",
    "quarantine list",
    "quarantine show ffffffffffff",
    "quarantine drop --reason nothing",
    "review show nothing",
    "catalogue list",
    "catalogue show nothing",
    "catalogue unmapped",
    "import --template manual.csv",
    "import nothing",
]
#: The same of those that start processes or audit.
ASKED_LONG = [
    "doctor",
    "quarantine show {digest}",
    "review list",
    "catalogue map export map.csv",
    "audit 1999-01",
    "audit 2026-10",
    "policy diff us_forward capacity_aware --month 1999-01",
]


@dataclass
class Installation:
    """Data with reports that were read and one that could not be, the settings, and how these are given."""

    flags: dict[str, str]
    settings: Config
    digest: str

    def ask(self, command: str, capsys: pytest.CaptureFixture[str]) -> str:
        """All that a command prints, given the flags that it takes."""
        words = command.format(digest=self.digest).split()
        name = next((name for name in TAKES if words[: len(name.split())] == name.split()), "")
        flags = {flag: value for flag, value in self.flags.items() if name and _takes(name, flag)}
        with pytest.raises(SystemExit):
            main([*words, *(part for pair in flags.items() for part in pair)])
        printed = capsys.readouterr()
        return f"{printed.out}\n{printed.err}"


def _takes(name: str, flag: str) -> bool:
    return flag == "--config" or flag[2:].replace("-", "_") in TAKES[name]


@pytest.fixture
def installation(
    request: pytest.FixtureRequest, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Installation:
    file, given, environ = STATES[request.param]
    folder = tmp_path / "in [room] 1"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv("ALARA_CONFIG", raising=False)
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(variable, str(folder / "home"))
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    if file:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(
            "site = 'Test'\naet = 'ROOM'\nport = 4711\n"
            "key_file = 'secret'\ndata_dir = 'data'\ndatabase = 'own.sqlite'\n"
        )
    flags = dict(zip(given[::2], given[1::2], strict=True))
    values = {flag[2:].replace("-", "_"): value for flag, value in flags.items()}
    named = values.pop("config", None)
    config = load(values, file=Path(named) if named else None)
    inbox = Inbox(config.inbox_dir)
    digest = inbox.put(b"no report").digest
    inbox.quarantine(digest, UnreadableReason.NOT_DICOM, "")
    shutil.copy(database, config.database_url.removeprefix("sqlite:///"))
    return Installation(flags, config, digest)


def meant(command: str, flags: str) -> Config:
    """The settings that a printed command would have in the folder where this is asked.

    Raises
    ------
    click.NoSuchOption
        When the command does not take a flag.
    """
    taken = COMMANDS[command]
    given = taken.make_parser(click.Context(taken)).parse_args(shlex.split(flags))[0]
    file = given.pop("config_path", None)
    return load({name: given[name] for name in given if name in settings()}, file=Path(file) if file else None)


def told(config: Config, command: str) -> dict[str, object]:
    """What a command would speak of."""
    of_all = {name: getattr(config, name) for name in ("site", "aet", "port", "policy")}
    key = config.key_file.absolute()
    database = config.database_url if "database" in TAKES[command] else ""
    return of_all | {"data_dir": config.data_dir.absolute(), "database": database, "key_file": key}


def faults(
    installation: Installation, asked: list[str], capsys: pytest.CaptureFixture[str], elsewhere: Path
) -> list[str]:
    """Commands that print no next command, and printed ones that speak of other data, or fail, in another folder."""
    printed = {command: COMMAND.findall(installation.ask(command, capsys)) for command in asked}
    here = {name: told(installation.settings, name) for name in TAKES}
    elsewhere.mkdir()
    with contextlib.chdir(elsewhere):
        others = [
            f"{command}: alara {name}{flags}"
            for command, found in printed.items()
            for name, flags in found
            if told(meant(name, flags), name) != here[name]
        ]
    return [command for command, found in printed.items() if not found] + others


@pytest.mark.parametrize(
    "installation",
    [pytest.param(state, marks=() if state in FEW else pytest.mark.slow) for state in STATES],
    indirect=True,
)
def test_every_next_command_speaks_of_the_same_installation_from_any_folder(
    installation: Installation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ASKED if not installation.flags else [command for command in ASKED if command]  # alara alone takes no flags
    assert faults(installation, asked, capsys, tmp_path / "elsewhere") == []


@pytest.mark.slow
@pytest.mark.parametrize("installation", STATES, indirect=True)
def test_so_do_those_of_commands_that_take_longer(
    installation: Installation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert faults(installation, ASKED_LONG, capsys, tmp_path / "elsewhere") == []


@pytest.mark.parametrize("installation", ["the file by flag", "the environment"], indirect=True)
def test_a_printed_command_runs_as_it_is_in_another_folder(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = installation.ask("quarantine list", capsys)
    command = shlex.split(
        printed.split("One of them: alara ")[1].splitlines()[0].replace("DIGEST", installation.digest)
    )
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(command)
    assert (ended.value.code, installation.digest in capsys.readouterr().out) == (0, True)


def test_a_flag_that_a_sentence_says_itself_is_not_said_twice() -> None:
    settings = {"slots_per_week": " --slots-per-week 0", "site": " --site South"}
    text = "alara plan --slots-per-week 12, or alara plan"
    assert completed(text, lambda name: settings.get(name, "")) == (
        "alara plan --site South --slots-per-week 12, or alara plan --site South --slots-per-week 0"
    )


def test_what_is_printed_of_commands_is_completed() -> None:
    """In each call that prints, a command stands within ``config.here(…)``, or is handed in by one that does so."""
    bare = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for folder in ("cli", "report")
        for path in sorted((ROOT / "src" / "alara" / folder).rglob("*.py"))
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and getattr(call.func, "attr", "") in ("echo", "print")
        if completed(_bare_text(call), lambda _: "!") != _bare_text(call)
    ]
    assert bare == []


def _bare_text(node: ast.AST) -> str:
    """The texts within a call, but for those within ``here(…)``."""
    if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "here":
        return ""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    return "".join(map(_bare_text, ast.iter_child_nodes(node)))


def test_the_node_says_which_settings_it_took_and_how_to_ask_it(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "alara.toml").write_text("aet = 'ROOM'\nhost = '127.0.0.1'\nport = 0\ndata_dir = 'data'\n")
    environ = {name: value for name, value in os.environ.items() if not name.startswith("ALARA_")}
    command = [sys.executable, "-P", "-m", "alara", "listen"]
    node = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path / "here", env=environ)
    try:
        assert node.stdout is not None
        banner: list[str] = []
        while "Check from another terminal" not in "".join(banner) and (line := node.stdout.readline()):
            banner.append(line)
    finally:
        node.terminate()
        node.communicate(timeout=60)
    file = tmp_path / "here" / "alara.toml"
    assert f"Settings from {file}.\n" in banner
    assert banner[-1] == f"Check from another terminal: alara status --config {file}\n"


def test_status_and_doctor_say_which_settings_file_was_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Inbox(tmp_path / "data" / "inbox").put(b"waits")
    with pytest.raises(SystemExit):
        main(["status", "--data-dir", "data"])
    assert "No settings file: defaults, environment and flags." in capsys.readouterr().out
    (tmp_path / "alara.toml").write_text("")
    for command in ("status", "doctor"):
        with pytest.raises(SystemExit):
            main([command, "--data-dir", "data"])
        assert str(tmp_path / "alara.toml") in re.sub(r"--config \S+", "", capsys.readouterr().out)


@pytest.mark.parametrize("held", ["prot = 1", "port = 'x'", "port ="])
def test_a_wrong_settings_file_ends_every_command_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], held: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "alara.toml").write_text(held)
    for command in ([], ["list"], ["listen"], ["echo", "PACS"], ["list", "--config", ""]):
        with pytest.raises(SystemExit) as ended:
            main(command)
        told = capsys.readouterr().err
        assert ended.value.code == 2
        assert told.startswith("alara: ")
        assert len(told.splitlines()) == 2
