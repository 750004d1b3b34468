"""Objects of an inbox into a copy of it and back.

In a copy every object is compressed as those in ``kept/`` are, whatever its
state; the state, when it came and why it is set aside go beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import zstandard

from alara.errors import NothingFound, StorageError
from alara.inbox.disk import NewFile, write_all
from alara.inbox.spool import Inbox, digest_of

__all__ = ["FOLDERS", "State", "Stored", "check", "every_digest", "place_of", "put_back", "stored"]

#: The folders of an inbox that a copy takes care of by itself, or has no use for.
FOLDERS = frozenset({"tmp", "new", "kept", "quarantine", "attempts", "lock"})

_GROUP = 64


class State(StrEnum):
    """The folder that an object is in."""

    NEW = "new"
    KEPT = "kept"
    QUARANTINE = "quarantine"


@dataclass(frozen=True, slots=True)
class Stored:
    """An object: its digest, its state, its compressed bytes, when it came, and the note of why it is set aside."""

    digest: str
    state: State
    compressed: bytes
    received_ns: int
    note: str = ""


def every_digest(inbox: Inbox) -> Iterator[str]:
    """Every object once, also those that change their state meanwhile."""
    seen: set[str] = set()
    # In the order in which objects move, and once more for what a retry put back from quarantine.
    for listing in (inbox.pending, inbox.kept, lambda: [one.digest for one in inbox.quarantined()], inbox.pending):
        for digest in listing():
            if digest not in seen:
                seen.add(digest)
                yield digest


def stored(inbox: Inbox, digest: str) -> Stored:
    """An object as it stands.

    Raises
    ------
    NothingFound
        When the inbox does not have it (any more).
    StorageError
        When the disk refuses.
    """
    places = _places(inbox.root, digest)
    try:
        for state in (State.NEW, State.KEPT, State.QUARANTINE, State.NEW, State.KEPT):
            path = places[state]
            with suppress(FileNotFoundError):
                received_ns, data = path.stat().st_mtime_ns, path.read_bytes()
                note = path.with_suffix(".json").read_text("utf-8") if state is State.QUARANTINE else ""
                return Stored(digest, state, data if state is State.KEPT else _compress(data), received_ns, note)
    except OSError as error:
        raise StorageError(
            f"The object {digest} cannot be read: {error.strerror or error}.", hint="Check the disk; alara doctor."
        ) from error
    raise NothingFound(f"The inbox has no object {digest}.", hint="alara doctor compares inbox and database.")


def place_of(inbox: Inbox, one: Stored) -> Path:
    """The file that an object is in."""
    return _places(inbox.root, one.digest)[one.state]


def put_back(inbox: Inbox, objects: Iterable[Stored]) -> None:
    """Put objects into an inbox that has none of them, each in its state, durable on return.

    Raises
    ------
    StorageError
        When an object is not what its digest says, or the disk refuses.
    """
    group: list[NewFile] = []
    try:
        for one in objects:
            group += _files_of(inbox.root, one)
            if len(group) >= _GROUP:
                write_all(group, inbox.root / "tmp")
                group = []
        write_all(group, inbox.root / "tmp")
    except OSError as error:
        raise StorageError(
            f"The inbox {inbox.root} cannot take an object in: {error.strerror or error}.",
            hint="Is there room on its disk?",
        ) from error


def check(one: Stored) -> bytes:
    """The bytes of an object, which are those that its digest names.

    Raises
    ------
    StorageError
        When they are not.
    """
    try:
        data = zstandard.ZstdDecompressor().decompress(one.compressed)
    except zstandard.ZstdError as error:
        raise StorageError(f"The object {one.digest} is damaged ({error}).", hint="Use another backup.") from error
    if digest_of(data) != one.digest:
        raise StorageError(f"The object {one.digest} has other bytes than its name says.", hint="Use another backup.")
    return data


def _files_of(root: Path, one: Stored) -> list[NewFile]:
    data = check(one)
    target = _places(root, one.digest)[one.state]
    files = [NewFile(target, one.compressed if one.state is State.KEPT else data, mtime_ns=one.received_ns)]
    if one.state is State.QUARANTINE:
        files.insert(0, NewFile(target.with_suffix(".json"), one.note.encode()))
    return files


def _places(root: Path, digest: str) -> dict[State, Path]:
    return {
        State.NEW: root / "new" / f"{digest}.dcm",
        State.KEPT: root / "kept" / digest[:2] / f"{digest}.dcm.zst",
        State.QUARANTINE: root / "quarantine" / f"{digest}.dcm",
    }


def _compress(data: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=True).compress(data)
