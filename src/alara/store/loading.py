"""Stored reports back from the database as model values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, Connection, Table, func, select

from alara.model import DoseReport, Provenance
from alara.store import tables
from alara.store.assemble import StoredReport
from alara.store.rows import from_utc, report_from_rows

__all__ = ["Loaded", "chunks", "load_reports", "lookup"]

Row = dict[str, Any]
T = TypeVar("T")

#: Fewer than any database's limit of parameters in a statement.
_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Loaded:
    """A stored report, the keys of its rows, and the positions of its events that are counted."""

    report_id: int
    procedure_id: int | None
    provenance: Provenance
    counted: frozenset[int]
    stored: StoredReport

    @property
    def report(self) -> DoseReport:
        return self.stored.report


def chunks(items: Iterable[T]) -> Iterator[list[T]]:
    """Distinct items in lists short enough for one statement."""
    distinct = list(dict.fromkeys(items))
    for start in range(0, len(distinct), _CHUNK):
        yield distinct[start : start + _CHUNK]


def lookup(connection: Connection, key: Column[Any], value: Column[Any], keys: Iterable[Any]) -> dict[Any, Any]:
    """``value`` by ``key`` for those keys that the table holds."""
    found: dict[Any, Any] = {}
    for chunk in chunks(keys):
        found.update((row[0], row[1]) for row in connection.execute(select(key, value).where(key.in_(chunk))))
    return found


def load_reports(connection: Connection, column: Column[Any], values: Iterable[Any]) -> list[Loaded]:
    """All reports whose ``column`` is one of the values, whole."""
    return [loaded for chunk in chunks(values) for loaded in _load(connection, column.in_(chunk))]


def _load(connection: Connection, condition: ColumnElement[bool]) -> list[Loaded]:
    reports = _rows(connection, tables.reports, condition)
    units = {
        row["id"]: row
        for chunk in chunks(report["equipment_id"] for report in reports)
        for row in _rows(connection, tables.equipment, tables.equipment.c.id.in_(chunk))
    }
    ids = [report["id"] for report in reports]
    accumulated, events, findings = (
        _by_report(connection, table, ids) for table in (tables.accumulated, tables.events, tables.findings)
    )
    shared = _shared_uids(connection, [report["sop_instance_uid"] for report in reports])
    return [_loaded(report, units[report["equipment_id"]], accumulated, events, findings, shared) for report in reports]


def _loaded(
    row: Row,
    unit: Row,
    accumulated: dict[int, list[Row]],
    events: dict[int, list[Row]],
    findings: dict[int, list[Row]],
    shared: set[str],
) -> Loaded:
    report_id = row["id"]
    report = report_from_rows(row, unit, accumulated[report_id], events[report_id], findings[report_id])
    return Loaded(
        report_id=report_id,
        procedure_id=row["procedure_id"],
        provenance=Provenance(row["sending_ae"], row["receiving_ae"], row["address"]),
        counted=frozenset(event["position"] for event in events[report_id] if event["counted"]),
        stored=StoredReport(
            digest=row["digest"],
            site=row["site"],
            received_at=from_utc(row["received_at"]),
            patient_pseudonym=row["patient_pseudonym"],
            report=report,
            uid_shared=report.sop_instance_uid in shared,
            operator_codes=tuple(row["operator_codes"].split()),
        ),
    )


def _rows(connection: Connection, table: Table, condition: ColumnElement[bool]) -> list[Row]:
    found = connection.execute(select(table).where(condition).order_by(*table.primary_key.columns))
    return [dict(row) for row in found.mappings()]


def _by_report(connection: Connection, table: Table, report_ids: Sequence[int]) -> dict[int, list[Row]]:
    rows: dict[int, list[Row]] = defaultdict(list)
    for chunk in chunks(report_ids):
        ordered = select(table).where(table.c.report_id.in_(chunk)).order_by(table.c.report_id, table.c.position)
        for row in connection.execute(ordered).mappings():
            rows[row["report_id"]].append(dict(row))
    return rows


def _shared_uids(connection: Connection, uids: Sequence[str]) -> set[str]:
    uid = tables.reports.c.sop_instance_uid
    found: set[str] = set()
    for chunk in chunks(uids):
        several = select(uid).where(uid.in_(chunk)).group_by(uid).having(func.count() > 1)
        found.update(connection.execute(several).scalars())
    return found
