"""What a reader must find in each sample: the values of ``expected.json``."""

from __future__ import annotations

from typing import Any

from alara.errors import UnreadableReason
from alara.findings import FindingCode
from alara.model import ReportKind
from alara.samples.arcadis import states_kerma
from alara.samples.broken import other_header
from alara.samples.cases import Case, Clinic
from alara.samples.exposures import accumulate
from alara.samples.special import Special

__all__ = ["meant", "meant_of_other", "unread"]


def meant(case: Case, special: Special | None = None) -> dict[str, Any]:
    """What a reader must find in a report."""
    if special and special.quarantine:
        return unread(special.quarantine)
    report, unknown = case.report, bool(special and FindingCode.UNKNOWN_UNIT in special.findings)
    return {
        "outcome": "report",
        "regular": case.unit.regular and (special is None or special.regular),
        "make": case.unit.slug,
        "kind": str(report.kind),
        "sop_instance_uid": report.sop_instance_uid,
        "study_instance_uid": report.study_instance_uid,
        "description": report.study_description or report.requested_procedure_description,
        "procedure": case.procedure,
        "planes": _planes(case, p_ka_known=not unknown, factor=_factor(special)),
        "events": 0 if case.unit.summary_only else len({event.uid for event in report.events}),
        "findings": sorted(special.findings) if special else [],
        "quirks": sorted(case.unit.quirks + (special.quirks if special else ())),
    }


def _factor(special: Special | None) -> float:
    """How many times too large the kerma-area products stand in the file."""
    return 1e4 if special and FindingCode.FIELD_AREA_IMPLAUSIBLE in special.findings else 1.0


def _planes(case: Case, *, p_ka_known: bool, factor: float) -> list[dict[str, Any]]:
    report = case.report
    planes = report.accumulated or (accumulate(report.events, case.unit),)
    rows = []
    for stated in planes:
        events = [event for event in report.events if event.plane is stated.plane]
        summed = accumulate(events, case.unit, stated.plane)
        p_ka = stated.p_ka if stated.p_ka and stated.p_ka.amount else summed.p_ka
        ka_r = stated.ka_r if stated.ka_r and stated.ka_r.amount else summed.ka_r
        time = stated.acquisition_time if case.unit.filed_as_acquisition else stated.fluoroscopy_time
        if time is None and any(event.duration for event in events):
            time = summed.fluoroscopy_time
        rows.append(
            {
                "plane": str(stated.plane),
                "p_ka_gycm2": round(p_ka.amount * factor, 6) if p_ka and p_ka_known else None,
                "ka_r_mgy": ka_r.amount if ka_r and states_kerma(case) else None,
                "fluoroscopy_time_s": time.amount if time else None,
            }
        )
    return rows


def meant_of_other(clinic: Clinic, name: str, kind: ReportKind) -> dict[str, Any]:
    """What a reader must find in a structured report that is no fluoroscopy dose report."""
    elements = other_header(clinic, name, "")
    return {
        "outcome": "report",
        "regular": False,
        "kind": str(kind),
        "sop_instance_uid": elements["SOPInstanceUID"],
        "study_instance_uid": elements["StudyInstanceUID"],
        "planes": [],
        "events": 0,
        "findings": [],
        "quirks": [],
    }


def unread(reason: UnreadableReason) -> dict[str, Any]:
    """That bytes go to quarantine, and why."""
    return {"outcome": "quarantine", "regular": False, "quarantine": str(reason)}
