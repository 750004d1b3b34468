"""From one database to another, SQLite to PostgreSQL or back, and the proof that both hold the same.

Everything goes over in one transaction. Before it ends the target's tables are
read back and held against what was read of the source: the same number of
rows, and the same digest over them. Where they differ, or anything else goes
wrong, the target is left as empty as it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, func, select
from sqlalchemy.engine import URL

from alara.errors import DatabaseError, UsageError
from alara.store import tables
from alara.store.engine import connect, display_name, parse_url, sqlite_path, writing
from alara.store.replacing import copy_table, whole_table
from alara.store.schema import SCHEMA, open_database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

__all__ = ["Move", "TableContent", "content_of", "move"]

Progress = Callable[[str, int, int], None]
_MODULUS: Final = 2**256


@dataclass(frozen=True, slots=True)
class TableContent:
    """How many rows a table has, and a digest over them in whatever order they come."""

    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class Move:
    """What went from one database to the other (or would, in a dry run: then without digests)."""

    source: str
    target: str
    schema_version: str
    tables: dict[str, TableContent]
    dry_run: bool


class _Summing:
    """The digest of a table: its rows' SHA-256 added up, so that no database has to sort them.

    A row is told the same whichever database it comes from; a negative zero,
    which SQLite does not keep, is told as zero.
    """

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def add(self, rows: Iterable[Sequence[Any]]) -> None:
        for row in rows:
            told = repr([value + 0.0 if type(value) is float else value for value in row])
            self._sum += int.from_bytes(hashlib.sha256(told.encode()).digest(), "big")
            self.rows += 1

    @property
    def content(self) -> TableContent:
        return TableContent(self.rows, f"{self._sum % _MODULUS:064x}")


def content_of(url: str) -> dict[str, TableContent]:
    """Rows and digest of every table of a database, by the name of the table.

    Raises
    ------
    DatabaseError
        When it cannot be opened, or has another schema than this version's.
    """
    parsed = parse_url(url)
    with _opened(parsed, create=False) as engine, connect(engine, parsed) as connection:
        return {table.name: _content(connection, table) for table in tables.METADATA.sorted_tables}


def move(source_url: str, target_url: str, *, dry_run: bool = False, progress: Progress = lambda *_: None) -> Move:
    """Copy everything of one database into another that is empty or not there yet, all or nothing.

    Others may go on writing to the source: what is copied is its state at one
    instant. The source is never changed.

    Parameters
    ----------
    source_url, target_url
        SQLAlchemy URLs; both databases have, or get, this version's schema.
    dry_run
        Only look whether it could be done, and count; a target that is not there is not made.
    progress
        Called with the name of a table, the rows that went over and how many there are.

    Raises
    ------
    UsageError
        When both are one.
    DatabaseError
        When a database refuses, the target holds anything, or both do not hold the same in the end;
        the target is then as it was.
    """
    source, target = parse_url(source_url), parse_url(target_url)
    if source == target:
        raise UsageError(f"{display_name(source)} is both source and target.", hint="Name two databases.")
    with _opened(source, create=False) as engine, connect(engine, source) as connection:
        counts = {table.name: _count(connection, table) for table in tables.METADATA.sorted_tables}
        if dry_run:
            _refuse_unless_empty(target)
            found = {name: TableContent(rows, "") for name, rows in counts.items()}
        else:
            found = _copy_all(connection, target, counts, progress)
    return Move(display_name(source), display_name(target), SCHEMA, found, dry_run)


def _copy_all(
    source: Connection, target_url: URL, counts: dict[str, int], progress: Progress
) -> dict[str, TableContent]:
    with _opened(target_url, create=True) as engine, writing(engine, target_url) as target:
        _refuse_content(target, target_url)  # with the lock: nobody begins to fill it now
        contents: dict[str, TableContent] = {}
        for table in tables.METADATA.sorted_tables:
            sent = _Summing()
            for rows in copy_table(target, source, table):
                sent.add(rows)
                progress(table.name, sent.rows, counts[table.name])
            contents[table.name] = sent.content
        for table in tables.METADATA.sorted_tables:
            arrived = _content(target, table)
            if arrived != contents[table.name]:
                raise DatabaseError(
                    f"{table.name} did not arrive as it was sent: {contents[table.name].rows} rows went, "
                    f"{arrived.rows} are there, or their values differ; nothing was copied.",
                    hint="alara doctor looks at the source; is its file damaged?",
                )
        return contents


def _content(connection: Connection, table: Any) -> TableContent:
    summing = _Summing()
    for rows in whole_table(connection, table):
        summing.add(rows)
    return summing.content


def _count(connection: Connection, table: Any) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _refuse_unless_empty(target: URL) -> None:
    """Look at a target without making it."""
    path = sqlite_path(target)
    if path is not None and not path.exists():
        return
    try:
        engine = open_database(target, create=False)
    except DatabaseError as error:
        if "has no tables" in error.message:  # the copy would make them
            return
        raise
    try:
        with connect(engine, target) as connection:
            _refuse_content(connection, target)
    finally:
        engine.dispose()


def _refuse_content(connection: Connection, target: URL) -> None:
    filled = [table.name for table in tables.METADATA.sorted_tables if _has_rows(connection, table)]
    if filled:
        raise DatabaseError(
            f"The database {display_name(target)} is not empty: there are rows in {', '.join(filled)}.",
            hint="Name an empty or a new database; what is there is left as it is.",
        )


def _has_rows(connection: Connection, table: Any) -> bool:
    return connection.execute(select(*table.primary_key.columns).limit(1)).first() is not None


@contextmanager
def _opened(url: URL, *, create: bool) -> Iterator[Engine]:
    engine = open_database(url, create=create)
    try:
        yield engine
    finally:
        engine.dispose()
