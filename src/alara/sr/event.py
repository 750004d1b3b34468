"""One irradiation event (PS3.16 TID 10003 with 10003A, B and C)."""

from __future__ import annotations

from typing import Final

from alara.findings import FindingCode
from alara.model import Code, Filter, IrradiationEvent, Plane
from alara.quantities import Area
from alara.sr import values
from alara.sr.content import ContentItem
from alara.sr.draft import Draft
from alara.sr.fields import Table, place_reference_point, read_fields
from alara.sr.persons import add_person
from alara.sr.reading import Reader

__all__ = ["read_event"]

_EVENT: Final[Table] = {
    "acquisition_plane": ("plane", values.plane),
    "irradiation_event_uid": ("uid", values.text),
    "started": ("started", values.moment),
    "irradiation_event_type": ("type", values.event_type),
    "acquisition_protocol": ("protocol", values.text),
    "target_region": ("target_region", values.code),
    "laterality": ("laterality", values.code),
    "p_ka": ("p_ka", values.p_ka),
    "ka_r": ("ka_r", values.ka_r),
    "irradiation_duration": ("duration", values.duration),
    "fluoro_mode": ("fluoro_mode", values.word),
    "pulse_rate": ("pulse_rate_per_s", values.rate),
    "pulses": ("pulses", values.count),
    "pulse_width": ("pulse_width_ms", values.milliseconds),
    "exposure_time": ("exposure_time_ms", values.milliseconds),
    "exposure_time_older": ("exposure_time_ms", values.milliseconds),
    "kvp": ("kvp", values.voltage),
    "tube_current": ("tube_current_ma", values.current),
    "collimated_field_area": ("field_area", values.area),
    "collimated_field_height": ("field_height_mm", values.position),
    "collimated_field_width": ("field_width_mm", values.position),
    "positioner_primary_angle": ("primary_angle_deg", values.angle),
    "positioner_secondary_angle": ("secondary_angle_deg", values.angle),
    "source_to_detector": ("source_to_detector_mm", values.length),
    "source_to_isocenter": ("source_to_isocenter_mm", values.length),
    "source_to_reference_point": ("source_to_reference_point_mm", values.length),
    "table_longitudinal_position": ("table_longitudinal_mm", values.position),
    "table_lateral_position": ("table_lateral_mm", values.position),
    "table_height_position": ("table_height_mm", values.position),
    "patient_orientation": ("patient_orientation", values.orientation),
    "patient_table_relationship": ("patient_position", values.orientation),
    "reference_point": ("reference_point", values.reference_point),
    "private_frames": ("frames", values.count),
}

_FILTER: Final[Table] = {
    "filter_material": ("material", values.word),
    "filter_thickness_minimum": ("thickness_min_mm", values.length),
    "filter_thickness_maximum": ("thickness_max_mm", values.length),
}

#: No collimator makes a smaller field; some consoles send rectangles of a few millimetres, or negative ones.
_SMALLEST_SIDE_MM: Final = 10.0
#: What a laterality may stand under (TID 10003): by the standard the structure, by habit the region.
_HAS_LATERALITY: Final = frozenset(("anatomical_structure", "target_region"))


def read_event(container: ContentItem, read: Reader, draft: Draft, plane: Plane) -> IrradiationEvent:
    fields = read_fields(container.children, _EVENT, read)
    filters: list[Filter] = []
    for item in container.children:
        if item.name == "filters":
            part = read.read(item, _filter)
            if isinstance(part, Filter):
                filters.append(part)
        elif item.name in _HAS_LATERALITY and item.children:
            fields.setdefault("laterality", read.read(item.children[0], _laterality))
        elif item.name == "person_name":
            add_person(item, draft)
    place_reference_point(fields)
    height, width = fields.pop("field_height_mm", None), fields.pop("field_width_mm", None)
    if "field_area" not in fields and min(height or 0.0, width or 0.0) >= _SMALLEST_SIDE_MM:
        fields["field_area"] = Area(height * width / 100)
    if fields.setdefault("plane", plane) is Plane.UNKNOWN:
        read.notes.add(FindingCode.UNKNOWN_PLANE)
    fields.setdefault("uid", "")
    return IrradiationEvent(filters=tuple(filters), **fields)


def _filter(read: Reader, container: ContentItem) -> Filter | None:
    fields = read_fields(container.children, _FILTER, read)
    return Filter(**{"material": "", **fields}) if fields else None


def _laterality(read: Reader, modifier: ContentItem) -> Code | None:
    return read.code(modifier) if modifier.name == "laterality" else None
