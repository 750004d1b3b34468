"""The patient, study, series, equipment and document modules of a dose report (PS3.3 A.35.8)."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Final

from alara.model import Code, DoseReport, Moment, Patient
from alara.sr.writing.dialect import Dialect
from alara.sr.writing.encode import Value
from alara.sr.writing.items import datetime_text, decimal_text, offset_text

__all__ = ["derived_uid", "header"]

#: PregnancyStatus (0010,21C0), PS3.3 C.2.2.
PREGNANCY: Final = {"not pregnant": 1, "possibly pregnant": 2, "definitely pregnant": 3, "unknown": 4}


def derived_uid(*of: object) -> str:
    """A UID of always 44 characters that is a function of its arguments alone (PS3.5 B.2)."""
    digest = hashlib.sha256("\0".join(map(str, of)).encode()).digest()
    return f"2.25.{10**38 + int.from_bytes(digest, 'big') % (2 * 10**38)}"


def header(report: DoseReport, dialect: Dialect, patient_name: str = "") -> dict[str, Value]:
    """All elements but those of the content tree, by keyword."""
    return {
        **_document(report, dialect),
        **_patient(report.patient, dialect, patient_name),
        **_study(report, dialect),
        **_equipment(report),
        **_procedure(report),
        **dialect.header,
    }


def _document(report: DoseReport, dialect: Dialect) -> dict[str, Value]:
    elements: dict[str, Value] = {
        "SOPClassUID": report.sop_class_uid,
        "SOPInstanceUID": report.sop_instance_uid,
        "Modality": "SR",
        "SeriesInstanceUID": derived_uid("series", report.sop_instance_uid),
        "SeriesNumber": "990",
        "SeriesDescription": "Radiation Dose Information",
        "InstanceNumber": "1",
        "ReferencedPerformedProcedureStepSequence": [],
        "PerformedProcedureCodeSequence": [],
        "VerificationFlag": "UNVERIFIED",
    }
    if dialect.character_set:
        elements["SpecificCharacterSet"] = dialect.character_set
    if report.complete is not None:
        elements["CompletionFlag"] = "COMPLETE" if report.complete else "PARTIAL"
    elements |= _dated("Content", report.content_written, dialect)
    if report.content_written and report.content_written.utc_offset_min is not None:
        offset = offset_text(report.content_written.utc_offset_min)
        if dialect.timezone_prefix:
            offset = f"{dialect.timezone_prefix}{offset[:3]}:{offset[3:]}"
        elements["TimezoneOffsetFromUTC"] = offset
    return elements


def _patient(patient: Patient, dialect: Dialect, name: str) -> dict[str, Value]:
    elements: dict[str, Value] = {
        "PatientName": name,
        "PatientID": patient.patient_id,
        "PatientBirthDate": f"{patient.birth_year:04d}0701" if patient.birth_year is not None else "",
        "PatientSex": patient.sex,
    }
    if patient.age_years is not None:
        elements["PatientAge"] = f"{int(patient.age_years):0{3 if dialect.padded_age else 1}d}Y"
    if patient.size_m is not None:
        elements["PatientSize"] = decimal_text(Decimal(repr(patient.size_m)))
    if patient.weight_kg is not None:
        elements["PatientWeight"] = decimal_text(Decimal(repr(patient.weight_kg)))
    if patient.pregnancy_status:
        elements["PregnancyStatus"] = PREGNANCY[patient.pregnancy_status]
    return elements


def _study(report: DoseReport, dialect: Dialect) -> dict[str, Value]:
    elements: dict[str, Value] = {"AccessionNumber": "", "ReferringPhysicianName": "", "StudyID": "1"}
    if report.study_instance_uid:
        elements["StudyInstanceUID"] = report.study_instance_uid
    if report.study_description:
        elements["StudyDescription"] = report.study_description
    if report.procedure_codes:
        elements["ProcedureCodeSequence"] = [_entry(each) for each in report.procedure_codes]
    elements |= _dated("Study", report.study_started, dialect)
    return elements


def _equipment(report: DoseReport) -> dict[str, Value]:
    unit = report.equipment
    elements: dict[str, Value] = {
        "Manufacturer": unit.manufacturer,
        "InstitutionName": unit.institution,
        "StationName": unit.station,
        "ManufacturerModelName": unit.model,
        "DeviceSerialNumber": unit.serial,
        "SoftwareVersions": unit.software,
    }
    return {keyword: value for keyword, value in elements.items() if value or keyword == "Manufacturer"}


def _procedure(report: DoseReport) -> dict[str, Value]:
    elements: dict[str, Value] = {}
    if report.performed_procedure_description:
        elements["PerformedProcedureStepDescription"] = report.performed_procedure_description
    if report.requested_procedure_description:
        elements["ReferencedRequestSequence"] = [
            {
                "AccessionNumber": "",
                "ReferencedStudySequence": [],
                "StudyInstanceUID": report.study_instance_uid,
                "RequestedProcedureDescription": report.requested_procedure_description,
                "RequestedProcedureCodeSequence": [],
                "RequestedProcedureID": "",
                "PlacerOrderNumberImagingServiceRequest": "",
                "FillerOrderNumberImagingServiceRequest": "",
            }
        ]
    return elements


def _dated(what: str, when: Moment | None, dialect: Dialect) -> dict[str, Value]:
    if when is None:
        return {f"{what}Date": "", f"{what}Time": ""}
    written = datetime_text(when.local, dialect)
    return {f"{what}Date": written[:8], f"{what}Time": written[8:]}


def _entry(coded: Code) -> dict[str, Value]:
    return {"CodeValue": coded.value, "CodingSchemeDesignator": coded.scheme, "CodeMeaning": coded.meaning}
