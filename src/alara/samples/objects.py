"""Dose that comes in something else than a plain dose report: images, a procedure step, newer and older reports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from alara.errors import UnreadableReason
from alara.findings import FindingCode
from alara.model import AccumulatedDose, Code, IrradiationEvent, ReferencePoint, ReportKind
from alara.samples.broken import made_of_other, other_header
from alara.samples.cases import Case, Clinic
from alara.samples.made import Made
from alara.samples.meaning import meant, unread
from alara.samples.special import Special
from alara.sop_classes import (
    ENHANCED_X_RAY_RADIATION_DOSE_SR,
    PATIENT_RADIATION_DOSE_SR,
    PERFORMED_PROCEDURE_STEP,
    RADIOPHARMACEUTICAL_RADIATION_DOSE_SR,
    X_RAY_RADIATION_DOSE_SR,
)
from alara.sr.build import document
from alara.sr.writing.dialect import CONFORMING, Unit
from alara.sr.writing.encode import EXPLICIT_LITTLE_ENDIAN, Dataset, Layout, Value, part10
from alara.sr.writing.event import EVENT_TYPES
from alara.sr.writing.header import header
from alara.sr.writing.items import Item, code, container, moment, number, text, uid

__all__ = ["objects"]

_XA_IMAGE: Final = "1.2.840.10008.5.1.4.1.1.12.1"
_SECONDARY_CAPTURE: Final = "1.2.840.10008.5.1.4.1.1.7"
_ENTRANCE: Final = ReferencePoint(text="entrance surface of the patient")
_SIDE: Final = 4  # pixels: nobody looks at them
_OF_A_REPORT: Final = ("CompletionFlag", "VerificationFlag", "ReferencedPerformedProcedureStepSequence")


def objects(clinic: Clinic, times: Iterator[datetime]) -> Iterator[Made]:
    """Objects whose header states a dose, then the other templates for radiation dose, then a report of nothing."""
    yield _image(clinic, next(times), "xa-image", "an XA image with the dose in its header", _XA_IMAGE)
    yield _image(
        clinic, next(times), "secondary-capture", "a screenshot with the dose in its header", _SECONDARY_CAPTURE
    )
    yield _procedure_step(clinic, next(times))
    yield _enhanced(clinic, next(times))
    yield _enhanced_of_two_sources(clinic)
    yield _organ_doses(clinic)
    yield _radiopharmaceutical(clinic)
    yield _without_content(clinic)


def _stated(clinic: Clinic, when: datetime, *, kerma: bool) -> Case:
    """A case of which only totals are stated, in whole seconds; the entrance dose stands for K_a,r."""
    case = clinic.case("arc", "joint", when, events=3)
    total = case.report.accumulated[0]
    assert total.p_ka is not None
    assert total.fluoroscopy_time is not None
    dose = AccumulatedDose(
        plane=total.plane,
        p_ka=total.p_ka,
        ka_r=total.ka_r if kerma else None,
        fluoroscopy_time=replace(total.fluoroscopy_time, amount=float(round(total.fluoroscopy_time.amount))),
        reference_point=_ENTRANCE if kerma else None,
    )
    return case.but(events=(), accumulated=(dose,))


def _from_header(slug: str, about: str, case: Case) -> Special:
    return Special(slug, about, case, regular=False, procedure_findings=(FindingCode.FROM_HEADERS,))


def _doses(case: Case) -> dict[str, Value]:
    """Dose elements of a header (PS3.3 C.4.16): dGy.cm2, s, mGy."""
    dose = case.report.accumulated[0]
    assert dose.p_ka is not None
    assert dose.fluoroscopy_time is not None
    elements: dict[str, Value] = {
        "ImageAndFluoroscopyAreaDoseProduct": f"{dose.p_ka.amount * 10:.7g}",
        "TotalTimeOfFluoroscopy": int(dose.fluoroscopy_time.amount),
    }
    if dose.ka_r is not None:
        elements["EntranceDoseInmGy"] = f"{dose.ka_r.amount:.8g}"
    return elements


def _image(clinic: Clinic, when: datetime, slug: str, about: str, sop_class_uid: str) -> Made:
    case = _stated(clinic, when, kerma=sop_class_uid == _XA_IMAGE)
    case = case.but(sop_class_uid=sop_class_uid)
    elements = header(case.report, case.unit.dialect, case.patient_name)
    elements = {keyword: value for keyword, value in elements.items() if keyword not in _OF_A_REPORT}
    elements |= {
        "Modality": "XA",
        "ConversionType": "WSD",
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": _SIDE,
        "Columns": _SIDE,
        "BitsAllocated": 8,
        "BitsStored": 8,
        "HighBit": 7,
        "PixelRepresentation": 0,
        "7FE00010OW": bytes(_SIDE * _SIDE),
        **_doses(case),
    }
    data = _file(elements, sop_class_uid, case.report.sop_instance_uid)
    return Made(slug, about, data, meant(case, _from_header(slug, about, case)))


def _file(elements: Dataset, sop_class_uid: str, sop_instance_uid: str) -> bytes:
    return part10(
        Layout().dataset(elements),
        transfer_syntax=EXPLICIT_LITTLE_ENDIAN,
        sop_class_uid=sop_class_uid,
        sop_instance_uid=sop_instance_uid,
    )


def _procedure_step(clinic: Clinic, when: datetime) -> Made:
    """The attributes of a performed procedure step, created and set, in a file whose meta information names it."""
    case = _stated(clinic, when, kerma=True)
    report = case.but(sop_class_uid=PERFORMED_PROCEDURE_STEP).report
    report = replace(report, study_description="", requested_procedure_description=report.study_description)
    assert report.study_started is not None
    started, ended = report.study_started.local, report.study_started.local + timedelta(minutes=20)
    patient = {
        keyword: value
        for keyword, value in header(report, case.unit.dialect, case.patient_name).items()
        if keyword.startswith("Patient") or keyword == "SpecificCharacterSet"
    }
    scheduled = {
        "StudyInstanceUID": report.study_instance_uid,
        "RequestedProcedureDescription": report.requested_procedure_description,
    }
    elements: dict[str, Value] = {
        **patient,
        "Modality": "RF",
        "ScheduledStepAttributesSequence": [scheduled],
        "PerformedStationAETitle": "SAMPLE",
        "PerformedStationName": report.equipment.station,
        "PerformedProcedureStepID": "1",
        "PerformedProcedureStepStartDate": f"{started:%Y%m%d}",
        "PerformedProcedureStepStartTime": f"{started:%H%M%S}",
        "PerformedProcedureStepEndDate": f"{ended:%Y%m%d}",
        "PerformedProcedureStepEndTime": f"{ended:%H%M%S}",
        "PerformedProcedureStepStatus": "COMPLETED",
        **_doses(case),
    }
    slug, about = "procedure-step", "a performed procedure step (MPPS), as saved to a file; no node can store it"
    data = _file(elements, PERFORMED_PROCEDURE_STEP, report.sop_instance_uid)
    return Made(slug, about, data, meant(replace(case, report=report), _from_header(slug, about, case)))


def _enhanced(clinic: Clinic, when: datetime) -> Made:
    """An enhanced report (TID 10040) of one source: totals (TID 10041) and summaries of events (TID 10042)."""
    case = clinic.case("arc", "joint", when, events=2)
    case = case.but(sop_class_uid=ENHANCED_X_RAY_RADIATION_DOSE_SR)
    data = _enhanced_file(case, sources=("A",))
    # of an event the summary states neither P_KA nor technique nor the time that the beam was on
    events = tuple(replace(event, p_ka=None, duration=None, kvp=None) for event in case.report.events)
    accumulated = tuple(replace(dose, reference_point=None) for dose in case.report.accumulated)
    readable = replace(case.report, events=events, accumulated=accumulated)
    slug, about = "enhanced-dose-report", "an enhanced X-ray radiation dose report of one source"
    return Made(slug, about, data, meant(case, Special(slug, about, case, regular=False, readable=readable)))


def _enhanced_of_two_sources(clinic: Clinic) -> Made:
    case = clinic.case("arc", "joint", datetime.combine(clinic.days[0], datetime.min.time()), events=2)
    elements = other_header(clinic, "enhanced-two-sources", ENHANCED_X_RAY_RADIATION_DOSE_SR)
    root = _enhanced_root(case, sources=("near the door", "near the window"))
    return made_of_other(
        clinic,
        "enhanced-two-sources",
        "an enhanced X-ray radiation dose report of two sources, which only its texts tell apart",
        document(elements, root, template="10040"),
        ReportKind.OTHER_X_RAY,
        FindingCode.DOSES_NOT_READ,
    )


def _enhanced_file(case: Case, sources: tuple[str, ...]) -> bytes:
    elements = header(case.report, CONFORMING, case.patient_name)
    return document(elements, _enhanced_root(case, sources), template="10040")


def _enhanced_root(case: Case, sources: tuple[str, ...]) -> Item:
    total = case.report.accumulated[0]
    return container(
        Code("113701", "DCM", "X-Ray Radiation Dose Report"),
        code(Code("121058", "DCM", "Procedure reported"), Code("113704", "DCM", "Projection X-Ray")),
        *(_source_totals(total, source) for source in sources),
        *(_event_summary(event, sources[0]) for event in case.report.events),
    )


def _source_totals(total: AccumulatedDose, source: str) -> Item:
    assert total.p_ka is not None
    assert total.ka_r is not None
    assert total.fluoroscopy_time is not None
    return container(
        Code("130500", "DCM", "Accumulated Dose Data"),
        text(Code("113832", "DCM", "Identification of the X-Ray Source"), source),
        number(Code("113722", "DCM", "Dose Area Product Total"), total.p_ka.amount, CONFORMING.p_ka),
        number(Code("113725", "DCM", "Dose (RP) Total"), total.ka_r.amount, CONFORMING.air_kerma),
        number(Code("113730", "DCM", "Total Fluoro Time"), total.fluoroscopy_time.amount, Unit.of("s")),
    )


def _event_summary(event: IrradiationEvent, source: str) -> Item:
    assert event.started is not None
    assert event.ka_r is not None
    return container(
        Code("130501", "DCM", "Irradiation Event Summary Data"),
        uid(Code("113769", "DCM", "Irradiation Event UID"), event.uid),
        moment(Code("111526", "DCM", "DateTime Started"), event.started, CONFORMING),
        text(Code("113832", "DCM", "Identification of the X-Ray Source"), source),
        code(Code("113721", "DCM", "Irradiation Event Type"), EVENT_TYPES[event.type]),
        number(Code("113738", "DCM", "Dose (RP)"), event.ka_r.amount, CONFORMING.air_kerma),
    )


def _organ_doses(clinic: Clinic) -> Made:
    elements = other_header(clinic, "organ-doses", PATIENT_RADIATION_DOSE_SR)
    root = container(
        Code("113710", "DCM", "Patient Radiation Dose Report"),
        text(Code("121106", "DCM", "Comment"), "organ doses, estimated from a dose report"),
    )
    about = "a patient radiation dose report: organ doses are no exposures"
    data = document(elements | {"StudyDescription": "XR hip right"}, root, template="10030")
    return made_of_other(clinic, "organ-doses", about, data, ReportKind.PATIENT_DOSE, FindingCode.DOSES_NOT_READ)


def _radiopharmaceutical(clinic: Clinic) -> Made:
    elements = other_header(clinic, "radiopharmaceutical", RADIOPHARMACEUTICAL_RADIATION_DOSE_SR)
    root = container(
        Code("113500", "DCM", "Radiopharmaceutical Radiation Dose Report"),
        text(Code("121106", "DCM", "Comment"), "technetium, 500 MBq"),
    )
    about = "a radiopharmaceutical dose report: kept, told apart, never in the audit"
    data = document(elements | {"StudyDescription": "Bone scan"}, root, template="10021")
    return made_of_other(clinic, "radiopharmaceutical", about, data, ReportKind.RADIOPHARMACEUTICAL)


def _without_content(clinic: Clinic) -> Made:
    elements = other_header(clinic, "no-content", X_RAY_RADIATION_DOSE_SR)
    data = document(elements, container(Code("113701", "DCM", "X-Ray Radiation Dose Report")))
    return Made("no-content", "a dose report without content", data, unread(UnreadableReason.NO_CONTENT))
