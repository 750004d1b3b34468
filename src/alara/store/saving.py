"""A batch of reports into the database: facts first, then the procedures that they change.

A batch takes about a dozen statements however many reports it holds: what is
known already is asked for all of them at once, and rows go in by the table.
A report that is all there is of its study comes with its procedure made. Only
where a study has several are its earlier ones loaded back and all of its
procedures assembled again: a report may join what were two before.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, bindparam, delete, update

from alara.model import DoseReport, Provenance
from alara.store import tables
from alara.store.assemble import Assembled, StoredReport, assemble
from alara.store.bulk import insert_rows, insert_tuples
from alara.store.loading import Loaded, chunks, load_reports, lookup
from alara.store.ready import EVENT_COLUMNS, Derived, ReadyReport, derived, ready
from alara.store.rows import as_utc, clean_text, equipment_row

__all__ = ["CaseId", "Incoming", "Outcome", "save"]

Row = dict[str, Any]
#: Makes the case id of a procedure from study UID, equipment key and kind.
CaseId = Callable[[str, str, str], str]


@dataclass(frozen=True, slots=True)
class Incoming:
    """A report to be stored, with what its delivery adds; ``received_at`` is aware."""

    digest: str
    report: DoseReport | ReadyReport
    provenance: Provenance
    received_at: datetime
    site: str
    patient_pseudonym: str
    operator_codes: tuple[str, ...] = ()

    @property
    def ready(self) -> ReadyReport:
        """The report as rows, as it is in everything that :func:`save` hands on."""
        assert isinstance(self.report, ReadyReport)
        return self.report


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


@dataclass(slots=True)
class _Procedures:
    """The procedures that a batch makes or changes, by key, and what of the reports is in which."""

    derived: dict[str, Derived] = field(default_factory=dict)
    #: The key of the procedure of each report.
    owner: dict[str, str] = field(default_factory=dict)
    #: Events that count: digest and position.
    counted: set[tuple[str, int]] = field(default_factory=set)


def save(connection: Connection, items: Sequence[Incoming], case_id: CaseId) -> list[Outcome]:
    """Store a batch inside the caller's writing transaction; one outcome an item, in their order."""
    batch = _sort(connection, items)
    studies = batch.disputed_studies | {item.ready.study_instance_uid for item in batch.fresh if item.ready.is_audited}
    earlier = load_reports(connection, tables.reports.c.study_instance_uid, studies)
    made = _procedures(earlier, batch)
    units = _equipment_ids(connection, batch.fresh, made)
    before = {loaded.procedure_id for loaded in earlier if loaded.procedure_id is not None}
    ids = _write_procedures(connection, made, before, units, case_id)
    owner = {digest: ids[key] for digest, key in made.owner.items()}
    report_ids = _insert_reports(connection, batch.fresh, units, owner)
    _insert_parts(connection, batch.fresh, report_ids, made.counted)
    _move(connection, earlier, owner)
    _mark_counted(connection, earlier, made.counted)
    _delete_procedures(connection, before.difference(ids.values()))
    _insert_copies(connection, batch.copies, report_ids)
    return batch.outcomes


# --- what is new -----------------------------------------------------------------------------------


def _sort(connection: Connection, items: Sequence[Incoming]) -> _Sorted:
    seen: set[str] = set()
    for table, key in ((tables.reports, "id"), (tables.copies, "report_id")):
        seen.update(lookup(connection, table.c.digest, table.c[key], [item.digest for item in items]))
    unknown = {item.digest: _as_rows(item) for item in items if item.digest not in seen}
    uids = [item.ready.sop_instance_uid for item in unknown.values()]
    held: dict[str, list[Loaded | Incoming]] = defaultdict(list)
    for loaded in load_reports(connection, tables.reports.c.sop_instance_uid, uids):
        held[loaded.report.sop_instance_uid].append(loaded)
    batch = _Sorted()
    for digest in (item.digest for item in items):
        if digest in seen:
            batch.outcomes.append(Outcome.DUPLICATE)
            continue
        seen.add(digest)
        _sort_one(unknown[digest], held[unknown[digest].ready.sop_instance_uid], batch)
    return batch


def _as_rows(item: Incoming) -> Incoming:
    return item if isinstance(item.report, ReadyReport) else replace(item, report=ready(item.report))


def _sort_one(item: Incoming, same_uid: list[Loaded | Incoming], batch: _Sorted) -> None:
    twin = None
    if same_uid:
        form = item.ready.restored()
        twin = next((other for other in same_uid if _restored(other) == form), None)
    if twin is not None:
        batch.copies.append((item, twin.stored.digest if isinstance(twin, Loaded) else twin.digest))
        batch.outcomes.append(Outcome.REENCODED)
        return
    batch.outcomes.append(Outcome.CONFLICT if same_uid else Outcome.STORED)
    if same_uid:
        batch.conflicts.add(item.ready.sop_instance_uid)
        batch.disputed_studies.update(
            other.report.study_instance_uid for other in same_uid if isinstance(other, Loaded)
        )
    batch.fresh.append(item)
    same_uid.append(item)


def _restored(other: Loaded | Incoming) -> DoseReport:
    return other.report if isinstance(other, Loaded) else other.ready.restored()


# --- procedures ------------------------------------------------------------------------------------


def _procedures(earlier: list[Loaded], batch: _Sorted) -> _Procedures:
    """Every procedure of the studies that the batch touches."""
    reports = [
        replace(one.stored, uid_shared=True) if one.report.sop_instance_uid in batch.conflicts else one.stored
        for one in earlier
    ]
    several = {one.report.study_instance_uid for one in earlier}
    audited = [item for item in batch.fresh if item.ready.is_audited]
    of_study = Counter(item.ready.study_instance_uid for item in audited)
    made = _Procedures()
    for item in audited:
        one = item.ready
        disputed = one.sop_instance_uid in batch.conflicts
        is_alone = of_study[one.study_instance_uid] == 1 and one.study_instance_uid not in several
        if one.alone is not None and is_alone and not disputed:
            _take_alone(item, one.alone, made)
        else:
            reports.append(_stored(item, disputed=disputed))
    for assembled in assemble(reports):
        _take_assembled(assembled, made)
    return made


def _stored(item: Incoming, *, disputed: bool) -> StoredReport:
    return StoredReport(
        digest=item.digest,
        site=item.site,
        received_at=item.received_at,
        patient_pseudonym=item.patient_pseudonym,
        report=item.ready.restored(),
        uid_shared=disputed,
        operator_codes=item.operator_codes,
    )


def _take_alone(item: Incoming, alone: Derived, made: _Procedures) -> None:
    row = alone.procedure | {
        "site": item.site,
        "patient_pseudonym": item.patient_pseudonym,
        "operator_codes": " ".join(item.operator_codes),
    }
    made.derived[alone.key] = replace(alone, procedure=row)
    made.owner[item.digest] = alone.key
    made.counted.update((item.digest, position) for position in item.ready.counted)


def _take_assembled(assembled: Assembled, made: _Procedures) -> None:
    one = derived(assembled)
    made.derived[one.key] = one
    made.owner.update(dict.fromkeys(assembled.members, one.key))
    made.counted.update(assembled.counted)


def _write_procedures(
    connection: Connection, made: _Procedures, before: set[int], units: dict[str, int], case_id: CaseId
) -> dict[str, int]:
    """Write derived rows anew, for those procedures there were before too; the ids of all by key."""
    known = lookup(connection, tables.procedures.c.id, tables.procedures.c.identity, before)
    ids = {key: number for number, key in known.items() if key in made.derived}
    new: list[Row] = []
    changed: list[Row] = []
    for key, one in made.derived.items():
        row = one.procedure | {
            "case_id": case_id(*(clean_text(part) for part in one.identity)),
            "equipment_id": units[_unit(one)],
        }
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
    owned = [({"procedure_id": ids[key]}, one) for key, one in made.derived.items()]
    insert_rows(connection, tables.planes, [owner | row for owner, one in owned for row in one.planes])
    insert_rows(connection, tables.findings, [owner | row for owner, one in owned for row in one.findings])
    return ids


def _unit(one: Derived) -> str:
    """The fingerprint of its equipment's description."""
    return str(equipment_row(one.equipment, one.procedure["site"])["fingerprint"])


def _delete_derived(connection: Connection, ids: Iterable[int]) -> None:
    for table in (tables.planes, tables.findings):
        for chunk in chunks(ids):
            connection.execute(delete(table).where(table.c.procedure_id.in_(chunk)))


def _delete_procedures(connection: Connection, ids: set[int]) -> None:
    """Delete procedures whose reports are others' now."""
    _delete_derived(connection, ids)
    for chunk in chunks(ids):
        connection.execute(delete(tables.procedures).where(tables.procedures.c.id.in_(chunk)))


# --- facts -----------------------------------------------------------------------------------------


def _equipment_ids(connection: Connection, fresh: Iterable[Incoming], made: _Procedures) -> dict[str, int]:
    """The ids of all descriptions of equipment that the batch needs, by fingerprint; new ones are inserted."""
    rows = [equipment_row(item.ready.equipment, item.site) for item in fresh]
    rows += [equipment_row(one.equipment, one.procedure["site"]) for one in made.derived.values()]
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
            **item.ready.header,
            "patient_pseudonym": item.patient_pseudonym,
            "operator_codes": " ".join(item.operator_codes),
            "digest": item.digest,
            "equipment_id": units[equipment_row(item.ready.equipment, item.site)["fingerprint"]],
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
    connection: Connection, fresh: Sequence[Incoming], ids: dict[str, int], counted: set[tuple[str, int]]
) -> None:
    doses: list[Row] = []
    events: list[tuple[Any, ...]] = []
    findings: list[Row] = []
    for item in fresh:
        report_id = ids[item.digest]
        doses += [{"report_id": report_id, **row} for row in item.ready.accumulated]
        findings += [{"report_id": report_id, **row} for row in item.ready.findings]
        events += [(report_id, (item.digest, at) in counted, *values) for at, values in enumerate(item.ready.events)]
    insert_rows(connection, tables.accumulated, doses)
    insert_tuples(connection, tables.events, ("report_id", "counted", *EVENT_COLUMNS), events, as_taken=True)
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


def _mark_counted(connection: Connection, earlier: list[Loaded], counted: set[tuple[str, int]]) -> None:
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
