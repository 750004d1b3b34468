"""What vendors do that the standard does not say, and what is made of it.

The only place in alara that names a vendor. Each quirk has an id, which lands in
:attr:`alara.model.DoseReport.quirks`; the condition under which it applies; what
is mended; why; and the sample that shows it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from alara.findings import Finding, FindingCode
from alara.model import Code, IrradiationEvent, Moment
from alara.quantities import Area
from alara.sr.codes import CONCEPTS, VALUES, value_of
from alara.sr.numbers import plain_decimal, read_number
from alara.sr.times import read_age, read_moment, read_offset

if TYPE_CHECKING:
    from alara.sr.content import ContentItem
    from alara.sr.draft import Draft
    from alara.sr.notes import Notes

__all__ = [
    "MEANT",
    "QUIRKS",
    "ConceptNames",
    "Quirk",
    "concept_name",
    "mean_of_pulses",
    "mend_events",
    "note_totals",
    "read_age_leniently",
    "read_moment_leniently",
    "read_offset_leniently",
    "value_of_leniently",
]


@dataclass(frozen=True, slots=True)
class Quirk:
    """One way in which real reports differ: when it applies, what is mended, why, and where it is seen."""

    id: str
    condition: str
    mending: str
    reason: str
    sample: str


_QUIRKS: Final = (
    Quirk(
        "value_with_qualifier",
        "A NUM item has no measured value but a qualifier.",
        "The value is absent, without a finding.",
        "Legal (PS3.3 C.18.1), and how a C-arm says that it has no angle sensor.",
        "GE OEC Super-C; Siemens ARCADIS air kerma",
    ),
    Quirk(
        "uid_as_text",
        "A UID stands in a TEXT item where the template has UIDREF.",
        "It is read as the UID that it is.",
        "The concept says what it is; the value type adds nothing.",
        "GE OEC Super-C",
    ),
    Quirk(
        "unit_spelling",
        "A unit is not written as UCUM writes it, but the unit table knows the spelling.",
        "It is read as the unit that is meant.",
        "Gym2, Gy.cm^2, pulse/s and their like are common and unambiguous.",
        "Siemens Artis, Siemens Fluorospot, Siemens ARCADIS",
    ),
    Quirk(
        "wrong_coding_scheme",
        "A code's value is of one standard scheme, its scheme designator of another.",
        "It is read by its value.",
        "The values of SRT, SCT and DCM in use here do not overlap.",
        "Eurocolumbus Fly (filter material)",
    ),
    Quirk(
        "by_meaning",
        "A private code stands where the standard's is due, with the standard's meaning.",
        "The concept is recognised by its text, with a finding, where no standard code says the same.",
        "Better a marked dose than none.",
        "none yet",
    ),
    Quirk(
        "no_relationship_type",
        "Content items have no Relationship Type.",
        "They are read by the container that they stand in.",
        "The template leaves no doubt.",
        "Eurocolumbus Fly",
    ),
    Quirk(
        "per_pulse_lists",
        "A NUM item of an event holds one value a pulse, several values in one.",
        "The mean of the values that are not zero is used.",
        "The values are kVp, mA or ms of single pulses; the leading zero is the pulse that was not measured.",
        "Eurocolumbus Fly",
    ),
    Quirk(
        "fluoroscopy_as_acquisition",
        "All events are fluoroscopy, the fluoroscopy time total is zero and the acquisition time total is not.",
        "The acquisition time is used as the fluoroscopy time.",
        "Pulses divided by pulse rate give the acquisition time.",
        "Eurocolumbus Fly",
    ),
    Quirk(
        "durations_in_10_ms",
        "The durations of the events sum to about 100 times the stated times, on a Canon or Toshiba Alphenix.",
        "They are divided by 100.",
        "They are labelled s, and are hundredths: they sum to 96 times the total in one report.",
        "Canon Alphenix",
    ),
    Quirk(
        "rounded_totals",
        "A stated K_a,r total is a whole multiple of 0.1 mGy while events carry finer values, on a Fluorospot.",
        "Nothing; zero totals are replaced by the sum of events as everywhere.",
        "The total is rounded to 0.1 mGy, so that small doses vanish from it.",
        "Siemens Fluorospot Compact",
    ),
    Quirk(
        "private_shutters",
        "Philips private shutter positions stand in events without a collimated field area, and make a"
        " field larger than P_KA divided by K_a,r in each of them.",
        "Their rectangle is used as the field area at the detector.",
        "It is then about P_KA divided by K_a,r, projected to the detector; a newer model sends other positions.",
        "Philips Allura Clarity",
    ),
    Quirk(
        "private_frames",
        "The number of frames of an event stands only in a Philips private item.",
        "It is used.",
        "The template has no frames in an event.",
        "Philips Allura, Philips Azurion",
    ),
    Quirk(
        "device_type_contradicted",
        "The device type says radiography while events are fluoroscopy.",
        "The events decide what the report is about.",
        "An angiography system calls itself an integrated radiography system.",
        "Philips Azurion",
    ),
    Quirk(
        "position_in_comment",
        "The patient's position stands only in an XML comment, on a Siemens Artis.",
        "It is read from there.",
        "The comment holds what the console shows.",
        "Siemens Artis zee",
    ),
    Quirk(
        "radiation_summary",
        "No RDSR but an Enhanced SR with private codes, root C-10 of 99SMS_RADSUM.",
        "Its cumulative values are read as the totals of a single plane.",
        "All that this C-arm ever sends of dose.",
        "Siemens ARCADIS Varic",
    ),
    Quirk(
        "utc_in_offset",
        "Timezone Offset From UTC is written as UTC-04:00.",
        "It is read as -0400.",
        "Nothing else can be meant.",
        "GE OEC Super-C",
    ),
    Quirk(
        "age_unpadded",
        "Patient's Age has fewer than three digits.",
        "It is read all the same.",
        "37Y can only be 37 years.",
        "GE OEC Super-C",
    ),
    Quirk(
        "no_seconds",
        "A date and time has no seconds.",
        "It is read as the full minute.",
        "Legal (PS3.5 6.2), and misread elsewhere: 201605121011 is 10:11.",
        "Siemens Artis zee, after anonymisation",
    ),
)

#: Every quirk by its id.
QUIRKS: Final[dict[str, Quirk]] = {quirk.id: quirk for quirk in _QUIRKS}

_PRIVATE_CONCEPTS: Final[dict[tuple[str, str], str]] = {
    ("C-10", "99SMS_RADSUM"): "radiation_summary_report",
    ("C-200", "99SMS_RADSUM"): "exposures_total",
    ("C-202", "99SMS_RADSUM"): "fluoroscopy_time_total",
    ("C-204", "99SMS_RADSUM"): "p_ka_total",
    ("C-206", "99SMS_RADSUM"): "examination_started",
    ("C-208", "99SMS_RADSUM"): "examination_ended",
    ("C-210", "99SMS_RADSUM"): "ka_r_total",
    ("003", "99PHI-IXR-XPER"): "private_frames",
    ("005", "99PHI-IXR-XPER"): "private_shutters",
    ("006", "99PHI-IXR-XPER"): "private_shutter_bottom",
    ("007", "99PHI-IXR-XPER"): "private_shutter_left",
    ("008", "99PHI-IXR-XPER"): "private_shutter_right",
    ("009", "99PHI-IXR-XPER"): "private_shutter_top",
}


def concept_name(concept: Code) -> str | None:
    """The one name of a concept in :mod:`alara.sr.codes`, private schemes included; ``None`` when unknown."""
    key = (concept.value, concept.scheme)
    return CONCEPTS.get(key) or _PRIVATE_CONCEPTS.get(key)


#: Schemes whose values do not overlap, so that a value under the wrong one is still known.
_STANDARD_SCHEMES: Final = frozenset(("DCM", "SRT", "SCT", "SNM3", "99SDM", ""))
_CONCEPTS_BY_VALUE: Final = {value: name for (value, _), name in CONCEPTS.items()}
_VALUES_BY_VALUE: Final = {value: name for (value, _), name in VALUES.items()}

#: The texts by which the concepts of a dose are known when a private code stands in the place of the standard's.
_CONCEPTS_BY_MEANING: Final = {
    "accumulated x-ray dose data": "accumulated_x_ray_dose_data",
    "irradiation event x-ray data": "irradiation_event_x_ray_data",
    "dose area product total": "p_ka_total",
    "dose (rp) total": "ka_r_total",
    "total fluoro time": "fluoroscopy_time_total",
    "acquisition plane": "acquisition_plane",
    "irradiation event uid": "irradiation_event_uid",
    "irradiation event type": "irradiation_event_type",
    "datetime started": "started",
    "dose area product": "p_ka",
    "dose (rp)": "ka_r",
    "irradiation duration": "irradiation_duration",
}
#: Ends the name of a concept that was recognised by its text; it counts only where no code says it.
MEANT: Final = "?"


class ConceptNames:
    """Names the concepts of one report, also those with the wrong scheme or with a private code.

    Parameters
    ----------
    notes
        Learns of wrong schemes, and whether any concept was recognised by its text.
    """

    def __init__(self, notes: Notes) -> None:
        self._notes = notes

    def __call__(self, concept: Code) -> str | None:
        name = concept_name(concept)
        if name is not None:
            return name
        if concept.scheme in _STANDARD_SCHEMES:
            name = _CONCEPTS_BY_VALUE.get(concept.value)
            if name is not None:
                self._notes.quirk("wrong_coding_scheme")
            return name
        name = _CONCEPTS_BY_MEANING.get(concept.meaning.casefold())
        if name is None:
            return None
        self._notes.by_meaning = True
        self._notes.quirk("by_meaning")
        return name + MEANT


def value_of_leniently(code: Code | None, notes: Notes) -> str | None:
    """What the model says for a coded value, also under the wrong one of the standard schemes."""
    known = value_of(code)
    if known is None and code is not None and code.scheme in _STANDARD_SCHEMES:
        known = _VALUES_BY_VALUE.get(code.value)
        if known is not None:
            notes.quirk("wrong_coding_scheme")
    return known


# reading of single values


def read_offset_leniently(text: str, notes: Notes) -> int | None:
    """An offset from UTC in minutes, also as ``UTC-04:00``."""
    offset_min = read_offset(text)
    if offset_min is None and text.startswith("UTC"):
        offset_min = read_offset(text[3:].replace(":", ""))
        if offset_min is not None:
            notes.quirk("utc_in_offset")
    return offset_min


def read_age_leniently(text: str, notes: Notes) -> float | None:
    """An age in years, also as ``37Y``."""
    age = read_age(text)
    if age is not None and len(text) < len("037Y"):
        notes.quirk("age_unpadded")
    return age


def read_moment_leniently(text: str, offset_min: int | None, notes: Notes) -> Moment | None:
    """A date and time, also without seconds."""
    moment = read_moment(text, offset_min)
    if moment is not None and text[:12].isdigit() and not text[12:13].isdigit():
        notes.quirk("no_seconds")
    return moment


#: What may hold one value a pulse (PS3.16 TID 10003B).
_PER_PULSE: Final = frozenset(("kvp", "tube_current", "pulse_width", "exposure_time"))


def mean_of_pulses(item: ContentItem, notes: Notes) -> float | None:
    """The mean of the values of single pulses that are not zero; ``None`` for what has no pulses."""
    if item.name not in _PER_PULSE or not isinstance(item.value, str):
        return None
    values = [read_number(text).value for text in item.value.split("\\")]
    measured = [value for value in values if value]
    if None in values or not measured:
        return None
    notes.quirk("per_pulse_lists")
    return math.fsum(measured) / len(measured)


# reports


def mend_events(draft: Draft, notes: Notes) -> None:
    """Mend the events of a report before its totals are made."""
    maker = f"{draft.equipment.manufacturer} {draft.equipment.model}".casefold()
    if "alphenix" in maker:
        _durations_in_10_ms(draft, notes)
    if "philips" in maker:
        _private_shutters(draft, notes)
        if any(event.frames is not None for event in draft.events):
            notes.quirk("private_frames")
    if "artis" in maker:
        _position_in_comment(draft, notes)
    if any(not item.relationship for item in draft.event_items[:1] for item in item.children):
        notes.quirk("no_relationship_type")


def _durations_in_10_ms(draft: Draft, notes: Notes) -> None:
    durations = [event.duration.amount for event in draft.events if event.duration is not None]
    stated = [t.amount for a in draft.accumulated for t in (a.fluoroscopy_time, a.acquisition_time) if t is not None]
    if not sum(stated) or not 50 <= sum(durations) / sum(stated) <= 200:
        return
    notes.quirk("durations_in_10_ms")
    draft.events[:] = [
        replace(event, duration=event.duration * 0.01) if event.duration is not None else event
        for event in draft.events
    ]


def _private_shutters(draft: Draft, notes: Notes) -> None:
    areas = {
        index: _shutter_area(item)
        for index, sent in enumerate(draft.event_items)
        for item in sent.children
        if item.name == "private_shutters"
    }
    if not all(_is_field(area, draft.events[index]) for index, area in areas.items()):
        return  # at least one is no field: this model's positions mean something else
    for index, area in areas.items():
        if draft.events[index].field_area is None:
            draft.events[index] = replace(draft.events[index], field_area=area)
            notes.quirk("private_shutters")


def _is_field(area: Area | None, event: IrradiationEvent) -> bool:
    """Whether an area can be the field at the detector: it is larger there than at the reference point."""
    if area is None:
        return False
    if event.p_ka is None or event.ka_r is None or not event.ka_r.amount:
        return True
    return area.amount > event.p_ka.amount / event.ka_r.amount * 1000


def _plain_number(item: ContentItem) -> float | None:
    if not isinstance(item.value, str):
        return None
    value = plain_decimal(item.value)
    return read_number(item.value).value if value is None else value


_SHUTTERS: Final = frozenset(f"private_shutter_{side}" for side in ("bottom", "top", "left", "right"))


def _shutter_area(container: ContentItem) -> Area | None:
    """The field at the detector between four shutters, from the distance of each to the centre in mm."""
    distances = {item.name: _plain_number(item) for item in container.children if item.name in _SHUTTERS}
    sides = []
    for one, other in (("bottom", "top"), ("left", "right")):
        a, b = distances.get(f"private_shutter_{one}"), distances.get(f"private_shutter_{other}")
        if a is None or b is None or a + b <= 0:
            return None
        sides.append(a + b)
    return Area(sides[0] * sides[1] / 100)


_POSITION: Final = re.compile(r'<Position SRData="(HF|FF)(S|P|DR|DL)\s*"')
_FIRST: Final = {"HF": "headfirst", "FF": "feet-first"}
_LYING: Final = {"S": "supine", "P": "prone", "DR": "right lateral decubitus", "DL": "left lateral decubitus"}


def _position_in_comment(draft: Draft, notes: Notes) -> None:
    match = _POSITION.search(draft.comment)
    if match is None or any(event.patient_position for event in draft.events):
        return
    notes.quirk("position_in_comment")
    orientation = f"recumbent, {_LYING[match[2]]}"
    draft.events[:] = [
        replace(event, patient_position=_FIRST[match[1]], patient_orientation=orientation) for event in draft.events
    ]


def note_totals(draft: Draft, found: Iterable[Finding], notes: Notes) -> None:
    """Note what is a make's manner in the totals; :mod:`alara.totals` has mended it, whoever sent it."""
    maker = f"{draft.equipment.manufacturer} {draft.equipment.model}".casefold()
    if "eurocolumbus" in maker and any(f.code is FindingCode.TIME_UNDER_ACQUISITION for f in found):
        notes.quirk("fluoroscopy_as_acquisition")
    if "fluorospot" in maker and any(_is_rounded(a.ka_r.amount) for a in draft.accumulated if a.ka_r is not None):
        notes.quirk("rounded_totals")


def _is_rounded(ka_r_mgy: float) -> bool:
    return math.isclose(ka_r_mgy * 10, round(ka_r_mgy * 10), abs_tol=1e-9)
