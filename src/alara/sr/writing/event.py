"""One irradiation event as content items (PS3.16 TID 10003 with 10003B and 10003C)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from alara.model import Code, EventType, Filter, IrradiationEvent
from alara.sr.writing.details import detail_items, end_items, isocenter_items, source_items, table_items
from alara.sr.writing.dialect import NO_UNITS, Dialect, Unit
from alara.sr.writing.items import Item, Number, Row, code, container, moment, number, numbers, text, uid
from alara.sr.writing.plane import plane_modifier, reference_point_item

__all__ = ["ALUMINIUM", "COPPER", "EVENT_TYPES", "event_item"]

EVENT_TYPES: Final = {
    EventType.FLUOROSCOPY: Code("44491008", "SCT", "Fluoroscopy"),
    EventType.STATIONARY_ACQUISITION: Code("113611", "DCM", "Stationary Acquisition"),
    EventType.STEPPING_ACQUISITION: Code("113612", "DCM", "Stepping Acquisition"),
    EventType.ROTATIONAL_ACQUISITION: Code("113613", "DCM", "Rotational Acquisition"),
}
COPPER: Final = Code("105837005", "SCT", "Copper or Copper compound")
ALUMINIUM: Final = Code("105830007", "SCT", "Aluminum or Aluminum compound")
_MATERIALS = {"Cu": COPPER, "Al": ALUMINIUM}
_FLUORO_MODES = {"continuous": Code("113630", "DCM", "Continuous"), "pulsed": Code("113631", "DCM", "Pulsed")}
_ORIENTATIONS = {
    "recumbent": Code("102538003", "SCT", "recumbent"),
    "semi-erect": Code("102539006", "SCT", "semi-erect"),
    "erect": Code("C86043", "NCIt", "erect"),
}
_MODIFIERS = {
    "supine": Code("40199007", "SCT", "supine"),
    "prone": Code("1240000", "SCT", "prone"),
    "right lateral decubitus": Code("102535000", "SCT", "right lateral decubitus"),
    "left lateral decubitus": Code("102536004", "SCT", "left lateral decubitus"),
}
_POSITIONS = {
    "headfirst": Code("102540008", "SCT", "headfirst"),
    "feet-first": Code("102541007", "SCT", "feet-first"),
}
_REGION_UNKNOWN = Code("38266002", "SCT", "Entire body")
_LATERALITY = Code("272741003", "SCT", "Laterality")
_ANATOMY = Code("91723000", "SCT", "Anatomical structure")
_THICKNESS = ("111638", "Patient Equivalent Thickness")
_TARGET_REGION = Code("123014", "DCM", "Target Region")

_KILOVOLTS, _MILLIAMPERES = Unit.of("kV"), Unit.of("mA")
_SECONDS, _MILLISECONDS = Unit.of("s"), Unit.of("ms")
_MILLIMETRES, _DEGREES = Unit.of("mm"), Unit.of("deg")


def event_item(
    event: IrradiationEvent, dialect: Dialect, *, offset_min: int | None, took_part: tuple[Item, ...]
) -> Item:
    """The container 113706 of one event; ``took_part`` are the items of its devices and persons (TID 1021, 1020)."""
    beyond = [
        *_source(event, dialect),
        *source_items(event, dialect),
        *detail_items(event.details, dialect),
        *_mechanical(event, dialect),
        *table_items(event, dialect),
        *end_items(event.end, dialect),
        *isocenter_items(event.isocenter, dialect),
    ]
    if not dialect.source_data_related:
        beyond = [item.under("") for item in beyond]
    return container(
        Code("113706", "DCM", "Irradiation Event X-Ray Data"),
        *plane_modifier(event.plane),
        *([uid(Code("113769", "DCM", "Irradiation Event UID"), event.uid)] if event.uid else []),
        *_when_and_what(event, dialect, offset_min),
        *_where(event, dialect),
        *numbers([("122130", "Dose Area Product", event.p_ka, dialect.p_ka)], dialect),
        *numbers([(*_THICKNESS, event.patient_equivalent_thickness_mm, _MILLIMETRES)], dialect),
        *beyond,
        *took_part,
        *(
            [number(dialect.private_frames, event.frames)]
            if dialect.private_frames and event.frames is not None
            else []
        ),
        *dialect.event_items,
    )


def _when_and_what(event: IrradiationEvent, dialect: Dialect, offset_min: int | None) -> list[Item]:
    items = []
    if event.started is not None:
        items.append(moment(Code("111526", "DCM", "DateTime Started"), event.started, dialect, offset_min=offset_min))
    if event.ended is not None:
        items.append(moment(Code("111527", "DCM", "DateTime Ended"), event.ended, dialect, offset_min=offset_min))
    if event.type in EVENT_TYPES:
        items.append(code(Code("113721", "DCM", "Irradiation Event Type"), EVENT_TYPES[event.type]))
    if event.protocol:
        items.append(text(Code("125203", "DCM", "Acquisition Protocol"), event.protocol))
    return items


def _where(event: IrradiationEvent, dialect: Dialect) -> list[Item]:
    region = event.target_region or _REGION_UNKNOWN
    target = code(_TARGET_REGION, region)
    sides = [code(_LATERALITY, event.laterality).under("HAS CONCEPT MOD")] if event.laterality is not None else []
    items = []
    if dialect.laterality_of_target:
        target = target.having(*sides)
        items += [code(_ANATOMY, event.anatomy)] if event.anatomy is not None else []
    elif sides or event.anatomy is not None:
        items.append(code(_ANATOMY, event.anatomy or region).having(*sides))
    if event.patient_position in _POSITIONS:
        items.append(code(Code("113745", "DCM", "Patient Table Relationship"), _POSITIONS[event.patient_position]))
    return [*items, *_orientation(event.patient_orientation), target]


def _orientation(words: str) -> list[Item]:
    """Orientation and its modifier, of ``recumbent, prone``."""
    orientation, _, modifier = words.partition(", ")
    if orientation not in _ORIENTATIONS:
        return []
    item = code(Code("113743", "DCM", "Patient Orientation"), _ORIENTATIONS[orientation])
    if modifier in _MODIFIERS:
        concept = Code("113744", "DCM", "Patient Orientation Modifier")
        item = item.having(code(concept, _MODIFIERS[modifier]).under("HAS CONCEPT MOD"))
    return [item]


def _source(event: IrradiationEvent, dialect: Dialect) -> list[Item]:
    duration = event.duration * dialect.duration_scale if event.duration else None
    items = numbers([("113738", "Dose (RP)", event.ka_r, dialect.air_kerma)], dialect)
    items += reference_point_item(event.reference_point)
    if event.fluoro_mode in _FLUORO_MODES:
        items.append(code(Code("113732", "DCM", "Fluoro Mode"), _FLUORO_MODES[event.fluoro_mode]))
    items += numbers([("113791", "Pulse Rate", event.pulse_rate_per_s, dialect.pulse_rate)], dialect)
    items += numbers([("113768", "Number of Pulses", event.pulses, NO_UNITS)], dialect)
    items += _technique(event, dialect)
    items += numbers([("113742", "Irradiation Duration", duration, _SECONDS)], dialect)
    if dialect.exposure_and_retired_time:
        items += _exposure(event, dialect)
    else:
        items += numbers([("113824", "Exposure Time", event.exposure_time_ms, _MILLISECONDS)], dialect)
        items += numbers([("113736", "Exposure", event.exposure_uas, dialect.exposure)], dialect)
    items += [_filter(each, dialect) for each in event.filters]
    return items + numbers([("113790", "Collimated Field Area", event.field_area, dialect.area)], dialect)


def _technique(event: IrradiationEvent, dialect: Dialect) -> list[Item]:
    """Pulse width, kVp and tube current; one value a pulse, of which the first is 0, where the make does so."""
    items = numbers(
        [
            ("113793", "Pulse Width", event.pulse_width_ms, _MILLISECONDS),
            ("113733", "KVP", event.kvp, _KILOVOLTS),
            ("113734", "X-Ray Tube Current", event.tube_current_ma, _MILLIAMPERES),
        ],
        dialect,
    )
    if not dialect.per_pulse_lists:
        return items
    return [replace(item, value=_listed(item.value, event.pulses or 1)) for item in items]


def _listed(value: object, pulses: int) -> Number:
    assert isinstance(value, Number)
    return replace(value, written="\\".join(["0", *[value.written] * (pulses - 1)]))


def _exposure(event: IrradiationEvent, dialect: Dialect) -> list[Item]:
    """The retired exposure time, and current times time in its stead as some makes still send them."""
    charge = event.exposure_uas
    if charge is None and event.tube_current_ma is not None and event.exposure_time_ms is not None:
        charge = round(event.tube_current_ma * event.exposure_time_ms)
    return numbers(
        [
            ("113735", "Exposure Time", event.exposure_time_ms, _MILLISECONDS),
            ("113736", "Exposure", charge, dialect.exposure),
        ],
        dialect,
    )


def _filter(added: Filter, dialect: Dialect) -> Item:
    return container(
        Code("113771", "DCM", "X-Ray Filters"),
        code(Code("113772", "DCM", "X-Ray Filter Type"), Code("113650", "DCM", "Strip filter")),
        code(Code("113757", "DCM", "X-Ray Filter Material"), _MATERIALS[added.material]),
        *numbers(
            [
                ("113758", "X-Ray Filter Thickness Minimum", added.thickness_min_mm, _MILLIMETRES),
                ("113773", "X-Ray Filter Thickness Maximum", added.thickness_max_mm, _MILLIMETRES),
            ],
            dialect,
        ),
    )


def _mechanical(event: IrradiationEvent, dialect: Dialect) -> list[Item]:
    angles: list[Row] = [
        ("112011", "Positioner Primary Angle", event.primary_angle_deg, _DEGREES),
        ("112012", "Positioner Secondary Angle", event.secondary_angle_deg, _DEGREES),
    ]
    distances: list[Row] = [
        ("113748", "Distance Source to Isocenter", event.source_to_isocenter_mm, _MILLIMETRES),
        ("113737", "Distance Source to Reference Point", event.source_to_reference_point_mm, _MILLIMETRES),
        ("113750", "Distance Source to Detector", event.source_to_detector_mm, _MILLIMETRES),
        ("113751", "Table Longitudinal Position", event.table_longitudinal_mm, _MILLIMETRES),
        ("113752", "Table Lateral Position", event.table_lateral_mm, _MILLIMETRES),
        ("113753", "Table Height Position", event.table_height_mm, _MILLIMETRES),
    ]
    if dialect.angles_unknown:
        empty = [number(Code(value, "DCM", meaning), None, unit) for value, meaning, _, unit in angles]
        return empty + numbers(distances, dialect)
    return numbers(angles + distances, dialect)
