"""What happens at a node, one event at a time, each one line in the log.

A line names machines, not people: AE titles, addresses, digests and numbers;
``alara.logs`` escapes what a peer sends, so that one event stays one line.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from alara import logs

__all__ = ["EventKind", "NodeEvent", "Reporter"]

_LOG = logging.getLogger("alara.node")


class EventKind(StrEnum):
    """What happened; ``level`` is how loud the log says it."""

    level: int

    def __new__(cls, value: str, level: int) -> EventKind:
        member = str.__new__(cls, value)
        member._value_ = value
        member.level = level
        return member

    STARTED = "started", logging.INFO
    STOPPED = "stopped", logging.INFO
    ASSOCIATED = "associated", logging.INFO
    RELEASED = "released", logging.INFO
    ENDED = "ended", logging.WARNING
    REFUSED = "refused", logging.WARNING
    DROPPED = "dropped", logging.WARNING
    ECHO = "echo", logging.INFO
    STORED = "stored", logging.INFO
    DUPLICATE = "duplicate", logging.INFO
    NOT_STORED = "not_stored", logging.ERROR
    STEP = "step", logging.INFO
    STEP_REFUSED = "step_refused", logging.WARNING
    COMMITMENT = "commitment", logging.INFO
    COMMITMENT_REFUSED = "commitment_refused", logging.WARNING
    REPORTED = "reported", logging.INFO
    NOT_REPORTED = "not_reported", logging.WARNING
    FAULT = "fault", logging.ERROR


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeEvent:
    """One event. What does not apply is empty."""

    kind: EventKind
    address: str = ""
    calling: str = ""
    called: str = ""
    sop_class_uid: str = ""
    digest: str = ""
    size_bytes: int | None = None
    status: int | None = None
    detail: str = ""

    def values(self) -> dict[str, Any]:
        """What the log says of the event, by name."""
        return {
            "address": self.address,
            "calling": self.calling,
            "called": self.called,
            "class": self.sop_class_uid,
            "digest": self.digest[:16],
            "bytes": self.size_bytes,
            "status": "" if self.status is None else f"0x{self.status:04X}",
            "detail": self.detail,
        }


class Reporter:
    """Tells the log, and whoever listens, of every event."""

    def __init__(self, on_event: Callable[[NodeEvent], None] | None = None) -> None:
        self._on_event = on_event

    def __call__(self, event: NodeEvent) -> None:
        logs.tell(_LOG, event.kind.level, event.kind.value, event.values())
        if self._on_event is None:
            return
        try:
            self._on_event(event)
        except Exception as error:  # noqa: BLE001 - what is durable is answered, whoever fails to listen
            _LOG.error("the listener of events failed: %s", type(error).__name__)
