"""The concepts and codes that dose reports use (PS3.16), by value and coding scheme.

One table maps every generation of a code (SNOMED-RT ``SRT``, SNOMED CT ``SCT``,
DICOM ``DCM``, private schemes) to one name; the readers dispatch on the name.
The meaning of a code is free text, translated and misspelled by vendors, and
is never matched here.
"""

from __future__ import annotations

from typing import Final

from alara.model import Code, EventType, Plane, ScopeKind

__all__ = ["CONCEPTS", "VALUES", "value_of"]

_DCM: Final = {
    # the document
    "113701": "x_ray_radiation_dose_report",
    "113710": "patient_radiation_dose_report",
    "121058": "procedure_reported",
    "122142": "acquisition_device_type",
    "121012": "device_observer_uid",
    "121013": "device_observer_name",
    "121014": "device_observer_manufacturer",
    "121015": "device_observer_model",
    "121016": "device_observer_serial",
    "121017": "device_observer_location",
    "110180": "scope_uid",
    "112002": "scope_uid",
    "121126": "scope_uid",
    "113705": "scope_of_accumulation",
    "113854": "source_of_dose_information",
    "121106": "comment",
    "113702": "accumulated_x_ray_dose_data",
    "113706": "irradiation_event_x_ray_data",
    "130500": "accumulated_dose_data",
    "130501": "irradiation_event_summary_data",
    "113870": "person_name",
    "113875": "person_role",
    "113811": "ct_accumulated_dose_data",
    "113819": "ct_acquisition",
    # TID 10002, 10004, 10006, 10007
    "113722": "p_ka_total",
    "113725": "ka_r_total",
    "113726": "fluoroscopy_p_ka_total",
    "113728": "fluoroscopy_ka_r_total",
    "113730": "fluoroscopy_time_total",
    "113727": "acquisition_p_ka_total",
    "113729": "acquisition_ka_r_total",
    "113855": "acquisition_time_total",
    "113731": "radiographic_frames_total",
    # both
    "113764": "acquisition_plane",
    "113737": "source_to_reference_point",
    "113780": "reference_point",
    # TID 10003
    "113769": "irradiation_event_uid",
    "111526": "started",
    "113721": "irradiation_event_type",
    "125203": "acquisition_protocol",
    "123014": "target_region",
    "122130": "p_ka",
    # TID 10003B
    "113738": "ka_r",
    "113732": "fluoro_mode",
    "113791": "pulse_rate",
    "113768": "pulses",
    "113793": "pulse_width",
    "113733": "kvp",
    "113734": "tube_current",
    "113767": "average_tube_current",
    "113824": "exposure_time",
    "113735": "exposure_time_older",
    "113742": "irradiation_duration",
    "113771": "filters",
    "113757": "filter_material",
    "113758": "filter_thickness_minimum",
    "113773": "filter_thickness_maximum",
    "113790": "collimated_field_area",
    "113788": "collimated_field_height",
    "113789": "collimated_field_width",
    # TID 10003C
    "112011": "positioner_primary_angle",
    "112012": "positioner_secondary_angle",
    "113748": "source_to_isocenter",
    "113750": "source_to_detector",
    "113751": "table_longitudinal_position",
    "113752": "table_lateral_position",
    "113753": "table_height_position",
    "113743": "patient_orientation",
    "113744": "patient_orientation_modifier",
    "113745": "patient_table_relationship",
}

#: Every generation of a concept, by value and scheme, to its one name.
CONCEPTS: Final[dict[tuple[str, str], str]] = {
    **{(value, "DCM"): name for value, name in _DCM.items()},
    ("G-C0E8", "SRT"): "has_intent",
    ("363703001", "SCT"): "has_intent",
    ("T-D0005", "SRT"): "anatomical_structure",
    ("91723000", "SCT"): "anatomical_structure",
    ("G-C171", "SRT"): "laterality",
    ("272741003", "SCT"): "laterality",
}

#: Coded values, by value and scheme, to what the model says.
VALUES: Final[dict[tuple[str, str], str]] = {
    # acquisition plane, CID 10003
    ("113622", "DCM"): Plane.SINGLE,
    ("113620", "DCM"): Plane.A,
    ("113621", "DCM"): Plane.B,
    ("113890", "DCM"): Plane.ALL,
    # irradiation event type, CID 10002
    ("P5-06000", "SRT"): EventType.FLUOROSCOPY,
    ("44491008", "SCT"): EventType.FLUOROSCOPY,
    ("113611", "DCM"): EventType.STATIONARY_ACQUISITION,
    ("113612", "DCM"): EventType.STEPPING_ACQUISITION,
    ("113613", "DCM"): EventType.ROTATIONAL_ACQUISITION,
    # scope of accumulation, CID 10000
    ("113014", "DCM"): ScopeKind.STUDY,
    ("113015", "DCM"): ScopeKind.SERIES,
    ("113016", "DCM"): ScopeKind.PERFORMED_PROCEDURE_STEP,
    ("113852", "DCM"): ScopeKind.IRRADIATION_EVENT,
    ("113970", "DCM"): ScopeKind.PROCEDURE_STEP_TO_THIS_POINT,
    # procedure reported
    ("113704", "DCM"): "projection_x_ray",
    ("P5-08000", "SRT"): "ct",
    ("77477000", "SCT"): "ct",
    ("P5-40010", "SRT"): "mammography",
    ("71651007", "SCT"): "mammography",
    # acquisition device type, CID 10032
    ("113957", "DCM"): "fluoroscopy_guided",
    ("113958", "DCM"): "integrated",
    ("113959", "DCM"): "cassette_based",
    # fluoro mode, CID 10004
    ("113630", "DCM"): "continuous",
    ("113631", "DCM"): "pulsed",
    # filter material, CID 10006: the element, or the element or its compound, in SRT and SCT
    ("C-12000", "SRT"): "Al",
    ("12503006", "SCT"): "Al",
    ("C-120F9", "SRT"): "Al",
    ("105830007", "SCT"): "Al",
    ("C-12700", "SRT"): "Cu",
    ("66925006", "SCT"): "Cu",
    ("C-127F9", "SRT"): "Cu",
    ("105837005", "SCT"): "Cu",
    ("C-15000", "SRT"): "Mo",
    ("71128006", "SCT"): "Mo",
    ("C-150F9", "SRT"): "Mo",
    ("C-16700", "SRT"): "Rh",
    ("59801003", "SCT"): "Rh",
    ("C-167F9", "SRT"): "Rh",
    ("C-13700", "SRT"): "Ag",
    ("41967008", "SCT"): "Ag",
    ("C-137F9", "SRT"): "Ag",
    ("C-13900", "SRT"): "Sn",
    ("12597001", "SCT"): "Sn",
    ("C-13200", "SRT"): "Pb",
    ("88488004", "SCT"): "Pb",
    ("C-132F9", "SRT"): "Pb",
    ("C-15600", "SRT"): "Ta",
    ("45215009", "SCT"): "Ta",
    ("C-156F9", "SRT"): "Ta",
    ("767776000", "SCT"): "Nb",
    ("C-1190E", "SRT"): "Nb",
    ("767775001", "SCT"): "Eu",
    ("C-1190F", "SRT"): "Eu",
    # patient orientation, CID 19, its modifier, CID 20, and its relation to the table, CID 21
    ("F-10440", "SRT"): "erect",
    ("C86043", "NCIt"): "erect",
    ("F-10450", "SRT"): "recumbent",
    ("102538003", "SCT"): "recumbent",
    ("F-10460", "SRT"): "semi-erect",
    ("102539006", "SCT"): "semi-erect",
    ("F-10310", "SRT"): "prone",
    ("1240000", "SCT"): "prone",
    ("F-10340", "SRT"): "supine",
    ("40199007", "SCT"): "supine",
    ("F-10317", "SRT"): "right lateral decubitus",
    ("102535000", "SCT"): "right lateral decubitus",
    ("F-10319", "SRT"): "left lateral decubitus",
    ("102536004", "SCT"): "left lateral decubitus",
    ("F-10470", "SRT"): "headfirst",
    ("102540008", "SCT"): "headfirst",
    ("F-10480", "SRT"): "feet-first",
    ("102541007", "SCT"): "feet-first",
}


def value_of(code: Code | None) -> str | None:
    """What the model says for a coded value, or ``None`` when the table does not have it."""
    return VALUES.get((code.value, code.scheme)) if code is not None else None
