"""The C-arms of the sample clinic.

Those that write what the standard asks for have invented makers. Those that
stand for a peculiarity seen in the field carry the name of the make that it
is known of, in the manner of which they write; serial numbers and
institution are invented.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from alara.model import Code, Equipment, Filter, ReferencePoint, ScopeKind
from alara.sr.build import CONFORMING, Dialect, derived_uid
from alara.sr.writing.dialect import NO_UNITS, SRT, Unit
from alara.sr.writing.items import Item, Number, code, container, number, text

__all__ = ["FLEET", "INSTITUTION", "CArm", "summary_root"]

INSTITUTION: Final = "Alara Sample Clinic"

_ISOCENTRE = ReferencePoint(Code("113860", "DCM", "15cm from Isocenter toward Source"))
_DETECTOR = ReferencePoint(Code("113861", "DCM", "30cm in Front of Image Input Surface"))

_COPPER = Filter("Cu", 0.1, 0.1)
_ALUMINIUM = Filter("Al", 1.0, 1.0)

_SYSTEM_CALCULATED = Code("113940", "DCM", "System Calculated")
_FROM_IMAGES = Code("113867", "DCM", "Computed From Image Attributes")
_DOSIMETER = Code("15869005", "SCT", "Dosimeter")
_COMMENT = Code("121106", "DCM", "Comment")
_AUTOMATED = Code("113856", "DCM", "Automated Data Collection")


@dataclass(frozen=True, slots=True)
class CArm:
    """One X-ray unit: what it is, how it writes, what it can say.

    Attributes
    ----------
    regular
        Whether its reports are what the standard asks for, so that validators have nothing to say.
    about
        In whose manner it writes, in words.
    filed_as_acquisition
        Whether its totals count fluoroscopy as acquisition, with no fluoroscopy time.
    quirks
        Ids of what a reader must recognise (:data:`alara.sr.quirks.QUIRKS`).
    """

    slug: str
    equipment: Equipment
    dialect: Dialect
    about: str
    regular: bool = True
    reference_point: ReferencePoint = _ISOCENTRE
    scope: ScopeKind = ScopeKind.STUDY
    source: Code = _AUTOMATED
    continuous: bool = False
    pulse_rate_per_s: float = 7.5
    complete: bool = True
    says_kvp: bool = True
    says_duration: bool = True
    says_body_size: bool = True
    says_field: bool = False
    says_table: bool = False
    says_orientation: bool = False
    says_angles: bool = True
    filters: tuple[Filter, ...] = (_COPPER,)
    says_utc_offset: bool = False
    performed_description: bool = False
    filed_as_acquisition: bool = False
    summary_only: bool = False
    quirks: tuple[str, ...] = ()

    @property
    def says_distances(self) -> bool:
        """Whether mechanical data (113944) are not declared absent."""
        available = self.dialect.data_available
        return available is None or available[2]


def _equipment(slug: str, manufacturer: str, model: str, station: str, software: str) -> Equipment:
    serial = f"SAMPLE-{slug.upper()}-01"
    return Equipment(manufacturer, model, serial, station, INSTITUTION, "", software, derived_uid("device", slug))


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

_ORBIT = CArm(
    "orbit",
    _equipment("orbit", "Northlight Surgical", "Orbit 21", "C-ARM-1", "3.2.1"),
    replace(CONFORMING, fraction_digits=3, data_available=(True, True, True)),
    "a mobile C-arm that conforms, reference point 30 cm before the detector, scope performed procedure step",
    reference_point=replace(_DETECTOR, source_to_reference_point_mm=700.0),
    scope=ScopeKind.PERFORMED_PROCEDURE_STEP,
    source=_SYSTEM_CALCULATED,
    says_field=True,
    says_angles=False,
    filters=(),
    says_utc_offset=True,
)
_ARC = CArm(
    "arc",
    _equipment("arc", "Helios Imaging", "Arc FD", "ROOM-2", "VE10"),
    replace(CONFORMING, fraction_digits=0, calibrated=True),
    "a fixed C-arm that conforms, reference point 15 cm from the isocentre, table positions, scope study",
    source=_DOSIMETER,
    says_table=True,
    says_orientation=True,
)
_UNITY = CArm(
    "unity",
    _equipment("unity", "Veridian", "Mobile M9", "C-ARM-3", "R4.2"),
    replace(CONFORMING, fraction_digits=3, character_set="ISO_IR 100", codec="latin-1"),
    "a mobile C-arm that conforms, reference point as text, Latin-1",
    reference_point=ReferencePoint(text="15cm below BeamIsocenter"),
    scope=ScopeKind.PERFORMED_PROCEDURE_STEP,
    says_body_size=False,
    pulse_rate_per_s=8.0,
    filters=(_COPPER, _ALUMINIUM),
)
_PALM = CArm(
    "palm",
    _equipment("palm", "Minerva Medical", "Palm 15", "HAND-1", "1.4"),
    replace(CONFORMING, fraction_digits=3, data_available=(True, True, False)),
    "a mini C-arm that conforms, continuous fluoroscopy, no mechanical data",
    reference_point=ReferencePoint(
        text="15cm in Front of Image Input Surface",
        source_to_reference_point_mm=297.0,
    ),
    scope=ScopeKind.PERFORMED_PROCEDURE_STEP,
    continuous=True,
    says_angles=False,
    filters=(),
    says_body_size=False,
)
_BIPLANE = CArm(
    "biplane",
    _equipment("biplane", "Helios Imaging", "Arc Biplane", "ROOM-4", "VE10"),
    _ARC.dialect,
    "a biplane angiography unit that conforms",
    source=_DOSIMETER,
    says_table=True,
    says_orientation=True,
)

_GE_OEC = CArm(
    "ge-oec",
    _equipment("ge-oec", "GE Healthcare Surgery", "ESP 21 cm FPD Super-C", "C-ARM-5", "2.1.0"),
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
    reference_point=_DETECTOR,
    scope=ScopeKind.PERFORMED_PROCEDURE_STEP,
    source=_SYSTEM_CALCULATED,
    continuous=True,
    says_field=True,
    says_utc_offset=True,
    quirks=("age_unpadded", "uid_as_text", "utc_in_offset", "value_with_qualifier"),
)
_GE_MINIVIEW = CArm(
    "ge-miniview",
    _equipment("ge-miniview", "GE Hualun Medical Systems, Co. Ltd", "OEC Elite MiniView", "HAND-2", "1.1"),
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
)
_SIEMENS_ZEE = CArm(
    "siemens-zee",
    _equipment("siemens-zee", "Siemens", "AXIOM-Artis", "ROOM-6", "VC14J"),
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
        event_items=(text(_COMMENT, '<FluoroData><iiDiameter SRData="220"/></FluoroData>'),),
        root_items=(text(_COMMENT, '<Root><PatientPosition><Position SRData="HFP "/></PatientPosition></Root>'),),
    ),
    "Siemens Artis Zee: Gym2 and uAs, SNOMED RT, retired exposure time, the patient's position only in an XML comment, "
    "completion PARTIAL",
    regular=False,
    complete=False,
    says_duration=False,
    says_table=True,
    quirks=("position_in_comment", "unit_spelling"),
)
_PHILIPS_ALLURA = CArm(
    "philips-allura",
    _equipment("philips-allura", "Philips Medical Systems", "Allura Xper", "ROOM-7", "8.2"),
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
    source=_FROM_IMAGES,
    performed_description=True,
    says_table=True,
    says_orientation=True,
    quirks=("private_frames", "private_shutters"),
)
_PHILIPS_AZURION = CArm(
    "philips-azurion",
    _equipment("philips-azurion", "Philips Medical Systems", "Azurion", "ROOM-14", "2.1"),
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
_PHILIPS_VERADIUS = CArm(
    "philips-veradius",
    _equipment("philips-veradius", "Philips Medical Systems", "Veradius Unity", "C-ARM-8", "PH Mobile C R4.2"),
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
    reference_point=_DETECTOR,
    scope=ScopeKind.PERFORMED_PROCEDURE_STEP,
    says_kvp=False,
    says_angles=False,
    says_field=True,
)
_CANON_ULTIMAX = CArm(
    "canon-ultimax",
    _equipment("canon-ultimax", "CANON_MEC", "Platinum43", "ROOM-9", "1.60"),
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
)
_CANON_ALPHENIX = CArm(
    "canon-alphenix",
    _equipment("canon-alphenix", "CANON_MEC", "Alphenix", "ROOM-10", "8.0"),
    replace(CONFORMING, codes=SRT, fraction_digits=0, duration_scale=100, device_type=None),
    "Canon Alphenix: irradiation durations in 10 ms labelled s",
    regular=False,
    quirks=("durations_in_10_ms",),
)
_EUROCOLUMBUS = CArm(
    "eurocolumbus",
    _equipment("eurocolumbus", "EUROCOLUMBUS", "Fly4", "C-ARM-11", "9_4.16"),
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
    filters=(_ALUMINIUM,),
    reference_point=ReferencePoint(text="530 mm from tube focus towards detector"),
    pulse_rate_per_s=12.0,
    says_duration=False,
    filed_as_acquisition=True,
    quirks=("fluoroscopy_as_acquisition", "no_relationship_type", "per_pulse_lists", "wrong_coding_scheme"),
)
_FLUOROSPOT = CArm(
    "fluorospot",
    _equipment("fluorospot", "SIEMENS", "Fluorospot Compact FD", "ROOM-12", "VH11V"),
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
    source=_DOSIMETER,
    says_duration=False,
    says_angles=False,
    quirks=("rounded_totals", "unit_spelling"),
)
_ARCADIS = CArm(
    "siemens-arcadis",
    _equipment("siemens-arcadis", "SIEMENS", "ARCADIS", "C-ARM-13", "VC10"),
    replace(CONFORMING, fraction_digits=0, character_set="", codec="ascii"),
    "Siemens ARCADIS: no dose report but an Enhanced SR with private codes and no events",
    regular=False,
    summary_only=True,
    quirks=("radiation_summary", "unit_spelling"),
)

#: Every C-arm by its slug.
FLEET: Final = {
    unit.slug: unit
    for unit in (
        _ORBIT,
        _ARC,
        _UNITY,
        _PALM,
        _BIPLANE,
        _GE_OEC,
        _GE_MINIVIEW,
        _SIEMENS_ZEE,
        _PHILIPS_ALLURA,
        _PHILIPS_AZURION,
        _PHILIPS_VERADIUS,
        _CANON_ULTIMAX,
        _CANON_ALPHENIX,
        _EUROCOLUMBUS,
        _FLUOROSPOT,
        _ARCADIS,
    )
}


def summary_root(
    *, fluoroscopy_time_s: float, p_ka_gycm2: float, ka_r_mgy: float | None, started: str, ended: str, exposures: int
) -> Item:
    """The content tree of a Siemens ARCADIS radiation summary."""

    def concept(value: str, meaning: str) -> Code:
        return Code(value, "99SMS_RADSUM", meaning)

    unattempted = Number("", NO_UNITS.code, Code("114007", "DCM", "Measurement not attempted"))
    kerma = concept("C-210", "Cumulative air kerma")
    language = code(
        Code("121049", "DCM", "Language of Content Item and Descendants"), Code("eng", "ISO639_2", "English")
    )
    return container(
        concept("C-10", "Radiation Summary Report"),
        language.under("HAS CONCEPT MOD"),
        number(concept("C-200", "Total number of exposures"), exposures),
        number(concept("C-202", "Cumulative fluoro time"), fluoroscopy_time_s, Unit.of("s", meaning="second")),
        number(concept("C-204", "Cumulative dose area product"), p_ka_gycm2, Unit.of("Gy.cm^2")),
        Item("DATETIME", concept("C-206", "Start of the examination"), started),
        Item("DATETIME", concept("C-208", "End of the examination"), ended),
        number(kerma, ka_r_mgy, Unit.of("mGy")) if ka_r_mgy is not None else Item("NUM", kerma, unattempted),
    )
