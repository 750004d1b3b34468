"""Reader processes: what a bad report, a killed process and a hang may take down, and what not."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil
import pytest

from alara.app import readers
from alara.app.readers import ReaderPool
from alara.errors import StorageError, UnreadableReason
from alara.inbox import Inbox
from alara.samples import make_month


@pytest.fixture(scope="module")
def regular() -> list[bytes]:
    found = [sample.data for sample in make_month() if sample.expected["regular"]]
    return found[:40]


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path / "inbox")


def _children() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "alara.app.reader" in child.cmdline()]


def test_every_digest_comes_back_once(inbox: Inbox, regular: list[bytes]) -> None:
    digests = [receipt.digest for receipt in inbox.put_many(regular)]
    with ReaderPool(inbox.root, 2) as pool:
        readings = [reading for chunk in pool.read(iter(digests)) for reading in chunk]
    assert sorted(reading.digest for reading in readings) == sorted(digests)
    assert all(reading.report is not None for reading in readings)


def test_bad_bytes_take_down_nothing(inbox: Inbox, regular: list[bytes]) -> None:
    bad = [b"", b"\0" * 5000, b"not DICOM", regular[0][:-7]]
    receipts = inbox.put_many([*bad, *regular[:3]])
    with ReaderPool(inbox.root) as pool:
        readings = {r.digest: r for chunk in pool.read(r.digest for r in receipts) for r in chunk}
    assert [readings[receipt.digest].unreadable is None for receipt in receipts] == [False] * 4 + [True] * 3


def test_a_killed_reader_costs_no_report(inbox: Inbox, regular: list[bytes]) -> None:
    digests = [receipt.digest for receipt in inbox.put_many(regular)]
    with ReaderPool(inbox.root, 2) as pool:
        lost = []
        for count, chunk in enumerate(pool.read(iter(digests))):
            if count == 0:
                for child in _children():
                    os.kill(child.pid, signal.SIGKILL)
            lost += [reading.digest for reading in chunk if reading.report is None]
        again = [reading for chunk in pool.read(iter(lost)) for reading in chunk]
    assert all(reading.report is not None for reading in again)


def test_a_reader_that_hangs_is_ended_and_named(
    inbox: Inbox, regular: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    warm, slow = (receipt.digest for receipt in inbox.put_many(regular[:2]))
    with ReaderPool(inbox.root) as pool:
        assert len(list(pool.read([warm]))) == 1
        monkeypatch.setattr(readers, "SECONDS_A_REPORT", 1.0)
        [child] = _children()
        child.suspend()
        [[reading]] = list(pool.read([slow]))
        assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
    assert reading.unreadable is not None
    assert reading.unreadable.reason is UnreadableReason.READER_TIMED_OUT


def test_what_is_gone_is_neither_read_nor_blamed(inbox: Inbox) -> None:
    with ReaderPool(inbox.root) as pool:
        [[reading]] = list(pool.read(["0" * 64]))
    assert (reading.report, reading.unreadable) == (None, None)


def test_readers_that_cannot_start_blame_no_report(
    inbox: Inbox, regular: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = inbox.put(regular[0]).digest
    monkeypatch.setenv("PYTHONHOME", "/nowhere")
    with ReaderPool(inbox.root) as pool, pytest.raises(StorageError, match="cannot start"):
        list(pool.read([digest]))
    assert inbox.pending() == [digest]
