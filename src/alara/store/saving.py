"""A batch of reports into the database: facts first, then the procedures that they change.

A batch takes about a dozen statements however many reports it holds: what is
known already is asked for all of them at once, and rows go in by the table.
Only where a study has several reports are its earlier ones loaded back and all
of its procedures assembled again: a report may join what were two before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, update

from alara.model import DoseReport, Provenance
from alara.store import tables
from alara.store.assemble import Assembled, StoredReport, assemble
from alara.store.bulk import insert_rows
from alara.store.derived import finding_rows, identity_of, plane_rows, procedure_row
from alara.store.loading import Loaded, chunks, load_reports, lookup
from alara.store.rows import (
    accumulated_rows,
    as_utc,
    clean_text,
    equipment_row,
    event_row,
    finding_row,
    patient_columns,
    report_row,
    stored_form,
)

__all__ = ["CaseId", "Incoming", "Outcome", "save"]

Row = dict[str, Any]
#: Makes the case id of a procedure from study UID, equipment key and kind.
CaseId = Callable[[str, str, str], str]


@dataclass(frozen=True, slots=True)
class Incoming:
    """A report to be stored, with what its delivery adds; ``received_at`` is aware."""

    digest: str
    report: DoseReport
    provenance: Provenance
    received_at: datetime
    site: str
    patient_pseudonym: str


class Outcome(StrEnum):
    """What became of a report."""

    STORED = "stored"
    #: The same bytes are known: nothing changed.
    DUPLICATE = "duplicate"
    #: The same SOP Instance UID and content in other bytes: only the digest is remembered.
    REENCODED = "reencoded"
    #: The same SOP Instance UID with other content: both are kept, and the procedure says so.
    CONFLICT = "conflict"


@dataclass(slots=True)
class _Sorted:
    """A batch by what is to be done with it."""

    outcomes: list[Outcome] = field(default_factory=list)
    fresh: list[Incoming] = field(default_factory=list)
    #: Digest of a copy, and of the report that it is a copy of.
    copies: list[tuple[Incoming, str]] = field(default_factory=list)
    #: SOP Instance UIDs that more than one content has since this batch.
    conflicts: set[str] = field(default_factory=set)
    #: Studies of the reports that these UIDs had before.
    disputed_studies: set[str] = field(default_factory=set)


def save(connection: Connection, items: Sequence[Incoming], case_id: CaseId) -> list[Outcome]:
    """Store a batch inside the caller's writing transaction; one outcome an item, in their order."""
    batch = _sort(connection, items)
    studies = batch.disputed_studies | {
        clean_text(item.report.study_instance_uid) for item in batch.fresh if item.report.is_audited
    }
    earlier = load_reports(connection, tables.reports.c.study_instance_uid, studies)
    assembled = _assemble(earlier, batch)
    units = _equipment_ids(connection, [(item.report, item.site) for item in batch.fresh], assembled.values())
    before = {loaded.procedure_id for loaded in earlier if loaded.procedure_id is not None}
    procedure_ids = _write_procedures(connection, assembled, before, units, case_id)
    owner = {digest: procedure_ids[key] for key, one in assembled.items() for digest in one.members}
    report_ids = _insert_reports(connection, batch.fresh, units, owner)
    counted = frozenset().union(*(one.counted for one in assembled.values()))
    _insert_parts(connection, batch.fresh, report_ids, counted)
    _move(connection, earlier, owner)
    _mark_counted(connection, earlier, counted)
    _delete_procedures(connection, before.difference(procedure_ids.values()))
    _insert_copies(connection, batch.copies, report_ids)
    return batch.outcomes


# --- what is new -----------------------------------------------------------------------------------


def _sort(connection: Connection, items: Sequence[Incoming]) -> _Sorted:
    seen: set[str] = set()
    for table, key in ((tables.reports, "id"), (tables.copies, "report_id")):
        seen.update(lookup(connection, table.c.digest, table.c[key], [item.digest for item in items]))
    unknown = [item for item in items if item.digest not in seen]
    uid = tables.reports.c.sop_instance_uid
    held: dict[str, list[Loaded | Incoming]] = defaultdict(list)
    for loaded in load_reports(connection, uid, [clean_text(item.report.sop_instance_uid) for item in unknown]):
        held[loaded.report.sop_instance_uid].append(loaded)
    batch = _Sorted()
    for item in items:
        if item.digest in seen:
            batch.outcomes.append(Outcome.DUPLICATE)
            continue
        seen.add(item.digest)
        _sort_one(item, held[clean_text(item.report.sop_instance_uid)], batch)
    return batch


def _sort_one(item: Incoming, same_uid: list[Loaded | Incoming], batch: _Sorted) -> None:
    form = stored_form(item.report) if same_uid else item.report
    twin = next((other for other in same_uid if stored_form(other.report) == form), None)
    if twin is not None:
        batch.copies.append((item, twin.stored.digest if isinstance(twin, Loaded) else twin.digest))
        batch.outcomes.append(Outcome.REENCODED)
        return
    batch.outcomes.append(Outcome.CONFLICT if same_uid else Outcome.STORED)
    if same_uid:
        batch.conflicts.add(clean_text(item.report.sop_instance_uid))
        batch.disputed_studies.update(
            other.report.study_instance_uid for other in same_uid if isinstance(other, Loaded)
        )
    batch.fresh.append(item)
    same_uid.append(item)


# --- procedures ------------------------------------------------------------------------------------


def _assemble(earlier: list[Loaded], batch: _Sorted) -> dict[str, Assembled]:
    """Every procedure of the studies that the batch touches, by its key."""
    loaded = {one.report.study_instance_uid for one in earlier}
    reports = [_of_batch(item, batch, loaded) for item in batch.fresh if item.report.is_audited]
    for one in earlier:
        disputed = one.report.sop_instance_uid in batch.conflicts
        reports.append(_disputed(one.stored) if disputed else one.stored)
    return {identity_of(one.identity): one for one in assemble(reports)}


def _of_batch(item: Incoming, batch: _Sorted, loaded: set[str]) -> StoredReport:
    """A new report as it is assembled: beside reports from the database as it would come back from there."""
    return StoredReport(
        digest=item.digest,
        site=item.site,
        received_at=item.received_at,
        patient_pseudonym=item.patient_pseudonym,
        report=stored_form(item.report) if clean_text(item.report.study_instance_uid) in loaded else item.report,
        uid_shared=clean_text(item.report.sop_instance_uid) in batch.conflicts,
    )


def _disputed(stored: StoredReport) -> StoredReport:
    return replace(stored, uid_shared=True)


def _write_procedures(
    connection: Connection, assembled: dict[str, Assembled], before: set[int], units: dict[str, int], case_id: CaseId
) -> dict[str, int]:
    """Write derived rows anew, for those procedures there were before too; the ids of all by key."""
    known = lookup(connection, tables.procedures.c.id, tables.procedures.c.identity, before)
    ids = {key: number for number, key in known.items() if key in assembled}
    new: list[Row] = []
    changed: list[Row] = []
    for key, one in assembled.items():
        unit = equipment_row(one.procedure.equipment, one.site)
        row = procedure_row(
            one,
            identity=key,
            case_id=case_id(*(clean_text(part) for part in one.identity)),
            equipment_id=units[unit["fingerprint"]],
        )
        if key in ids:
            changed.append({**row, "_id": ids[key]})
        else:
            new.append(row)
    insert_rows(connection, tables.procedures, new)
    if changed:
        connection.execute(update(tables.procedures).where(tables.procedures.c.id == bindparam("_id")), changed)
        _delete_derived(connection, ids.values())
    wanted = [row["identity"] for row in new]
    ids |= lookup(connection, tables.procedures.c.identity, tables.procedures.c.id, wanted)
    _insert_derived(connection, tables.planes, assembled, ids, plane_rows)
    _insert_derived(connection, tables.findings, assembled, ids, finding_rows)
    return ids


def _delete_derived(connection: Connection, ids: Iterable[int]) -> None:
    for table in (tables.planes, tables.findings):
        for chunk in chunks(ids):
            connection.execute(delete(table).where(table.c.procedure_id.in_(chunk)))


def _delete_procedures(connection: Connection, ids: set[int]) -> None:
    """Delete procedures whose reports are others' now."""
    _delete_derived(connection, ids)
    for chunk in chunks(ids):
        connection.execute(delete(tables.procedures).where(tables.procedures.c.id.in_(chunk)))


def _insert_derived(
    connection: Connection,
    table: Table,
    assembled: dict[str, Assembled],
    ids: dict[str, int],
    rows_of: Callable[[Any], list[Row]],
) -> None:
    insert_rows(
        connection,
        table,
        [{"procedure_id": ids[key], **row} for key, one in assembled.items() for row in rows_of(one.procedure)],
    )


# --- facts -----------------------------------------------------------------------------------------


def _equipment_ids(
    connection: Connection, described: Iterable[tuple[DoseReport, str]], assembled: Iterable[Assembled]
) -> dict[str, int]:
    """The ids of all descriptions of equipment that the batch needs, by fingerprint; new ones are inserted."""
    rows = [equipment_row(report.equipment, site) for report, site in described]
    rows += [equipment_row(one.procedure.equipment, one.site) for one in assembled]
    wanted = {row["fingerprint"]: row for row in rows}
    key, value = tables.equipment.c.fingerprint, tables.equipment.c.id
    ids = lookup(connection, key, value, wanted)
    if missing := [row for fingerprint, row in wanted.items() if fingerprint not in ids]:
        insert_rows(connection, tables.equipment, missing)
        ids = lookup(connection, key, value, wanted)
    return ids


def _insert_reports(
    connection: Connection,
    fresh: Sequence[Incoming],
    units: dict[str, int],
    owner: dict[str, int],
) -> dict[str, int]:
    """The rows of new reports, each with the id of its procedure; their ids by digest."""
    rows = [
        {
            **report_row(item.report),
            **patient_columns(item.report.patient, item.patient_pseudonym),
            "digest": item.digest,
            "equipment_id": units[equipment_row(item.report.equipment, item.site)["fingerprint"]],
            "procedure_id": owner.get(item.digest),
            "site": item.site,
            "received_at": as_utc(item.received_at),
            "sending_ae": clean_text(item.provenance.sending_ae),
            "receiving_ae": clean_text(item.provenance.receiving_ae),
            "address": clean_text(item.provenance.address),
        }
        for item in fresh
    ]
    insert_rows(connection, tables.reports, rows)
    return lookup(connection, tables.reports.c.digest, tables.reports.c.id, [item.digest for item in fresh])


def _insert_parts(
    connection: Connection, fresh: Sequence[Incoming], ids: dict[str, int], counted: frozenset[tuple[str, int]]
) -> None:
    doses: list[Row] = []
    events: list[Row] = []
    findings: list[Row] = []
    for item in fresh:
        owner = {"report_id": ids[item.digest]}
        doses += [owner | row for row in accumulated_rows(item.report)]
        findings += [owner | finding_row(finding, at) for at, finding in enumerate(item.report.findings)]
        for at, event in enumerate(item.report.events):
            row = event_row(event, at)
            row["report_id"] = ids[item.digest]
            row["counted"] = (item.digest, at) in counted
            events.append(row)
    insert_rows(connection, tables.accumulated, doses)
    insert_rows(connection, tables.events, events)
    insert_rows(connection, tables.findings, findings)


def _move(connection: Connection, earlier: list[Loaded], owner: dict[str, int]) -> None:
    """Give earlier reports to the procedure that they are part of now."""
    moved = [
        {"_id": loaded.report_id, "procedure_id": owner[loaded.stored.digest]}
        for loaded in earlier
        if loaded.stored.digest in owner and owner[loaded.stored.digest] != loaded.procedure_id
    ]
    if moved:
        one = tables.reports.c.id == bindparam("_id")
        connection.execute(update(tables.reports).where(one).values(procedure_id=bindparam("procedure_id")), moved)


def _mark_counted(connection: Connection, earlier: list[Loaded], counted: frozenset[tuple[str, int]]) -> None:
    """Change the marks of earlier events where another report's telling counts now."""
    changes = [
        {"_report_id": loaded.report_id, "_position": position, "counted": counts}
        for loaded in earlier
        for position in range(len(loaded.report.events))
        if (counts := (loaded.stored.digest, position) in counted) is not (position in loaded.counted)
    ]
    if changes:
        columns = tables.events.c
        one = (columns.report_id == bindparam("_report_id")) & (columns.position == bindparam("_position"))
        connection.execute(update(tables.events).where(one).values(counted=bindparam("counted")), changes)


def _insert_copies(connection: Connection, copies: list[tuple[Incoming, str]], report_ids: dict[str, int]) -> None:
    older = [original for _, original in copies if original not in report_ids]
    ids = report_ids | lookup(connection, tables.reports.c.digest, tables.reports.c.id, older)
    insert_rows(
        connection,
        tables.copies,
        [
            {"digest": item.digest, "report_id": ids[original], "received_at": as_utc(item.received_at)}
            for item, original in copies
        ],
    )
