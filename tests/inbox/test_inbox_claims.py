"""Workers in several processes share out what waits, and what a dead one had is free at once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from alara.inbox import Inbox

_WORKER = """
import sys
from pathlib import Path
from alara.inbox import Inbox
inbox = Inbox(Path(sys.argv[1]))
print(" ".join(inbox.claim(limit=int(sys.argv[2]))), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    inbox = Inbox(tmp_path / "inbox")
    inbox.put_many([b"object %d" % number for number in range(20)])
    return inbox


@contextmanager
def _other(inbox: Inbox, limit: int) -> Iterator[tuple[list[str], subprocess.Popen[str]]]:
    """Another process, and the digests that it has claimed."""
    command = [sys.executable, "-c", _WORKER, str(inbox.root), str(limit)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().split(), process
        process.kill()


def test_what_another_process_has_in_hand_is_left_to_it(inbox: Inbox) -> None:
    with _other(inbox, 8) as (theirs, _):
        ours = inbox.claim()
        assert len(theirs) == 8
        assert set(ours).isdisjoint(theirs)
        assert sorted([*ours, *theirs]) == sorted(inbox.pending())


def test_the_claims_of_a_killed_process_are_free(inbox: Inbox) -> None:
    with _other(inbox, 20) as (theirs, process):
        assert len(theirs) == 20
        assert inbox.claim() == []
        process.kill()
        process.wait()
        assert sorted(inbox.claim()) == sorted(theirs)


def test_what_is_given_back_can_be_claimed_by_another(inbox: Inbox) -> None:
    assert len(inbox.claim()) == 20
    inbox.unclaim()
    with _other(inbox, 20) as (theirs, _):
        assert len(theirs) == 20


def test_the_oldest_are_claimed_first(inbox: Inbox) -> None:
    assert inbox.claim(limit=3) == inbox.pending()[:3]
