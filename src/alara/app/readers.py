"""Reader processes: bytes of the inbox are parsed where a bad report can take nothing down.

A reader is a child process with limits on memory and time. It is given a few
digests at a time, loads the bytes from the inbox itself and hands back what it
read. When it dies or runs out of time, its digests are read again one by one,
so that the one that did it is known by name.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from multiprocessing import connection
from pathlib import Path

from alara.app.reader import READY, Reading
from alara.errors import StorageError, UnreadableReason, UnreadableReport

__all__ = ["ReaderPool", "Reading"]

SECONDS_TO_START = 60.0
SECONDS_A_REPORT = 30.0
CHUNK = 16
#: Chunks that a reader holds at a time, so that it does not wait for a parent that is busy storing.
CHUNKS_AHEAD = 2


class ReaderPool:
    """Some reader processes over one inbox, started when there is something to read.

    Parameters
    ----------
    inbox
        The inbox folder that digests are loaded from.
    readers
        How many processes read at the same time.
    """

    def __init__(self, inbox: Path, readers: int = 1) -> None:
        self._readers = [_Reader(inbox) for _ in range(readers)]

    def __enter__(self) -> ReaderPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the processes and wait until each is ready.

        Raises
        ------
        StorageError
            When one cannot start.
        """
        for reader in self._readers:
            reader.start()
        for reader in self._readers:
            reader.wait_until_ready()

    def stop(self) -> None:
        """End the processes, at once; what they were at is still in the inbox."""
        for reader in self._readers:
            reader.stop()

    def read(self, digests: Iterable[str]) -> Iterator[list[Reading]]:
        """Readings of all digests, a chunk at a time, in the order in which readers finish.

        Raises
        ------
        StorageError
            When readers cannot even start, which says nothing of any report.
        """
        for reader in self._readers:
            reader.start()
        fresh = _chunks(digests)
        again: deque[list[str]] = deque()
        while True:
            self._hand_out(fresh, again)
            busy = [reader for reader in self._readers if reader.chunks]
            if not busy:
                return
            timeout = max(0.0, min(reader.deadline for reader in busy) - time.monotonic())
            ready = connection.wait([reader.pipe for reader in busy], timeout)
            for reader in busy:
                if reader.pipe in ready or reader.overdue:
                    yield from reader.collect(again)

    def _hand_out(self, fresh: Iterator[list[str]], again: deque[list[str]]) -> None:
        """Fill the readers. What is read again goes alone to a reader, so that a loss can only be its own."""
        for _ in range(CHUNKS_AHEAD):
            for reader in self._readers:
                if again:
                    if not reader.chunks:
                        reader.begin(again.popleft())
                elif len(reader.chunks) < CHUNKS_AHEAD and not reader.is_retrying:
                    chunk = next(fresh, None)
                    if chunk is None:
                        return
                    reader.begin(chunk)


class _Reader:
    """One child process and the chunks that it holds, the first of them in work."""

    def __init__(self, inbox: Path) -> None:
        self._inbox = inbox
        self._process: subprocess.Popen[bytes] | None = None
        self._is_ready = False
        self.pipe: connection.Connection
        self.chunks: deque[list[str]] = deque()
        self.deadline = 0.0

    @property
    def overdue(self) -> bool:
        return time.monotonic() >= self.deadline

    @property
    def is_retrying(self) -> bool:
        return any(len(chunk) == 1 for chunk in self.chunks)

    def begin(self, chunk: list[str]) -> None:
        self.start()
        self.wait_until_ready()
        if not self.chunks:
            self._set_deadline(chunk)
        self.chunks.append(chunk)
        try:
            self.pipe.send(chunk)
        except OSError:
            self.deadline = 0.0  # it died while idle: collect finds out

    def collect(self, again: deque[list[str]]) -> Iterator[list[Reading]]:
        """What the reader has finished; or, when it is gone or late, its digests for another try, or the blame."""
        reason = UnreadableReason.READER_TIMED_OUT
        try:
            if self.pipe.poll():
                readings: list[Reading] = self.pipe.recv()
                self.chunks.popleft()
                if self.chunks:
                    self._set_deadline(self.chunks[0])
                yield readings
                return
        except (EOFError, OSError):
            reason = UnreadableReason.READER_DIED
        lost = [digest for chunk in self.chunks for digest in chunk]
        self.stop()
        if len(lost) > 1:
            again.extend([digest] for digest in lost)
        else:
            yield [Reading(lost[0], unreadable=UnreadableReport(reason))]

    def stop(self) -> None:
        self.chunks.clear()
        if self._process is not None:
            self.pipe.close()
            self._process.kill()
            self._process.wait()
            self._process = None

    def _set_deadline(self, chunk: list[str]) -> None:
        self.deadline = time.monotonic() + SECONDS_A_REPORT + 0.5 * len(chunk)

    def start(self) -> None:
        """Start the process if there is none, without waiting for it."""
        if self._process is not None:
            return
        self.pipe, theirs = multiprocessing.Pipe()
        self._is_ready = False
        # -P: a folder in which somebody works must not shadow modules
        command = [sys.executable, "-P", "-m", "alara.app.reader", str(self._inbox), str(theirs.fileno())]
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603
                command, stdin=subprocess.DEVNULL, pass_fds=(theirs.fileno(),)
            )

    def wait_until_ready(self) -> None:
        with contextlib.suppress(EOFError, OSError):
            self._is_ready = self._is_ready or (self.pipe.poll(SECONDS_TO_START) and self.pipe.recv() == READY)
        if not self._is_ready:
            self.stop()
            raise StorageError("A reader process cannot start.", hint="alara doctor; is there memory and disk left?")


def _chunks(digests: Iterable[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    for digest in digests:
        chunk.append(digest)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
