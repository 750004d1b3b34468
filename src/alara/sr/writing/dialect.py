"""A make's manner of writing a dose report, as data.

A :class:`Dialect` says in what the reports of a make differ from what
PS3.16 asks for. The values of a report are the same in every dialect.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from alara.model import Code

if TYPE_CHECKING:
    from alara.sr.writing.items import Item

__all__ = ["CONFORMING", "NO_UNITS", "SRT", "Dialect", "Unit"]


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as written, and how much of the model's unit of that quantity it is."""

    code: Code
    size: Decimal = Decimal(1)

    @classmethod
    def of(cls, written: str, size: str = "1", *, meaning: str = "", scheme: str = "UCUM") -> Unit:
        return cls(Code(written, scheme, meaning or written), Decimal(size))


NO_UNITS: Final = Unit.of("1", meaning="no units")


def _retired() -> dict[tuple[str, str], Code]:
    """SNOMED CT codes and the SNOMED RT codes that they replaced (PS3.16 Annex L), as far as a builder needs them."""
    pairs = """
        363703001 G-C0E8 Has Intent | 261004008 R-408C3 Diagnostic Intent | 262202000 R-41531 Therapeutic Intent
        1279505009 R-002E9 Combined Diagnostic and Therapeutic Procedure | 15869005 A-2C090 Dosimeter
        373066001 R-0038D Yes | 373067005 R-00339 No | 44491008 P5-06000 Fluoroscopy
        102538003 F-10450 recumbent | 40199007 F-10340 supine | 1240000 F-10310 prone
        102540008 F-10470 headfirst | 102541007 F-10480 feet-first
        105837005 C-127F9 Copper or Copper compound | 105830007 C-120F9 Aluminum or Aluminum compound
        91723000 T-D0005 Anatomical structure | 272741003 G-C171 Laterality
        7771000 G-A101 Left | 24028007 G-A100 Right | 51440002 G-A102 Right and left
        122496007 T-11503 Lumbar spine | 122494005 T-11501 Cervical spine | 122495006 T-11502 Thoracic spine
        39723000 T-15680 Sacroiliac joint | 29836001 T-15710 Hip joint | 16982005 T-D2220 Shoulder
        72696002 T-D9200 Knee | 74670003 T-15460 Wrist joint | 85562004 T-D8700 Hand | 70258002 T-15750 Ankle joint
        16953009 T-15430 Elbow joint | 56459004 T-D9700 Foot | 816092008 T-D6000 Pelvis | 54735007 T-11AD0 Sacrum
        818981001 T-D4000 Abdomen | 816094009 T-D3000 Chest | 45048000 T-D1600 Neck | 69536005 T-D1100 Head
        38266002 T-D0010 Entire body | 77477000 P5-08000 Computed Tomography X-Ray
    """
    table = {}
    for entry in pairs.replace("\n", "|").split("|"):
        if entry.strip():
            snomed_ct, snomed_rt, meaning = entry.split(maxsplit=2)
            table[snomed_ct, "SCT"] = Code(snomed_rt, "SRT", meaning.strip())
    return table


#: For a make that still writes SNOMED RT.
SRT: Final[Mapping[tuple[str, str], Code]] = MappingProxyType(_retired())


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a make writes; every default is what the standard asks for.

    Attributes
    ----------
    explicit_vr, undefined_lengths, character_set, codec
        The encoding of the dataset; ``codec`` is Python's name of the character set.
    p_ka, air_kerma, area, exposure, pulse_rate
        The units written; ``size`` is relative to Gy.cm2, mGy, cm2, uA.s and pulses a second.
    duration_scale
        What irradiation durations of events are multiplied with before they are labelled ``s``.
    big_endian, deflated, transfer_syntax
        The byte order; whether the dataset is deflated; what the file says that its transfer syntax is, where that is
        not the truth.
    codes
        Codes that this make writes instead of others, by value and scheme.
    renamed
        Code meanings that this make spells its own way, by code value.
    written
        What stands in the place of numbers and times, by the code value of their concept.
    header
        What stands in the place of elements of the header, by keyword.
    seconds, fraction_digits
        Whether times have seconds, and with how many digits of their fraction.
    timezone_prefix
        What stands before an offset from UTC; with one, the offset has a colon.
    padded_age, decimal_comma, template
        Ages of three digits; commas in decimal strings; whether the template is named.
    device_uid_as_text, device_named, device_type
        UIDs of device and procedure step as TEXT; whether the observer is named; the device type (122142), if any.
    data_available
        Whether detector, source and mechanical data are there (113945, 113943, 113944); ``None``: not said.
    calibrated, irradiating_device, empty_person
        Whether a calibration, the device of each event, and a person without a name are written.
    source_data_related
        Whether items of TID 10003B and 10003C have a relationship type.
    angles_unknown
        Both positioner angles without a value, with a qualifier that says so.
    per_pulse_lists
        Pulse width, kVp and tube current as one value a pulse, the first of them 0.
    exposure_and_retired_time
        Exposure and the retired exposure time (113735) instead of the current one (113824).
    laterality_of_target
        Laterality below the target region and not below the anatomical structure (TID 10003 rows 9 and 10).
    root_items, event_items, accumulated_items, private_frames
        Items of its own that a make adds to the report, each event or each plane; its own code for the number of
        frames.
    """

    explicit_vr: bool = True
    undefined_lengths: bool = False
    character_set: str = "ISO_IR 192"
    codec: str = "utf-8"
    p_ka: Unit = Unit.of("Gy.m2", "1E4")
    air_kerma: Unit = Unit.of("Gy", "1000")
    area: Unit = Unit.of("m2", "1E4")
    exposure: Unit = Unit.of("uA.s")
    pulse_rate: Unit = Unit.of("{pulse}/s", meaning="pulse/s")
    duration_scale: int = 1
    big_endian: bool = False
    deflated: bool = False
    transfer_syntax: str = ""
    codes: Mapping[tuple[str, str], Code] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    renamed: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    written: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    header: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    seconds: bool = True
    fraction_digits: int = 6
    timezone_prefix: str = ""
    padded_age: bool = True
    decimal_comma: bool = False
    template: bool = True
    device_uid_as_text: bool = False
    device_named: bool = True
    device_type: Code | None = Code("113957", "DCM", "Fluoroscopy-Guided Projection Radiography System")
    data_available: tuple[bool, bool, bool] | None = None
    calibrated: bool = False
    irradiating_device: bool = False
    source_data_related: bool = True
    angles_unknown: bool = False
    per_pulse_lists: bool = False
    exposure_and_retired_time: bool = False
    laterality_of_target: bool = False
    empty_person: bool = False
    root_items: tuple[Item, ...] = ()
    event_items: tuple[Item, ...] = ()
    accumulated_items: tuple[Item, ...] = ()
    private_frames: Code | None = None

    def recode(self, code: Code) -> Code:
        """The code as this make writes it."""
        written = self.codes.get((code.value, code.scheme), code)
        meaning = self.renamed.get(written.value)
        return Code(written.value, written.scheme, meaning) if meaning else written


#: What PS3.16 asks for.
CONFORMING: Final = Dialect()
