"""Single values written in a make's own manner."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from alara.model import Moment
from alara.sr.numbers import read_number
from alara.sr.times import read_age, read_moment, read_offset

if TYPE_CHECKING:
    from alara.sr.item import ContentItem
    from alara.sr.notes import Notes

__all__ = ["mean_of_pulses", "read_age_leniently", "read_moment_leniently", "read_offset_leniently"]


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
    if moment is not None and len(text) >= 12 and text[:12].isdigit() and not text[12:13].isdigit():
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
