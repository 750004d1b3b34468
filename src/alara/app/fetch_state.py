"""What a fetch has done so far: a journal in the data folder, one file a job, that survives ``kill -9``.

A job is an archive and a modality. Its file has one JSON object a line, and a
line is written when what it says is so: an object is durable in the inbox, a
day is done. Lines are synced to disk once a day of the archive and not once an
object: what a power cut takes from the journal is fetched again, and the inbox
knows it.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from alara.errors import StorageError

__all__ = ["Journal", "Past", "job_file"]


@dataclass(slots=True)
class Past:
    """What earlier runs of a job did: objects that are here, days that are done, and what failed (key → why)."""

    objects: set[str] = field(default_factory=set)
    days: set[date] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)

    def read(self, line: bytes) -> None:
        """Take in one line; what is no whole line of a journal is passed over."""
        try:
            entry = json.loads(line)
            if "object" in entry:
                self.objects.add(entry["object"])
                self.failed.pop(entry["object"], None)
            elif "day" in entry:
                self.days.add(date.fromisoformat(entry["day"]))
            elif "failed" in entry:
                self.failed[entry["failed"]] = entry["why"]
            elif "mended" in entry:
                self.failed.pop(entry["mended"], None)
        except (ValueError, TypeError, KeyError):
            return


def job_file(folder: Path, archive: str, modality: str) -> Path:
    """The file of a job. Its name is made of letters, digits and hyphens, whatever the archive is called."""
    return folder / f"{re.sub(r'[^A-Za-z0-9]+', '-', archive).strip('-')}-{modality}.jsonl"


class Journal:
    """The journal of one job, open to be written; made by :meth:`open`."""

    def __init__(self, descriptor: int, path: Path) -> None:
        self._descriptor, self._path = descriptor, path
        self.past = Past()

    @staticmethod
    def read(path: Path) -> Past:
        """What a job has done, without holding it; nothing when there is no such job."""
        past = Past()
        try:
            for line in path.read_bytes().split(b"\n"):
                past.read(line)
        except FileNotFoundError:
            pass
        except OSError as error:
            raise _refused(path, error) from error
        return past

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator[Journal]:
        """Hold the job, so that no second process works on it, and read what it has done.

        Raises
        ------
        StorageError
            When the file cannot be had, or another process holds it.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _refused(path, error) from error
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise StorageError(
                    f"Another process fetches by {path}.", hint="Wait for it, or stop it; then the same command again."
                ) from error
            journal = cls(descriptor, path)
            journal._begin()
            yield journal
        finally:
            os.close(descriptor)

    def has(self, key: str) -> None:
        """Write that an object is durable in the inbox."""
        self.past.objects.add(key)
        self.past.failed.pop(key, None)
        self._write({"object": key})

    def failed(self, key: str, why: str) -> None:
        """Write that an object, or a window, did not come; the next run tries it again."""
        self.past.failed[key] = why
        self._write({"failed": key, "why": why})

    def mended(self, key: str) -> None:
        """Write that what had failed needs no trying again."""
        if self.past.failed.pop(key, None) is not None:
            self._write({"mended": key})

    def done(self, day: date) -> None:
        """Write that a day needs no more asking, and make all that was written durable."""
        self.past.days.add(day)
        self._write({"day": day.isoformat(), "at": datetime.now(UTC).isoformat(timespec="seconds")})
        self.sync()

    def sync(self) -> None:
        """Make durable what was written."""
        try:
            os.fsync(self._descriptor)
        except OSError as error:
            raise _refused(self._path, error) from error

    def _begin(self) -> None:
        """Read the file, and end a line that a killed writer left unfinished: the next is then a line of its own."""
        self.past = self.read(self._path)
        size = os.fstat(self._descriptor).st_size
        if size and os.pread(self._descriptor, 1, size - 1) != b"\n":
            self._put(b"\n")

    def _write(self, entry: dict[str, str]) -> None:
        self._put(json.dumps(entry).encode() + b"\n")

    def _put(self, line: bytes) -> None:
        try:
            while line:
                line = line[os.write(self._descriptor, line) :]
        except OSError as error:
            raise _refused(self._path, error) from error


def _refused(path: Path, error: OSError) -> StorageError:
    return StorageError(
        f"The journal {path} cannot be used: {error.strerror}.", hint="Check the folder's rights and the disk."
    )
