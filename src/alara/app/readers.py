"""Reader processes: bytes of the inbox are parsed where a bad report can take nothing down.

A reader is a child process with limits on memory and time. It is given a few
digests at a time, loads the bytes from the inbox itself and hands back what it
read. When it dies or runs out of time, its digests are read again one by one,
so that the one that did it is known by name.
"""

from __future__ import annotations

import gc
import multiprocessing
import signal
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from multiprocessing import connection
from multiprocessing.context import SpawnProcess
from pathlib import Path

from alara.errors import AlaraError, UnreadableReason, UnreadableReport
from alara.inbox import Inbox
from alara.model import DoseReport, Provenance

__all__ = ["ReaderPool", "Reading"]

MEMORY_LIMIT_BYTES = 2 * 1024**3
SECONDS_A_REPORT = 30.0
CHUNK = 16
_SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of one digest: a report with who brought it, or why there is none.

    With neither, the bytes could not be loaded just now and stay where they are.
    """

    digest: str
    report: DoseReport | None = None
    provenance: Provenance = Provenance()
    unreadable: UnreadableReport | None = None


class ReaderPool:
    """Some reader processes over one inbox; a context manager.

    Parameters
    ----------
    inbox
        The inbox folder that digests are loaded from.
    readers
        How many processes read at the same time.
    """

    def __init__(self, inbox: Path, readers: int = 1) -> None:
        self._inbox = inbox
        self._readers = [_Reader(inbox) for _ in range(readers)]

    def __enter__(self) -> ReaderPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        for reader in self._readers:
            reader.stop()

    def read(self, digests: Iterable[str]) -> Iterator[list[Reading]]:
        """Readings of all digests, a chunk at a time, in the order in which readers finish."""
        fresh = _chunks(digests)
        again: deque[list[str]] = deque()
        while True:
            for reader in self._readers:
                if not reader.chunk and (chunk := again.popleft() if again else next(fresh, None)):
                    reader.begin(chunk)
            busy = [reader for reader in self._readers if reader.chunk]
            if not busy:
                return
            timeout = max(0.0, min(reader.deadline for reader in busy) - time.monotonic())
            ready = connection.wait([reader.pipe for reader in busy], timeout)
            for reader in busy:
                if reader.pipe in ready or reader.overdue:
                    yield from self._collect(reader, again)

    def _collect(self, reader: _Reader, again: deque[list[str]]) -> Iterator[list[Reading]]:
        chunk = reader.chunk
        readings = reader.finish()
        if isinstance(readings, list):
            yield readings
        elif len(chunk) > 1:
            again.extend([digest] for digest in chunk)
        else:
            yield [Reading(chunk[0], unreadable=UnreadableReport(readings))]


class _Reader:
    """One child process and the chunk that it is at."""

    def __init__(self, inbox: Path) -> None:
        self._inbox = inbox
        self._process: SpawnProcess | None = None
        self.pipe: connection.Connection
        self.chunk: list[str] = []
        self.deadline = 0.0

    @property
    def overdue(self) -> bool:
        return time.monotonic() >= self.deadline

    def begin(self, chunk: list[str]) -> None:
        if self._process is None:
            self._start()
        self.chunk = chunk
        self.deadline = time.monotonic() + SECONDS_A_REPORT + 0.5 * len(chunk)
        try:
            self.pipe.send(chunk)
        except OSError:
            self.deadline = 0.0  # it died while idle: found out and begun anew by finish

    def finish(self) -> list[Reading] | UnreadableReason:
        """The readings of the chunk; or, when the process is gone or late, which of the two."""
        reason = UnreadableReason.READER_TIMED_OUT
        try:
            if self.pipe.poll():
                readings: list[Reading] = self.pipe.recv()
                self.chunk = []
                return readings
        except (EOFError, OSError):
            reason = UnreadableReason.READER_DIED
        self.stop()
        return reason

    def stop(self) -> None:
        self.chunk = []
        if self._process is not None:
            self.pipe.close()
            self._process.kill()
            self._process.join()
            self._process = None

    def _start(self) -> None:
        self.pipe, child = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=_serve, args=(str(self._inbox), child), daemon=True)
        self._process.start()
        child.close()


def _chunks(digests: Iterable[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    for digest in digests:
        chunk.append(digest)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _serve(inbox_root: str, pipe: connection.Connection) -> None:
    """A reader process: chunks of digests in, readings out, until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit_memory()
    inbox = Inbox(Path(inbox_root))
    gc.disable()  # a report is a tree without cycles: counting frees it, and collecting costs a third of reading
    while True:
        try:
            chunk = pipe.recv()
            pipe.send([_read(inbox, digest) for digest in chunk])
        except (EOFError, OSError):
            return
        gc.collect(0)


def _read(inbox: Inbox, digest: str) -> Reading:
    from alara.sr import read_bytes, read_provenance

    try:
        data = inbox.load(digest)
    except AlaraError:  # gone to another worker, or the disk refuses just now: neither says anything of the report
        return Reading(digest)
    try:
        return Reading(digest, read_bytes(data), read_provenance(data))
    except UnreadableReport as error:
        return Reading(digest, unreadable=error)
    except Exception as error:  # noqa: BLE001 - a fault of alara's must not stop the others; it is kept and named
        return Reading(digest, unreadable=UnreadableReport(UnreadableReason.READER_FAILED, type(error).__name__))


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # not on Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))
