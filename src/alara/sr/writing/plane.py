"""Accumulated dose of one acquisition plane as content items (PS3.16 TID 10002 with 10004 and 10006)."""

from __future__ import annotations

from alara.model import AccumulatedDose, Calibration, Code, Moment, Plane, ReferencePoint
from alara.sr.writing.dialect import NO_UNITS, Dialect, Unit
from alara.sr.writing.items import Item, code, container, moment, numbers, text

__all__ = ["PLANES", "plane_item", "plane_modifier", "reference_point_item"]

PLANES = {
    Plane.SINGLE: Code("113622", "DCM", "Single Plane"),
    Plane.A: Code("113620", "DCM", "Plane A"),
    Plane.B: Code("113621", "DCM", "Plane B"),
}
_SECONDS = Unit.of("s")
_MILLIMETRES = Unit.of("mm")
_PERCENT = Unit.of("%", meaning="Percent")
_REFERENCE_POINT = Code("113780", "DCM", "Reference Point Definition")
_DOSIMETER = Code("15869005", "SCT", "Dosimeter")
_DETECTORS = {
    "direct": Code("113948", "DCM", "Direct Detector"),
    "indirect": Code("113949", "DCM", "Indirect Detector"),
    "storage": Code("113950", "DCM", "Storage Detector"),
    "film": Code("113951", "DCM", "Film"),
}


def plane_modifier(plane: Plane) -> list[Item]:
    """The item that says which plane, or nothing where it is unknown."""
    concept = Code("113764", "DCM", "Acquisition Plane")
    return [code(concept, PLANES[plane]).under("HAS CONCEPT MOD")] if plane in PLANES else []


def reference_point_item(point: ReferencePoint | None) -> list[Item]:
    """The reference point as its code or, without one, as its text."""
    if point is None or not (point.code or point.text):
        return []
    return [code(_REFERENCE_POINT, point.code) if point.code else text(_REFERENCE_POINT, point.text)]


def plane_item(accumulated: AccumulatedDose, dialect: Dialect, calibrated: Moment | None) -> Item:
    """The container 113702 of one plane."""
    return container(
        Code("113702", "DCM", "Accumulated X-Ray Dose Data"),
        *plane_modifier(accumulated.plane),
        *_calibrations(accumulated, dialect, calibrated),
        *_totals(accumulated, dialect),
        *reference_point_item(accumulated.reference_point),
        *_detector_type(accumulated.detector_type),
        *dialect.accumulated_items,
    )


def _totals(stated: AccumulatedDose, dialect: Dialect) -> list[Item]:
    point = stated.reference_point
    distance = point.source_to_reference_point_mm if point else None
    return numbers(
        [
            ("113722", "Dose Area Product Total", stated.p_ka, dialect.p_ka),
            ("113725", "Dose (RP) Total", stated.ka_r, dialect.air_kerma),
            ("113726", "Fluoro Dose Area Product Total", stated.p_ka_fluoroscopy, dialect.p_ka),
            ("113728", "Fluoro Dose (RP) Total", stated.ka_r_fluoroscopy, dialect.air_kerma),
            ("113730", "Total Fluoro Time", stated.fluoroscopy_time, _SECONDS),
            ("113727", "Acquisition Dose Area Product Total", stated.p_ka_acquisition, dialect.p_ka),
            ("113729", "Acquisition Dose (RP) Total", stated.ka_r_acquisition, dialect.air_kerma),
            ("113855", "Total Acquisition Time", stated.acquisition_time, _SECONDS),
            ("113737", "Distance Source to Reference Point", distance, _MILLIMETRES),
            ("113731", "Total Number of Radiographic Frames", stated.radiographic_frames, NO_UNITS),
        ],
        dialect,
    )


def _detector_type(word: str) -> list[Item]:
    return [code(Code("113947", "DCM", "Detector Type"), _DETECTORS[word])] if word else []


def _calibrations(accumulated: AccumulatedDose, dialect: Dialect, written: Moment | None) -> list[Item]:
    """Those of the plane, else the one that the make always writes."""
    if not accumulated.calibrations and dialect.calibrated and written:
        return [_calibration(Calibration("dosimeter", written, 1, 25), dialect, written.utc_offset_min)]
    offset_min = written.utc_offset_min if written else None
    return [_calibration(each, dialect, offset_min) for each in accumulated.calibrations]


def _calibration(stated: Calibration, dialect: Dialect, offset_min: int | None) -> Item:
    device, when = Code("113794", "DCM", "Dose Measurement Device"), Code("113723", "DCM", "Calibration DateTime")
    protocol = Code("113720", "DCM", "Calibration Protocol")
    intended = Code("131331", "DCM", "Calibration Intended Acquisition Protocol")
    return container(
        Code("122505", "DCM", "Calibration"),
        *([code(device, _DOSIMETER).under("HAS CONCEPT MOD")] if stated.device == "dosimeter" else []),
        *([moment(when, stated.calibrated, dialect, offset_min=offset_min)] if stated.calibrated else []),
        *numbers(
            [
                ("122322", "Calibration Factor", stated.factor, NO_UNITS),
                ("113763", "Calibration Uncertainty", stated.uncertainty_percent, _PERCENT),
            ],
            dialect,
        ),
        text(Code("113724", "DCM", "Calibration Responsible Party"), "Medical physics"),
        *([text(protocol, stated.protocol)] if stated.protocol else []),
        *([text(intended, stated.acquisition_protocol)] if stated.acquisition_protocol else []),
    )
