"""What else arrives at a dose node: other structured reports, damaged files, no DICOM at all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from alara.errors import UnreadableReason
from alara.findings import FindingCode
from alara.model import Code, Equipment, ReportKind
from alara.samples.carm import INSTITUTION
from alara.samples.cases import Clinic
from alara.samples.made import Made
from alara.samples.meaning import meant_of_other, unread
from alara.sop_classes import BASIC_TEXT_SR, X_RAY_RADIATION_DOSE_SR
from alara.sr.build import CONFORMING, derived_uid, document
from alara.sr.writing.dialect import Unit
from alara.sr.writing.encode import Value
from alara.sr.writing.items import code, container, number, text, uid

__all__ = ["made_of_other", "other_header", "others"]

_CT = Equipment("Helios Imaging", "Spiral 64", "SAMPLE-CT-01", "CT-1", INSTITUTION, "", "7.0")


def others(clinic: Clinic) -> Iterator[Made]:
    """Two structured reports without a fluoroscopy dose, and what is no DICOM."""
    about = "a CT dose report: kept, told apart, never in the audit"
    yield made_of_other(clinic, "ct-dose-report", about, _ct_dose_report(clinic), ReportKind.CT)
    about = "a structured report that has no dose"
    yield made_of_other(clinic, "ordinary-report", about, _ordinary_report(clinic), ReportKind.NOT_DOSE)
    yield Made("garbage", "bytes without meaning", _garbage(clinic), unread(UnreadableReason.NOT_DICOM))


def made_of_other(clinic: Clinic, slug: str, about: str, data: bytes, kind: ReportKind, *findings: FindingCode) -> Made:
    """An object with the header of :func:`other_header`, of which no dose is read."""
    header = other_header(clinic, slug, "")
    uids = str(header["SOPInstanceUID"]), str(header["StudyInstanceUID"])
    return Made(slug, about, data, meant_of_other(kind, *uids, *findings))


def other_header(clinic: Clinic, name: str, sop_class_uid: str) -> dict[str, Value]:
    """The header of a structured report that is no fluoroscopy dose report, of a patient of its own."""
    day = f"{clinic.days[0]:%Y%m%d}"
    return {
        "SpecificCharacterSet": "ISO_IR 192",
        "SOPClassUID": sop_class_uid,
        "SOPInstanceUID": clinic.uid("other", name),
        "StudyInstanceUID": clinic.uid("other study", name),
        "SeriesInstanceUID": clinic.uid("other series", name),
        "StudyDate": day,
        "StudyTime": "120000",
        "ContentDate": day,
        "ContentTime": "121500",
        "AccessionNumber": "",
        "Modality": "SR",
        "Manufacturer": _CT.manufacturer,
        "InstitutionName": _CT.institution,
        "StationName": _CT.station,
        "ManufacturerModelName": _CT.model,
        "DeviceSerialNumber": _CT.serial,
        "SoftwareVersions": _CT.software,
        "ReferringPhysicianName": "",
        "PatientName": "Sample^Patient 9001",
        "PatientID": "SAMPLE-9001",
        "PatientBirthDate": "",
        "PatientSex": "",
        "StudyID": "1",
        "SeriesNumber": "990",
        "InstanceNumber": "1",
        "ReferencedPerformedProcedureStepSequence": [],
        "PerformedProcedureCodeSequence": [],
        "CompletionFlag": "COMPLETE",
        "VerificationFlag": "UNVERIFIED",
    }


def _ct_dose_report(clinic: Clinic) -> bytes:
    """A CT dose report (TID 10011): no events, one scan announced in its total."""
    elements = other_header(clinic, "ct-dose-report", X_RAY_RADIATION_DOSE_SR)
    study_uid = str(elements["StudyInstanceUID"])
    intent = code(Code("363703001", "SCT", "Has Intent"), Code("261004008", "SCT", "Diagnostic Intent"))
    reported = code(
        Code("121058", "DCM", "Procedure reported"), Code("77477000", "SCT", "Computed Tomography X-Ray")
    ).having(intent.under("HAS CONCEPT MOD"))
    scope = code(Code("113705", "DCM", "Scope of Accumulation"), Code("113014", "DCM", "Study")).having(
        uid(Code("110180", "DCM", "Study Instance UID"), study_uid).under("HAS PROPERTIES")
    )
    observer = code(Code("121005", "DCM", "Observer Type"), Code("121007", "DCM", "Device"))
    device = uid(Code("121012", "DCM", "Device Observer UID"), derived_uid("device", "ct"))
    root = container(
        Code("113701", "DCM", "X-Ray Radiation Dose Report"),
        reported.under("HAS CONCEPT MOD"),
        observer.under("HAS OBS CONTEXT"),
        device.under("HAS OBS CONTEXT"),
        scope.under("HAS OBS CONTEXT"),
        container(
            Code("113811", "DCM", "CT Accumulated Dose Data"),
            number(Code("113812", "DCM", "Total Number of Irradiation Events"), 1, Unit.of("{events}")),
            number(Code("113813", "DCM", "CT Dose Length Product Total"), 412.5, Unit.of("mGy.cm")),
        ),
        code(Code("113854", "DCM", "Source of Dose Information"), Code("113856", "DCM", "Automated Data Collection")),
    )
    return document(elements | {"StudyDescription": "CT lumbar spine"}, root, template="10011")


def _ordinary_report(clinic: Clinic) -> bytes:
    """A radiologist's report without a word of dose."""
    root = container(
        Code("18748-4", "LN", "Diagnostic Imaging Report"),
        text(Code("121071", "DCM", "Finding"), "Degenerative change of the right hip joint."),
    )
    elements = other_header(clinic, "ordinary-report", BASIC_TEXT_SR) | {"StudyDescription": "XR hip right"}
    return document(elements, root, CONFORMING)


def _garbage(clinic: Clinic, length: int = 3000) -> bytes:
    """Bytes without meaning."""
    return b"".join(hashlib.sha256(f"{clinic.seed}/{n}".encode()).digest() for n in range(length // 32 + 1))[:length]
