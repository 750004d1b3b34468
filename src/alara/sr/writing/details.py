"""What few C-arms say of an event, as content items (rows of PS3.16 TID 10003 with 10003A, B and C)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from alara.model import Code, EndPosition, EventDetails, IrradiationEvent, IsocenterPosition
from alara.sr.writing.dialect import NO_UNITS, Dialect, Unit
from alara.sr.writing.items import Item, Row, code, numbers, text

__all__ = ["NO", "YES", "detail_items", "end_items", "isocenter_items", "source_items", "table_items"]

YES, NO = Code("373066001", "SCT", "Yes"), Code("373067005", "SCT", "No")
_GRIDS: Final = {
    "virtual": Code("111640", "DCM", "Virtual grid"),
    "fixed": Code("111641", "DCM", "Fixed grid"),
    "focused": Code("111642", "DCM", "Focused grid"),
    "reciprocating": Code("111643", "DCM", "Reciprocating grid"),
    "parallel": Code("111644", "DCM", "Parallel grid"),
    "crossed": Code("111645", "DCM", "Crossed grid"),
    "none": Code("111646", "DCM", "No grid"),
}
_LABEL_TYPES: Final = {
    "series number": Code("113607", "DCM", "Series Number"),
    "acquisition number": Code("113608", "DCM", "Acquisition Number"),
    "instance number": Code("113609", "DCM", "Instance Number"),
}
_MOUNTS: Final = {
    "table": Code("113952", "DCM", "Table Mount"),
    "unmounted": Code("113953", "DCM", "Unmounted Detector"),
    "upright stand": Code("113954", "DCM", "Upright Stand Mount"),
    "C-arm": Code("113955", "DCM", "C-Arm Mount"),
}
_ANODES: Final = {
    "W": Code("26194003", "SCT", "Tungsten"),
    "Mo": Code("71128006", "SCT", "Molybdenum"),
    "Rh": Code("59801003", "SCT", "Rhodium"),
}
_REASONS: Final = {
    "Patient motion": Code("128553", "DCM", "Patient motion"),
    "Suboptimal contrast timing": Code("128554", "DCM", "Suboptimal contrast timing"),
}
_MILLIMETRES, _DEGREES, _MILLIGRAYS = Unit.of("mm"), Unit.of("deg"), Unit.of("mGy")
_MILLIAMPERES = Unit.of("mA")


def source_items(event: IrradiationEvent, dialect: Dialect) -> list[Item]:
    """Of the X-ray source, beside what every C-arm says of it; the collimated sides too."""
    rows: list[Row] = [
        ("113767", "Average X-Ray Tube Current", event.average_tube_current_ma, _MILLIAMPERES),
        ("113766", "Focal Spot Size", event.focal_spot_mm, _MILLIMETRES),
        ("113788", "Collimated Field Height", event.field_height_mm, _MILLIMETRES),
        ("113789", "Collimated Field Width", event.field_width_mm, _MILLIMETRES),
    ]
    grids = [code(Code("111635", "DCM", "X-Ray Grid"), _GRIDS[word]) for word in event.grid.split(", ") if word]
    return [*numbers(rows, dialect), *grids]


def table_items(event: IrradiationEvent, dialect: Dialect) -> list[Item]:
    """How the table is turned and tilted."""
    rows: list[Row] = [
        ("113754", "Table Head Tilt Angle", event.table_head_tilt_deg, _DEGREES),
        ("113755", "Table Horizontal Rotation Angle", event.table_horizontal_rotation_deg, _DEGREES),
        ("113756", "Table Cradle Tilt Angle", event.table_cradle_tilt_deg, _DEGREES),
    ]
    return numbers(rows, dialect)


def detail_items(details: EventDetails | None, dialect: Dialect) -> list[Item]:
    """The rare rows; words must be those of the model, for a word of a make has no code here."""
    if details is None:
        return []
    rows: list[Row] = [
        ("111634", "Half Value Layer", details.half_value_layer_mm, _MILLIMETRES),
        ("111636", "Entrance Exposure at RP", details.entrance_exposure_mgy, _MILLIGRAYS),
        ("113845", "Exposure Index", details.exposure_index, NO_UNITS),
        ("113846", "Target Exposure Index", details.target_exposure_index, NO_UNITS),
        ("113847", "Deviation Index", details.deviation_index, NO_UNITS),
        ("113770", "Column Angulation", details.column_angle_deg, _DEGREES),
        ("113792", "Distance Source to Table Plane", details.source_to_table_mm, _MILLIMETRES),
    ]
    return [*_label(details), *_repeats(details), *_coded(details), *numbers(rows, dialect)]


def _label(details: EventDetails) -> Iterator[Item]:
    if details.label:
        kind = _LABEL_TYPES.get(details.label_type)
        modifiers = [code(Code("113606", "DCM", "Label Type"), kind).under("HAS CONCEPT MOD")] if kind else []
        yield text(Code("113605", "DCM", "Irradiation Event Label"), details.label).having(*modifiers)


def _repeats(details: EventDetails) -> Iterator[Item]:
    rows = (
        (details.repeated, details.repeated_because, "128551", "128552", "Repeat", "Repeating"),
        (details.rejected, details.rejected_because, "130503", "130504", "Reject", "Rejecting"),
    )
    for said, because, concept, reason, verb, noun in rows:
        if said is not None:
            why = Code(reason, "DCM", f"Reason for {noun} Acquisition")
            reasons = [code(why, _REASONS[because]).under("HAS PROPERTIES")] if because else []
            yield code(Code(concept, "DCM", f"Is {verb}ed Acquisition"), YES if said else NO).having(*reasons)


def _coded(details: EventDetails) -> Iterator[Item]:
    if details.anode_target:
        yield code(Code("111632", "DCM", "Anode Target Material"), _ANODES[details.anode_target])
    if details.detector_mount:
        yield code(Code("113956", "DCM", "CR/DR Mechanical Configuration"), _MOUNTS[details.detector_mount])


def end_items(end: EndPosition | None, dialect: Dialect) -> list[Item]:
    """Where the event ended. The template has no final distance of the detector."""
    if end is None:
        return []
    rows: list[Row] = [
        ("113739", "Positioner Primary End Angle", end.primary_angle_deg, _DEGREES),
        ("113740", "Positioner Secondary End Angle", end.secondary_angle_deg, _DEGREES),
        ("128763", "Table Head Tilt End Angle", end.table_head_tilt_deg, _DEGREES),
        ("128764", "Table Horizontal Rotation End Angle", end.table_horizontal_rotation_deg, _DEGREES),
        ("128765", "Table Cradle Tilt End Angle", end.table_cradle_tilt_deg, _DEGREES),
        ("113759", "Table Longitudinal End Position", end.table_longitudinal_mm, _MILLIMETRES),
        ("113760", "Table Lateral End Position", end.table_lateral_mm, _MILLIMETRES),
        ("113761", "Table Height End Position", end.table_height_mm, _MILLIMETRES),
    ]
    return numbers(rows, dialect)


def isocenter_items(position: IsocenterPosition | None, dialect: Dialect) -> list[Item]:
    """C-arm and table in the coordinates of the isocentre."""
    if position is None:
        return []
    rows: list[Row] = [
        ("128757", "Positioner Isocenter Primary Angle", position.primary_angle_deg, _DEGREES),
        ("128758", "Positioner Isocenter Secondary Angle", position.secondary_angle_deg, _DEGREES),
        ("128759", "Positioner Isocenter Detector Rotation Angle", position.detector_rotation_deg, _DEGREES),
        ("128760", "Positioner Isocenter Primary End Angle", position.primary_end_angle_deg, _DEGREES),
        ("128761", "Positioner Isocenter Secondary End Angle", position.secondary_end_angle_deg, _DEGREES),
        ("128762", "Positioner Isocenter Detector Rotation End Angle", position.detector_rotation_end_deg, _DEGREES),
        ("128766", "Table X Position to Isocenter", position.table_x_mm, _MILLIMETRES),
        ("128767", "Table Y Position to Isocenter", position.table_y_mm, _MILLIMETRES),
        ("128768", "Table Z Position to Isocenter", position.table_z_mm, _MILLIMETRES),
        ("128769", "Table X End Position to Isocenter", position.table_x_end_mm, _MILLIMETRES),
        ("128770", "Table Y End Position to Isocenter", position.table_y_end_mm, _MILLIMETRES),
        ("128771", "Table Z End Position to Isocenter", position.table_z_end_mm, _MILLIMETRES),
    ]
    return numbers(rows, dialect)
