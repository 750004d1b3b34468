"""Conforming reports of rarer kinds, and a room that does fluoroscopy and radiography."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from alara.findings import FindingCode
from alara.model import AccumulatedDose, IrradiationEvent, Moment, Plane, Scope, ScopeKind
from alara.samples.cases import Case, Clinic
from alara.samples.dual_room import dual_room
from alara.samples.exposures import accumulate
from alara.samples.fleet import FLEET
from alara.samples.procedures import UNCLASSIFIABLE, Typed
from alara.samples.special import KINDS, Special

__all__ = ["rarities"]


def rarities(clinic: Clinic, times: Iterator[datetime]) -> Iterator[Special]:
    """Conforming reports of rarer kinds, and the dual room."""
    yield from _patients(clinic, times)
    yield from _texts(clinic, times)
    yield _biplane(clinic, next(times))
    yield from _one_report_a_plane(clinic, next(times))
    yield from _cumulative(clinic, next(times))
    yield from _continued(clinic, next(times))
    yield from _overlapping(clinic, next(times))
    yield from dual_room(clinic, next(times))


def _patients(clinic: Clinic, times: Iterator[datetime]) -> Iterator[Special]:
    children = (
        ("orbit", "hip_inj", "hip asp right (ped)", 7, "M", ""),
        ("orbit", "arthrogram_hip", "hip arthrogram left child", 9, "F", ""),
        ("palm", "orif", "k-wire distal radius lt", 11, "M", ""),
        ("unity", "knee", "knee inj rt JIA", 14, "F", "not pregnant"),
    )
    for unit, kind, typed, age, sex, pregnancy in children:
        patient = clinic.patient(FLEET[unit], age_years=age, sex=sex, pregnancy=pregnancy)
        case = clinic.case(unit, "joint", next(times), typed=Typed(KINDS[kind], typed), patient=patient)
        yield Special(f"{unit}-child", f"a child of {age}", case)
    for status, typed in (("possibly pregnant", "SIJ inj LT"), ("unknown", "hip inj LT")):
        patient = clinic.patient(FLEET["orbit"], age_years=31, sex="F", pregnancy=status)
        kind_id = "sij" if "SIJ" in typed else "hip_inj"
        case = clinic.case("orbit", "spine", next(times), typed=Typed(KINDS[kind_id], typed), patient=patient)
        yield Special("orbit-pregnancy-status", f"pregnancy status: {status}", case)


def _texts(clinic: Clinic, times: Iterator[datetime]) -> Iterator[Special]:
    for typed in UNCLASSIFIABLE:
        case = clinic.case("orbit", "spine", next(times), typed=Typed(KINDS["mbb_lumbar"], typed))
        yield Special("orbit-unclassifiable-text", "a text that names no procedure", replace(case, procedure=""))
    typed = "Lumbar Epidural Steroid Injection"
    case = clinic.case("arc", "spine", next(times), typed=Typed(KINDS["esi_il_lumbar"], typed))
    case = case.but(procedure_codes=KINDS["sij"].codes)
    about = "the procedure code says sacroiliac joint, the text epidural"
    yield Special("arc-code-against-text", about, case, procedure_findings=(FindingCode.CODE_TEXT_CONFLICT,))
    case = clinic.case("arc", "joint", next(times), typed=Typed(KINDS["hip_inj"], "hip inj rt"))
    case = case.but(study_description="", requested_procedure_description="Fluoroscopy guided hip injection right")
    yield Special("arc-requested-procedure", "described only by the requested procedure", case)


def _biplane(clinic: Clinic, when: datetime) -> Special:
    case = clinic.case("biplane", "spine", when, events=6, typed=Typed(KINDS["vertebroplasty"], "vertebroplasty L2"))
    events = tuple(
        replace(event, plane=Plane.A if index % 2 == 0 else Plane.B) for index, event in enumerate(case.report.events)
    )
    planes = tuple(_of_plane(case, events, plane) for plane in (Plane.A, Plane.B))
    return Special("biplane", "two planes in one report", case.but(events=events, accumulated=planes))


def _of_plane(case: Case, events: tuple[IrradiationEvent, ...], plane: Plane) -> AccumulatedDose:
    return accumulate([event for event in events if event.plane is plane], case.unit, plane)


def _one_report_a_plane(clinic: Clinic, when: datetime) -> Iterator[Special]:
    whole = _biplane(clinic, when).case
    for plane in (Plane.A, Plane.B):
        events = tuple(event for event in whole.report.events if event.plane is plane)
        part = whole.but(
            sop_instance_uid=clinic.uid("a plane", plane, when),
            events=events,
            accumulated=(_of_plane(whole, events, plane),),
        )
        yield Special(f"biplane-only-{plane}", "one of two reports, each of one plane, of one study", part)


def _part(clinic: Clinic, whole: Case, first: int, last: int, *, scope: ScopeKind, totals_from: int = 0) -> Case:
    """Events first to last (from 1) as a report of their own, with totals from another event on if it says so."""
    events = whole.report.events[first - 1 : last]
    counted = whole.report.events[(totals_from or first) - 1 : last]
    study = scope is ScopeKind.STUDY
    uid = whole.report.study_instance_uid if study else clinic.uid("step", whole.report.sop_instance_uid, first)
    written = Moment(events[-1].started.local, events[-1].started.utc_offset_min) if events[-1].started else None
    return whole.but(
        sop_instance_uid=clinic.uid("part", whole.report.sop_instance_uid, first, last),
        events=events,
        accumulated=(accumulate(counted, whole.unit),),
        scope=Scope(scope, uid),
        content_written=written,
    )


def _cumulative(clinic: Clinic, when: datetime) -> Iterator[Special]:
    whole = clinic.case("orbit", "spine", when, events=6)
    for last in (3, 6):
        part = _part(clinic, whole, 1, last, scope=ScopeKind.STUDY)
        yield Special("orbit-cumulative", f"events 1 to {last} of a study; the later report repeats the earlier", part)


def _continued(clinic: Clinic, when: datetime) -> Iterator[Special]:
    whole = clinic.case("unity", "spine", when, events=8)
    for first, last in ((1, 4), (5, 8)):
        part = _part(clinic, whole, first, last, scope=ScopeKind.PERFORMED_PROCEDURE_STEP)
        yield Special("unity-continued", f"events {first} to {last} of a study; each report adds its own", part)


def _overlapping(clinic: Clinic, when: datetime) -> Iterator[Special]:
    whole = clinic.case("unity", "spine", when, events=8)
    for first, last in ((1, 5), (4, 8)):
        part = _part(clinic, whole, first, last, scope=ScopeKind.PERFORMED_PROCEDURE_STEP)
        yield Special("unity-overlapping", f"events {first} to {last} of a study; two events are in both", part)
