"""Who is let in, and what is remembered of those who are not."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hostile import association_request
from node_support import Listening, report
from pynetdicom import AE

from alara.errors import NetworkError
from alara.node import EventKind, NodeEvent, NodeSettings, access, echo, send, tls
from alara.node.access import Access
from alara.node.refusals import Refusals
from alara.node_records import Refusal, read_refusals

ROOT = Path(__file__).resolve().parents[2]


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
    (row,) = [row for row in read_refusals(node.node.folder) if not row.admitted]
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


def test_who_calls_another_title_and_is_let_in_is_a_note_and_no_refusal(listen: Callable[..., Any]) -> None:
    with listen() as node:
        echo("127.0.0.1", node.port, calling="CARM1", called="ALARA1")
        echo("127.0.0.1", node.port, calling="CARM1", called="ALARA1")
        echo("127.0.0.1", node.port, calling="CARM2", called="ALARA")
        assert not node.of(EventKind.REFUSED)
    (row,) = read_refusals(node.node.folder)
    assert (row.calling, row.words, row.admitted, row.count) == ("CARM1", "let in: called AE was ALARA1", True, 2)


@pytest.mark.parametrize(
    ("classes", "syntax", "reason"),
    [
        (["1.2.840.10008.5.1.4.1.1.2"], "1.2.840.10008.1.2", "none of its SOP classes is taken: CT Image Storage"),
        (["1.2.3.4"], "1.2.840.10008.1.2", "none of its SOP classes is taken: 1.2.3.4"),
        (
            [f"1.2.3.{number}" for number in range(5)],
            "1.2.840.10008.1.2",
            "none of its SOP classes is taken: 1.2.3.0, 1.2.3.1, 1.2.3.2 and 2 more",
        ),
        (
            ["1.2.840.10008.5.1.4.1.1.12.1", "1.2.3.4"],
            "1.2.840.10008.1.2.4.50",
            "none of its transfer syntaxes is taken for X-Ray Angiographic Image Storage",
        ),
    ],
)
def test_who_offers_nothing_that_is_taken_is_told_in_status(
    listen: Callable[..., Any], classes: list[str], syntax: str, reason: str
) -> None:
    entity = AE("CARM1")
    for sop_class in classes:
        entity.add_requested_context(sop_class, syntax)
    with listen() as node:
        association = entity.associate("127.0.0.1", node.port, ae_title="ALARA")
        assert not association.accepted_contexts
        association.abort()
        (row,) = _rows(node)
    assert (row.calling, row.reason, row.admitted, row.count) == ("CARM1", reason, False, 1)


def test_who_offers_one_thing_that_is_taken_among_others_is_not_refused(listen: Callable[..., Any]) -> None:
    entity = AE("CARM1")
    entity.add_requested_context("1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2")
    entity.add_requested_context("1.2.840.10008.1.1", "1.2.840.10008.1.2")
    with listen() as node:
        association = entity.associate("127.0.0.1", node.port, ae_title="ALARA")
        assert association.send_c_echo().Status == 0
        association.release()
        node.waits_for(EventKind.RELEASED)
    assert read_refusals(node.node.folder) == []


def test_the_reasons_on_the_pages_are_those_of_the_code() -> None:
    section = (ROOT / "docs" / "node.md").read_text("utf-8").partition("## When it fails")[2].partition("\n## ")[0]
    listed = set(re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE))
    of_tls = {*tls._REASONS.values(), "client certificate is not trusted: X", "TLS failed: X"}
    let_in = {"let in: called AE was X"}
    assert listed == {reason.words for reason in access.REASONS} | of_tls | let_in


def test_the_answers_in_the_conformance_statement_are_those_of_the_code() -> None:
    page = (ROOT / "docs" / "conformance.md").read_text("utf-8")
    section = page.partition("#### 3.1.2")[2].partition("\n#### ")[0]
    listed = re.findall(r"^\| `([^`]+)`[^|]* \| (\d), (\d), (\d)[^|]* \| `tests/", section, re.MULTILINE)
    assert {words: tuple(map(int, numbers)) for words, *numbers in listed} == {
        reason.words: reason.answer for reason in access.REASONS if reason.answer is not None
    }
    accepted = re.findall(r"^\| `([^`]+)`[^|]* \| accepted, [^|]* \| `tests/", section, re.MULTILINE)
    assert set(accepted) == {reason.words for reason in access.REASONS if reason.answer is None}


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
