"""The review entries of cases: added, never changed, and found again when a case gets another id.

An entry is written for a case id. That id is a hash of what makes the
procedure: its study, unit and kind. A late report may change the last two, and
with them the id; the entry then belongs to what has become of the case: the
one procedure of the same study that has no entries of its own, or the only one
of that study. Where neither is certain the entry is unplaced, and is shown so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, select

from alara.reviews import Action, ReviewEntry, Verdict, in_order
from alara.store.bulk import insert_rows
from alara.store.rows import as_utc, from_utc
from alara.store.tables import procedures, reviews

__all__ = ["Reviews", "add", "cases_like", "place_of", "placed"]

#: As many ids as an ambiguous beginning is answered with.
_SHOWN = 6
_ROWS = 500


@dataclass(frozen=True, slots=True)
class Reviews:
    """The history of each case by its present id, in order; ``unplaced`` are entries whose case is not known."""

    by_case: Mapping[str, tuple[ReviewEntry, ...]] = field(default_factory=dict)
    unplaced: tuple[ReviewEntry, ...] = ()

    def of(self, case_id: str) -> tuple[ReviewEntry, ...]:
        return self.by_case.get(case_id, ())

    @property
    def every(self) -> tuple[ReviewEntry, ...]:
        """All entries in order."""
        return in_order([*(entry for history in self.by_case.values() for entry in history), *self.unplaced])


def placed(connection: Connection) -> Reviews:
    """All entries, each with the case that it belongs to now."""
    rows = connection.execute(select(reviews)).all()
    own: dict[str, list[ReviewEntry]] = defaultdict(list)
    studies: dict[str, str] = {}
    for row in rows:
        own[row.case_id].append(_entry(row))
        studies[row.case_id] = row.study_instance_uid or studies.get(row.case_id, "")
    known = _known(connection, own)
    lost = {case_id: studies[case_id] for case_id in own if case_id not in known}
    heirs = _heirs(connection, lost, known)
    by_case: dict[str, list[ReviewEntry]] = defaultdict(list)
    unplaced: list[ReviewEntry] = []
    for case_id, entries in own.items():
        heir = case_id if case_id in known else heirs.get(case_id)
        (by_case[heir] if heir else unplaced).extend(entries)
    return Reviews({name: in_order(entries) for name, entries in by_case.items()}, in_order(unplaced))


def add(connection: Connection, entries: Iterable[ReviewEntry]) -> int:
    """Add the entries that are not there yet; how many that were. Inside the caller's writing transaction."""
    new = {entry.entry_id: entry for entry in entries}
    for part in _parts(list(new)):
        for known in connection.execute(select(reviews.c.entry_id).where(reviews.c.entry_id.in_(part))).scalars():
            del new[known]
    studies = _studies(connection, {entry.case_id for entry in new.values()})
    insert_rows(connection, reviews, [_row(entry, studies.get(entry.case_id, "")) for entry in in_order(new.values())])
    return len(new)


def cases_like(connection: Connection, beginning: str) -> list[str]:
    """The case ids that begin so, of procedures and of entries, sorted; a few of them when there are many."""
    found: set[str] = set()
    for column in (procedures.c.case_id, reviews.c.case_id):
        wanted = select(column).where(column.startswith(beginning, autoescape=True)).distinct()
        found.update(connection.execute(wanted.order_by(column).limit(_SHOWN)).scalars())
    return sorted(found)[:_SHOWN]


def place_of(connection: Connection, case_id: str) -> tuple[str, date] | None:
    """The site and the day of a case; ``None`` when there is none of that id."""
    wanted = select(procedures.c.site, procedures.c.started_local).where(procedures.c.case_id == case_id)
    found = connection.execute(wanted).first()
    return (found.site, found.started_local.date()) if found is not None else None


def _known(connection: Connection, case_ids: Iterable[str]) -> set[str]:
    column = procedures.c.case_id
    return {
        found
        for part in _parts(list(case_ids))
        for found in connection.execute(select(column).where(column.in_(part))).scalars()
    }


def _studies(connection: Connection, case_ids: Iterable[str]) -> dict[str, str]:
    wanted = select(procedures.c.case_id, procedures.c.study_instance_uid)
    return {
        case_id: study
        for part in _parts(list(case_ids))
        for case_id, study in connection.execute(wanted.where(procedures.c.case_id.in_(part)))
    }


def _heirs(connection: Connection, lost: Mapping[str, str], with_entries: set[str]) -> dict[str, str]:
    """The case that each lost one has become, where that is certain."""
    of_study: dict[str, list[str]] = defaultdict(list)
    wanted = select(procedures.c.study_instance_uid, procedures.c.case_id)
    for part in _parts([study for study in set(lost.values()) if study]):
        for study, case_id in connection.execute(wanted.where(procedures.c.study_instance_uid.in_(part))):
            of_study[study].append(case_id)
    heirs = {}
    for case_id, study in lost.items():
        every = of_study.get(study, [])
        free = [one for one in every if one not in with_entries]
        certain = free if len(free) == 1 else every
        if len(certain) == 1:
            heirs[case_id] = certain[0]
    return heirs


def _parts(items: Sequence[str]) -> Iterable[Sequence[str]]:
    return (items[at : at + _ROWS] for at in range(0, len(items), _ROWS))


def _row(entry: ReviewEntry, study_instance_uid: str) -> dict[str, Any]:
    return {
        "entry_id": entry.entry_id,
        "case_id": entry.case_id,
        "study_instance_uid": study_instance_uid,
        "written_at": as_utc(entry.at),
        "action": entry.action.value,
        "verdict": entry.verdict.value if entry.verdict is not None else "",
        "reviewer_code": entry.by,
        "note": entry.note,
        "reasons": entry.reasons,
    }


def _entry(row: Any) -> ReviewEntry:
    written_at: datetime = row.written_at
    return ReviewEntry(
        case_id=row.case_id,
        at=from_utc(written_at),
        action=Action(row.action),
        verdict=Verdict(row.verdict) if row.verdict else None,
        by=row.reviewer_code,
        note=row.note,
        reasons=row.reasons,
    )
