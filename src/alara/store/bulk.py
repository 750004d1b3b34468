"""Many rows into a table, at the driver's own speed.

``Connection.execute(insert(table), rows)`` builds each row's parameters anew
and takes longer for that than the database for the rows. Here the statement is
compiled once and the driver gets plain tuples; PostgreSQL takes them by COPY.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect, Table, insert
from sqlalchemy.exc import DBAPIError

__all__ = ["insert_rows"]

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Statement:
    sql: str
    names: tuple[str, ...]
    positional: bool
    #: What the driver cannot take as it is (SQLite: a datetime), by column.
    processors: tuple[tuple[str, Callable[[Any], Any]], ...]


def insert_rows(connection: Connection, table: Table, rows: list[Row]) -> None:
    """Insert rows that all have the same columns; none is fine.

    Values that the driver cannot take are converted in the rows themselves.
    """
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        _copy(connection, table, rows)
        return
    statement = _statement(table, connection.dialect, tuple(rows[0]))
    for name, process in statement.processors:
        for row in rows:
            row[name] = process(row[name])
    if statement.positional:
        connection.exec_driver_sql(statement.sql, list(map(itemgetter(*statement.names), rows)))
    else:
        connection.exec_driver_sql(statement.sql, rows)


def _copy(connection: Connection, table: Table, rows: list[Row]) -> None:
    names = tuple(rows[0])
    quoted = connection.dialect.identifier_preparer.quote
    into = f"COPY {quoted(table.name)} ({', '.join(map(quoted, names))}) FROM STDIN"
    driver_error = connection.dialect.loaded_dbapi.Error
    cursor: Any = connection.connection.cursor()  # psycopg's, which knows COPY
    try:
        with cursor, cursor.copy(into) as copy:
            for row in map(itemgetter(*names), rows):
                copy.write_row(row)
    except driver_error as error:
        # the driver is asked directly, so its refusal is worded as SQLAlchemy words it elsewhere
        raise DBAPIError.instance(into, None, error, driver_error, dialect=connection.dialect) from error


@lru_cache(maxsize=64)
def _statement(table: Table, dialect: Dialect, names: tuple[str, ...]) -> _Statement:
    compiled = insert(table).compile(dialect=dialect, column_keys=list(names))
    processors = ((name, table.c[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in names)
    return _Statement(
        sql=str(compiled),
        names=tuple(compiled.positiontup or names),
        positional=bool(compiled.positiontup),
        processors=tuple((name, process) for name, process in processors if process is not None),
    )
