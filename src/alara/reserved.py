"""A small file of JSON whose room on the disk is taken beforehand, so that a full disk can still be told of.

It is overwritten in place, through a descriptor that stays open, and filled up
with spaces: that takes no block, no inode and no descriptor that is not there
already. A file system that never overwrites (Btrfs, ZFS) may refuse all the same
when it is full. A write that a power cut tears leaves a file that is no JSON,
and reads as if there were none.
"""

from __future__ import annotations

import json
import os
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

__all__ = ["ReservedFile", "read_reserved"]

#: A reader that comes in the middle of a write looks again.
_LOOKS: Final = 3
_PAUSE_S: Final = 0.05


class ReservedFile:
    """The file of one writer, with room for so many bytes; any thread may call."""

    def __init__(self, path: Path, size_bytes: int) -> None:
        self.path = path
        self._size_bytes = size_bytes
        self._descriptor: int | None = None
        self._lock = threading.Lock()

    def reserve(self) -> None:
        """Take the room, where it can be had; :meth:`write` tries again. What the file says stays."""
        with self._lock, suppress(OSError):
            self._open()

    def write(self, rows: list[dict[str, Any]]) -> bool:
        """Say these rows instead of what was said, the last ones where there is no room for all; false when refused."""
        data = json.dumps(rows).encode()
        while len(data) > self._size_bytes:
            rows = rows[1:]
            data = json.dumps(rows).encode()
        with self._lock:
            try:
                descriptor = self._open()
                if os.pwrite(descriptor, data.ljust(self._size_bytes), 0) != self._size_bytes:
                    return False
                os.fsync(descriptor)
            except OSError:
                return False
        return True

    def close(self) -> None:
        """Give the descriptor back; the room stays taken."""
        with self._lock:
            if self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None

    def _open(self) -> int:
        if self._descriptor is not None:
            return self._descriptor
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            # Spaces and not a hole, nor blocks that the first write has still to convert. What a full
            # disk has no room for is asked for again with the next write.
            while (there := os.fstat(descriptor).st_size) < self._size_bytes:
                os.pwrite(descriptor, b" " * (self._size_bytes - there), there)
            os.fsync(descriptor)
        except OSError:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return descriptor


def read_reserved(path: Path) -> list[dict[str, Any]]:
    """The rows that a file says; none where there is no such file, or what it says cannot be read."""
    for _ in range(_LOOKS):
        try:
            found = json.loads(path.read_bytes() or b"[]")
        except OSError:
            return []
        except ValueError:
            time.sleep(_PAUSE_S)
            continue
        return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
    return []
