"""What is asked of the database around a period: technique and operators of each case, who came before, busy days."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING, Final

from sqlalchemy import ColumnElement, Connection, case, func, select

from alara.model import EventType
from alara.store import tables
from alara.store.queries import device_label

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TECHNIQUE", "busy_days", "operator_codes", "seen_before", "technique_frame"]

#: Of the counted fluoroscopy events of a case: pulse rate weighted by duration, share of continuous time.
TECHNIQUE: Final = {
    "case_id": "str",
    "patient_pseudonym": "str",
    "pulse_rate_per_s": "float64",
    "continuous_share": "float64",
}
#: What earlier cases of the same patients are classified by.
_BEFORE: Final = (
    "case_id",
    "patient_pseudonym",
    "performed_procedure_description",
    "study_description",
    "requested_procedure_description",
    "protocol_names",
    "procedure_codes",
    "target_regions",
    "lateralities",
)


def technique_frame(connection: Connection, start: date, end: date, site: str) -> pd.DataFrame:
    """One row a procedure of a site that started from ``start`` until before ``end``: :data:`TECHNIQUE`."""
    import pandas as pd

    procedures, reports, events = tables.procedures, tables.reports, tables.events
    lasted, rate = events.c.duration_s, events.c.pulse_rate_per_s
    paced = case((rate.is_not(None), lasted))
    known = case((events.c.fluoro_mode != "", lasted))
    continuous = case((func.lower(events.c.fluoro_mode) == "continuous", lasted))
    counted = (
        select(
            reports.c.procedure_id,
            func.sum(rate * lasted).label("pulses"),
            func.sum(paced).label("paced"),
            func.sum(continuous).label("continuous"),
            func.sum(known).label("known"),
        )
        .join(events, events.c.report_id == reports.c.id)
        .join(procedures, procedures.c.id == reports.c.procedure_id)
        .where(events.c.counted, events.c.type == EventType.FLUOROSCOPY.value, *_within(start, end, site))
        .group_by(reports.c.procedure_id)
        .subquery()
    )
    wanted = (
        select(procedures.c.case_id, procedures.c.patient_pseudonym, *list(counted.c)[1:])
        .join(counted, counted.c.procedure_id == procedures.c.id, isouter=True)
        .where(*_within(start, end, site))
        .order_by(procedures.c.case_id)
    )
    rows = [
        (case_id, pseudonym, _share(pulses, paced), _share(continuous or 0.0, known))
        for case_id, pseudonym, pulses, paced, continuous, known in connection.execute(wanted)
    ]
    return pd.DataFrame(rows, columns=list(TECHNIQUE)).astype(TECHNIQUE)


def operator_codes(connection: Connection, start: date, end: date, site: str) -> dict[str, tuple[str, ...]]:
    """The operators' codes of each procedure of a site, by case id; without those that have none."""
    procedures = tables.procedures.c
    wanted = select(procedures.case_id, procedures.operator_codes).where(
        procedures.operator_codes != "", *_within(start, end, site)
    )
    return {case_id: tuple(codes.split()) for case_id, codes in connection.execute(wanted)}


def seen_before(connection: Connection, start: date, before: date, end: date, site: str) -> pd.DataFrame:
    """Fluoroscopy procedures from ``start`` until before ``before`` of patients who have one until before ``end``.

    With what classifies them, ``started`` and ``patient_pseudonym``.
    """
    import pandas as pd

    procedures = tables.procedures
    again = tables.procedures.alias("again")
    own = select(again.c.patient_pseudonym).where(
        again.c.site == site, again.c.started_local >= _midnight(before), again.c.started_local < _midnight(end)
    )
    wanted = (
        select(procedures.c.started_local, *(procedures.c[name] for name in _BEFORE))
        .where(procedures.c.kind != "radiography", procedures.c.patient_pseudonym != "")
        .where(procedures.c.patient_pseudonym.in_(own), *_within(start, before, site))
        .order_by(procedures.c.started_local, procedures.c.case_id)
    )
    frame = pd.DataFrame(connection.execute(wanted).all(), columns=["started", *_BEFORE])
    return frame.astype({"started": "datetime64[us]"} | dict.fromkeys(_BEFORE, "str"))


def busy_days(connection: Connection, start: date, end: date, site: str) -> dict[str, tuple[date, ...]]:
    """By unit in words, the days on which it irradiated, by its own clock, in order and each once."""
    procedures, unit = tables.procedures, tables.equipment
    day = func.date(procedures.c.started_local)
    wanted = (
        select(unit.c.manufacturer, unit.c.model, unit.c.station, day)
        .join(procedures, procedures.c.equipment_id == unit.c.id)
        .where(*_within(start, end, site))
        .distinct()
    )
    days: dict[str, set[date]] = {}
    for manufacturer, model, station, one in connection.execute(wanted):
        days.setdefault(device_label(manufacturer, model, station), set()).add(date.fromisoformat(str(one)))
    return {name: tuple(sorted(found)) for name, found in sorted(days.items())}


def _within(start: date, end: date, site: str) -> tuple[ColumnElement[bool], ...]:
    started = tables.procedures.c.started_local
    return tables.procedures.c.site == site, started >= _midnight(start), started < _midnight(end)


def _share(part: float | None, whole: float | None) -> float | None:
    return part / whole if whole and part is not None else None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())
