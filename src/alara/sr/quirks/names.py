"""Codes that are not the standard's, or stand under the wrong scheme, and what they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from alara.model import Code
from alara.sr.codes import CONCEPTS, VALUES, value_of

if TYPE_CHECKING:
    from alara.sr.notes import Notes

__all__ = ["MEANT", "ConceptNames", "concept_name", "value_of_leniently"]

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
    ("018", "99PHI-IXR-XPER"): "private_final_source_to_detector",
    ("019", "99PHI-IXR-XPER"): "private_final_table_cradle",
    ("020", "99PHI-IXR-XPER"): "private_final_table_height",
    ("021", "99PHI-IXR-XPER"): "private_table_height",
    ("022", "99PHI-IXR-XPER"): "private_final_table_tilt",
    ("023", "99PHI-IXR-XPER"): "private_detector_field",
    ("024", "99PHI-IXR-XPER"): "private_detector_field_x",
    ("025", "99PHI-IXR-XPER"): "private_detector_field_y",
    ("030", "99PHI-IXR-XPER"): "private_fluoro_level",
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
