"""What a reader must find in each sample: the values of its ``.expected.json``.

They are made of the values that the builder meant, never of what a reader read.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from alara.errors import UnreadableReason
from alara.findings import FindingCode
from alara.model import (
    AccumulatedDose,
    DoseReport,
    EventType,
    IrradiationEvent,
    Moment,
    ReferencePoint,
    ReportKind,
)
from alara.quantities import Quantity
from alara.samples.arcadis import states_kerma
from alara.samples.carm import CArm
from alara.samples.cases import Case
from alara.samples.exposures import accumulate
from alara.samples.special import Special
from alara.sop_classes import ACCEPTED

__all__ = ["meant", "meant_of_other", "unread"]

#: What no sender can announce or no node accepts, so that it only comes as a file.
_NEVER_SENT: Final = frozenset(
    (
        UnreadableReason.NOT_DICOM,
        UnreadableReason.NO_SOP_INSTANCE_UID,
        UnreadableReason.UNSUPPORTED_TRANSFER_SYNTAX,
    )
)


def meant(case: Case, special: Special | None = None) -> dict[str, Any]:
    """What a reader must find in a report."""
    if special and special.quarantine:
        return unread(special.quarantine)
    report = special.readable if special and special.readable else case.report
    own_findings, own_quirks = (special.findings, special.quirks) if special else ((), ())
    silent = () if states_kerma(case) else ("value_with_qualifier",)
    dialect = special.dialect if special and special.dialect else case.unit.dialect
    return {
        "outcome": "report",
        "sendable": report.sop_class_uid in ACCEPTED,
        "regular": case.unit.regular and (special is None or special.regular),
        "make": case.unit.slug,
        "kind": str(report.kind),
        "sop_instance_uid": report.sop_instance_uid,
        "study_instance_uid": report.study_instance_uid,
        "description": report.study_description or report.requested_procedure_description,
        "procedure": case.procedure,
        "planes": _planes(report, case),
        "events": [] if case.unit.summary_only else _events(report, seconds=dialect.seconds),
        "findings": sorted({*case.unit.findings, *own_findings}),
        "quirks": sorted({*case.unit.quirks, *own_quirks, *silent}),
        "procedure_findings": sorted(special.procedure_findings) if special else [],
    }


def _planes(report: DoseReport, case: Case) -> list[dict[str, Any]]:
    """What an audit must use of each plane: the stated value, else the sum of the events that carry one."""
    rows = []
    for stated in report.accumulated or (AccumulatedDose(plane=report.events[0].plane),):
        events = [event for event in report.events if event.plane is stated.plane]
        summed = accumulate(events, case.unit, stated.plane)
        p_ka = _used(stated.p_ka, summed.p_ka if any(e.p_ka for e in events) else None)
        ka_r = _used(stated.ka_r, summed.ka_r if any(e.ka_r for e in events) else None)
        if not states_kerma(case):
            ka_r = None, "absent"
        time_s = _time(stated, summed, events, case.unit)
        rows.append(
            {
                "plane": str(stated.plane),
                **dict(zip(("p_ka_gycm2", "p_ka_basis"), p_ka, strict=True)),
                **dict(zip(("ka_r_mgy", "ka_r_basis"), ka_r, strict=True)),
                **dict(zip(("fluoroscopy_time_s", "fluoroscopy_time_basis"), time_s, strict=True)),
                "reference_point": None if case.unit.summary_only else _words(stated.reference_point),
            }
        )
    return rows


def _used(stated: Quantity | None, summed: Quantity | None) -> tuple[float | None, str]:
    """The value used and its basis: a total of zero gives way to events that carry dose."""
    if stated is not None and (stated.amount or summed is None or not summed.amount):
        return stated.amount, "stated"
    return (summed.amount, "summed") if summed is not None else (None, "absent")


def _time(
    stated: AccumulatedDose, summed: AccumulatedDose, events: list[IrradiationEvent], unit: CArm
) -> tuple[float | None, str]:
    if unit.filed_as_acquisition:
        return _used(stated.acquisition_time, None)
    timed = any(e.duration and e.duration.amount for e in events if e.type is EventType.FLUOROSCOPY)
    return _used(stated.fluoroscopy_time, summed.fluoroscopy_time if timed else None)


def _words(point: ReferencePoint | None) -> str | None:
    if point is None:
        return None
    return point.code.meaning if point.code else point.text


def _events(report: DoseReport, *, seconds: bool) -> list[dict[str, Any]]:
    """Each different event in the order of the report; ``uid`` is null where the file has none of its own for it."""
    rows: dict[IrradiationEvent, dict[str, Any]] = {}
    taken: set[str] = set()
    for event in report.events:
        if event in rows:
            continue
        rows[event] = {
            "uid": event.uid if event.uid and event.uid not in taken else None,
            "plane": str(event.plane),
            "type": str(event.type),
            "started": _local(event.started, seconds=seconds),
            "p_ka_gycm2": event.p_ka_gycm2,
            "ka_r_mgy": event.ka_r_mgy,
            "duration_s": event.duration_s,
            "kvp": event.kvp,
        }
        taken.add(event.uid)
    return list(rows.values())


def _local(moment: Moment | None, *, seconds: bool) -> str | None:
    if moment is None:
        return None
    local = moment.local if seconds else moment.local - timedelta(seconds=moment.local.second)
    return local.isoformat()


def meant_of_other(
    kind: ReportKind, sop_instance_uid: str, study_instance_uid: str, *findings: FindingCode
) -> dict[str, Any]:
    """What a reader must find in an object of which no dose is read."""
    return {
        "outcome": "report",
        "sendable": True,
        "regular": False,
        "kind": str(kind),
        "sop_instance_uid": sop_instance_uid,
        "study_instance_uid": study_instance_uid,
        "planes": [],
        "events": [],
        "findings": sorted(findings),
        "quirks": [],
    }


def unread(reason: UnreadableReason) -> dict[str, Any]:
    """That bytes go to quarantine, and why."""
    sendable = reason not in _NEVER_SENT
    return {"outcome": "quarantine", "sendable": sendable, "regular": False, "quarantine": str(reason)}
