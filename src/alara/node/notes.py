"""A table of the node that others read: noted in memory at once, written soon after by a thread of its own.

A flood of events so costs one write a second, and no association waits for a disk.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

__all__ = ["Notes"]

_PAUSE_S: Final = 1.0


class Notes(ABC):
    """The thread that writes, and the lock of what it writes."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._changed = threading.Condition()
        self._dirty = self._stopping = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Write what is noted, in a thread of its own, until :meth:`stop`."""
        self._stopping = False
        self._thread = threading.Thread(target=self._write_on, name=self._name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write what is not yet written, and end."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    @contextmanager
    def _noting(self, *, at_once: bool = True) -> Iterator[None]:
        """Change what is to be written: at once, or with what comes next."""
        with self._changed:
            yield
            self._dirty = True
            if at_once:
                self._changed.notify_all()

    @abstractmethod
    def _to_write(self) -> list[dict[str, Any]]:
        """What stands in the table now; asked under the lock."""

    @abstractmethod
    def _write(self, rows: list[dict[str, Any]]) -> None:
        """Put it into the file; a disk that refuses raises nothing."""

    def _write_on(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._dirty or self._stopping)
                if not self._dirty:
                    return
                self._dirty = False
                rows = self._to_write()
            self._write(rows)
            with self._changed:
                self._changed.wait_for(lambda: self._stopping, _PAUSE_S)
