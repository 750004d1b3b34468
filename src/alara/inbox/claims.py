"""Who reads what, where several workers share one inbox.

A claim is a lock on one byte of the file ``claims``, at the number that a
digest begins with. The kernel holds it for the process and takes it back when
that ends, however it ends: nothing is left behind to be cleared. Claims spare
work and no more; two workers that read the same object store it once.
"""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

from alara.inbox.disk import FILE_MODE

__all__ = ["Claims"]


class Claims:
    """The claims of this process on the objects of one inbox.

    Locks are the process's, not the thread's: two of these in one process do
    not keep each other out, and one that is closed gives back what both hold.
    """

    def __init__(self, root: Path) -> None:
        self._path = root / "claims"
        self._descriptor: int | None = None

    def take(self, digest: str) -> bool:
        """Claim an object, until :meth:`release`; false when another process has it (or one that begins alike)."""
        if self._descriptor is None:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
        try:
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, int(digest[:4], 16))
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EAGAIN):
                return False
            raise
        return True

    def release(self) -> None:
        """Give back all that was claimed."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
