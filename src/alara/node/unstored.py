"""What could not be stored: for whom, why, how often and since when; over when the same caller is served again.

The disk that refuses an object is most often the one that this table is on, so
it stands in a file whose room was taken when the node started
(:mod:`alara.reserved`). Where that is refused too, the node tells it to its own
machine, in the answer to an echo. It is read by :mod:`alara.node_records`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from alara.node.events import EventKind, NodeEvent
from alara.node.notes import Notes
from alara.node_records import UNSTORED, Unstored, read_unstored
from alara.reserved import ReservedFile

__all__ = ["UnstoredTable"]

_ROOM_BYTES: Final = 1 << 15
_MOST_ROWS: Final = 50
_LONGEST_REASON: Final = 300
#: PS3.7 section 10.1.5.1.6: resource limitation, of a performed procedure step.
_STEP_NOT_STORED: Final = 0x0213


class UnstoredTable(Notes):
    """The table of a running node, in its folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__("alara-unstored")
        self._file = ReservedFile(folder / UNSTORED, _ROOM_BYTES)
        self._rows = {_key(row): row for row in reversed(read_unstored(folder))}
        self._in_trouble = {(row.address, row.calling) for row in self._rows.values() if row.again is None}
        self._is_written = True

    def start(self) -> None:
        self._file.reserve()
        super().start()

    def stop(self) -> None:
        super().stop()
        self._file.close()

    def note(self, event: NodeEvent) -> None:
        """Take note of what was not stored, and of what was after it; between a store and its answer: it is quick."""
        if event.kind in (EventKind.STORED, EventKind.DUPLICATE, EventKind.STEP):
            if (event.address, event.calling) in self._in_trouble:
                self._end(event)
        elif _is_loss(event):
            self._count(event)

    @property
    def untold(self) -> str:
        """What is not stored, as short as an answer holds it, where the file refuses to say it; else empty."""
        with self._changed:
            rows = [row for row in self._rows.values() if row.again is None]
            if self._is_written or not rows:
                return ""
            why = rows[-1].reason.rpartition(": ")[2].rstrip(".")
            return f"{sum(row.count for row in rows)} since {min(row.first for row in rows):%Y-%m-%dT%H:%MZ}: {why}"

    def _count(self, event: NodeEvent) -> None:
        now = datetime.now(UTC).replace(microsecond=0)
        fresh = Unstored(
            address=event.address,
            calling=event.calling,
            reason=(event.detail if event.kind is not EventKind.FAULT else f"a fault of the node: {event.detail}")[
                :_LONGEST_REASON
            ],
            status=event.status or 0,
            count=0,
            first=now,
            last=now,
        )
        with self._noting():
            row = self._rows.pop(_key(fresh), fresh)
            if row.again is not None:
                row = fresh
            self._rows[_key(row)] = replace(row, count=row.count + 1, last=now)
            while len(self._rows) > _MOST_ROWS:
                del self._rows[next(iter(self._rows))]
            self._in_trouble.add((event.address, event.calling))

    def _end(self, event: NodeEvent) -> None:
        now = datetime.now(UTC).replace(microsecond=0)
        with self._noting():
            self._in_trouble.discard((event.address, event.calling))
            for key, row in self._rows.items():
                if row.again is None and (row.address, row.calling) == (event.address, event.calling):
                    self._rows[key] = replace(row, again=now)

    def _to_write(self) -> list[dict[str, Any]]:
        return [row.as_dict() for row in self._rows.values()]

    def _write(self, rows: list[dict[str, Any]]) -> None:
        self._is_written = self._file.write(rows)


def _is_loss(event: NodeEvent) -> bool:
    if event.kind is EventKind.STEP_REFUSED:
        return event.status == _STEP_NOT_STORED
    return event.kind is EventKind.NOT_STORED or (event.kind is EventKind.FAULT and event.status is not None)


def _key(row: Unstored) -> tuple[str, str, str]:
    return row.address, row.calling, row.reason
