"""One irradiation event (PS3.16 TID 10003 with 10003A, B and C; TID 10042 of an enhanced report)."""

from __future__ import annotations

from typing import Any, Final

from alara.findings import FindingCode
from alara.model import EndPosition, EventDetails, Filter, IrradiationEvent, IsocenterPosition, Plane
from alara.quantities import Area
from alara.sr.content import ContentItem
from alara.sr.draft import Draft
from alara.sr.event_tables import EVENT, FILTER, MODIFIED, MODIFIERS
from alara.sr.fields import place_reference_point, read_fields
from alara.sr.participants import add_device, add_person
from alara.sr.reading import Reader

__all__ = ["read_event"]

#: No collimator makes a smaller field; some consoles send rectangles of a few millimetres, or negative ones.
_SMALLEST_SIDE_MM: Final = 10.0
#: The parts of an event that are a value of their own; their fields stand in the tables with the part before them.
_PARTS: Final[dict[str, type[Any]]] = {
    "details": EventDetails,
    "end": EndPosition,
    "isocenter": IsocenterPosition,
}
_OF_PARTS: Final = frozenset(field for field, _ in (*EVENT.values(), *MODIFIERS.values()) if "." in field)


def read_event(container: ContentItem, read: Reader, draft: Draft, plane: Plane) -> IrradiationEvent:
    """The event of a container; its devices, the roles of its persons and who irradiated go to the draft.

    ``plane`` is that of an event that names none.
    """
    fields = read_fields(container.children, EVENT, read)
    filters: list[Filter] = []
    for item in container.children:
        if not item.children:
            continue
        if item.name == "filters":
            part = read.read(item, _filter)
            if isinstance(part, Filter):
                filters.append(part)
        elif item.name in MODIFIED:
            fields = {**read_fields(item.children, MODIFIERS, read), **fields}
        elif item.name == "device_role":
            add_device(item, read, draft)
        elif item.name == "person_name":
            add_person(item, draft)
    place_reference_point(fields)
    _measure_field(fields)
    if not _OF_PARTS.isdisjoint(fields):
        _gather_parts(fields)
    if fields.setdefault("plane", plane) is Plane.UNKNOWN:
        read.notes.add(FindingCode.UNKNOWN_PLANE)
    fields.setdefault("uid", "")
    return IrradiationEvent(filters=tuple(filters), **fields)


def _measure_field(fields: dict[str, Any]) -> None:
    """Leave out sides that no field has, and where only the sides are stated give their area."""
    height_mm, width_mm = fields.get("field_height_mm"), fields.get("field_width_mm")
    if height_mm is not None and width_mm is not None and min(height_mm, width_mm) >= _SMALLEST_SIDE_MM:
        fields.setdefault("field_area", Area(height_mm * width_mm / 100))
    else:
        fields.pop("field_height_mm", None)
        fields.pop("field_width_mm", None)


def _gather_parts(fields: dict[str, Any]) -> None:
    gathered: dict[str, dict[str, Any]] = {}
    for name in [name for name in fields if name in _OF_PARTS]:
        part, _, field = name.partition(".")
        gathered.setdefault(part, {})[field] = fields.pop(name)
    for part, of_part in gathered.items():
        fields[part] = _PARTS[part](**of_part)


def _filter(read: Reader, container: ContentItem) -> Filter | None:
    fields = read_fields(container.children, FILTER, read)
    return Filter(**{"material": "", **fields}) if fields else None
