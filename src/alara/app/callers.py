"""Who calls the node: last echo, last object; a small file that the node keeps beside its inbox.

The node tells of every event (see :mod:`alara.node.events`); here it costs a
few dictionary entries, and the file is written by the node's main loop, never
by an association. It is a convenience for ``alara status``: a node that is
killed forgets the last seconds of it, and nothing else.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from alara import logs
from alara.files import replace_file
from alara.node import EventKind, NodeEvent

__all__ = ["CALLERS_NOTE", "Caller", "CallerBook", "read_callers"]

#: The file in the data folder.
CALLERS_NOTE: Final = "callers.json"

#: Callers remembered; beyond that, those who never brought anything are forgotten first.
_MOST: Final = 500

#: Seconds until the file says it: what somebody waits for at a C-arm soon, the rest when convenient.
_SOON_S: Final = 1.0
_LATER_S: Final = 10.0

log = logging.getLogger("alara.node")


@dataclass(slots=True, kw_only=True)
class Caller:
    """One calling AE title from one address. Times are UTC in ISO 8601, empty for never."""

    calling: str
    address: str
    last_seen: str = ""
    last_echo: str = ""
    last_object: str = ""
    objects: int = 0

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class CallerBook:
    """Listens to a node's events and keeps the file.

    Parameters
    ----------
    path
        The file; what it already says is gone on with.
    own
        The AE title of the node itself: its own checks over loopback are no caller's.
    """

    def __init__(self, path: Path, own: str) -> None:
        self._path = path
        self._own = own
        self._lock = threading.Lock()
        self._callers = {(caller.calling, caller.address): caller for caller in read_callers(path)}
        self._due: float | None = None

    def __call__(self, event: NodeEvent) -> None:
        """Take note of an event, in memory; any thread may call."""
        if event.kind is EventKind.REFUSED:
            return  # alara.node.refusals has those, with the reason
        if not event.calling or (event.calling == self._own and event.address.startswith("127.")):
            return
        due = time.monotonic() + (_SOON_S if event.kind is EventKind.ECHO else _LATER_S)
        with self._lock:
            _note(self._caller(event), event)
            self._due = due if self._due is None else min(due, self._due)

    def write_if_due(self) -> None:
        """Write the file when something has waited long enough."""
        if self._due is not None and time.monotonic() >= self._due:
            self.write()

    def write_rest(self) -> None:
        """Write the file when it does not say all yet."""
        if self._due is not None:
            self.write()

    def write(self) -> None:
        """Write the file; a disk that refuses is logged, and tried again with the next event."""
        with self._lock:
            callers = [caller.as_dict() for caller in self._callers.values()]
            self._due = None
        try:
            replace_file(self._path, json.dumps(callers, indent=1).encode())
        except OSError as error:
            logs.tell(log, logging.WARNING, "callers_not_written", {"detail": error.strerror})

    def _caller(self, event: NodeEvent) -> Caller:
        key = (event.calling, event.address)
        if key not in self._callers:
            if len(self._callers) >= _MOST:
                del self._callers[min(self._callers, key=self._worth)]
            self._callers[key] = Caller(calling=event.calling, address=event.address)
        return self._callers[key]

    def _worth(self, key: tuple[str, str]) -> tuple[bool, str]:
        caller = self._callers[key]
        return bool(caller.objects), caller.last_seen


def _note(caller: Caller, event: NodeEvent) -> None:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    caller.last_seen = now
    if event.kind is EventKind.ECHO:
        caller.last_echo = now
    elif event.kind in (EventKind.STORED, EventKind.DUPLICATE):
        caller.last_object = now
        caller.objects += 1


def read_callers(path: Path) -> list[Caller]:
    """The callers in a file, those seen last first; none when there is no file, or it cannot be read."""
    try:
        rows = json.loads(path.read_bytes())
        return sorted(_callers(rows), key=lambda caller: caller.last_seen, reverse=True)
    except (OSError, ValueError, TypeError, AttributeError):
        return []


def _callers(rows: list[dict[str, Any]]) -> Iterator[Caller]:
    names = {field.name for field in fields(Caller)}
    for row in rows:
        yield Caller(**{name: value for name, value in row.items() if name in names})
