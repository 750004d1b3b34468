"""From concept to field, for one irradiation event: what is read of PS3.16 TID 10003, 10003A, B and C.

A field with a point is one of a part of the event (``end.table_height_mm``).
What of the templates is in no table here is in ``docs/methods/template.md``,
with the reason.
"""

from __future__ import annotations

from typing import Final

from alara.sr import values
from alara.sr.fields import Table

__all__ = ["EVENT", "FILTER", "MODIFIED", "MODIFIERS"]

EVENT: Final[Table] = {
    # TID 10003
    "acquisition_plane": ("plane", values.plane),
    "irradiation_event_uid": ("uid", values.text),
    "event_label": ("details.label", values.text),
    "repeated": ("details.repeated", values.yes_or_no),
    "rejected": ("details.rejected", values.yes_or_no),
    "started": ("started", values.moment),
    "ended": ("ended", values.moment),
    "irradiation_event_type": ("type", values.event_type),
    "acquisition_protocol": ("protocol", values.text),
    "anatomical_structure": ("anatomy", values.code),
    "target_region": ("target_region", values.code),
    "laterality": ("laterality", values.code),
    "image_view": ("details.image_view", values.view),
    "projection_name": ("details.projection_name", values.word),
    "patient_orientation": ("patient_orientation", values.orientation),
    "patient_table_relationship": ("patient_position", values.orientation),
    "p_ka": ("p_ka", values.p_ka),
    "half_value_layer": ("details.half_value_layer_mm", values.size),
    "patient_equivalent_thickness": ("patient_equivalent_thickness_mm", values.size),
    "entrance_exposure": ("details.entrance_exposure_mgy", values.dose),
    "reference_point": ("reference_point", values.reference_point),
    # TID 10003A
    "exposure_index": ("details.exposure_index", values.ratio),
    "target_exposure_index": ("details.target_exposure_index", values.ratio),
    "deviation_index": ("details.deviation_index", values.index),
    # TID 10003B
    "ka_r": ("ka_r", values.ka_r),
    "fluoro_mode": ("fluoro_mode", values.word),
    "pulse_rate": ("pulse_rate_per_s", values.rate),
    "pulses": ("pulses", values.count),
    "derivation": ("details.pulses_derived", values.word),
    "pulse_width": ("pulse_width_ms", values.milliseconds),
    "irradiation_duration": ("duration", values.duration),
    "kvp": ("kvp", values.voltage),
    "tube_current": ("tube_current_ma", values.current),
    "average_tube_current": ("average_tube_current_ma", values.current),
    "exposure_time": ("exposure_time_ms", values.milliseconds),
    "exposure_time_older": ("exposure_time_ms", values.milliseconds),
    "exposure": ("exposure_uas", values.charge),
    "focal_spot": ("focal_spot_mm", values.size),
    "anode_target": ("details.anode_target", values.word),
    "collimated_field_area": ("field_area", values.area),
    "collimated_field_height": ("field_height_mm", values.position),
    "collimated_field_width": ("field_width_mm", values.position),
    "grid": ("grid", values.word),
    # TID 10003C
    "detector_mount": ("details.detector_mount", values.word),
    "positioner_primary_angle": ("primary_angle_deg", values.angle),
    "positioner_secondary_angle": ("secondary_angle_deg", values.angle),
    "positioner_primary_end_angle": ("end.primary_angle_deg", values.angle),
    "positioner_secondary_end_angle": ("end.secondary_angle_deg", values.angle),
    "column_angulation": ("details.column_angle_deg", values.angle),
    "table_head_tilt_angle": ("table_head_tilt_deg", values.angle),
    "table_horizontal_rotation_angle": ("table_horizontal_rotation_deg", values.angle),
    "table_cradle_tilt_angle": ("table_cradle_tilt_deg", values.angle),
    "table_head_tilt_end_angle": ("end.table_head_tilt_deg", values.angle),
    "table_horizontal_rotation_end_angle": ("end.table_horizontal_rotation_deg", values.angle),
    "table_cradle_tilt_end_angle": ("end.table_cradle_tilt_deg", values.angle),
    # CID 10008
    "source_to_isocenter": ("source_to_isocenter_mm", values.length),
    "source_to_reference_point": ("source_to_reference_point_mm", values.length),
    "source_to_detector": ("source_to_detector_mm", values.length),
    "source_to_table": ("details.source_to_table_mm", values.size),
    "table_longitudinal_position": ("table_longitudinal_mm", values.position),
    "table_lateral_position": ("table_lateral_mm", values.position),
    "table_height_position": ("table_height_mm", values.position),
    "table_longitudinal_end_position": ("end.table_longitudinal_mm", values.position),
    "table_lateral_end_position": ("end.table_lateral_mm", values.position),
    "table_height_end_position": ("end.table_height_mm", values.position),
    "isocenter_primary_angle": ("isocenter.primary_angle_deg", values.angle),
    "isocenter_secondary_angle": ("isocenter.secondary_angle_deg", values.angle),
    "isocenter_detector_rotation": ("isocenter.detector_rotation_deg", values.angle),
    "isocenter_primary_end_angle": ("isocenter.primary_end_angle_deg", values.angle),
    "isocenter_secondary_end_angle": ("isocenter.secondary_end_angle_deg", values.angle),
    "isocenter_detector_rotation_end": ("isocenter.detector_rotation_end_deg", values.angle),
    "isocenter_table_x": ("isocenter.table_x_mm", values.position),
    "isocenter_table_y": ("isocenter.table_y_mm", values.position),
    "isocenter_table_z": ("isocenter.table_z_mm", values.position),
    "isocenter_table_x_end": ("isocenter.table_x_end_mm", values.position),
    "isocenter_table_y_end": ("isocenter.table_y_end_mm", values.position),
    "isocenter_table_z_end": ("isocenter.table_z_end_mm", values.position),
    # what makes add of their own: see alara.sr.quirks
    "private_frames": ("frames", values.count),
    "private_detector_field": ("field_of_view_mm", values.diagonal),
    "private_fluoro_level": ("details.fluoro_level", values.text),
    "private_table_height": ("table_height_mm", values.position),
    "private_final_source_to_detector": ("end.source_to_detector_mm", values.size),
    "private_final_table_height": ("end.table_height_mm", values.position),
    "private_final_table_tilt": ("end.table_head_tilt_deg", values.angle),
    "private_final_table_cradle": ("end.table_cradle_tilt_deg", values.angle),
}

#: The items that may have another below them that says more, by the standard or by habit,
MODIFIED: Final = frozenset(
    ("anatomical_structure", "target_region", "event_label", "repeated", "rejected", "image_view", "pulses")
)
#: and what of that is read.
MODIFIERS: Final[Table] = {
    "laterality": ("laterality", values.code),
    "event_label_type": ("details.label_type", values.word),
    "repeated_because": ("details.repeated_because", values.word),
    "rejected_because": ("details.rejected_because", values.word),
    "projection_name": ("details.projection_name", values.word),
    "derivation": ("details.pulses_derived", values.word),
}

FILTER: Final[Table] = {
    "filter_material": ("material", values.word),
    "filter_thickness_minimum": ("thickness_min_mm", values.length),
    "filter_thickness_maximum": ("thickness_max_mm", values.length),
}
