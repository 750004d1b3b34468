"""Who calls is remembered in a small file, bounded, and never in an association's way."""

from __future__ import annotations

from pathlib import Path

import pytest

from alara.app import callers
from alara.app.callers import CallerBook, read_callers
from alara.node import EventKind, NodeEvent


def _event(kind: EventKind, calling: str = "CARM1", address: str = "10.1.2.3", detail: str = "") -> NodeEvent:
    return NodeEvent(kind=kind, calling=calling, address=address, detail=detail)


def test_echoes_and_objects_survive_the_node_and_refusals_are_kept_elsewhere(tmp_path: Path) -> None:
    book = CallerBook(tmp_path / "callers.json", "ALARA")
    for kind in (EventKind.ECHO, EventKind.STORED, EventKind.DUPLICATE):
        book(_event(kind))
    book(_event(EventKind.REFUSED, "X", detail="it called ALARA1, not ALARA"))
    book.write()
    again = CallerBook(tmp_path / "callers.json", "ALARA")
    again(_event(EventKind.STORED))
    again.write()
    found = {caller.calling: caller for caller in read_callers(tmp_path / "callers.json")}
    assert (found["CARM1"].objects, bool(found["CARM1"].last_echo)) == (3, True)
    assert "X" not in found


def test_an_echo_is_written_soon_and_a_store_does_not_wait_for_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(callers.time, "monotonic", lambda: now[0])
    book, path = CallerBook(tmp_path / "callers.json", "ALARA"), tmp_path / "callers.json"
    book(_event(EventKind.STORED))
    book.write_if_due()
    assert not path.exists()
    book(_event(EventKind.ECHO))
    now[0] += 1.5
    book.write_if_due()
    assert read_callers(path)[0].last_echo


def test_the_nodes_own_checks_are_no_callers(tmp_path: Path) -> None:
    book = CallerBook(tmp_path / "callers.json", "ALARA")
    book(_event(EventKind.ECHO, "ALARA", "127.0.0.1"))
    book(_event(EventKind.DROPPED, calling=""))
    book.write()
    assert read_callers(tmp_path / "callers.json") == []


def test_a_flood_of_made_up_titles_does_not_push_out_a_c_arm(tmp_path: Path) -> None:
    book = CallerBook(tmp_path / "callers.json", "ALARA")
    book(_event(EventKind.STORED))
    for number in range(2000):
        book(_event(EventKind.ECHO, f"T{number}"))
    book.write()
    found = read_callers(tmp_path / "callers.json")
    assert len(found) == 500
    assert "CARM1" in {caller.calling for caller in found}


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"a": 1}', b'[{"calling": "A"}]', b"\xff"])
def test_a_damaged_file_is_no_callers(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "callers.json").write_bytes(content)
    assert read_callers(tmp_path / "callers.json") == []


def test_a_disk_that_refuses_ends_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    book = CallerBook(tmp_path / "gone" / "callers.json", "ALARA")
    book(_event(EventKind.ECHO))
    book.write()
    assert "callers_not_written" in caplog.text
