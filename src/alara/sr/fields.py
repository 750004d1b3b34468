"""A container of content items, read by a table from concept to field."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from alara.findings import FindingCode
from alara.model import ReferencePoint
from alara.sr.content import ContentItem
from alara.sr.quirks import MEANT
from alara.sr.reading import Reader, Table, label

__all__ = ["Table", "place_reference_point", "read_fields"]

#: What a container can say only once.
_ONCE: Final = frozenset(("p_ka", "ka_r", "duration", "fluoroscopy_time", "exposure_uas"))
#: What may stand once a pulse (VM 1-n in TID 10003B): the mean is used.
_PER_PULSE: Final = frozenset(("kvp", "tube_current_ma", "pulse_width_ms"))
#: What may stand several times, each in its own word: all are kept.
_WORDS: Final = frozenset(("grid", "details.repeated_because", "details.rejected_because"))


def read_fields(items: Iterable[ContentItem], table: Table, read: Reader) -> dict[str, Any]:
    """The fields of a container. What stands twice and differs is not used when it is a dose."""
    fields: dict[str, Any] = {}
    several: dict[str, list[Any]] = {}
    for field, value, item in read.fields(items, table):
        if field not in fields:
            fields[field] = value
        elif field in _PER_PULSE or field in _WORDS:
            several.setdefault(field, [fields[field]]).append(value)
        elif fields[field] != value and field in _ONCE:
            read.notes.add(FindingCode.SEVERAL_VALUES, f"{fields[field]} and {value}", label(item))
            fields[field] = None
    for field, all_values in several.items():
        fields[field] = _together(field, all_values)
    if read.notes.by_meaning:
        _add_by_meaning(fields, items, table, read)
    return fields


def _together(field: str, several: list[Any]) -> object:
    if field in _PER_PULSE:
        return math.fsum(several) / len(several)
    return ", ".join(dict.fromkeys(several))


def _add_by_meaning(fields: dict[str, Any], items: Iterable[ContentItem], table: Table, read: Reader) -> None:
    """Add the fields that no code names but a text does."""
    for item in items:
        entry = table.get(item.name.removesuffix(MEANT)) if item.name is not None else None
        if entry is None or entry[0] in fields:
            continue
        read.notes.add(FindingCode.BY_MEANING, label(item))
        value = read.read(item, entry[1])
        if value is not None:
            fields[entry[0]] = value


def place_reference_point(fields: dict[str, Any]) -> None:
    """Put the distance from the source beside the reference point that it belongs to."""
    distance_mm = fields.get("source_to_reference_point_mm")
    if distance_mm is not None:
        fields["reference_point"] = _at_distance(fields.get("reference_point") or ReferencePoint(), distance_mm)


@lru_cache(maxsize=256)
def _at_distance(point: ReferencePoint, distance_mm: float) -> ReferencePoint:
    """The point with its distance; a C-arm says the same of each of its events."""
    return replace(point, source_to_reference_point_mm=distance_mm)
