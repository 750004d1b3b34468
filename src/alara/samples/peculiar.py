"""C-arms that stand for peculiarities seen in the field.

Each carries the name of the make that its peculiarity is known of, and writes
in the manner of it; serial numbers and institution are invented.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from alara.findings import FindingCode
from alara.model import Code, ReferencePoint, ScopeKind
from alara.samples.carm import (
    ALUMINIUM,
    COMMENT,
    DETECTOR,
    DOSIMETER,
    FROM_IMAGES,
    SYSTEM_CALCULATED,
    CArm,
    equipment_of,
)
from alara.sr.build import CONFORMING
from alara.sr.writing.dialect import SRT, Unit
from alara.sr.writing.items import Item, container, number, text

__all__ = [
    "ARCADIS",
    "CANON_ALPHENIX",
    "CANON_ULTIMAX",
    "EUROCOLUMBUS",
    "FLUOROSPOT",
    "GE_MINIVIEW",
    "GE_OEC",
    "PHILIPS_ALLURA",
    "PHILIPS_AZURION",
    "PHILIPS_VERADIUS",
    "SIEMENS_ZEE",
]


def _mm(value: str, meaning: str, size: float) -> Item:
    return number(Code(value, "99PHI-IXR-XPER", meaning), size, Unit.of("mm"))


_PHILIPS_ITEMS = (
    container(
        Code("005", "99PHI-IXR-XPER", "Wedges and Shutters"),
        _mm("006", "Bottom Shutter", 62.5),
        _mm("007", "Left Shutter", 70.0),
        _mm("008", "Right Shutter", 70.0),
        _mm("009", "Top Shutter", 62.5),
    ),
    text(Code("030", "99PHI-IXR-XPER", "Fluoro Flavour"), "Low 7,5"),
)

GE_OEC = CArm(
    "ge-oec",
    equipment_of("ge-oec", "GE Healthcare Surgery", "ESP 21 cm FPD Super-C", "C-ARM-5", "2.1.0"),
    replace(
        CONFORMING,
        codes=SRT,
        fraction_digits=0,
        timezone_prefix="UTC",
        padded_age=False,
        device_uid_as_text=True,
        device_type=None,
        angles_unknown=True,
        irradiating_device=True,
        template=False,
        p_ka=Unit.of("Gy.m2", "1E4", scheme="UCM"),
        renamed=MappingProxyType({"113728": "Fluoro Dose(RP) Total", "113734": "mA", "111526": "Date Time Started"}),
    ),
    "GE OEC: SNOMED RT, device UID as TEXT, angles empty with a qualifier, offset UTC+02:00, age without zeros, "
    "no template ID",
    regular=False,
    reference_point=DETECTOR,
    scope=ScopeKind.PERFORMED_PROCEDURE_STEP,
    source=SYSTEM_CALCULATED,
    continuous=True,
    says_field=True,
    says_utc_offset=True,
    findings=(FindingCode.NO_TEMPLATE,),
    quirks=("age_unpadded", "uid_as_text", "utc_in_offset", "value_with_qualifier"),
)
GE_MINIVIEW = CArm(
    "ge-miniview",
    equipment_of("ge-miniview", "GE Hualun Medical Systems, Co. Ltd", "OEC Elite MiniView", "HAND-2", "1.1"),
    replace(CONFORMING, codes=SRT, fraction_digits=3, template=False, data_available=(True, True, False)),
    "GE OEC MiniView: a mini C-arm without template ID, reference point as text, SNOMED RT",
    regular=False,
    reference_point=ReferencePoint(text="15cm in Front of Image Input Surface", source_to_reference_point_mm=297.0),
    scope=ScopeKind.PERFORMED_PROCEDURE_STEP,
    continuous=True,
    says_duration=False,
    says_angles=False,
    filters=(),
    says_body_size=False,
    findings=(FindingCode.NO_TEMPLATE,),
)
SIEMENS_ZEE = CArm(
    "siemens-zee",
    equipment_of("siemens-zee", "Siemens", "AXIOM-Artis", "ROOM-6", "VC14J"),
    replace(
        CONFORMING,
        codes=SRT,
        fraction_digits=0,
        p_ka=Unit.of("Gym2", "1E4"),
        exposure=Unit.of("uAs"),
        exposure_and_retired_time=True,
        device_type=None,
        calibrated=True,
        irradiating_device=True,
        event_items=(text(COMMENT, '<FluoroData><iiDiameter SRData="220"/></FluoroData>'),),
        root_items=(text(COMMENT, '<Root><PatientPosition><Position SRData="HFP "/></PatientPosition></Root>'),),
    ),
    "Siemens Artis Zee: Gym2 and uAs, SNOMED RT, retired exposure time, the patient's position only in an XML comment, "
    "completion PARTIAL",
    regular=False,
    complete=False,
    says_duration=False,
    says_table=True,
    findings=(FindingCode.NOT_FINAL,),
    quirks=("position_in_comment", "unit_spelling"),
)
PHILIPS_ALLURA = CArm(
    "philips-allura",
    equipment_of("philips-allura", "Philips Medical Systems", "Allura Xper", "ROOM-7", "8.2"),
    replace(
        CONFORMING,
        explicit_vr=False,
        codes=SRT,
        fraction_digits=3,
        character_set="ISO_IR 100",
        codec="latin-1",
        device_type=None,
        event_items=_PHILIPS_ITEMS,
        accumulated_items=(_mm("001", "Height of System", 1065), _mm("002", "Focal Spot to ISO Center", 810)),
        private_frames=Code("003", "99PHI-IXR-XPER", "Number of Frames"),
    ),
    "Philips Allura: private items for shutters and frames, implicit VR, reference point as text, SNOMED RT",
    regular=False,
    reference_point=ReferencePoint(text="15cm below BeamIsocenter"),
    scope=ScopeKind.PERFORMED_PROCEDURE_STEP,
    source=FROM_IMAGES,
    performed_description=True,
    says_table=True,
    says_orientation=True,
    quirks=("private_frames", "private_shutters"),
)
PHILIPS_AZURION = CArm(
    "philips-azurion",
    equipment_of("philips-azurion", "Philips Medical Systems", "Azurion", "ROOM-14", "2.1"),
    replace(
        CONFORMING,
        fraction_digits=3,
        device_type=Code("113958", "DCM", "Integrated Projection Radiography System"),
        event_items=_PHILIPS_ITEMS,
        private_frames=Code("003", "99PHI-IXR-XPER", "Number of Frames"),
    ),
    "Philips Azurion: calls itself a radiography system, private items for shutters and frames",
    regular=False,
    reference_point=ReferencePoint(text="15cm below BeamIsocenter"),
    scope=ScopeKind.PERFORMED_PROCEDURE_STEP,
    says_table=True,
    says_orientation=True,
    quirks=("device_type_contradicted", "private_frames", "private_shutters"),
)
PHILIPS_VERADIUS = CArm(
    "philips-veradius",
    equipment_of("philips-veradius", "Philips Medical Systems", "Veradius Unity", "C-ARM-8", "PH Mobile C R4.2"),
    replace(
        CONFORMING,
        explicit_vr=False,
        undefined_lengths=True,
        codes=SRT,
        fraction_digits=0,
        character_set="ISO_IR 100",
        codec="latin-1",
        device_type=None,
        empty_person=True,
    ),
    "Philips Veradius: no kVp, an empty person name, implicit VR, undefined lengths",
    regular=False,
    reference_point=DETECTOR,
    scope=ScopeKind.PERFORMED_PROCEDURE_STEP,
    says_kvp=False,
    says_angles=False,
    says_field=True,
)
CANON_ULTIMAX = CArm(
    "canon-ultimax",
    equipment_of("canon-ultimax", "CANON_MEC", "Platinum43", "ROOM-9", "1.60"),
    replace(
        CONFORMING,
        codes=SRT,
        undefined_lengths=True,
        character_set="",
        codec="ascii",
        fraction_digits=0,
        p_ka=Unit.of("dGy.cm2", "0.1"),
        air_kerma=Unit.of("mGy"),
        device_type=None,
    ),
    "Canon Ultimax-i: dGy.cm2 and mGy, undefined lengths, no character set, completion PARTIAL",
    regular=False,
    complete=False,
    reference_point=ReferencePoint(text="26.0 cm Chamber Patient Distance"),
    scope=ScopeKind.PERFORMED_PROCEDURE_STEP,
    says_angles=False,
    filters=(),
    findings=(FindingCode.NOT_FINAL,),
)
CANON_ALPHENIX = CArm(
    "canon-alphenix",
    equipment_of("canon-alphenix", "CANON_MEC", "Alphenix", "ROOM-10", "8.0"),
    replace(CONFORMING, codes=SRT, fraction_digits=0, duration_scale=100, device_type=None),
    "Canon Alphenix: irradiation durations in 10 ms labelled s",
    regular=False,
    quirks=("durations_in_10_ms",),
)
EUROCOLUMBUS = CArm(
    "eurocolumbus",
    equipment_of("eurocolumbus", "EUROCOLUMBUS", "Fly4", "C-ARM-11", "9_4.16"),
    replace(
        CONFORMING,
        codes=MappingProxyType({**SRT, ("105830007", "SCT"): Code("C-120F9", "DCM", "Aluminum or Aluminum compound")}),
        fraction_digits=3,
        device_type=None,
        device_named=False,
        source_data_related=False,
        per_pulse_lists=True,
        laterality_of_target=True,
        data_available=(False, True, True),
    ),
    "Eurocolumbus: items without RelationshipType, one value a pulse, fluoroscopy filed under acquisition with time 0, "
    "a filter material in the wrong coding scheme",
    regular=False,
    filters=(ALUMINIUM,),
    reference_point=ReferencePoint(text="530 mm from tube focus towards detector"),
    pulse_rate_per_s=12.0,
    says_duration=False,
    filed_as_acquisition=True,
    findings=(FindingCode.TIME_UNDER_ACQUISITION,),
    quirks=("fluoroscopy_as_acquisition", "no_relationship_type", "per_pulse_lists", "wrong_coding_scheme"),
)
FLUOROSPOT = CArm(
    "fluorospot",
    equipment_of("fluorospot", "SIEMENS", "Fluorospot Compact FD", "ROOM-12", "VH11V"),
    replace(
        CONFORMING,
        codes=SRT,
        fraction_digits=4,
        character_set="ISO_IR 100",
        codec="latin-1",
        p_ka=Unit.of("Gym2", "1E4"),
        exposure=Unit.of("uAs"),
        exposure_and_retired_time=True,
        device_type=None,
    ),
    "Siemens Fluorospot: a room for fluoroscopy and radiography that rounds its K_a,r total to 0",
    regular=False,
    source=DOSIMETER,
    says_duration=False,
    says_angles=False,
    quirks=("rounded_totals", "unit_spelling"),
)
ARCADIS = CArm(
    "siemens-arcadis",
    equipment_of("siemens-arcadis", "SIEMENS", "ARCADIS", "C-ARM-13", "VC10"),
    replace(CONFORMING, fraction_digits=0, character_set="", codec="ascii"),
    "Siemens ARCADIS: no dose report but an Enhanced SR with private codes and no events",
    regular=False,
    summary_only=True,
    quirks=("radiation_summary", "unit_spelling"),
)
