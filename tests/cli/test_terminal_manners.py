"""How the terminal is written to: pipes that end, colours, plurals, and an empty folder."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from alara.words import counted
from tests.conftest import SAMPLES

ALARA = (sys.executable, "-m", "alara")
#: SGR with a colour: 30 to 49, 90 to 107; not 0, 1 (bold), 2 (dim), 22.
COLOUR = re.compile(rb"\x1b\[(?:[\d;]*;)?(?:3[0-9]|4[0-9]|9[0-7]|10[0-7])(?:;[\d;]*)?m")
Called = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def call(tmp_path: Path) -> Called:
    """A command in an empty folder, with a home of its own."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("ALARA_", "XDG_"))}

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*ALARA, *map(str, arguments)],
            cwd=tmp_path,
            env={**environ, "HOME": str(tmp_path / "home")},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.mark.parametrize("command", ["plan", "status", "list"])
def test_in_an_empty_folder_a_command_says_where_it_looked_and_what_comes_first(
    call: Called, command: str, tmp_path: Path
) -> None:
    told = call(command).stderr
    assert f"  here: there are no settings in {tmp_path / 'alara.toml'} or " in told
    assert f"no data in {tmp_path / 'home' / '.local' / 'share' / 'alara'}." in told
    assert "alara init writes an alara.toml; alara demo" in told
    assert list(tmp_path.iterdir()) == []


def test_who_names_a_folder_is_not_told_where_else_one_might_be(call: Called, tmp_path: Path) -> None:
    assert "here:" not in call("list", "--data-dir", tmp_path / "data").stderr
    (tmp_path / "alara.toml").write_text('site = "North"\n', encoding="utf-8")
    assert "here:" not in call("list").stderr


def in_a_terminal(tmp_path: Path, *arguments: object, **environ: str) -> bytes:
    """All that a command writes to a terminal."""
    ours, its = pty.openpty()
    base = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "COLORTERM")}
    with subprocess.Popen(
        [*ALARA, *map(str, arguments)],
        cwd=tmp_path,
        env={**base, "TERM": "xterm-256color", **environ},
        stdin=its,
        stdout=its,
        stderr=its,
    ) as process:
        os.close(its)
        written = b""
        try:
            while part := os.read(ours, 65536):
                written += part
        except OSError:  # Linux: the other end is closed
            pass
    os.close(ours)
    assert process.returncode == 0, written
    return written


def test_a_terminal_gets_bold_and_a_dumb_one_nothing_but_text(tmp_path: Path) -> None:
    files = sorted((SAMPLES / "2026-10").glob("000[1-2]*.dcm"))
    assert b"\x1b[1m" in in_a_terminal(tmp_path, "read", *files)
    assert b"\x1b" not in in_a_terminal(tmp_path, "read", *files, TERM="dumb")


def test_no_color_takes_colours_and_leaves_the_rest(tmp_path: Path) -> None:
    arguments = ("import", *sorted((SAMPLES / "2026-10").glob("000[1-2]*.dcm")), "--data-dir", "d", "--key-file", "k")
    assert COLOUR.search(in_a_terminal(tmp_path, *arguments))  # the spinner
    without = in_a_terminal(tmp_path, *arguments, NO_COLOR="1")
    assert COLOUR.search(without) is None
    assert b"\x1b[?25l" in without  # the cursor is hidden while it turns: no colour
    assert b"\x1b" not in in_a_terminal(tmp_path, *arguments, TERM="dumb")


def test_when_the_reader_of_a_pipe_has_gone_a_command_ends_quietly(database: Path) -> None:
    for arguments in (("list", "--database", database), ("list", "--json", "--database", database)):
        ours, its = os.pipe()
        os.close(ours)
        done = subprocess.run(
            [*ALARA, *map(str, arguments)], stdout=its, stderr=subprocess.PIPE, check=False, text=True
        )
        os.close(its)
        assert (done.returncode, done.stderr) == (141, "")


def test_a_list_in_a_pipe_begins_with_its_head(call: Called, database: Path) -> None:
    lines = call("list", "--database", database).stdout.splitlines()
    assert "P_KA" in lines[0]
    assert lines[1].split()[:2] == ["Case", "Started"]
    assert re.fullmatch(r"\d+ procedures\. One of them: .*", lines[-1])


def test_one_is_not_told_as_several(call: Called, tmp_path: Path) -> None:
    (file,) = (SAMPLES / "2026-10").glob("0001-*.dcm")
    data = ("--data-dir", tmp_path / "data", "--key-file", tmp_path / "key")
    assert call("import", file, *data).stdout.startswith("1 object: 1 stored, ")
    assert "1 procedure. One of them" in call("list", *data[:2]).stdout
    assert "holds 1 object and the database;" in call("backup", tmp_path / "copy", *data).stdout
    for text in (call("status", *data[:2]).stdout, call("doctor", *data).stdout):
        assert not re.search(r"\b1 (objects|procedures|reports|files|days|minutes|rows|entries)\b", text)


def test_a_count_has_its_thing_in_the_right_number() -> None:
    assert [counted(n, "file") for n in (0, 1, 2, 2000)] == ["0 files", "1 file", "2 files", "2,000 files"]
    assert counted(2, "entry", "entries") == "2 entries"
