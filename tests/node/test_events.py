"""One event is one line, whatever a peer says."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alara import logs
from alara.node.events import EventKind, NodeEvent, Reporter


@given(st.text(), st.text())
def test_no_text_breaks_a_line_or_forges_a_key(calling: str, detail: str) -> None:
    line = logs.line("stored", NodeEvent(kind=EventKind.STORED, calling=calling, detail=detail, status=0).values())
    assert line.isascii()
    assert line.isprintable()
    outside = "".join(line.replace('\\"', "").split('"')[::2])
    assert outside.count("status=") <= 1 + calling.count("status=") * (" " not in calling) + detail.count("status=") * (
        " " not in detail
    )


def test_an_event_is_a_log_line_and_a_call(caplog: pytest.LogCaptureFixture) -> None:
    told: list[NodeEvent] = []
    event = NodeEvent(kind=EventKind.NOT_STORED, address="10.0.0.5", calling="C ARM\n1", status=0xA700)
    with caplog.at_level(logging.INFO, "alara.node"):
        Reporter(told.append)(event)
    assert caplog.messages == ['not_stored address=10.0.0.5 calling="C ARM\\n1" status=0xA700']
    assert told == [event]


def test_a_listener_that_fails_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    Reporter(lambda _: 1 / 0)(NodeEvent(kind=EventKind.STORED))
    assert caplog.messages == ["the listener of events failed: ZeroDivisionError"]
