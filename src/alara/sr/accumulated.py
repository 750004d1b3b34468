"""The totals of one acquisition plane (PS3.16 TID 10002 with 10004, 10006 and 10007; TID 10041)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from alara.findings import FindingCode
from alara.model import AccumulatedDose, Calibration, Plane
from alara.sr import values
from alara.sr.content import ContentItem
from alara.sr.draft import Draft
from alara.sr.fields import Table, place_reference_point, read_fields
from alara.sr.participants import add_device
from alara.sr.reading import Reader

__all__ = ["read_accumulated", "read_summed"]

_ACCUMULATED: Final[Table] = {
    "acquisition_plane": ("plane", values.plane),
    "p_ka_total": ("p_ka", values.p_ka),
    "fluoroscopy_p_ka_total": ("p_ka_fluoroscopy", values.p_ka),
    "acquisition_p_ka_total": ("p_ka_acquisition", values.p_ka),
    "ka_r_total": ("ka_r", values.ka_r),
    "fluoroscopy_ka_r_total": ("ka_r_fluoroscopy", values.ka_r),
    "acquisition_ka_r_total": ("ka_r_acquisition", values.ka_r),
    "fluoroscopy_time_total": ("fluoroscopy_time", values.duration),
    "acquisition_time_total": ("acquisition_time", values.duration),
    "radiographic_frames_total": ("radiographic_frames", values.count),
    "exposures_total": ("exposures", values.count),
    "detector_type": ("detector_type", values.word),
    "reference_point": ("reference_point", values.reference_point),
    "source_to_reference_point": ("source_to_reference_point_mm", values.length),
}

_CALIBRATION: Final[Table] = {
    "dose_measurement_device": ("device", values.word),
    "calibrated": ("calibrated", values.moment),
    "calibration_factor": ("factor", values.ratio),
    "calibration_uncertainty": ("uncertainty_percent", values.percent),
    "calibration_protocol": ("protocol", values.text),
    "calibration_dose_index": ("dose_index", values.word),
    "calibration_acquisition_protocol": ("acquisition_protocol", values.text),
}


def read_accumulated(container: ContentItem, read: Reader, draft: Draft, plane: Plane) -> AccumulatedDose:
    """The totals of a container; its devices go to the draft. ``plane`` is that of totals that name none."""
    fields = read_fields(container.children, _ACCUMULATED, read)
    place_reference_point(fields)
    fields.pop("source_to_reference_point_mm", None)
    if fields.setdefault("plane", plane) is Plane.UNKNOWN:
        read.notes.add(FindingCode.UNKNOWN_PLANE, "", "accumulated dose")
    for item in container.children:
        if item.name == "device_role":
            add_device(item, read, draft)
    return AccumulatedDose(calibrations=_calibrations(container, read), **fields)


def _calibrations(container: ContentItem, read: Reader) -> tuple[Calibration, ...]:
    """What the dose meters' calibrations say, each once."""
    said = (
        Calibration(**read_fields(item.children, _CALIBRATION, read))
        for item in container.children
        if item.name == "calibration"
    )
    return tuple(dict.fromkeys(each for each in said if each != Calibration()))


def read_summed(items: Iterable[ContentItem], read: Reader) -> AccumulatedDose:
    """The accumulated dose of a single plane from items that stand in no container."""
    return AccumulatedDose(**{**read_fields(items, _ACCUMULATED, read), "plane": Plane.SINGLE})
