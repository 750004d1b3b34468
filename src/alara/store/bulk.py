"""Many rows into a table, at the driver's own speed.

``Connection.execute(insert(table), rows)`` builds each row's parameters anew
and takes longer for that than the database for the rows. Here the driver gets
plain tuples; PostgreSQL takes them by COPY.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Boolean, Connection, DateTime, Dialect, Table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

__all__ = ["as_driver_takes_it", "insert_rows", "insert_tuples"]

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Statement:
    sql: str
    #: What the driver cannot take as it is (SQLite: a datetime), by position.
    processors: tuple[tuple[int, Callable[[Any], Any]], ...]


def insert_rows(connection: Connection, table: Table, rows: list[Row]) -> None:
    """Insert rows that all have the same columns, at least two; none is fine."""
    if rows:
        names = tuple(rows[0])
        insert_tuples(connection, table, names, list(map(itemgetter(*names), rows)))


def as_driver_takes_it(value: Any) -> Any:
    """A value that every driver takes without another look: a time is text, in the form that SQLAlchemy writes."""
    return value.isoformat(" ", "microseconds") if isinstance(value, datetime) else value


def insert_tuples(
    connection: Connection,
    table: Table,
    names: tuple[str, ...],
    rows: Sequence[Sequence[Any]],
    *,
    as_taken: bool = False,
) -> None:
    """Insert rows whose values stand in the order of ``names``; none is fine.

    ``as_taken`` says that all values are as :func:`as_driver_takes_it` gives them.
    """
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        _copy(connection, table, names, rows)
        return
    statement = _statement(table, connection.dialect, names)
    taken = list(rows) if as_taken else _processed(rows, statement.processors)
    connection.exec_driver_sql(statement.sql, taken)


def _processed(
    rows: Sequence[Sequence[Any]], processors: tuple[tuple[int, Callable[[Any], Any]], ...]
) -> list[tuple[Any, ...]]:
    if not processors:
        return list(map(tuple, rows))
    columns = list(zip(*rows, strict=True))
    for at, process in processors:
        columns[at] = tuple(map(process, columns[at]))
    return list(zip(*columns, strict=True))


def _copy(connection: Connection, table: Table, names: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> None:
    quoted = connection.dialect.identifier_preparer.quote
    into = f"COPY {quoted(table.name)} ({', '.join(map(quoted, names))}) FROM STDIN"
    driver_error = connection.dialect.loaded_dbapi.Error
    cursor: Any = connection.connection.cursor()  # psycopg's, which knows COPY
    try:
        with cursor, cursor.copy(into) as copy:
            for row in rows:
                copy.write_row(row)
    except driver_error as error:
        # the driver is asked directly, so its refusal is worded as SQLAlchemy words it elsewhere
        raise DBAPIError.instance(into, None, error, driver_error, dialect=connection.dialect) from error


@lru_cache(maxsize=64)
def _statement(table: Table, dialect: Dialect, names: tuple[str, ...]) -> _Statement:
    quoted = dialect.identifier_preparer.quote
    marks = ", ".join("?" for _ in names)
    processors = ((at, _processor(table.c[name].type, dialect)) for at, name in enumerate(names))
    return _Statement(
        sql=f"INSERT INTO {quoted(table.name)} ({', '.join(map(quoted, names))}) VALUES ({marks})",  # noqa: S608 - our own names
        processors=tuple((at, process) for at, process in processors if process is not None),
    )


def _processor(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    if isinstance(kind, Boolean):  # an integer to the driver as to the database
        return None
    if isinstance(kind, DateTime):  # several times faster than SQLAlchemy's own
        return as_driver_takes_it
    return kind.dialect_impl(dialect).bind_processor(dialect)
