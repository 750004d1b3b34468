"""Who was refused, why and how often: a small table in a file, for those who set up a C-arm.

The node writes it beside its work, without the database; of very many different
callers the latest are kept. One that was let in, and called another AE title
than the node's, is in it too, marked as such. It is read by :mod:`alara.node_records`.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from alara.inbox.disk import NewFile, write_all
from alara.node.events import EventKind, NodeEvent
from alara.node.notes import Notes
from alara.node_records import REFUSED, Refusal, read_refusals

__all__ = ["Refusals"]

_MOST_ROWS: Final = 200
_OFTEN: Final = timedelta(minutes=1)


class Refusals(Notes):
    """The table of a running node, in its folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__("alara-refusals")
        self._folder = folder
        self._rows = {_key(refusal): refusal for refusal in reversed(read_refusals(folder))}

    def note(self, event: NodeEvent) -> None:
        """Count one refusal, or one caller that was let in with something to be known; others are not for here."""
        admitted = event.kind is EventKind.ASSOCIATED
        if not event.detail or not (admitted or event.kind is EventKind.REFUSED):
            return
        now = datetime.now(UTC).replace(microsecond=0)
        fresh = Refusal(
            address=event.address,
            calling=event.calling,
            called=event.called,
            reason=event.detail,
            count=0,
            first=now,
            last=now,
            admitted=admitted,
        )
        # One that calls for years by another name is not worth a write each time.
        known = self._rows.get(_key(fresh))
        with self._noting(at_once=known is None or not admitted or now - known.last > _OFTEN):
            # Out and in again: the row that was met longest ago stands first.
            row = self._rows.pop(_key(fresh), fresh)
            self._rows[_key(row)] = replace(row, count=row.count + 1, last=now)
            while len(self._rows) > _MOST_ROWS:
                del self._rows[next(iter(self._rows))]

    def _to_write(self) -> list[dict[str, Any]]:
        return [row.as_dict() for row in self._rows.values()]

    def _write(self, rows: list[dict[str, Any]]) -> None:
        with contextlib.suppress(OSError):  # the log has the event, and the next refusal writes all again
            write_all([NewFile(self._folder / REFUSED, json.dumps(rows, indent=1).encode())], self._folder)


def _key(row: Refusal) -> tuple[str, str, str, str, bool]:
    return row.address, row.calling, row.called, row.reason, row.admitted
