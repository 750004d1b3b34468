"""What one report says beside its doses, in a line each: who, where, over what; and how its totals are made up."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any, Final

from rich.table import Table

from alara.model import AccumulatedDose, DoseReport, PlaneTotals, ReferencePoint, ScopeKind, Total
from alara.quantities import Quantity
from alara.report import terminal
from alara.sop_classes import IMAGES, PERFORMED_PROCEDURE_STEP

__all__ = ["facts", "not_counted", "object_title", "parts_table", "stated_facts"]

#: As far apart as totals may be and still be told as one number.
_SAME: Final = 0.001
_NOT_READ: Final = "No dose report of projection X-rays: kept when it is sent or imported, and never in an audit."
_GIVES_WAY: Final = "Of a header: counted only where no dose report of the study comes."
_SCOPES: Final = {
    ScopeKind.STUDY: "the study",
    ScopeKind.SERIES: "the series",
    ScopeKind.PERFORMED_PROCEDURE_STEP: "the performed procedure step",
    ScopeKind.IRRADIATION_EVENT: "one irradiation event",
    ScopeKind.PROCEDURE_STEP_TO_THIS_POINT: "the procedure step up to this point",
}


def object_title(report: DoseReport) -> str:
    """What the object is, where it is no structured report and states a dose; else empty."""
    if not report.kind.audited:
        return ""
    if report.sop_class_uid in IMAGES:
        return f"{report.kind.value.capitalize()} dose in the header of an image"
    if report.sop_class_uid == PERFORMED_PROCEDURE_STEP:
        return f"{report.kind.value.capitalize()} dose in a performed procedure step"
    return ""


def not_counted(report: DoseReport) -> str:
    """Why an audit does not count the doses, or not always; empty where it does."""
    if not report.kind.audited:
        return _NOT_READ
    return _GIVES_WAY if object_title(report) else ""


def stated_facts(report: DoseReport) -> dict[str, Any]:
    """For JSON: what the header says of when, and of what may be with child."""
    written = report.content_written
    return {
        "study_started": report.study_started.local.isoformat() if report.study_started else None,
        "content_written": written.local.isoformat() if written else None,
        "ended": report.ended.local.isoformat() if report.ended else None,
        "pregnancy_status": report.patient.pregnancy_status,
    }


def facts(report: DoseReport) -> Iterator[str]:
    """The lines below the title; of the patient only age, sex, size and weight."""
    descriptions = (
        report.study_description,
        report.performed_procedure_description,
        report.requested_procedure_description,
    )
    yield from _line("", " · ".join(dict.fromkeys(filter(None, descriptions))))
    yield from _line("Unit", " · ".join(_unit(report)))
    yield from _line("Patient", ", ".join(_patient(report)))
    if report.scope.kind in _SCOPES and report.kind.audited:
        yield f"Totals over {_SCOPES[report.scope.kind]}"
    yield from _line("K_a,r at", _reference_points(report))
    yield f"SOP UID {report.sop_instance_uid}"
    yield f"Study UID {report.study_instance_uid}"


def _reference_points(report: DoseReport) -> str:
    """Where K_a,r holds, by the totals or, where those do not say it, by the events; it is said when nothing does."""
    of_totals = _points(dose.reference_point for dose in report.accumulated)
    of_events = _points(event.reference_point for event in report.events)
    if not of_totals and of_events:
        return f"{of_events} (of the events)"
    if not of_totals and report.totals.ka_r.value is not None:
        return "a reference point that is not stated"
    return of_totals


def _points(points: Iterable[ReferencePoint | None]) -> str:
    return "; ".join(filter(None, dict.fromkeys(map(_words, points))))


def _line(title: str, text: str) -> Iterator[str]:
    if text:
        yield f"{title} {text}".strip()


def _unit(report: DoseReport) -> Iterator[str]:
    unit = report.equipment
    yield from filter(None, (unit.station, unit.location, unit.institution))
    if unit.serial:
        yield f"serial {unit.serial}"
    if unit.software:
        yield f"software {unit.software}"


def _patient(report: DoseReport) -> Iterator[str]:
    patient = report.patient
    if patient.age_years is not None:
        yield _age(patient.age_years)
    if patient.sex:
        yield patient.sex
    if patient.size_m is not None:
        yield f"{patient.size_m:g} m"
    if patient.weight_kg is not None:
        yield f"{patient.weight_kg:g} kg"
    if patient.pregnancy_status:
        yield "pregnancy not known" if patient.pregnancy_status == "unknown" else patient.pregnancy_status


def _age(years: float) -> str:
    """In the largest unit of an age (AS) in which it is at least two: 9 days, 7 weeks, 18 months, 53 years."""
    for unit, a_year in (("years", 1.0), ("months", 12.0), ("weeks", 52.18)):
        if years * a_year >= 2:
            return f"{math.floor(years * a_year + 1e-9)} {unit}"
    days = round(years * 365.25)
    return f"{days} day{'' if days == 1 else 's'}"


def _words(point: ReferencePoint | None) -> str:
    """The reference point as its text says it, with its distance from the source."""
    if point is None:
        return ""
    words = point.text or (point.code.meaning or point.code.value if point.code else "")
    distance = point.source_to_reference_point_mm
    if distance is None:
        return words
    return f"{words} ({distance:g} mm from the source)" if words else f"{distance:g} mm from the source"


def parts_table(report: DoseReport) -> Table | None:
    """What totals are made of: as stated, of it fluoroscopy and acquisition, and the sum of the events.

    Only where that says more than the total: there were acquisitions, or the sum is another number, or the only one.
    """
    stated = {dose.plane: dose for dose in reversed(report.accumulated)}
    rows = [
        row
        for totals in report.planes
        for row in _parts(totals, stated.get(totals.plane, AccumulatedDose(totals.plane)))
        if _says_more(row)
    ]
    if not rows:
        return None
    table = terminal.table()
    table.add_column("Plane")
    table.add_column("Quantity", no_wrap=True)
    for title in ("total\nstated", "fluoroscopy\nstated", "acquisition\nstated", "sum of\nevents"):
        table.add_column(title, justify="right")
    for plane, quantity, *parts in rows:
        table.add_row(str(plane), str(quantity), *(_amount(part) for part in parts))
    return table


_Part = Quantity | None
_Row = tuple[str, str, _Part, _Part, _Part, _Part]


def _says_more(row: _Row) -> bool:
    *_, whole, fluoroscopy, acquisition, summed = row
    stated = whole or fluoroscopy
    if acquisition is not None and acquisition.amount:
        return True
    if stated is None or summed is None:
        return summed is not None
    return not math.isclose(stated.amount, summed.amount, rel_tol=_SAME)


def _parts(totals: PlaneTotals, stated: AccumulatedDose) -> list[_Row]:
    plane = totals.plane.value
    p_ka: Total[Any] = totals.p_ka
    return [
        (plane, "P_KA Gy·cm²", p_ka.stated, stated.p_ka_fluoroscopy, stated.p_ka_acquisition, p_ka.summed),
        (
            plane,
            "K_a,r mGy",
            totals.ka_r.stated,
            stated.ka_r_fluoroscopy,
            stated.ka_r_acquisition,
            totals.ka_r.summed,
        ),
        (
            plane,
            "time s",
            None,
            totals.fluoroscopy_time.stated,
            stated.acquisition_time,
            totals.fluoroscopy_time.summed,
        ),
    ]


def _amount(part: _Part) -> str:
    """Four significant figures, one more than in the table of totals: small differences are what is looked for."""
    return "–" if part is None else f"{part.amount:.4g}" if part.amount < 9999.5 else f"{part.amount:.0f}"
