"""The schema: which version a database has, how a new one is made, and how an old one is brought up to date."""

from __future__ import annotations

import io
import os
import secrets
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.engine import URL

from alara.errors import DatabaseError, DatabaseMissing, SchemaTooNew
from alara.store.engine import connect, display_name, fsync_folder, open_engine, parse_url, sqlite_path, writing

if TYPE_CHECKING:
    from alembic.config import Config

__all__ = ["SCHEMA", "check_schema", "open_database", "schema_version", "upgrade"]

#: The newest revision in migrations/versions; versions are numbers of four digits, so that they sort.
SCHEMA = "0004"

_MIGRATIONS = Path(__file__).parent / "migrations"
_VERSIONS = (_MIGRATIONS / "versions",)


def open_database(url: URL, *, create: bool) -> Engine:
    """An engine on a database whose schema is this version's; a new one is made when ``create``.

    Without ``create`` the database is opened for reading only.

    Raises
    ------
    SchemaTooNew, DatabaseError
        When the schema is another, or the database refuses.
    """
    path = sqlite_path(url)
    if path is not None:
        _check_file(path, create=create)
    engine = open_engine(url, read_only=not create)
    try:
        with connect(engine, url) as connection:
            version = schema_version(connection, url)
        if version is None:
            _make_schema(engine, url, create=create)
        else:
            _check_version(version, url)
    except BaseException:
        engine.dispose()
        raise
    return engine


def schema_version(connection: Connection, url: URL) -> str | None:
    """The version of the schema; ``None`` when there are no tables at all."""
    tables = inspect(connection).get_table_names()
    if not tables:
        return None
    if "alembic_version" in tables and "procedures" in tables:
        version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        if version:
            return str(version)
    raise DatabaseError(
        f"The database {display_name(url)} belongs to another program.", hint="Name another one with --database."
    )


def upgrade(url: str, *, dry_run: bool = False) -> list[str]:
    """Bring a database to this version's schema; a missing one is made.

    A SQLite file that holds data is copied beside itself first.

    Returns
    -------
    What was done, a line a step; the SQL that would be run when ``dry_run``.
    Nothing when there is nothing to do.

    Raises
    ------
    SchemaTooNew, DatabaseError
    """
    parsed = parse_url(url)
    path = sqlite_path(parsed)
    if path is not None and not _has_content(path):
        if dry_run:
            return _sql(open_engine(parsed), None)
        _create_file(path)
        return [f"made {path} with schema {SCHEMA}"]
    if path is not None:
        _check_file(path, create=True)
    engine = open_engine(parsed)
    try:
        return _sql_pending(engine, parsed) if dry_run else _upgrade(engine, parsed)
    finally:
        engine.dispose()


def _upgrade(engine: Engine, url: URL) -> list[str]:
    with writing(engine, url) as connection:
        before = schema_version(connection, url)
        if before == SCHEMA:
            return []
        if before is not None and before > SCHEMA:
            raise _too_new(before, url)
        done = []
        path = sqlite_path(url)
        if path is not None and before is not None:
            # Nobody writes in the meantime: the lock is held.
            done.append(f"copied {path} to {_back_up(path, before)}")
        _run_migrations(connection)
        return [*done, f"schema {before or 'none'} -> {SCHEMA}"]


def _sql_pending(engine: Engine, url: URL) -> list[str]:
    with connect(engine, url) as connection:
        before = schema_version(connection, url)
    if before is not None and before > SCHEMA:
        raise _too_new(before, url)
    return [] if before == SCHEMA else _sql(engine, before)


# --- checks ----------------------------------------------------------------------------------------


def _has_content(path: Path) -> bool:
    return path.exists() and (not path.is_file() or path.stat().st_size > 0)


def _check_file(path: Path, *, create: bool) -> None:
    if path.is_dir():
        raise DatabaseError(f"{path} is a folder, not a database.", hint="Name a file with --database.")
    if not _has_content(path):
        if not create:
            raise DatabaseMissing(
                f"There is no database at {path}.", hint="alara listen and alara import make it; --database names it."
            )
        _create_file(path)
    if create and not os.access(path, os.W_OK):
        raise DatabaseError(
            f"The database {path} cannot be written.", hint="Make it writable for this user, or name another."
        )


def check_schema(connection: Connection, url: URL) -> None:
    """Refuse to go on where another alara has upgraded the database since it was opened."""
    _check_version(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one(), url)


def _check_version(version: str, url: URL) -> None:
    if version > SCHEMA:
        raise _too_new(version, url)
    if version < SCHEMA:
        raise DatabaseError(
            f"The database {display_name(url)} has schema {version}, and this alara needs {SCHEMA}.",
            hint="Run alara db upgrade; it makes a copy of a SQLite file first.",
        )


def _too_new(version: str, url: URL) -> SchemaTooNew:
    return SchemaTooNew(
        f"The database {display_name(url)} has schema {version}, and this alara knows only up to {SCHEMA}.",
        hint="A newer alara wrote it: install that version or a later one, or name another with --database.",
    )


# --- making and migrating --------------------------------------------------------------------------


def _create_file(path: Path) -> None:
    """Make a whole database under another name and link it in place: nobody ever sees half a schema."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    url = URL.create("sqlite", database=str(temporary))
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            _fill_new_file(url)
            _put_in_place(temporary, path)
        finally:
            for suffix in ("", "-wal", "-shm", "-journal"):
                temporary.with_name(temporary.name + suffix).unlink(missing_ok=True)
    except OSError as error:
        raise DatabaseError(
            f"The database {path} cannot be made: {error.strerror}.",
            hint="Make its folder writable for this user, or name another file with --database.",
        ) from error


def _fill_new_file(url: URL) -> None:
    path = sqlite_path(url)
    assert path is not None
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    engine = open_engine(url)
    try:
        with writing(engine, url) as connection:
            _run_migrations(connection)
    finally:
        engine.dispose()


def _put_in_place(temporary: Path, path: Path) -> None:
    try:
        if path.exists() and path.stat().st_size == 0:
            path.unlink()
        os.link(temporary, path)
    except FileExistsError:
        return  # another process was quicker
    fsync_folder(path.parent)


def _make_schema(engine: Engine, url: URL, *, create: bool) -> None:
    """On a server (or in a file of zero tables): make the tables, once, whoever comes first."""
    if not create:
        raise DatabaseMissing(f"The database {display_name(url)} has no tables.", hint="alara db upgrade makes them.")
    _upgrade(engine, url)


def _back_up(path: Path, version: str) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    copy = path.with_name(f"{path.name}.schema-{version}.{stamp}.{secrets.token_hex(2)}.backup")
    os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    descriptor = os.open(copy, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    fsync_folder(path.parent)
    return copy


def _alembic_config(buffer: io.StringIO | None = None) -> Config:
    from alembic.config import Config

    config = Config(output_buffer=buffer) if buffer is not None else Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(map(str, _VERSIONS)).replace("%", "%%"))
    return config


def _run_migrations(connection: Connection) -> None:
    from alembic import command

    config = _alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, SCHEMA)


def _sql(engine: Engine, before: str | None) -> list[str]:
    from alembic import command

    buffer = io.StringIO()
    config = _alembic_config(buffer)
    config.attributes["dialect_name"] = engine.dialect.name
    command.upgrade(config, f"{before}:{SCHEMA}" if before else SCHEMA, sql=True)
    return [line for line in buffer.getvalue().splitlines() if line.strip()]
