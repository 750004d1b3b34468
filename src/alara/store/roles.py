"""What each role on a PostgreSQL server needs: a node that stores, and an audit that only reads.

Facts are only ever inserted, but for the two marks that assembly leaves on
them. What is derived is written anew when a late report changes a procedure,
so there a node updates and deletes too. Nobody but the owner of the tables can
make, upgrade, move or replace them.
"""

from __future__ import annotations

from typing import Final

from alara.store import tables

__all__ = ["grants"]

#: By table: the statements that a node runs on it beside SELECT.
_NODE_WRITES: Final = {
    tables.equipment: "INSERT",
    tables.reports: "INSERT, UPDATE (procedure_id)",
    tables.copies: "INSERT",
    tables.accumulated: "INSERT",
    tables.events: "INSERT, UPDATE (counted)",
    tables.procedures: "INSERT, UPDATE, DELETE",
    tables.planes: "INSERT, DELETE",
    tables.findings: "INSERT, DELETE",
    tables.reviews: "INSERT",  # whoever closes a review does it as a node
}


def grants(*, node: str, audit: str, schema: str = "public") -> list[str]:
    """The SQL by which the owner of the tables lets two roles in, a statement a line.

    It can be run again at any time, and is after every upgrade. Roles are not
    made: their passwords are nobody's business here.
    """
    within, writer, reader = _quoted(schema), _quoted(node), _quoted(audit)
    lines = [f"GRANT USAGE ON SCHEMA {within} TO {writer}, {reader};"]
    lines.append(f"GRANT SELECT ON ALL TABLES IN SCHEMA {within} TO {writer}, {reader};")
    lines += [f"GRANT {statements} ON {within}.{table.name} TO {writer};" for table, statements in _NODE_WRITES.items()]
    lines.append(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {within} TO {writer};")
    return lines


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
