"""Who was refused, why and how often: a small table in a file, for those who set up a C-arm.

The node writes it beside its work, without the database: a refusal is noted in
memory at once and written soon after, so that a flood of callers costs one
write a second. Of very many different callers the latest are kept. It is read
by :mod:`alara.node_records`.
"""

from __future__ import annotations

import contextlib
import json
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from alara.inbox.disk import NewFile, write_all
from alara.node.events import EventKind, NodeEvent
from alara.node_records import REFUSED, Refusal, read_refusals

__all__ = ["Refusals"]

_MOST_ROWS: Final = 200
_PAUSE_S: Final = 1.0


class Refusals:
    """The table of a running node, in its folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rows = {_key(refusal): refusal for refusal in reversed(read_refusals(folder))}
        self._changed = threading.Condition()
        self._dirty = self._stopping = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Write what is noted, in a thread of its own, until :meth:`stop`."""
        self._stopping = False
        self._thread = threading.Thread(target=self._write_on, name="alara-refusals", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write what is not yet written, and end."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def note(self, event: NodeEvent) -> None:
        """Count one refusal; other events are not for this table."""
        if event.kind is not EventKind.REFUSED:
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
        )
        with self._changed:
            # Out and in again: the row that was met longest ago stands first.
            row = self._rows.pop(_key(fresh), fresh)
            self._rows[_key(row)] = replace(row, count=row.count + 1, last=now)
            while len(self._rows) > _MOST_ROWS:
                del self._rows[next(iter(self._rows))]
            self._dirty = True
            self._changed.notify_all()

    def _write_on(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._dirty or self._stopping)
                if not self._dirty:
                    return
                self._dirty = False
                rows = [row.as_dict() for row in self._rows.values()]
            with contextlib.suppress(OSError):  # the log has the event, and the next refusal writes all again
                write_all([NewFile(self._folder / REFUSED, json.dumps(rows, indent=1).encode())], self._folder)
            with self._changed:
                self._changed.wait_for(lambda: self._stopping, _PAUSE_S)


def _key(row: Refusal) -> tuple[str, str, str, str]:
    return row.address, row.calling, row.called, row.reason
