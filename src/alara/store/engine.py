"""Connections: how each database is opened, locked for writing, and how its refusals are worded."""

from __future__ import annotations

import importlib.util
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import sqlalchemy
from sqlalchemy import Connection, Engine, QueuePool, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from alara.commands import without_password
from alara.errors import ConfigError, DatabaseBusy, DatabaseError
from alara.extras import install

__all__ = ["connect", "display_name", "fsync_folder", "open_engine", "parse_url", "sqlite_path", "writing"]

_BUSY_TIMEOUT_S = 30.0
#: SQLite's own 2 MB hold no index of a large database: a tenth of the time of storing went into reading them again.
_CACHE_KIB = 64 * 1024
#: A node that falls silent in the middle of writing, its machine frozen or cut off, holds up the others so long.
_IDLE_LIMIT_S = 60.0
#: What libpq waits for by itself is two hours, or without end; what the URL says goes before these.
#: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
_PATIENCE = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,
}
#: The number of alara's writing lock in a PostgreSQL database: its name in ASCII.
_ADVISORY_LOCK = int.from_bytes(b"alara", "big")

#: A server's default says that a page out of turn costs as much as four in a row, as on a disk that spins; by that it
#: would read all planes of all years for one month. https://www.postgresql.org/docs/current/runtime-config-query.html
_PAGE_OUT_OF_TURN = 1.1

_SQLITE = ("sqlite", "sqlite+pysqlite")
_PSYCOPG = "postgresql+psycopg"
_SQLITE_EXAMPLE = "sqlite:////var/lib/alara/alara.sqlite"
_SERVER_EXAMPLE = f"{_PSYCOPG}://alara@db:5432/alara"
_HIGHEST_PORT = 65535

_BUSY = ("locked", "lock timeout")
_NO_HINT = "The log of the server, or of this system, says more."
_HINTS = {
    "lock timeout": "Another node has been writing for long; try again, what is not stored waits in the inbox.",
    "permission denied": "alara db roles prints what each role needs; its owner runs that, and alara db upgrade.",
    "locked": "Another process has been writing for long; try again, what is not stored waits in the inbox.",
    "readonly": "Make the file's folder writable for this user (SQLite needs that even to read), or name another file.",
    "not a database": "Name another file with --database; this one is left untouched.",
    "disk is full": "Free some space; what is not stored waits in the inbox.",
    "disk I/O": "Free some space on its disk; where there is enough, look for faults of it in the system's log.",
    "malformed": "Put the file aside and restore its backup.",
    "password": "Check user and password; a line in ~/.pgpass keeps the password out of settings.",
    "Connection refused": "Is the server running, and at that port? pg_isready -h HOST -p PORT asks it.",
    "timeout": "The server does not answer: is it running, and is a firewall between? pg_isready -h HOST asks it.",
    "on socket": "A URL without a host is a server of this machine; name another: postgresql+psycopg://alara@db:5432/alara",
    "resolve host": "Check the name of the host in the URL.",
    "server closed": "The server ended the connection; it may be starting anew. Its log says why.",
    'database "': "createdb makes it; then alara db upgrade, as its owner, makes the tables.",
    'role "': "createuser makes it; alara db roles prints what it needs.",
    "unable to open": "Check that the file and its folder can be read and written by this user.",
}


def parse_url(text: str) -> URL:
    """The database that a URL names; nobody is asked whether it is there.

    Raises
    ------
    ConfigError
        When the URL is not one, names a SQLite database without a file, or a kind of database or a driver
        that alara does not know or that is not installed.
    """
    if not text.startswith("sqlite"):
        _check_password(text)
    try:
        url = make_url(text)
        is_sound = url.port is None or 1 <= url.port <= _HIGHEST_PORT
    except (ArgumentError, ValueError):
        is_sound = False
    if not is_sound:
        raise ConfigError(
            f"{without_password(text)!r} is not the URL of a database.",
            hint=f"For example {_SQLITE_EXAMPLE} or {_SERVER_EXAMPLE}",
        )
    if url.drivername in _SQLITE:
        if url.database in (None, "", ":memory:"):
            raise ConfigError("A SQLite database needs a file.", hint=f"For example {_SQLITE_EXAMPLE}")
    else:
        _check_driver(url)
    return url


def _check_password(text: str) -> None:
    """Refuse what would be taken apart in the wrong place, and a part of a password shown as the name of a host."""
    user = text.partition("://")[2].rpartition("@")[0]
    if set(user) & set("@/?#"):
        raise ConfigError(
            f"User or password in {without_password(text)!r} hold a sign that ends them.",
            hint="Write @ as %40, / as %2F, ? as %3F and # as %23, or keep the password in ~/.pgpass alone.",
        )


def _check_driver(url: URL) -> None:
    shown = url.render_as_string(hide_password=True)
    if url.drivername in ("postgres", "postgresql"):
        raise ConfigError(
            f"{shown!r} does not say how to speak to the server.", hint=f"The URL begins with {_PSYCOPG}://"
        )
    if url.drivername != _PSYCOPG:
        raise ConfigError(
            f"There is no driver {url.drivername!r}: alara keeps its rows in SQLite or PostgreSQL.",
            hint=f"For example {_SQLITE_EXAMPLE} or {_SERVER_EXAMPLE}",
        )
    if importlib.util.find_spec("psycopg") is None:
        raise ConfigError("PostgreSQL needs psycopg, which is not installed.", hint=install("postgres"))


def sqlite_path(url: URL) -> Path | None:
    """The file of a SQLite database; ``None`` for a server."""
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def display_name(url: URL) -> str:
    """The database in a message: a file's path, or a URL without its password."""
    return str(sqlite_path(url) or url.render_as_string(hide_password=True))


def open_engine(url: URL, *, read_only: bool = False) -> Engine:
    """An engine for an existing database. Nothing is created, and nothing is read yet."""
    path = sqlite_path(url)
    if path is not None:
        return _sqlite_engine(path, read_only=read_only)
    patience = {name: value for name, value in _PATIENCE.items() if name not in url.query}
    try:
        engine = sqlalchemy.create_engine(url, connect_args=patience)
    except ImportError as error:  # psycopg is there, and the library of PostgreSQL that it needs is not
        raise ConfigError("psycopg finds no libpq, the library of PostgreSQL.", hint=install("postgres")) from error
    return engine.execution_options(postgresql_readonly=True) if read_only else engine


def _sqlite_engine(path: Path, *, read_only: bool) -> Engine:
    mode = "ro" if read_only else "rw"
    address = f"file:{quote(str(path.absolute()))}?mode={mode}"
    if read_only and os.statvfs(path).f_flag & os.ST_RDONLY:
        # A write-ahead log needs a file for its index beside the database, unless nobody can write at all.
        address += "&immutable=1"

    def open_file() -> sqlite3.Connection:
        # isolation_level=None: the driver begins nothing by itself, _begin does.
        connection = sqlite3.connect(
            address, uri=True, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    engine = sqlalchemy.create_engine("sqlite://", creator=open_file, poolclass=QueuePool)
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    """Take the write lock at once when writing: a reader that turns writer could only fail."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def connect(engine: Engine, url: URL) -> Iterator[Connection]:
    """A connection in a transaction for reading; the database's refusals become ``DatabaseError``.

    All that is read in it is of one instant.
    """
    with _worded(url), engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            connection.exec_driver_sql(f"SET LOCAL random_page_cost = {_PAGE_OUT_OF_TURN}")
        yield connection


@contextmanager
def writing(engine: Engine, url: URL, *, may_pause: bool = True) -> Iterator[Connection]:
    """The one transaction that may write, committed at the end; others wait, readers go on.

    One writer at a time is what makes assembly right: two reports of one study
    that arrive at the same instant by two nodes see each other.

    Parameters
    ----------
    may_pause
        Whether the caller may do something else for long between two statements. Otherwise a server takes a
        silence of a minute for the caller's death, and lets the others go on.
    """
    with _worded(url), engine.connect().execution_options(writes=True) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            _take_turn(connection, may_pause=may_pause)
        yield connection


def _take_turn(connection: Connection, *, may_pause: bool) -> None:
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {round(1000 * _BUSY_TIMEOUT_S)}")
    if not may_pause:
        connection.exec_driver_sql(f"SET LOCAL idle_in_transaction_session_timeout = {round(1000 * _IDLE_LIMIT_S)}")
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")


@contextmanager
def _worded(url: URL) -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        # Only the first line of the driver's own words: the rest may quote rows.
        cause = error.orig if isinstance(error, DBAPIError) else error
        reason = (str(cause).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        hint = next((hint for word, hint in _HINTS.items() if word in reason), _NO_HINT)
        kind = DatabaseBusy if any(word in reason for word in _BUSY) else DatabaseError
        raise kind(f"The database {display_name(url)} refuses: {reason}.", hint=hint) from error


def fsync_folder(folder: Path) -> None:
    """Make a new name in a folder last."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
