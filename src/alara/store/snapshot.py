"""A copy of a SQLite database while others write to it, and what a copy must answer for.

The online backup of SQLite (https://www.sqlite.org/backup.html) copies the
database as it is at one instant; writers go on meanwhile.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from alara.errors import DatabaseError
from alara.store.engine import parse_url, sqlite_path

__all__ = ["database_file", "digests_in", "snapshot"]

_BUSY_S = 30.0


def database_file(url: str) -> Path | None:
    """The file of a SQLite database; ``None`` for a server, which has backups of its own."""
    return sqlite_path(parse_url(url))


def snapshot(source: Path, target: Path) -> None:
    """Copy a database to a new file, whole and alone: no write-ahead log beside it.

    Raises
    ------
    DatabaseError
        When the source is not a database, or a disk refuses.
    """
    try:
        with closing(_open(source, "ro")) as live, closing(sqlite3.connect(target)) as copy:
            live.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        raise DatabaseError(f"The database {source} cannot be copied: {error}.", hint="alara doctor") from error


def digests_in(path: Path) -> set[str]:
    """The digests of every report and copy that a database file holds, after a check of the whole file.

    Raises
    ------
    DatabaseError
        When the file is damaged, or not a database of alara's.
    """
    try:
        with closing(_open(path, "ro")) as database:
            (verdict,) = database.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != "ok":
                raise DatabaseError(f"The database {path} is damaged: {verdict}.", hint="Use another backup.")
            return {row[0] for row in database.execute("SELECT digest FROM reports UNION SELECT digest FROM copies")}
    except sqlite3.Error as error:
        raise DatabaseError(
            f"The database {path} cannot be read: {error}.", hint="Is it a database of alara's?"
        ) from error


def _open(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=_BUSY_S)
