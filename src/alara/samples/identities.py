"""Events, planes and reports that are not told apart as they should be, and studies of several reports that clash."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType

from alara.errors import UnreadableReason
from alara.findings import FindingCode
from alara.model import Code, Moment, Plane
from alara.samples.cases import Case, Clinic
from alara.samples.dual_room import continued_dual_room
from alara.samples.exposures import accumulate
from alara.samples.special import Special

__all__ = ["identities"]


def identities(clinic: Clinic, times: Iterator[datetime]) -> Iterator[Special]:
    """First reports that stand alone, then those that clash with another of their study."""
    yield _event_without_uid(clinic, next(times))
    yield _event_uid_reused(clinic, next(times))
    yield _unknown_plane(clinic, next(times))
    yield _no_events(clinic, next(times))
    yield _no_sop_instance_uid(clinic, next(times))
    yield from _partial_then_final(clinic, next(times))
    yield from _event_conflict(clinic, next(times))
    yield from _patient_conflict(clinic, next(times))
    yield from _two_devices(clinic, next(times))
    yield from continued_dual_room(clinic, next(times))


def _event_without_uid(clinic: Clinic, when: datetime) -> Special:
    case = clinic.case("arc", "joint", when, events=2)
    first, second = case.report.events
    return Special(
        "arc-event-without-uid",
        "the first of two events has no UID",
        case.but(events=(replace(first, uid=""), second)),
        regular=False,
        findings=(FindingCode.EVENT_WITHOUT_UID,),
    )


def _event_uid_reused(clinic: Clinic, when: datetime) -> Special:
    case = clinic.case("arc", "joint", when, events=2)
    first, second = case.report.events
    return Special(
        "arc-event-uid-reused",
        "two events under one UID",
        case.but(events=(first, replace(second, uid=first.uid))),
        regular=False,
        findings=(FindingCode.EVENT_UID_REUSED,),
    )


def _unknown_plane(clinic: Clinic, when: datetime) -> Special:
    case = clinic.case("arc", "joint", when, events=2)
    private = MappingProxyType({("113622", "DCM"): Code("P-1", "99SAMPLE", "Frontal")})
    return Special(
        "arc-unknown-plane",
        "an acquisition plane that is no plane of the standard",
        case,
        regular=False,
        findings=(FindingCode.UNKNOWN_CODE, FindingCode.UNKNOWN_PLANE),
        dialect=replace(case.unit.dialect, codes=private),
        readable=replace(
            case.report,
            accumulated=tuple(replace(dose, plane=Plane.UNKNOWN) for dose in case.report.accumulated),
            events=tuple(replace(event, plane=Plane.UNKNOWN) for event in case.report.events),
        ),
    )


def _no_events(clinic: Clinic, when: datetime) -> Special:
    case = clinic.case("orbit", "joint", when, events=2)
    findings = (FindingCode.NO_EVENTS,)
    return Special("orbit-no-events", "totals without events", case.but(events=()), regular=False, findings=findings)


def _no_sop_instance_uid(clinic: Clinic, when: datetime) -> Special:
    return Special(
        "arc-no-sop-uid",
        "no SOP Instance UID",
        clinic.case("arc", "joint", when, events=2).but(sop_instance_uid=""),
        regular=False,
        quarantine=UnreadableReason.NO_SOP_INSTANCE_UID,
    )


def _partial_then_final(clinic: Clinic, when: datetime) -> Iterator[Special]:
    final = clinic.case("arc", "spine", when, events=3)
    events = final.report.events[:2]
    partial = final.but(
        sop_instance_uid=clinic.uid("partial", final.report.sop_instance_uid),
        content_written=events[-1].started,
        events=events,
        accumulated=(accumulate(events, final.unit),),
        complete=False,
    )
    yield Special("arc-partial", "says that it is partial", partial, regular=False, findings=(FindingCode.NOT_FINAL,))
    yield Special("arc-final", "the complete report after a partial one", final)


def _event_conflict(clinic: Clinic, when: datetime) -> Iterator[Special]:
    case = clinic.case("arc", "spine", when, events=3)
    findings = (FindingCode.EVENT_CONFLICT,)
    yield Special("arc-event-conflict", "three events", case, procedure_findings=findings)
    first, *rest = case.report.events
    assert first.p_ka is not None
    events = (replace(first, p_ka=first.p_ka * 1.5), *rest)
    later = case.but(
        sop_instance_uid=clinic.uid("corrected", case.report.sop_instance_uid),
        content_written=_later(case),
        events=events,
        accumulated=(accumulate(events, case.unit),),
    )
    about = "the same three events, the first with another P_KA"
    yield Special("arc-event-conflict-later", about, later, procedure_findings=findings)


def _later(case: Case) -> Moment:
    written = case.report.content_written
    assert written is not None
    return replace(written, local=written.local + timedelta(minutes=1))


def _patient_conflict(clinic: Clinic, when: datetime) -> Iterator[Special]:
    case = clinic.case("unity", "joint", when, events=3)
    findings = (FindingCode.PATIENT_CONFLICT,)
    about = "one of two reports of a study that name different patients"
    for number, each in enumerate((case, _of_another_patient(clinic, case)), start=1):
        part = each.report.events[:1] if number == 1 else each.report.events[1:]
        half = each.but(
            sop_instance_uid=clinic.uid("half", each.report.sop_instance_uid, number),
            events=part,
            accumulated=(accumulate(part, each.unit),),
        )
        yield Special("unity-patient-conflict", about, half, procedure_findings=findings)


def _of_another_patient(clinic: Clinic, case: Case) -> Case:
    patient = clinic.patient(case.unit, age_years=61, sex="F")
    return replace(case.but(patient=patient), patient_name=f"Sample^Patient {patient.patient_id[-4:]}")


def _two_devices(clinic: Clinic, when: datetime) -> Iterator[Special]:
    """Two procedures: they are told apart by the device."""
    first = clinic.case("orbit", "spine", when, events=2)
    second = clinic.case("arc", "spine", when, events=2, patient=first.report.patient)
    second = replace(
        second.but(
            study_instance_uid=first.report.study_instance_uid,
            study_description=first.report.study_description,
            procedure_codes=first.report.procedure_codes,
            scope=replace(second.report.scope, uid=first.report.study_instance_uid),
        ),
        patient_name=first.patient_name,
        procedure=first.procedure,
    )
    about = "one of two devices in one study"
    yield Special("orbit-two-devices", about, first)
    yield Special("arc-two-devices", about, second)
