"""A SQLite database looked at without the store: at once, for reading alone, and without making a file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from alara.config import Config

__all__ = ["database_file", "looked_at"]


def database_file(config: Config) -> Path | None:
    """The SQLite file of the settings, there or not; ``None`` where they name a server."""
    url = config.database_url
    return Path(url.removeprefix("sqlite:///").split("?")[0]) if url.startswith("sqlite:///") else None


@contextmanager
def looked_at(path: Path, *, wait_s: float = 1.0) -> Iterator[sqlite3.Connection]:
    """A connection that only reads, and waits no longer than so for one that writes.

    Raises
    ------
    sqlite3.Error
        When the file is no database.
    """
    # Without a write-ahead log nobody writes, and with one its index is there as well: neither way makes a file.
    way = "mode=ro" if path.with_name(f"{path.name}-wal").exists() else "mode=ro&immutable=1"
    with closing(sqlite3.connect(f"file:{quote(str(path))}?{way}", uri=True, timeout=wait_s)) as connection:
        yield connection
