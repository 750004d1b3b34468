"""A fault at every step, a kill at any instant, many at once: what was acknowledged is there."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from alara.errors import StorageError, UnreadableReason
from alara.inbox import Inbox, disk

#: Every call of the operating system on the way of an object into the inbox.
_CALLS = [(os, "stat"), (os, "open"), (fcntl, "flock"), (os, "write"), (os, "utime"), (os, "fsync"), (os, "rename")]


class _Injector:
    """Fails the n-th call; counts them all, and notes what was called on what."""

    def __init__(self, fail_at: int | None = None, code: int = errno.EIO) -> None:
        self.fail_at, self.code, self.calls = fail_at, code, 0
        self.log: list[tuple[str, str]] = []

    def wrap(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            self.log.append((name, _target(args[0])))
            self.calls += 1
            if self.calls - 1 == self.fail_at:
                raise OSError(self.code, os.strerror(self.code))
            return call(*args, **kwargs)

        return wrapped

    @contextmanager
    def __call__(self) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            for module, name in _CALLS:
                patch.setattr(module, name, self.wrap(name, getattr(module, name)))
            yield


def _target(argument: Any) -> str:
    if isinstance(argument, int):
        argument = Path(f"/proc/self/fd/{argument}").readlink()
    return Path(argument).name


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path / "inbox")


def _steps(inbox: Inbox, act: Callable[[Inbox], object]) -> int:
    counter = _Injector()
    with counter():
        act(inbox)
    return counter.calls


def test_the_file_is_synced_then_renamed_then_its_folder_synced(inbox: Inbox) -> None:
    injector = _Injector()
    with injector():
        digest = inbox.put(b"data").digest
    temporary = next(target for name, target in injector.log if name == "flock")
    order = [step for step in injector.log if step[0] in ("write", "fsync", "rename")]
    assert order == [("write", temporary), ("fsync", temporary), ("rename", temporary), ("fsync", "new")]
    assert inbox.load(digest) == b"data"


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC, errno.EROFS, errno.EMFILE])
def test_a_fault_at_any_step_of_a_put_is_told_and_leaves_nothing(tmp_path: Path, code: int) -> None:
    steps = _steps(Inbox(tmp_path / "count"), lambda inbox: inbox.put(b"data"))
    assert steps >= 7
    for step in range(steps):
        inbox = Inbox(tmp_path / str(step))
        with pytest.raises(StorageError) as caught, _Injector(step, code)():
            inbox.put(b"data")
        assert caught.value.hint
        assert _names(inbox.root / "tmp") == []
        assert inbox.load(inbox.put(b"data").digest) == b"data"
        assert inbox.counts().new == 1


def test_a_fault_at_any_step_of_putting_again_loses_nothing(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox")
    digest = inbox.put(b"data").digest
    for step in range(_steps(inbox, lambda inbox: inbox.put(b"data"))):
        with pytest.raises(StorageError), _Injector(step)():
            inbox.put(b"data")
        assert inbox.load(digest) == b"data"
        assert _names(inbox.root / "tmp") == []


def test_a_fault_at_any_step_of_a_group_acknowledges_none(tmp_path: Path) -> None:
    items = [b"a", b"b", b"c"]
    for step in range(_steps(Inbox(tmp_path / "count"), lambda inbox: inbox.put_many(items))):
        inbox = Inbox(tmp_path / str(step))
        with pytest.raises(StorageError), _Injector(step)():
            inbox.put_many(items)
        assert _names(inbox.root / "tmp") == []
        assert [inbox.load(receipt.digest) for receipt in inbox.put_many(items)] == items


@pytest.mark.parametrize(
    "settle",
    [
        lambda inbox, digest: inbox.keep([digest]),
        lambda inbox, digest: inbox.quarantine(digest, UnreadableReason.TRUNCATED, "here"),
    ],
    ids=["keep", "quarantine"],
)
def test_a_fault_at_any_step_of_settling_loses_nothing(tmp_path: Path, settle: Callable[[Inbox, str], None]) -> None:
    digest = hashlib.sha256(b"data").hexdigest()

    def filled(name: str) -> Inbox:
        inbox = Inbox(tmp_path / name)
        inbox.put(b"data")
        return inbox

    for step in range(_steps(filled("count"), lambda inbox: settle(inbox, digest))):
        inbox = filled(str(step))
        try:
            with _Injector(step)():
                settle(inbox, digest)
        except StorageError:
            assert inbox.load(digest) == b"data"
        settle(inbox, digest)
        assert inbox.load(digest) == b"data"
        assert inbox.pending() == []
        assert _names(inbox.root / "tmp") == []


def test_threads_share_the_sync_of_their_folder(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    syncs: list[Path] = []
    sync_folder = disk.sync_folder

    def slowly(path: Path) -> None:
        syncs.append(path)
        time.sleep(0.2)
        sync_folder(path)

    monkeypatch.setattr(disk, "sync_folder", slowly)
    with ThreadPoolExecutor(20) as pool:
        receipts = list(pool.map(inbox.put, [bytes([number]) for number in range(20)]))
    assert all(receipt.fresh for receipt in receipts)
    assert len(syncs) < 8


def test_nobody_is_told_of_success_before_a_sync_that_began_after_the_own_rename(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    durable: set[str] = set()
    sync_folder = disk.sync_folder

    def noting(path: Path) -> None:
        there = set(_names(path))
        time.sleep(0.01)
        sync_folder(path)
        durable.update(there)

    monkeypatch.setattr(disk, "sync_folder", noting)

    def put(number: int) -> bool:
        return f"{inbox.put(b'%d' % number).digest}.dcm" in durable

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(put, range(200)))


def test_a_shared_sync_that_fails_is_told_to_all_who_shared_it(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path) -> None:
        time.sleep(0.1)
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    def put(number: int) -> str:
        try:
            return inbox.put(b"%d" % number).digest
        except StorageError:
            return "refused"

    with monkeypatch.context() as patched, ThreadPoolExecutor(8) as pool:
        patched.setattr(disk, "sync_folder", fail)
        assert set(pool.map(put, range(16))) == {"refused"}
    assert inbox.put(b"3").digest == hashlib.sha256(b"3").hexdigest()


def test_the_same_object_fifty_times_at_once_is_one_file(inbox: Inbox) -> None:
    receipts = []
    threads = [threading.Thread(target=lambda: receipts.append(inbox.put(b"data" * 9999))) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(receipts) == 50
    assert any(receipt.fresh for receipt in receipts)
    assert inbox.counts().new == 1
    assert _names(inbox.root / "tmp") == []


_PUTTER = """
import pathlib, random, sys
from alara.inbox import Inbox
inbox = Inbox(pathlib.Path(sys.argv[1]))
random.seed(sys.argv[2])
print("ready", flush=True)
while True:
    print(inbox.put(random.randbytes(random.randrange(1, 60_000))).digest, flush=True)
"""

_KEEPER = """
import pathlib, sys
from alara.inbox import Inbox
inbox = Inbox(pathlib.Path(sys.argv[1]))
while True:
    inbox.keep(inbox.pending(20))
"""


def _kill_while_putting(root: Path, seed: int, *, keepers: int = 0) -> list[str]:
    """The digests that a process had acknowledged when it was killed at a random instant."""
    helpers = [subprocess.Popen([sys.executable, "-c", _KEEPER, str(root)]) for _ in range(keepers)]
    putter = subprocess.Popen([sys.executable, "-c", _PUTTER, str(root), str(seed)], stdout=subprocess.PIPE, text=True)
    try:
        assert putter.stdout is not None
        assert putter.stdout.readline() == "ready\n"
        time.sleep(random.Random(seed).uniform(0.02, 0.4))
        assert all(helper.poll() is None for helper in helpers)
    finally:
        for process in (putter, *helpers):
            process.kill()
        told, _ = putter.communicate()
        for helper in helpers:
            helper.wait()
    return [line for line in told.splitlines() if len(line) == 64]


def _check(inbox: Inbox, acknowledged: list[str]) -> None:
    for digest in acknowledged:
        assert hashlib.sha256(inbox.load(digest)).hexdigest() == digest
    with inbox.lock():
        assert _names(inbox.root / "tmp") == []


def test_what_a_killed_process_had_acknowledged_is_there(inbox: Inbox) -> None:
    acknowledged = [digest for seed in range(3) for digest in _kill_while_putting(inbox.root, seed)]
    assert acknowledged
    _check(inbox, acknowledged)


@pytest.mark.slow
def test_what_was_acknowledged_survives_forty_kills_of_putters_and_keepers(inbox: Inbox) -> None:
    acknowledged = [digest for seed in range(40) for digest in _kill_while_putting(inbox.root, seed, keepers=2)]
    _check(inbox, acknowledged)
    inbox.keep(inbox.pending())
    assert inbox.counts().kept >= len(set(acknowledged))
