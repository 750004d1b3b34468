"""What is durable, and when: files that are whole after a power cut, or absent.

A file is written under a temporary name, synced, renamed, and its folder
synced. Only then may anybody be told that it is there. A sync that failed is
never tried again on the same file: the kernel may have dropped the pages and
would report success (the temporary file is removed instead).
"""

from __future__ import annotations

import errno
import fcntl
import itertools
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["NewFile", "Parts", "SharedSync", "clear_stale", "create_folders", "sync_folder", "write_all"]

FOLDER_MODE = 0o700
FILE_MODE = 0o600

#: Files that one group may hold open at the same time.
GROUP = 64

_serial = itertools.count()


#: Bytes of a file in one or several pieces, so that large ones need not be put together first.
Parts = tuple[bytes | bytearray, ...]


class NewFile:
    """Bytes that are to stand at a path; ``mtime_ns`` where the time is that of another file."""

    __slots__ = ("mtime_ns", "parts", "target")

    def __init__(self, target: Path, *parts: bytes | bytearray, mtime_ns: int | None = None) -> None:
        self.target, self.parts, self.mtime_ns = target, parts, mtime_ns


def create_folders(parent: Path, names: Iterable[str]) -> None:
    """Make folders in a folder, for their owner alone, durable on return also when another process made them."""
    for name in names:
        with suppress(FileExistsError):
            (parent / name).mkdir(mode=FOLDER_MODE)
    sync_folder(parent)


def sync_folder(path: Path) -> None:
    """Make the entries of a folder durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class SharedSync:
    """Syncs of folders that several threads share: one serves all who came before it began (group commit)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turns: dict[Path, threading.Lock] = {}
        self._next: dict[Path, _Round] = {}

    def __call__(self, path: Path) -> None:
        """Make the entries of a folder durable, those too that other threads have just made.

        Raises
        ------
        OSError
            In every thread of a sync that failed.
        """
        with self._lock:
            turn = self._turns.setdefault(path, threading.Lock())
            leads = path not in self._next
            mine = self._next.setdefault(path, _Round())
        if not leads:
            mine.is_over.wait()
            if mine.error is not None:
                raise OSError(mine.error.errno, mine.error.strerror)
            return
        with turn:  # while the sync before runs, others join this one
            with self._lock:
                del self._next[path]
            try:
                sync_folder(path)
                mine.error = None
            except OSError as error:
                mine.error = error
                raise
            finally:
                mine.is_over.set()


class _Round:
    """One sync of a folder; until it has succeeded it counts as failed."""

    def __init__(self) -> None:
        self.is_over = threading.Event()
        self.error: OSError | None = OSError(errno.EIO, os.strerror(errno.EIO))


def write_all(files: Sequence[NewFile], tmp: Path, sync: Callable[[Path], None] = sync_folder) -> None:
    """Put every file in its place, durable on return, with one sync of each folder.

    When it raises, ``tmp`` holds nothing of it. Files of the group that were
    already renamed stay: they are whole, and nobody was told of them.
    """
    for first in range(0, len(files), GROUP):
        _write_group(files[first : first + GROUP], tmp)
    for folder in dict.fromkeys(file.target.parent for file in files):
        sync(folder)


def _write_group(files: Sequence[NewFile], tmp: Path) -> None:
    # All bytes go out before the first sync: the disk then serves the group in few turns.
    with _temporary(tmp, len(files)) as opened:
        for file, (_, descriptor) in zip(files, opened, strict=True):
            _write(descriptor, file)
        for _, descriptor in opened:
            os.fsync(descriptor)
        for file, (path, _) in zip(files, opened, strict=True):
            path.rename(file.target)


@contextmanager
def _temporary(tmp: Path, count: int) -> Iterator[list[tuple[Path, int]]]:
    """Open temporary files that are gone afterwards, unless they were renamed."""
    opened: list[tuple[Path, int]] = []
    try:
        for _ in range(count):
            path = tmp / f"{os.getpid()}-{next(_serial)}-{os.urandom(4).hex()}"
            opened.append((path, os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)))
            # The lock says that a living writer owns the file: see clear_stale.
            fcntl.flock(opened[-1][1], fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield opened
    except BaseException:
        for path, _ in opened:
            with suppress(OSError):
                path.unlink()
        raise
    finally:
        for _, descriptor in opened:
            with suppress(OSError):
                os.close(descriptor)


def _write(descriptor: int, file: NewFile) -> None:
    for part in file.parts:
        rest = memoryview(part)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    if file.mtime_ns is not None:
        os.utime(descriptor, ns=(file.mtime_ns, file.mtime_ns))


def clear_stale(tmp: Path) -> None:
    """Remove temporary files whose writers are dead; those of living processes are locked and stay."""
    for path in tmp.iterdir():
        with suppress(OSError):
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
            finally:
                os.close(descriptor)
