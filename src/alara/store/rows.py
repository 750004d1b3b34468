"""Model values to rows and back: what is written is read back equal.

A report is stored in its *stored form*: without the patient's ID and the
operators, without its plane totals (they follow from the rest), and without what no
database can hold (NUL and lone surrogates in a text, a number that is not
finite, an integer over 63 bits; the reader has said so of each already).
What comes back from the database equals :func:`stored_form` of what went in.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import astuple
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from alara.findings import Finding, FindingCode
from alara.model import (
    AccumulatedDose,
    DoseReport,
    EndPosition,
    Equipment,
    EventDetails,
    EventType,
    IrradiationEvent,
    IsocenterPosition,
    Moment,
    Patient,
    Plane,
    ReportKind,
    Scope,
    ScopeKind,
)
from alara.quantities import AirKerma, Area, Duration, KermaAreaProduct, Quantity
from alara.store.json_values import (
    as_json,
    calibrations,
    calibrations_json,
    clean_text,
    code,
    code_json,
    code_parts,
    codes,
    codes_json,
    devices,
    devices_json,
    filters,
    filters_json,
    integer,
    number,
    part,
    part_json,
    reference_point,
    reference_point_json,
)

__all__ = [
    "accumulated_rows",
    "as_utc",
    "clean_text",
    "equipment_row",
    "event_row",
    "finding_row",
    "fingerprint",
    "from_utc",
    "moment_columns",
    "patient_columns",
    "report_from_rows",
    "report_row",
    "stored_form",
]

Row = dict[str, Any]


def fingerprint(*parts: str) -> str:
    """SHA-256 over texts, as a key of fixed length for whatever a device says."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def as_utc(moment: datetime) -> datetime:
    """An aware time as the naive UTC that the database holds."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def from_utc(stored: datetime) -> datetime:
    return stored.replace(tzinfo=UTC)


def _amount(quantity: Quantity | None) -> float | None:
    return None if quantity is None else quantity.amount


# --- parts that several tables share -------------------------------------------------------------


def moment_columns(name: str, moment: Moment | None) -> Row:
    if moment is None:
        return {f"{name}_local": None, f"{name}_offset_min": None}
    return {f"{name}_local": moment.local, f"{name}_offset_min": moment.utc_offset_min}


def _moment(name: str, row: Row) -> Moment | None:
    local = row[f"{name}_local"]
    return None if local is None else Moment(local, row[f"{name}_offset_min"])


def patient_columns(patient: Patient, pseudonym: str) -> Row:
    """What the database may know of a person; the ID stays behind."""
    return {
        "patient_pseudonym": pseudonym,
        "birth_year": integer(patient.birth_year),
        "age_years": number(patient.age_years),
        "sex": clean_text(patient.sex),
        "size_m": number(patient.size_m),
        "weight_kg": number(patient.weight_kg),
        "pregnancy_status": clean_text(patient.pregnancy_status),
    }


def _patient(row: Row) -> Patient:
    return Patient(
        birth_year=row["birth_year"],
        age_years=row["age_years"],
        sex=row["sex"],
        size_m=row["size_m"],
        weight_kg=row["weight_kg"],
        pregnancy_status=row["pregnancy_status"],
    )


# --- tables --------------------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def equipment_row(equipment: Equipment, site: str) -> Row:
    """The row of an X-ray unit's description; a shared dict, not to be changed."""
    described = Equipment(*(clean_text(text) for text in astuple(equipment)))
    return {
        "fingerprint": fingerprint(site, *astuple(described)),
        "site": site,
        "key": described.key,
        **{name: getattr(described, name) for name in Equipment.__dataclass_fields__},
    }


def _equipment(row: Row) -> Equipment:
    return Equipment(*(row[name] for name in Equipment.__dataclass_fields__))


def report_row(report: DoseReport) -> Row:
    """The header of a report; what the delivery adds (digest, times, addresses) is the caller's."""
    return {
        "sop_class_uid": clean_text(report.sop_class_uid),
        "sop_instance_uid": clean_text(report.sop_instance_uid),
        "study_instance_uid": clean_text(report.study_instance_uid),
        "kind": report.kind.value,
        **moment_columns("study_started", report.study_started),
        **moment_columns("content_written", report.content_written),
        **moment_columns("started", report.started),
        **moment_columns("ended", report.ended),
        "study_description": clean_text(report.study_description),
        "performed_procedure_description": clean_text(report.performed_procedure_description),
        "requested_procedure_description": clean_text(report.requested_procedure_description),
        "protocol_names_json": as_json([clean_text(name) for name in report.protocol_names]),
        "procedure_codes_json": codes_json(code_parts(report.procedure_codes)),
        "procedure_reported_json": code_json(report.procedure_reported),
        "intent_json": code_json(report.intent),
        "scope_kind": report.scope.kind.value,
        "scope_uid": clean_text(report.scope.uid),
        "sources_of_dose_json": codes_json(code_parts(report.sources_of_dose)),
        "person_roles_json": codes_json(code_parts(report.person_roles)),
        "devices_json": devices_json(report.devices),
        "device_type": clean_text(report.device_type),
        "detector_data_available": report.detector_data_available,
        "source_data_available": report.source_data_available,
        "mechanical_data_available": report.mechanical_data_available,
        "complete": report.complete,
        "quirks": " ".join(report.quirks),
    }


def accumulated_rows(report: DoseReport) -> list[Row]:
    """One row a stated plane."""
    return [_accumulated_row(dose, position) for position, dose in enumerate(report.accumulated)]


def _accumulated_row(dose: AccumulatedDose, position: int) -> Row:
    return {
        "position": position,
        "plane": dose.plane.value,
        "p_ka_gycm2": _amount(dose.p_ka),
        "p_ka_fluoroscopy_gycm2": _amount(dose.p_ka_fluoroscopy),
        "p_ka_acquisition_gycm2": _amount(dose.p_ka_acquisition),
        "ka_r_mgy": _amount(dose.ka_r),
        "ka_r_fluoroscopy_mgy": _amount(dose.ka_r_fluoroscopy),
        "ka_r_acquisition_mgy": _amount(dose.ka_r_acquisition),
        "fluoroscopy_time_s": _amount(dose.fluoroscopy_time),
        "acquisition_time_s": _amount(dose.acquisition_time),
        "radiographic_frames": integer(dose.radiographic_frames),
        "reference_point_json": reference_point_json(dose.reference_point),
        "exposures": integer(dose.exposures),
        "detector_type": clean_text(dose.detector_type),
        "calibrations_json": calibrations_json(dose.calibrations),
    }


def _accumulated(row: Row) -> AccumulatedDose:
    return AccumulatedDose(
        plane=Plane(row["plane"]),
        p_ka=_p_ka(row["p_ka_gycm2"]),
        p_ka_fluoroscopy=_p_ka(row["p_ka_fluoroscopy_gycm2"]),
        p_ka_acquisition=_p_ka(row["p_ka_acquisition_gycm2"]),
        ka_r=_ka_r(row["ka_r_mgy"]),
        ka_r_fluoroscopy=_ka_r(row["ka_r_fluoroscopy_mgy"]),
        ka_r_acquisition=_ka_r(row["ka_r_acquisition_mgy"]),
        fluoroscopy_time=_duration(row["fluoroscopy_time_s"]),
        acquisition_time=_duration(row["acquisition_time_s"]),
        radiographic_frames=row["radiographic_frames"],
        reference_point=reference_point(row["reference_point_json"]),
        exposures=row["exposures"],
        detector_type=row["detector_type"],
        calibrations=calibrations(row["calibrations_json"]),
    )


def event_row(event: IrradiationEvent, position: int) -> Row:
    return {
        "position": position,
        "uid": clean_text(event.uid),
        "plane": event.plane.value,
        "type": event.type.value,
        **moment_columns("started", event.started),
        "p_ka_gycm2": _amount(event.p_ka),
        "ka_r_mgy": _amount(event.ka_r),
        "duration_s": _amount(event.duration),
        "fluoro_mode": clean_text(event.fluoro_mode),
        "pulse_rate_per_s": number(event.pulse_rate_per_s),
        "pulses": integer(event.pulses),
        "frames": integer(event.frames),
        "pulse_width_ms": number(event.pulse_width_ms),
        "exposure_time_ms": number(event.exposure_time_ms),
        "kvp": number(event.kvp),
        "tube_current_ma": number(event.tube_current_ma),
        "filters_json": filters_json(event.filters),
        "field_area_cm2": _amount(event.field_area),
        "primary_angle_deg": number(event.primary_angle_deg),
        "secondary_angle_deg": number(event.secondary_angle_deg),
        "source_to_detector_mm": number(event.source_to_detector_mm),
        "source_to_isocenter_mm": number(event.source_to_isocenter_mm),
        "source_to_reference_point_mm": number(event.source_to_reference_point_mm),
        "table_longitudinal_mm": number(event.table_longitudinal_mm),
        "table_lateral_mm": number(event.table_lateral_mm),
        "table_height_mm": number(event.table_height_mm),
        "patient_orientation": clean_text(event.patient_orientation),
        "patient_position": clean_text(event.patient_position),
        "reference_point_json": reference_point_json(event.reference_point),
        "protocol": clean_text(event.protocol),
        "target_region_json": code_json(event.target_region),
        "laterality_json": code_json(event.laterality),
        "anatomy_json": code_json(event.anatomy),
        **moment_columns("ended", event.ended),
        "average_tube_current_ma": number(event.average_tube_current_ma),
        "exposure_uas": number(event.exposure_uas),
        "focal_spot_mm": number(event.focal_spot_mm),
        "field_height_mm": number(event.field_height_mm),
        "field_width_mm": number(event.field_width_mm),
        "field_of_view_mm": number(event.field_of_view_mm),
        "patient_equivalent_thickness_mm": number(event.patient_equivalent_thickness_mm),
        "table_head_tilt_deg": number(event.table_head_tilt_deg),
        "table_horizontal_rotation_deg": number(event.table_horizontal_rotation_deg),
        "table_cradle_tilt_deg": number(event.table_cradle_tilt_deg),
        "grid": clean_text(event.grid),
        "details_json": part_json(event.details),
        "end_json": part_json(event.end),
        "isocenter_json": part_json(event.isocenter),
    }


def _event(row: Row) -> IrradiationEvent:
    return IrradiationEvent(
        uid=row["uid"],
        plane=Plane(row["plane"]),
        type=EventType(row["type"]),
        started=_moment("started", row),
        p_ka=_p_ka(row["p_ka_gycm2"]),
        ka_r=_ka_r(row["ka_r_mgy"]),
        duration=_duration(row["duration_s"]),
        fluoro_mode=row["fluoro_mode"],
        pulse_rate_per_s=row["pulse_rate_per_s"],
        pulses=row["pulses"],
        frames=row["frames"],
        pulse_width_ms=row["pulse_width_ms"],
        exposure_time_ms=row["exposure_time_ms"],
        kvp=row["kvp"],
        tube_current_ma=row["tube_current_ma"],
        filters=filters(row["filters_json"]),
        field_area=None if row["field_area_cm2"] is None else Area(row["field_area_cm2"]),
        primary_angle_deg=row["primary_angle_deg"],
        secondary_angle_deg=row["secondary_angle_deg"],
        source_to_detector_mm=row["source_to_detector_mm"],
        source_to_isocenter_mm=row["source_to_isocenter_mm"],
        source_to_reference_point_mm=row["source_to_reference_point_mm"],
        table_longitudinal_mm=row["table_longitudinal_mm"],
        table_lateral_mm=row["table_lateral_mm"],
        table_height_mm=row["table_height_mm"],
        patient_orientation=row["patient_orientation"],
        patient_position=row["patient_position"],
        reference_point=reference_point(row["reference_point_json"]),
        protocol=row["protocol"],
        target_region=code(row["target_region_json"]),
        laterality=code(row["laterality_json"]),
        anatomy=code(row["anatomy_json"]),
        ended=_moment("ended", row),
        average_tube_current_ma=row["average_tube_current_ma"],
        exposure_uas=row["exposure_uas"],
        focal_spot_mm=row["focal_spot_mm"],
        field_height_mm=row["field_height_mm"],
        field_width_mm=row["field_width_mm"],
        field_of_view_mm=row["field_of_view_mm"],
        patient_equivalent_thickness_mm=row["patient_equivalent_thickness_mm"],
        table_head_tilt_deg=row["table_head_tilt_deg"],
        table_horizontal_rotation_deg=row["table_horizontal_rotation_deg"],
        table_cradle_tilt_deg=row["table_cradle_tilt_deg"],
        grid=row["grid"],
        details=part(EventDetails, row["details_json"]),
        end=part(EndPosition, row["end_json"]),
        isocenter=part(IsocenterPosition, row["isocenter_json"]),
    )


def _p_ka(amount: float | None) -> KermaAreaProduct | None:
    return None if amount is None else KermaAreaProduct(amount)


def _ka_r(amount: float | None) -> AirKerma | None:
    return None if amount is None else AirKerma(amount)


def _duration(amount: float | None) -> Duration | None:
    return None if amount is None else Duration(amount)


def finding_row(finding: Finding, position: int) -> Row:
    return {
        "position": position,
        "code": finding.code.value,
        "text": clean_text(finding.text),
        "place": clean_text(finding.where),
    }


_FINDING_CODES = {code.value: code for code in FindingCode}


def _finding(row: Row) -> Finding:
    return Finding(_FINDING_CODES[row["code"]], row["text"], row["place"])


# --- reports -------------------------------------------------------------------------------------


def report_from_rows(
    report: Row, equipment: Row, accumulated: Sequence[Row], events: Sequence[Row], findings: Sequence[Row]
) -> DoseReport:
    """A report as it was stored; its parts in the order of their positions."""
    return DoseReport(
        sop_class_uid=report["sop_class_uid"],
        sop_instance_uid=report["sop_instance_uid"],
        study_instance_uid=report["study_instance_uid"],
        kind=ReportKind(report["kind"]),
        equipment=_equipment(equipment),
        patient=_patient(report),
        study_started=_moment("study_started", report),
        content_written=_moment("content_written", report),
        study_description=report["study_description"],
        performed_procedure_description=report["performed_procedure_description"],
        requested_procedure_description=report["requested_procedure_description"],
        protocol_names=tuple(json.loads(report["protocol_names_json"])),
        procedure_codes=codes(report["procedure_codes_json"]),
        procedure_reported=code(report["procedure_reported_json"]),
        intent=code(report["intent_json"]),
        scope=Scope(ScopeKind(report["scope_kind"]), report["scope_uid"]),
        sources_of_dose=codes(report["sources_of_dose_json"]),
        person_roles=codes(report["person_roles_json"]),
        devices=devices(report["devices_json"]),
        device_type=report["device_type"],
        detector_data_available=report["detector_data_available"],
        source_data_available=report["source_data_available"],
        mechanical_data_available=report["mechanical_data_available"],
        complete=report["complete"],
        accumulated=tuple(_accumulated(row) for row in accumulated),
        events=tuple(_event(row) for row in events),
        started=_moment("started", report),
        ended=_moment("ended", report),
        quirks=tuple(report["quirks"].split()),
        findings=tuple(_finding(row) for row in findings),
    )


def stored_form(report: DoseReport) -> DoseReport:
    """The report as it would come back from the database."""
    return report_from_rows(
        {**report_row(report), **patient_columns(report.patient, pseudonym="")},
        equipment_row(report.equipment, site=""),
        accumulated_rows(report),
        [event_row(event, position) for position, event in enumerate(report.events)],
        [finding_row(finding, position) for position, finding in enumerate(report.findings)],
    )
