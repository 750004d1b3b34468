"""Two databases side by side: which reports and which cases differ, whatever the numbers of their rows are.

Rows are told apart by what they are (a report by its digest, a case by its
id), never by the numbers that a database gave them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Column, Connection, Select, Table, select

from alara.model import Plane
from alara.store import tables

__all__ = ["CaseChange", "Change", "Difference", "difference"]

#: The numbers of a case that are shown old and new.
NUMBERS: Final = ("p_ka_gycm2", "ka_r_mgy", "fluoroscopy_time_s")

_YIELD: Final = 1000
_Value = str | int | float | None


class Change(StrEnum):
    """How a case differs; ``words`` is the meaning for the user."""

    words: str

    def __new__(cls, code: str, words: str = "") -> Change:
        member = str.__new__(cls, code)
        member._value_ = code
        member.words = words
        return member

    ADDED = "added", "cases that were not there"
    REMOVED = "removed", "cases that are no more"
    DOSE = "dose", "cases whose dose or fluoroscopy time differs"
    BASIS = "basis", "cases in which another basis is used (stated or summed)"
    FINDINGS = "findings", "cases with other findings or quirks"
    WORDS = "words", "cases with other descriptions or codes"
    PATIENT = "patient", "cases with another pseudonym, age, sex or size"
    OPERATOR = "operator", "cases with other operator codes"
    TIME = "time", "cases with another start or end"
    PARTS = "parts", "cases with other reports, planes, events or another unit"


#: Which change a column of a case stands for.
_KIND_OF: Final[Mapping[str, Change]] = {
    **dict.fromkeys((*NUMBERS, "p_ka_fluoroscopy_gycm2", "p_ka_acquisition_gycm2"), Change.DOSE),
    **dict.fromkeys(("p_ka_basis", "ka_r_basis", "fluoroscopy_time_basis"), Change.BASIS),
    **dict.fromkeys(("finding_codes", "quirks"), Change.FINDINGS),
    **dict.fromkeys(
        (
            "study_description",
            "performed_procedure_description",
            "requested_procedure_description",
            "protocol_names",
            "procedure_codes",
            "target_regions",
            "lateralities",
        ),
        Change.WORDS,
    ),
    **dict.fromkeys(
        ("patient_pseudonym", "birth_year", "age_years", "sex", "size_m", "weight_kg", "pregnancy_status"),
        Change.PATIENT,
    ),
    "operator_codes": Change.OPERATOR,
    **dict.fromkeys(("started_local", "started_offset_min", "ended_local", "ended_offset_min"), Change.TIME),
}


@dataclass(frozen=True, slots=True)
class CaseChange:
    """A case that differs: how, and each column that does with its old and new value (``None`` is absent)."""

    case_id: str
    changes: tuple[Change, ...]
    columns: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Difference:
    """Digests of reports that only one side has, or that both have with other content; and cases that differ."""

    added: frozenset[str]
    removed: frozenset[str]
    changed: frozenset[str]
    same: int
    cases: tuple[CaseChange, ...]

    @property
    def is_none(self) -> bool:
        return not (self.added or self.removed or self.changed or self.cases)


def difference(old: Connection, new: Connection) -> Difference:
    """What would change if the second database took the place of the first."""
    before, after = _reports(old), _reports(new)
    both = before.keys() & after.keys()
    changed = frozenset(digest for digest in both if before[digest] != after[digest])
    return Difference(
        added=frozenset(after.keys() - before.keys()),
        removed=frozenset(before.keys() - after.keys()),
        changed=changed,
        same=len(both) - len(changed),
        cases=tuple(_case_changes(_cases(old), _cases(new))),
    )


# --- reports ---------------------------------------------------------------------------------------


def _reports(connection: Connection) -> dict[str, bytes]:
    """A fingerprint of every report with all its rows, by digest."""
    sums: dict[str, Any] = {}
    for query in _queries():
        for digest, *values in connection.execute(query.execution_options(yield_per=_YIELD)):
            sums.setdefault(digest, hashlib.blake2b(digest_size=16)).update(repr(values).encode("utf-8", "replace"))
    return {digest: found.digest() for digest, found in sums.items()}


def _queries() -> Iterator[Select[Any]]:
    """The facts of reports, with the number of no row among them, each in an order that is the same in any database."""
    reports, unit = tables.reports, tables.equipment
    yield (
        select(reports.c.digest, *_facts(reports), *_facts(unit))
        .join(unit, unit.c.id == reports.c.equipment_id)
        .order_by(reports.c.digest)
    )
    for table in (tables.accumulated, tables.events, tables.findings):
        yield (
            select(reports.c.digest, *_facts(table))
            .join(table, table.c.report_id == reports.c.id)
            .order_by(reports.c.digest, table.c.position)
        )
    copies = tables.copies
    yield (
        select(copies.c.digest, reports.c.digest.label("of"), copies.c.received_at)
        .join(reports, reports.c.id == copies.c.report_id)
        .order_by(copies.c.digest)
    )


def _facts(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if column.name != "id" and not column.foreign_keys]


# --- cases -----------------------------------------------------------------------------------------


def _cases(connection: Connection) -> dict[str, dict[str, _Value]]:
    """Every case with its totals over all planes, by its id."""
    procedures, planes, unit = tables.procedures, tables.planes, tables.equipment
    columns = [column for column in _facts(procedures) if column.name not in ("identity",)]
    totals = [column for column in _facts(planes) if column.name in {*NUMBERS, *_KIND_OF}]
    query = (
        select(*columns, *totals, unit.c.key.label("unit"))
        .join(unit, unit.c.id == procedures.c.equipment_id)
        .join(planes, (planes.c.procedure_id == procedures.c.id) & (planes.c.plane == Plane.ALL.value))
    )
    return {
        row["case_id"]: {name: _plain(value) for name, value in row.items()}
        for row in connection.execute(query.execution_options(yield_per=_YIELD)).mappings()
    }


def _plain(value: Any) -> _Value:
    return value.isoformat() if isinstance(value, datetime) else value


def _case_changes(old: dict[str, dict[str, _Value]], new: dict[str, dict[str, _Value]]) -> Iterator[CaseChange]:
    for case_id in sorted(old.keys() | new.keys()):
        before, after = old.get(case_id), new.get(case_id)
        if before is None or after is None:
            change = Change.ADDED if before is None else Change.REMOVED
            numbers = {name: ((before or {}).get(name), (after or {}).get(name)) for name in NUMBERS}
            yield CaseChange(case_id, (change,), numbers)
        elif columns := {name: (before[name], after[name]) for name in before if before[name] != after[name]}:
            kinds = {_KIND_OF.get(name, Change.PARTS) for name in columns}
            yield CaseChange(case_id, tuple(change for change in Change if change in kinds), columns)
