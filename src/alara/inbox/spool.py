"""The inbox: one folder, in which every folder is a state.

``tmp/`` being written, ``new/`` received and not yet read, ``kept/`` read (and
compressed, for ever), ``quarantine/`` unreadable, each with its reason beside
it. A file is named for the SHA-256 of its dataset, never for anything that a
sender said. What happens to a file is a rename, so a crash leaves it in one
state or the other, and doing it again does no harm.

Several processes may put, keep and quarantine at the same time; only one may
hold :meth:`Inbox.lock`, which is the node.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import heapq
import json
import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import zstandard

from alara.errors import InboxLocked, NothingFound, StorageError, UnreadableReason
from alara.inbox import part10, set_aside
from alara.inbox.claims import Claims
from alara.inbox.disk import FILE_MODE, NewFile, Parts, SharedSync, clear_stale, create_folders, sync_folder, write_all
from alara.inbox.values import InboxCounts, Quarantined, Receipt, Waiting

__all__ = ["Inbox", "digest_of"]

_FOLDERS = ("tmp", "new", "kept", "quarantine", "attempts")
_FANS = tuple(f"{number:02x}" for number in range(256))
_DIGEST = re.compile(r"[0-9a-f]{64}")


def digest_of(data: bytes) -> str:
    """SHA-256 of the dataset, that is of the bytes after the file header where there is one."""
    parsed = part10.parse(data)
    return hashlib.sha256(memoryview(data)[parsed[1] if parsed else 0 :]).hexdigest()


class Inbox:
    """The inbox in one folder, made with its parts when it is not there.

    Parameters
    ----------
    before
        Called with the digests of objects that are about to be taken in; where it fails, none of them is.

    Raises
    ------
    StorageError
        From every method, when the disk refuses. Nothing is then half done
        that a second call would not put right.
    """

    def __init__(self, root: Path, *, before: Callable[[Sequence[str]], None] = lambda _: None) -> None:
        self.root = root
        self._before = before
        self._sync = SharedSync()
        self._claims = Claims(root)
        self._tmp, self._new, self._kept, self._quarantine, self._attempts = (root / name for name in _FOLDERS)
        with self._storage("cannot be made"):
            root.parent.mkdir(parents=True, exist_ok=True)
            create_folders(root.parent, [root.name])
            create_folders(root, _FOLDERS)
            create_folders(self._kept, _FANS)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the inbox as its one node, and clear what dead writers left in ``tmp/``.

        The lock ends with the process. A forked child would inherit it: start
        workers with ``subprocess`` or the spawn method.

        Raises
        ------
        InboxLocked
            When another process holds it, with its pid.
        """
        with self._storage("cannot be locked"):
            descriptor = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
        try:
            self._claim(descriptor)
            with self._storage("cannot be cleared"):
                clear_stale(self._tmp)
            yield
        finally:
            os.close(descriptor)

    def _claim(self, descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
            raise InboxLocked(
                f"Another node, process {holder}, holds the inbox {self.root}.",
                hint="Stop that process, or give this node a --data-dir of its own.",
            ) from error
        with suppress(OSError):  # a full disk: who holds it is then unknown to others, and it is held all the same
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)

    def put(self, data: bytes) -> Receipt:
        """Take one object in; it is durable on return, or StorageError is raised and ``tmp/`` is clean."""
        return self.put_many([data])[0]

    def put_received(self, header: bytes, dataset: bytes | bytearray) -> Receipt:
        """The same, of a header as :func:`part10.encode` makes it and the dataset that came, which is not copied."""
        if dataset[:2] == b"\2\0":  # more of the header, as every later look at the whole will have it
            return self.put(header + dataset)
        return self._take([(hashlib.sha256(dataset).hexdigest(), (header, dataset))])[0]

    def put_many(self, items: Sequence[bytes]) -> list[Receipt]:
        """Take several objects in with the guarantees of :meth:`put`, all or none, and one sync of the folder."""
        return self._take([(digest_of(data), (data,)) for data in items])

    def _take(self, items: Sequence[tuple[str, Parts]]) -> list[Receipt]:
        with self._storage("cannot take an object in"):
            files: dict[str, NewFile] = {}
            receipts = []
            for digest, data in items:
                settled, waiting = self._is_settled(digest, data), _mtime_ns(self._new_path(digest))
                fresh = not settled and waiting is None and digest not in files
                receipts.append(Receipt(digest, fresh, waiting=not settled or waiting is not None))
                # What waits in new/ is written again: this receipt must not rest on a sync
                # that another process has still to make, or that has failed there.
                if waiting is not None or not settled:
                    files.setdefault(digest, NewFile(self._new_path(digest), *data, mtime_ns=waiting))
            if files:
                self._before(list(files))
                write_all(list(files.values()), self._tmp, self._sync)
        return receipts

    def try_to_put(self) -> None:
        """Make a small file durable where an object would go, and remove it.

        Raises
        ------
        StorageError
            When no object can be taken in.
        """
        path = self._new / f"probe-{os.getpid()}-{threading.get_ident()}"  # no name of an object: nobody reads it
        with self._storage("cannot take an object in"):
            try:
                write_all([NewFile(path, b"probe")], self._tmp)
            finally:
                with suppress(OSError):
                    path.unlink()

    def pending(self, limit: int | None = None) -> list[str]:
        """Digests of what waits to be read, oldest first."""
        with self._storage("cannot be listed"):
            found = list(_files(self._new, ".dcm"))
            first = sorted(found) if limit is None else heapq.nsmallest(limit, found)
        return [digest for _, digest in first]

    def claim(self, limit: int | None = None) -> list[str]:
        """What waits to be read and no other worker has in hand, oldest first; this process's until :meth:`unclaim`."""
        claimed: list[str] = []
        waiting = self.pending()
        with self._storage("cannot be claimed"):
            for digest in waiting:
                if len(claimed) == limit:
                    break
                # looked at again once it is ours: another worker may just have settled it
                if self._claims.take(digest) and self._new_path(digest).exists():
                    claimed.append(digest)
        return claimed

    def unclaim(self) -> None:
        """Let others have what was claimed and still waits."""
        self._claims.release()

    def load(self, digest: str) -> bytes:
        """An object as it came, from whatever state it is in.

        Raises
        ------
        NothingFound
            When the inbox has never seen it.
        """
        with self._storage("cannot be read"):
            path, data, _ = self._read(digest)
        if path.suffix != ".zst":
            return data
        try:
            return zstandard.ZstdDecompressor().decompress(data)
        except zstandard.ZstdError as error:
            raise StorageError(
                f"The kept object {digest} is damaged on disk ({error}).", hint="Restore it from a backup."
            ) from error

    def head(self, digest: str, count: int) -> bytes:
        """The first bytes of an object, without reading the rest of it.

        Raises
        ------
        NothingFound
            When the inbox does not have it.
        """
        with self._storage("cannot be read"):
            for path in self._places(digest):
                with suppress(FileNotFoundError), path.open("rb") as file:
                    if path.suffix != ".zst":
                        return file.read(count)
                    with zstandard.ZstdDecompressor().stream_reader(file) as reader:
                        return reader.read(count)
        raise NothingFound(f"The inbox has no object {digest}.", hint="alara quarantine list shows what is set aside.")

    def is_safe(self, digest: str) -> bool:
        """Whether an object is here with its bytes intact, and durable: what may be told to one who would delete it."""
        with self._storage("cannot be read"):
            try:
                path, _, _ = self._read(digest)
                if digest_of(self.load(digest)) != digest:
                    return False
                sync_folder(path.parent)
            except NothingFound:
                return False
            except StorageError:  # kept, and damaged on disk
                return False
        return True

    def received_at(self, digest: str) -> datetime:
        """When the object first arrived (UTC)."""
        with self._storage("cannot be read"):
            for path in self._places(digest):
                if (mtime_ns := _mtime_ns(path)) is not None:
                    return datetime.fromtimestamp(mtime_ns / 1e9, tz=UTC)
        raise NothingFound(f"The inbox has no object {digest}.", hint="alara quarantine list shows what is set aside.")

    def keep(self, digests: Sequence[str]) -> None:
        """Move what was read from ``new/`` to ``kept/``, compressed; what is there already stays.

        Raises
        ------
        NothingFound
            When an object is in no state at all.
        """
        compressor = zstandard.ZstdCompressor(write_checksum=True)
        with self._storage("cannot keep an object"):
            files = [
                NewFile(self._kept_path(digest), compressor.compress(data), mtime_ns=received)
                for digest in dict.fromkeys(digests)
                for path, data, received in [self._read(digest)]
                if path.parent == self._new
            ]
            write_all(files, self._tmp)
            for digest in digests:
                self._leave_quarantine(digest)
            self._settle(digests)

    def quarantine(self, digest: str, reason: UnreadableReason, detail: str) -> None:
        """Move an object that cannot be read from ``new/`` to ``quarantine/``, its reason beside it."""
        since = datetime.now(UTC).isoformat(timespec="seconds")
        note: dict[str, object] = {"reason": reason.value, "detail": detail, "since": since}
        with self._storage("cannot quarantine an object"):
            path, data, received = self._read(digest)
            if path.parent == self._new:
                target = self._quarantine_path(digest)
                if first := set_aside.first_of(target):
                    note["first"] = first
                beside = NewFile(target.with_suffix(".json"), json.dumps(note).encode())
                write_all([beside, NewFile(target, data, mtime_ns=received)], self._tmp)
            self._settle([digest])

    def kept(self) -> Iterator[str]:
        """Digests of everything that was read, in no particular order."""
        with self._storage("cannot be listed"):
            for folder in self._kept.iterdir():
                yield from (digest for _, digest in _files(folder, ".dcm.zst"))

    def kept_in_order(self) -> list[str]:
        """Digests of everything that was read, in order of arrival."""
        with self._storage("cannot be listed"):
            found = [one for folder in self._kept.iterdir() for one in _files(folder, ".dcm.zst")]
        return [digest for _, digest in sorted(found)]

    def release(self, digest: str) -> None:
        """Put an object of the quarantine back to what waits, for instance for a better reader."""
        with self._storage("cannot release an object"):
            path, data, received = self._read(digest)
            if path.parent == self._quarantine:
                write_all([NewFile(self._new_path(digest), data, mtime_ns=received)], self._tmp)
                path.unlink(missing_ok=True)  # the note stays until it is kept or dropped: it says who came first

    def holder(self) -> str:
        """The process that holds the lock, as text; empty when nobody does. Nothing is changed."""
        try:
            descriptor = os.open(self.root / "lock", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return ""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
        finally:
            os.close(descriptor)
        return ""

    def why_quarantined(self, digest: str) -> UnreadableReason | None:
        """Why an object is in quarantine; ``None`` when it is not there."""
        path = self._quarantine_path(digest)
        with self._storage("cannot be read"):
            return set_aside.quarantined(path, digest).reason if path.exists() else None

    def quarantined(self) -> list[Quarantined]:
        """What is in quarantine, in order of arrival."""
        with self._storage("cannot be listed"):
            aside = sorted(_files(self._quarantine, ".dcm"))
            return [set_aside.quarantined(self._quarantine_path(digest), digest) for _, digest in aside]

    def counts(self) -> InboxCounts:
        """How much is in each state."""
        with self._storage("cannot be counted"):
            return InboxCounts(
                new=sum(1 for _ in _files(self._new, ".dcm")),
                kept=sum(1 for folder in self._kept.iterdir() for _ in _files(folder, ".dcm.zst")),
                quarantined=sum(1 for _ in _files(self._quarantine, ".dcm")),
                free_bytes=shutil.disk_usage(self.root).free,
            )

    def waiting(self) -> Waiting:
        """What waits and what is set aside."""
        with self._storage("cannot be counted"):
            came = [received_ns for received_ns, _ in _files(self._new, ".dcm")]
            return Waiting(
                count=len(came),
                oldest_s=max(0.0, time.time() - min(came) / 1e9) if came else 0.0,
                quarantined=sum(1 for _ in _files(self._quarantine, ".dcm")),
                free_bytes=shutil.disk_usage(self.root).free,
            )

    def newest(self) -> datetime | None:
        """When the last object arrived; ``None`` without any."""
        with self._storage("cannot be listed"):
            came = [at for folder in (self._new, self._quarantine) for at, _ in _files(folder, ".dcm")]
            came += [at for folder in self._kept.iterdir() for at, _ in _files(folder, ".dcm.zst")]
        return datetime.fromtimestamp(max(came) / 1e9, tz=UTC) if came else None

    def drop(self, digest: str) -> None:
        """Delete an object of the quarantine for good; what is not there is left alone."""
        with self._storage("cannot drop an object"):
            self._leave_quarantine(_named(digest))
            (self._attempts / digest).unlink(missing_ok=True)

    def attempt(self, digest: str) -> int:
        """Count one more reading begun, and say how many that makes.

        Survives the death of the reader, not a power cut (which is not the
        reader's fault). ``keep`` and ``quarantine`` clear it.
        """
        with self._storage("cannot count an attempt"):
            path = self._attempts / _named(digest)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, FILE_MODE)
            try:
                os.write(descriptor, b".")
                return os.fstat(descriptor).st_size
            finally:
                os.close(descriptor)

    def _is_settled(self, digest: str, data: Parts) -> bool:
        """Whether the object was kept, or quarantined under this same file header.

        The digest is that of the dataset; under another header, of another
        transfer syntax for instance, what could not be read may be readable.

        To be asked before looking into ``new/``: an entry leaves ``new/`` only
        after its other place is durable, so what is settled and no longer
        waiting needs no sync of ours.
        """
        if self._kept_path(digest).exists():
            return True
        try:
            return self._quarantine_path(digest).read_bytes() == b"".join(data)
        except FileNotFoundError:
            return False

    def _leave_quarantine(self, digest: str) -> None:
        path = self._quarantine_path(digest)
        path.unlink(missing_ok=True)
        path.with_suffix(".json").unlink(missing_ok=True)

    def _settle(self, digests: Sequence[str]) -> None:
        for digest in digests:
            self._new_path(digest).unlink(missing_ok=True)
            (self._attempts / digest).unlink(missing_ok=True)

    def _read(self, digest: str) -> tuple[Path, bytes, int]:
        """Where an object is, its bytes there, and its mtime in ns."""
        for path in self._places(digest):
            with suppress(FileNotFoundError), path.open("rb") as file:
                return path, file.read(), os.fstat(file.fileno()).st_mtime_ns
        raise NothingFound(f"The inbox has no object {digest}.", hint="alara quarantine list shows what is set aside.")

    def _places(self, digest: str) -> tuple[Path, ...]:
        """Where to look for an object; ``new/`` twice, for one that is put again just as it settles."""
        new = self._new_path(digest)
        return new, self._kept_path(digest), self._quarantine_path(digest), new

    def _new_path(self, digest: str) -> Path:
        return self._new / f"{_named(digest)}.dcm"

    def _kept_path(self, digest: str) -> Path:
        return self._kept / digest[:2] / f"{_named(digest)}.dcm.zst"

    def _quarantine_path(self, digest: str) -> Path:
        return self._quarantine / f"{_named(digest)}.dcm"

    @contextmanager
    def _storage(self, what: str) -> Iterator[None]:
        """Turn the refusal of the operating system into a StorageError with a hint."""
        try:
            yield
        except OSError as error:
            raise self._error(what, error) from error

    def _error(self, what: str, error: OSError) -> StorageError:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        hint = "Free space on its disk." if full else "Check that the folder exists, is yours and can be written."
        return StorageError(f"The inbox {self.root} {what}: {error.strerror or error}.", hint=hint)


def _files(folder: Path, suffix: str) -> Iterator[tuple[int, str]]:
    """(mtime in ns, digest) of the objects in a folder; those that vanish meanwhile are passed over."""
    with os.scandir(folder) as entries:
        for entry in entries:
            digest = entry.name.removesuffix(suffix)
            if entry.name.endswith(suffix) and _DIGEST.fullmatch(digest):
                with suppress(FileNotFoundError):
                    yield entry.stat().st_mtime_ns, digest


def _named(digest: str) -> str:
    """The digest, now known to be one: no other text becomes part of a path."""
    if not _DIGEST.fullmatch(digest):
        raise NothingFound(f"{digest!r} is not a SHA-256 digest.", hint="It has 64 characters, 0-9 and a-f.")
    return digest


def _mtime_ns(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return None
