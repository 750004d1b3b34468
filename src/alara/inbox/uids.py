"""Which objects of the inbox came over the wire under a SOP Instance UID.

The inbox names its files by digest, and the database, which knows the UIDs, may
be down. This index is derived from the files' own headers and can be lost: what
it lacks is read from the folders that have changed since it last looked, and
whether an object is really there is asked of the inbox each time.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alara.errors import NothingFound, StorageError
from alara.inbox import part10
from alara.inbox.spool import Inbox

__all__ = ["Indexed", "UidIndex"]

_HEAD_BYTES: Final = 4096
_SETTLED_NS: Final = 2 * 10**9

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS objects (
    digest TEXT PRIMARY KEY, uid TEXT NOT NULL, sop_class TEXT NOT NULL, implementation TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS objects_by_uid ON objects (uid);
CREATE TABLE IF NOT EXISTS folders (name TEXT PRIMARY KEY, mtime_ns INTEGER NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Indexed:
    """An object as its file header names it."""

    digest: str
    sop_class_uid: str
    implementation_class_uid: str


class UidIndex:
    """The index of one inbox, in ``uids.sqlite`` in its folder. To be used in one thread.

    Raises
    ------
    StorageError
        From every method, when the disk refuses.
    """

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._path = inbox.root / "uids.sqlite"
        self._connection: sqlite3.Connection | None = None

    def refresh(self) -> None:
        """Take in what has come since the last time; cheap when nothing has."""
        try:
            self._refresh(self._open())
        except sqlite3.OperationalError as error:  # the disk is full, most likely
            self.close()
            raise self._error(error) from error
        except sqlite3.DatabaseError:  # damaged: it is derived, so it is made anew
            self.close()
            self._path.unlink(missing_ok=True)
            try:
                self._refresh(self._open())
            except sqlite3.Error as error:
                self.close()
                raise self._error(error) from error
        except OSError as error:
            raise self._error(error) from error

    def find(self, sop_instance_uid: str) -> list[Indexed]:
        """The objects that came under a UID, as of the last :meth:`refresh`."""
        try:
            rows = self._open().execute(
                "SELECT digest, sop_class, implementation FROM objects WHERE uid = ? ORDER BY digest",
                (sop_instance_uid,),
            )
            return [Indexed(*row) for row in rows]
        except sqlite3.Error as error:
            self.close()
            raise self._error(error) from error

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            connection = sqlite3.connect(self._path, isolation_level=None)
            try:
                connection.executescript(_SCHEMA)
            except sqlite3.Error:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _refresh(self, connection: sqlite3.Connection) -> None:
        root = self._inbox.root
        folders = [root / "quarantine", root / "new", *sorted((root / "kept").iterdir())]
        seen = dict(connection.execute("SELECT name, mtime_ns FROM folders"))
        for folder in folders:
            name, mtime_ns = str(folder.relative_to(root)), folder.stat().st_mtime_ns
            if seen.get(name) != mtime_ns:
                self._take_in(connection, folder, name, mtime_ns)

    def _take_in(self, connection: sqlite3.Connection, folder: Path, name: str, mtime_ns: int) -> None:
        digests = {path.name.partition(".")[0] for path in folder.iterdir() if ".dcm" in path.suffixes}
        connection.execute("BEGIN")
        try:
            for digest in sorted(digests - _known(connection, digests)):
                self._add(connection, digest)
            # A change within the clock's own step would not show: such a folder is looked at again.
            if time.time_ns() - mtime_ns > _SETTLED_NS:
                connection.execute("INSERT OR REPLACE INTO folders VALUES (?, ?)", (name, mtime_ns))
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def _add(self, connection: sqlite3.Connection, digest: str) -> None:
        try:
            parsed = part10.parse(self._inbox.head(digest, _HEAD_BYTES))
        except NothingFound:
            return
        meta = parsed[0] if parsed else part10.FileMeta()
        row = digest, meta.sop_instance_uid, meta.sop_class_uid, meta.implementation_class_uid
        connection.execute("INSERT OR IGNORE INTO objects VALUES (?, ?, ?, ?)", row)

    def _error(self, error: Exception) -> StorageError:
        return StorageError(
            f"The index of the inbox {self._inbox.root} cannot be used: {error}.",
            hint="Free space on its disk; the index itself may be removed, it is made anew.",
        )


def _known(connection: sqlite3.Connection, digests: set[str]) -> set[str]:
    """Those that the index has. A folder of ``kept/`` lies close together in it, and is one range."""
    if len({digest[:2] for digest in digests}) == 1:
        rows = connection.execute(
            "SELECT digest FROM objects WHERE digest BETWEEN ? AND ?", (min(digests), max(digests))
        )
        return {digest for (digest,) in rows}
    look_up = "SELECT 1 FROM objects WHERE digest = ?"
    return {digest for digest in digests if connection.execute(look_up, (digest,)).fetchone()}
