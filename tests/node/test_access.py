"""Who is let in, and what is remembered of those who are not."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hostile import association_request
from node_support import Listening, report

from alara.errors import NetworkError
from alara.node import EventKind, NodeEvent, NodeSettings, echo, send
from alara.node.access import Access
from alara.node.refusals import Refusals
from alara.node_records import Refusal, read_refusals


def _rows(node: Listening, count: int = 1) -> list[Refusal]:
    deadline = time.monotonic() + 30
    while len(rows := read_refusals(node.node.folder)) < count and time.monotonic() < deadline:
        time.sleep(0.02)
    return rows


@pytest.mark.parametrize(
    ("allowed", "address", "refused"),
    [
        ((), "10.1.2.3", ""),
        (("10.1.2.3/32",), "10.1.2.3", ""),
        (("10.1.2.0/24",), "10.1.2.250", ""),
        (("10.1.2.0/24", "192.168.0.0/16"), "10.1.3.1", "address 10.1.3.1 is not allowed"),
        (("10.1.2.0/24",), "::ffff:10.1.2.3", ""),
        (("10.1.2.0/24",), "::ffff:10.1.3.3", "address 10.1.3.3 is not allowed"),
        (("fe80::/10",), "fe80::1%eth0", ""),
        (("10.0.0.0/8",), "fe80::1", "address fe80::1 is not allowed"),
    ],
)
def test_an_address_is_held_against_the_networks(allowed: tuple[str, ...], address: str, refused: str) -> None:
    assert Access(NodeSettings(allowed_addresses=allowed)).refuses_address(address) == refused


def test_an_address_that_is_not_allowed_is_cut_off_and_shown_and_others_are_served(listen: Callable[..., Any]) -> None:
    with listen(allowed_addresses=("127.0.0.1/32",)) as node:
        for _ in range(3):
            with socket.create_connection(("127.0.0.1", node.port), source_address=("127.0.0.9", 0)) as connection:
                connection.settimeout(30)
                assert connection.recv(10) == b""
        assert [result.status for result in send([report()], "127.0.0.1", node.port)] == [0]
        node.waits_for(EventKind.REFUSED, 3, timeout_s=30)
    (row,) = read_refusals(node.node.folder)
    assert (row.address, row.reason, row.count) == ("127.0.0.9", "address 127.0.0.9 is not allowed", 3)


def test_who_is_refused_for_a_title_is_a_row_with_the_reason_and_a_count(listen: Callable[..., Any]) -> None:
    with listen(require_called_aet=True, allowed_calling=("CARM1",)) as node:
        for _ in range(2):
            with pytest.raises(NetworkError):
                echo("127.0.0.1", node.port, calling="CARM1", called="ALARA1")
        with pytest.raises(NetworkError):
            echo("127.0.0.1", node.port, calling="OTHER", called="ALARA")
        echo("127.0.0.1", node.port, calling="CARM1", called="ALARA")
        rows = {row.reason: row for row in _rows(node, 2)}
    assert set(rows) == {"called AE was ALARA1", "calling AE OTHER is not allowed"}
    assert {row.reason: row.count for row in read_refusals(node.node.folder)} == {
        "called AE was ALARA1": 2,
        "calling AE OTHER is not allowed": 1,
    }


def test_the_machine_itself_may_always_ask_under_the_title_of_the_node(listen: Callable[..., Any]) -> None:
    """Or ``alara status --check`` would call a node dead for having a list of C-arms."""
    with listen(require_called_aet=True, allowed_calling=("CARM1",), allowed_addresses=("10.0.0.0/8",)) as node:
        echo("127.0.0.1", node.port, calling="ALARA", called="ALARA")
        for titles in ({"calling": "CARM1"}, {"calling": "ALARA", "called": "ALARA1"}):
            with pytest.raises(NetworkError):
                echo("127.0.0.1", node.port, **{"called": "ALARA", **titles})
        (row,) = {row.reason for row in _rows(node, 2)}
    assert row == "address 127.0.0.1 is not allowed"
    with listen(allowed_calling=("CARM1",), allowed_addresses=("127.0.0.0/8",)) as node:
        request = association_request(calling=b"ALARA")
        with socket.create_connection(("127.0.0.1", node.port), source_address=("127.0.0.9", 0)) as elsewhere:
            elsewhere.sendall(request)
            assert elsewhere.recv(1) == b"\3"  # A-ASSOCIATE-RJ


def test_what_is_remembered_goes_on_after_a_restart(listen: Callable[..., Any]) -> None:
    for count in (1, 2):
        with listen(require_called_aet=True) as node, pytest.raises(NetworkError):
            echo("127.0.0.1", node.port, called="WRONG")
        (row,) = read_refusals(node.node.folder)
        assert row.count == count
    assert row.first <= row.last


def _refused(number: int, address: str = "10.0.0.1") -> NodeEvent:
    return NodeEvent(kind=EventKind.REFUSED, address=address, detail=f"calling AE C{number} is not allowed")


def test_the_table_stays_small_and_keeps_the_latest(tmp_path: Path) -> None:
    refusals = Refusals(tmp_path)
    refusals.start()
    for number in range(1000):
        refusals.note(_refused(number))
    refusals.note(_refused(900))
    refusals.note(NodeEvent(kind=EventKind.ECHO, address="10.0.0.1"))
    refusals.stop()
    rows = read_refusals(tmp_path)
    assert len(rows) == 200
    counts = {row.reason: row.count for row in rows}
    assert counts["calling AE C900 is not allowed"] == 2
    assert "calling AE C0 is not allowed" not in counts


@pytest.mark.parametrize("content", [b"", b"{", b'[{"address": 1}]', b"\xff", b'{"a": 1}'])
def test_a_damaged_table_is_an_empty_one_and_written_anew(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "refused.json").write_bytes(content)
    assert read_refusals(tmp_path) == []
    refusals = Refusals(tmp_path)
    refusals.start()
    refusals.note(_refused(1))
    refusals.stop()
    assert len(json.loads((tmp_path / "refused.json").read_bytes())) == 1


def test_a_disk_that_refuses_the_table_refuses_nobody(listen: Callable[..., Any]) -> None:
    with listen(require_called_aet=True) as node:
        (node.node.folder / "refused.json").mkdir()
        with pytest.raises(NetworkError):
            echo("127.0.0.1", node.port, called="WRONG")
        time.sleep(0.2)
        echo("127.0.0.1", node.port, called="ALARA")
