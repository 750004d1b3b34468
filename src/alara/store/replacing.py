"""The content of one database in another: in place of what was there, or into an empty one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import URL, Connection, Table, delete, func, select, text

from alara.errors import DatabaseError
from alara.store import tables
from alara.store.bulk import insert_tuples

__all__ = ["check_may_replace", "copy_table", "digests", "replace_content", "sites", "whole_table"]

_ROWS: Final = 5000
_REPLACED: Final = [table for table in tables.METADATA.sorted_tables if table is not tables.reviews]
_MAY_WRITE: Final = text("SELECT has_table_privilege(:name, 'DELETE') AND has_table_privilege(:name, 'INSERT')")
_MAY_NUMBER: Final = text("SELECT has_sequence_privilege(pg_get_serial_sequence(:name, 'id'), 'UPDATE')")
_ROLES: Final = text("SELECT current_user, pg_get_userbyid(relowner) FROM pg_class WHERE oid = CAST(:name AS regclass)")


def digests(connection: Connection) -> set[str]:
    """The digests of all reports and copies."""
    return {
        digest
        for table in (tables.reports, tables.copies)
        for digest in connection.execute(select(table.c.digest)).scalars()
    }


def sites(connection: Connection) -> dict[str, str]:
    """The site of every report and copy by digest: it is not in the bytes, so only a database knows it."""
    reports, copies = tables.reports, tables.copies
    joined = select(copies.c.digest, reports.c.site).join(reports, reports.c.id == copies.c.report_id)
    both = (select(reports.c.digest, reports.c.site), joined)
    return {digest: site for query in both for digest, site in connection.execute(query)}


def replace_content(target: Connection, source: Connection) -> None:
    """Delete every row of the target and insert those of the source, inside the caller's writing transaction.

    The reviews stay as they are: no report holds them.
    """
    for table in reversed(_REPLACED):
        target.execute(delete(table))
    for table in _REPLACED:
        for _ in copy_table(target, source, table):
            pass


def check_may_replace(connection: Connection, url: URL) -> None:
    """Refuse a role of a server that may not do what :func:`replace_content` does, before hours of reading.

    Raises
    ------
    DatabaseError
        With the role that may: the owner of the tables.
    """
    if connection.dialect.name != "postgresql":
        return
    asked = [(_MAY_WRITE, table) for table in _REPLACED]
    asked += [(_MAY_NUMBER, table) for table in _REPLACED if "id" in table.c]
    if all(connection.execute(question, {"name": table.name}).scalar() for question, table in asked):
        return
    role, owner = connection.execute(_ROLES, {"name": tables.reports.name}).one()
    of_owner = url.set(username=owner, password=None).render_as_string()
    raise DatabaseError(
        f"The role {role!r} may not replace what the database holds; {owner!r}, the owner of its tables, may.",
        hint=f"Name the owner in the URL, as in --database '{of_owner}'; what would change any role may see: "
        "alara reingest --dry-run",
    )


def whole_table(connection: Connection, table: Table) -> Iterator[Sequence[Sequence[Any]]]:
    """All rows of a table, some thousand at a time, values in the order of its columns."""
    yield from connection.execute(select(table).execution_options(yield_per=_ROWS)).partitions(_ROWS)


def copy_table(target: Connection, source: Connection, table: Table) -> Iterator[Sequence[Sequence[Any]]]:
    """Insert all rows of the source's table into the target's, keys and all; yields them as they go over."""
    for rows in whole_table(source, table):
        insert_tuples(target, table, tuple(column.name for column in table.columns), rows)
        yield rows
    if target.dialect.name == "postgresql" and "id" in table.c:
        _set_sequence(target, table)


def _set_sequence(target: Connection, table: Table) -> None:
    """A server numbers rows from a sequence, which inserting numbered rows does not move."""
    last = target.execute(select(func.max(table.c.id))).scalar()
    name = target.execute(text("SELECT pg_get_serial_sequence(:table, 'id')"), {"table": table.name}).scalar()
    if name and last:
        target.execute(text("SELECT setval(:name, :last)"), {"name": name, "last": last})
