"""A fault at every system call of the store path, injected by strace from outside.

``test_faults`` fails the calls of Python that the inbox is known to make. Here
the kernel's own list is asked: nothing on the way of an object is forgotten.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from alara.inbox import Inbox

pytestmark = [pytest.mark.peer, pytest.mark.slow]

_DATA = b"data" * 5000
_MARK = "/the/store/path/begins"

_PUT = f"""
import contextlib, os, pathlib, sys
from alara.inbox import Inbox
inbox = Inbox(pathlib.Path(sys.argv[1]))
with contextlib.suppress(OSError):
    os.stat({_MARK!r})
try:
    told = "acknowledged " + inbox.put(b"data" * 5000).digest
except Exception as error:  # the node answers 0xA700, whatever it is
    told = "refused"
os.write(1, told.encode())
"""

#: A fault at one of these may pass without harm: everything is durable by then, or the call asks for nothing.
_HARMLESS = {"close"}


@dataclass(frozen=True)
class Call:
    """A system call: its name, and how many of that name came before it in the whole process."""

    name: str
    earlier: int
    line: str


class Putting:
    """A process that puts one object into an inbox, under strace."""

    def __init__(self, strace: str, folder: Path) -> None:
        self._strace, self._folder, self._runs = strace, folder, 0

    def run(self, inject: str = "") -> tuple[Inbox, subprocess.CompletedProcess[str], list[str]]:
        """The inbox, what the process said, and the lines of strace."""
        self._runs += 1
        # Names of one length: the process then makes the same calls in every run.
        root, log = self._folder / f"inbox{self._runs:04}", self._folder / f"log{self._runs:04}"
        Inbox(root)
        command = [self._strace, "-f", "-y", "-e", "trace=%file,%desc,getrandom", "-o", str(log)]
        command += ["-e", f"inject={inject}"] if inject else []
        done = subprocess.run(
            [*command, sys.executable, "-c", _PUT, str(root)],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"PYTHONHASHSEED": "0"},
        )
        if not log.exists() or not log.stat().st_size:
            pytest.skip(f"strace may not trace here: {done.stderr.strip()[:100]}")
        return Inbox(root), done, log.read_text().splitlines()

    def calls(self) -> list[Call]:
        """Every system call of a put, up to the answer."""
        inbox, done, lines = self.run()
        assert done.stdout.startswith("acknowledged")
        assert inbox.counts().new == 1
        seen: Counter[str] = Counter()
        found: list[Call] = []
        begun = False
        for line in lines:
            name = line.split(None, 1)[1].split("(")[0]
            if begun and name == "write" and "acknowledged" in line:
                return found
            if begun:
                found.append(Call(name, seen[name], line))
            seen[name] += 1
            begun = begun or _MARK in line
        pytest.fail("no answer was seen")


@pytest.fixture
def putting(program: Callable[[str], str], tmp_path: Path) -> Putting:
    return Putting(program("strace"), tmp_path)


def _shape(line: str) -> str:
    """A call and the folder that it goes to, without names that differ from run to run."""
    name = line.split(None, 1)[1].split("(")[0]
    folders = re.findall(r"/inbox\d{4}/(tmp|new|kept|quarantine)\b", line.rsplit(" = ", 1)[0])
    return f"{name} {' '.join(folders)}".strip()


def test_nothing_else_is_between_an_object_and_its_answer(putting: Putting) -> None:
    """File synced → renamed → folder synced → answer, and no call that another test does not fail."""
    assert [_shape(call.line) for call in putting.calls()] == [
        "newfstatat kept",
        "openat quarantine",
        "newfstatat new",
        "getrandom",
        "openat tmp",
        "flock tmp",
        "write tmp",
        "fsync tmp",
        "rename tmp new",
        "close new",
        "openat new",
        "fsync new",
        "close new",
    ]


@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
def test_a_fault_at_any_system_call_is_told_and_leaves_nothing_half_done(putting: Putting, error: str) -> None:
    for call in putting.calls():
        inbox, done, lines = putting.run(f"{call.name}:error={error}:when={call.earlier + 1}")
        assert any("(INJECTED)" in line and _shape(line).split()[0] == call.name for line in lines), call
        if call.name not in _HARMLESS:
            assert done.stdout == "refused", call
        assert list((inbox.root / "tmp").iterdir()) == [], call
        _is_whole_or_absent(inbox, done.stdout)


def test_a_kill_at_any_system_call_loses_nothing_that_was_acknowledged(putting: Putting) -> None:
    for call in putting.calls():
        inbox, done, _ = putting.run(f"{call.name}:signal=KILL:when={call.earlier + 1}")
        assert done.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL), call
        assert done.stdout == "", call
        with inbox.lock():
            assert list((inbox.root / "tmp").iterdir()) == [], call
        _is_whole_or_absent(inbox, done.stdout)


def _is_whole_or_absent(inbox: Inbox, told: str) -> None:
    """What is there is all of it; what was acknowledged is there; and it can be put again."""
    waiting = inbox.pending()
    assert all(inbox.load(digest) == _DATA for digest in waiting)
    if told.startswith("acknowledged"):
        assert waiting == [told.split()[1]]
    again = inbox.put(_DATA)
    assert inbox.load(again.digest) == _DATA
    assert inbox.pending() == [again.digest]
