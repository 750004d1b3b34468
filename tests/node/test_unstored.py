"""What could not be stored is told: in a table that a full disk still takes, and to the own machine in an echo."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from node_support import Listening, report

from alara.errors import NetworkError
from alara.node import EventKind, NodeEvent, ask, echo, send
from alara.node.unstored import UnstoredTable
from alara.node_records import UNSTORED, Unstored, read_unstored
from alara.reserved import ReservedFile, read_reserved


@contextmanager
def _without_new(node: Listening) -> Iterator[None]:
    """An inbox in which nothing can be put; also root cannot write into a file as if it were a folder."""
    new, away = node.inbox.root / "new", node.inbox.root / "away"
    new.rename(away)
    new.write_text("a file stands here")
    yield
    new.unlink()
    away.rename(new)


def _rows(node: Listening, wanted: Callable[[list[Unstored]], Any]) -> list[Unstored]:
    deadline = time.monotonic() + 30
    while not wanted(rows := read_unstored(node.node.folder)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return rows


def _send(node: Listening, *items: bytes, calling: str = "CARM1") -> list[int | None]:
    return [result.status for result in send(items, "127.0.0.1", node.port, calling=calling, called="ALARA")]


def test_what_was_not_stored_is_a_row_until_the_same_caller_is_served(listening: Listening) -> None:
    with _without_new(listening):
        assert _send(listening, report("1.1"), report("1.2")) == [0xA700] * 2
        (row,) = _rows(listening, lambda rows: rows and rows[0].count == 2)
        assert (row.calling, row.address, row.status, row.again) == ("CARM1", "127.0.0.1", 0xA700, None)
        assert "cannot take an object in: Not a directory" in row.reason
    assert _send(listening, report("1.1"), calling="CARM2") == [0]
    assert _send(listening, report("1.1")) == [0]
    (row,) = _rows(listening, lambda rows: rows[0].again)
    assert (row.count, row.again is not None) == (2, True)


def test_what_a_sender_got_wrong_is_a_row_too(listening: Listening) -> None:
    assert _send(listening, report("1" * 65)) == [0xC000]
    (row,) = _rows(listening, bool)
    assert (row.status, row.count) == (0xC000, 1)
    assert "SOP Instance UID" in row.reason


def test_the_own_machine_is_told_in_an_echo_that_nothing_can_be_stored_and_others_are_not(
    listening: Listening,
) -> None:
    own = {"calling": "ALARA", "called": "ALARA"}
    assert ask("127.0.0.1", listening.port, timeout_s=10, **own) == ""
    with _without_new(listening):
        assert ask("127.0.0.1", listening.port, timeout_s=10, **own) == "the inbox: Not a directory"
        with pytest.raises(NetworkError, match="Not a directory"):
            echo("127.0.0.1", listening.port, **own)
        echo("127.0.0.1", listening.port, calling="CARM1", called="ALARA")
    assert ask("127.0.0.1", listening.port, timeout_s=10, **own) == ""
    assert [path.name for path in (listening.inbox.root / "new").iterdir()] == []


def test_where_no_file_takes_it_the_echo_says_how_many_and_since_when(listen: Callable[..., Any]) -> None:
    with listen() as node:
        node.node._unstored._file.close()
        (node.node.folder / UNSTORED).unlink()
        (node.node.folder / UNSTORED).mkdir()
        with _without_new(node):
            assert _send(node, report("1.1"), report("1.2")) == [0xA700] * 2
        deadline = time.monotonic() + 30
        while not (said := ask("127.0.0.1", node.port, calling="ALARA", called="ALARA", timeout_s=10)):
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert said.startswith("2 since 20")
    assert said.endswith("Z: Not a directory")


def test_the_table_goes_on_after_a_restart_and_stays_small(tmp_path: Path) -> None:
    table = UnstoredTable(tmp_path)
    table.start()
    for number in range(100):
        table.note(NodeEvent(kind=EventKind.NOT_STORED, address="10.0.0.1", calling=f"C{number}", detail="x" * 999))
    table.stop()
    assert len(read_unstored(tmp_path)) == 50
    table = UnstoredTable(tmp_path)
    table.start()
    table.note(NodeEvent(kind=EventKind.NOT_STORED, address="10.0.0.1", calling="C99", detail="x" * 999))
    table.note(NodeEvent(kind=EventKind.STORED, address="10.0.0.1", calling="C98"))
    table.stop()
    rows = {row.calling: row for row in read_unstored(tmp_path)}
    assert (rows["C99"].count, rows["C99"].again) == (2, None)
    assert rows["C98"].again is not None


@pytest.mark.slow
def test_a_reserved_file_takes_what_it_is_given_on_a_full_disk(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    image = tmp_path / "image"
    image.write_bytes(b"\0" * (4 << 20))
    made = subprocess.run(["/sbin/mkfs.ext4", "-q", image], capture_output=True, check=False)
    if made.returncode or subprocess.run(["mount", "-o", "loop", image, disk], capture_output=True).returncode:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk], check=False, capture_output=True)
    if not disk.is_mount():
        pytest.skip("no file system can be mounted here")
    try:
        file = ReservedFile(disk / "note", 1 << 14)
        file.reserve()
        with (disk / "filler").open("wb", buffering=0) as filler, suppress(OSError):
            while filler.write(b"x" * 4096):
                pass
        with pytest.raises(OSError, match="No space"):
            (disk / "other").write_bytes(b"x" * 8192)
        assert file.write([{"a": 1}])
        assert read_reserved(disk / "note") == [{"a": 1}]
        file.close()
    finally:
        subprocess.run(["umount", disk], check=True)


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"a": 1}', b"\xff", b" " * 100, b'[{"address": 1}]'])
def test_a_file_that_a_power_cut_tore_says_nothing_and_is_written_anew(tmp_path: Path, content: bytes) -> None:
    (tmp_path / UNSTORED).write_bytes(content)
    assert read_unstored(tmp_path) == []
    table = UnstoredTable(tmp_path)
    table.start()
    table.note(NodeEvent(kind=EventKind.NOT_STORED, address="10.0.0.1", calling="C", status=0xA700, detail="full"))
    table.stop()
    assert [row.reason for row in read_unstored(tmp_path)] == ["full"]
    assert len(json.loads((tmp_path / UNSTORED).read_bytes())) == 1
