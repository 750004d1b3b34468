"""Every quirk as data: when it applies, what is mended, why, and the sample that shows it.

What is said here is what the docs and ``alara read`` say of a quirk; what is done is in the modules beside this one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["QUIRKS", "Quirk"]


@dataclass(frozen=True, slots=True)
class Quirk:
    """One way in which real reports differ: when it applies, what is mended, why, and where it is seen.

    ``sample`` is a file of ``sample_rdsr/`` that shows it made up.
    """

    id: str
    condition: str
    mending: str
    reason: str
    seen_on: str
    sample: str


_QUIRKS: Final = (
    Quirk(
        "value_with_qualifier",
        "A NUM item has no measured value but a qualifier.",
        "The value is absent, without a finding.",
        "Legal (PS3.3 C.18.1), and how a C-arm says that it has no angle sensor.",
        "GE OEC Super-C; Siemens ARCADIS air kerma",
        "2026-10/0004-ge-oec.dcm",
    ),
    Quirk(
        "uid_as_text",
        "A UID stands in a TEXT item where the template has UIDREF.",
        "It is read as the UID that it is.",
        "The concept says what it is; the value type adds nothing.",
        "GE OEC Super-C",
        "2026-10/0004-ge-oec.dcm",
    ),
    Quirk(
        "unit_spelling",
        "A unit is not written as UCUM writes it, but the unit table knows the spelling.",
        "It is read as the unit that is meant.",
        "Gym2, Gy.cm^2, pulse/s and their like are common and unambiguous.",
        "GE OEC Super-C, Siemens Artis, Siemens Fluorospot, Siemens ARCADIS",
        "2026-10/0008-siemens-zee.dcm",
    ),
    Quirk(
        "wrong_coding_scheme",
        "A code's value is of one standard scheme, its scheme designator of another.",
        "It is read by its value.",
        "The values of SRT, SCT and DCM in use here do not overlap.",
        "Eurocolumbus Fly (filter material)",
        "2026-10/0026-eurocolumbus.dcm",
    ),
    Quirk(
        "by_meaning",
        "A private code stands where the standard's is due, with the standard's meaning.",
        "The concept is recognised by its text, with a finding, where no standard code says the same.",
        "Better a marked dose than none.",
        "none yet",
        "2026-10/0165-unity-private-codes.dcm",
    ),
    Quirk(
        "no_relationship_type",
        "Content items have no Relationship Type.",
        "They are read by the container that they stand in.",
        "The template leaves no doubt.",
        "Eurocolumbus Fly",
        "2026-10/0026-eurocolumbus.dcm",
    ),
    Quirk(
        "per_pulse_lists",
        "A NUM item of an event holds one value a pulse, several values in one.",
        "The mean of the values that are not zero is used.",
        "The values are kVp, mA or ms of single pulses; the leading zero is the pulse that was not measured.",
        "Eurocolumbus Fly",
        "2026-10/0026-eurocolumbus.dcm",
    ),
    Quirk(
        "fluoroscopy_as_acquisition",
        "All events are fluoroscopy, the fluoroscopy time total is zero and the acquisition time total is not.",
        "The acquisition time is used as the fluoroscopy time.",
        "Pulses divided by pulse rate give the acquisition time.",
        "Eurocolumbus Fly",
        "2026-10/0026-eurocolumbus.dcm",
    ),
    Quirk(
        "durations_in_10_ms",
        "The durations of the events sum to about 100 times the stated times, on a Canon or Toshiba Alphenix.",
        "They are divided by 100.",
        "They are labelled s, and are hundredths: they sum to 96 times the total in one report.",
        "Canon Alphenix",
        "2026-10/0029-canon-alphenix.dcm",
    ),
    Quirk(
        "rounded_totals",
        "A stated K_a,r total is a whole multiple of 0.1 mGy while events carry finer values, on a Fluorospot.",
        "It stands as it is; a total of zero gives way to the sum of events, as everywhere.",
        "The total is rounded to 0.1 mGy, so that small doses vanish from it.",
        "Siemens Fluorospot Compact",
        "2026-10/0154-fluorospot-fluoroscopy.dcm",
    ),
    Quirk(
        "private_shutters",
        "Philips private shutter positions stand in events without a collimated field area, and make a"
        " field larger than P_KA divided by K_a,r in each of them.",
        "Their rectangle is used as the field area at the detector.",
        "It is then about P_KA divided by K_a,r, projected to the detector; a newer model sends other positions.",
        "Philips Allura Xper, Philips Allura Clarity",
        "2026-10/0015-philips-allura.dcm",
    ),
    Quirk(
        "private_frames",
        "The frames of an event, its detector field, its dose level and where it ended stand only in Philips"
        " private items.",
        "They are used; of the detector field the diagonal.",
        "The template has no item for most of them, and the model sends none of the others.",
        "Philips Allura, Philips Azurion",
        "2026-10/0015-philips-allura.dcm",
    ),
    Quirk(
        "device_type_contradicted",
        "The device type says radiography while events are fluoroscopy.",
        "The events decide what the report is about.",
        "An angiography system calls itself an integrated radiography system.",
        "Philips Azurion",
        "2026-10/0024-philips-azurion.dcm",
    ),
    Quirk(
        "position_in_comment",
        "The patient's position, and the size of the detector field of an event, stand only in XML comments,"
        " on a Siemens Artis.",
        "They are read from there.",
        "The comments hold what the console shows.",
        "Siemens Artis zee",
        "2026-10/0008-siemens-zee.dcm",
    ),
    Quirk(
        "radiation_summary",
        "No RDSR but an Enhanced SR with private codes, root C-10 of 99SMS_RADSUM.",
        "Its cumulative values are read as the totals of a single plane.",
        "All that this C-arm ever sends of dose.",
        "Siemens ARCADIS Varic",
        "2026-10/0020-siemens-arcadis.dcm",
    ),
    Quirk(
        "utc_in_offset",
        "Timezone Offset From UTC is written as UTC-04:00.",
        "It is read as -0400.",
        "Nothing else can be meant.",
        "GE OEC Super-C",
        "2026-10/0004-ge-oec.dcm",
    ),
    Quirk(
        "age_unpadded",
        "Patient's Age has fewer than three digits.",
        "It is read all the same.",
        "37Y can only be 37 years.",
        "GE OEC Super-C",
        "2026-10/0004-ge-oec.dcm",
    ),
    Quirk(
        "no_seconds",
        "A time of day has no seconds.",
        "It is read as the full minute.",
        "Legal (PS3.5 6.2), and misread elsewhere: 201605121011 is 10:11.",
        "Siemens Artis zee, after anonymisation",
        "2026-10/0164-arc-whole-minutes.dcm",
    ),
)

#: Every quirk by its id.
QUIRKS: Final[dict[str, Quirk]] = {quirk.id: quirk for quirk in _QUIRKS}
