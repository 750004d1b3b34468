"""How each kind of content item becomes a value of the model: the second half of every table of concepts.

Each function takes the reader and one item, and returns ``None`` or an empty
text, after a finding, for what it cannot read. They are called through
:meth:`alara.sr.reading.Reader.read`, which remembers what it has read.
"""

from __future__ import annotations

import math
from typing import Final

from alara.model import Code, Device, EventType, Moment, Plane, ReferencePoint
from alara.quantities import AirKerma, Area, Duration, KermaAreaProduct
from alara.sr import units
from alara.sr.content import ContentItem
from alara.sr.reading import Reader

_PLANES: Final = frozenset(Plane)
_TYPES: Final = frozenset(EventType)
_SIDES: Final = frozenset(("private_detector_field_x", "private_detector_field_y"))
_DEVICE: Final[dict[str | None, str]] = {
    "device_name": "name",
    "device_manufacturer": "manufacturer",
    "device_model": "model",
    "device_serial": "serial",
    "device_observer_uid": "device_uid",
}


def p_ka(read: Reader, item: ContentItem) -> KermaAreaProduct | None:
    return read.quantity(item, KermaAreaProduct, units.KERMA_AREA_PRODUCT)


def ka_r(read: Reader, item: ContentItem) -> AirKerma | None:
    return read.quantity(item, AirKerma, units.AIR_KERMA)


def duration(read: Reader, item: ContentItem) -> Duration | None:
    return read.quantity(item, Duration, units.TIME)


def count(read: Reader, item: ContentItem) -> int | None:
    return read.count(item)


def milliseconds(read: Reader, item: ContentItem) -> float | None:
    return read.number(item, units.SHORT_TIME)


def length(read: Reader, item: ContentItem) -> float | None:
    return read.number(item, units.LENGTH)


def position(read: Reader, item: ContentItem) -> float | None:
    return read.number(item, units.LENGTH, signed=True)


def angle(read: Reader, item: ContentItem) -> float | None:
    return read.number(item, units.ANGLE, signed=True)


def rate(read: Reader, item: ContentItem) -> float | None:
    return read.number(item, units.RATE)


def voltage(read: Reader, item: ContentItem) -> float | None:
    # a tube without voltage makes no X-rays: zero is how some consoles say unknown
    return read.number(item, units.VOLTAGE) or None


def current(read: Reader, item: ContentItem) -> float | None:
    return read.number(item, units.CURRENT) or None


def charge(read: Reader, item: ContentItem) -> float | None:
    return read.number(item, units.CHARGE)


def size(read: Reader, item: ContentItem) -> float | None:
    """A length that nothing can have none of."""
    return read.number(item, units.LENGTH) or None


def dose(read: Reader, item: ContentItem) -> float | None:
    """An air kerma in mGy that is not one at the reference point of the C-arm."""
    return read.number(item, units.AIR_KERMA)


def ratio(read: Reader, item: ContentItem) -> float | None:
    return read.number(item, units.COUNT)


def index(read: Reader, item: ContentItem) -> float | None:
    """A number without unit that may be below zero."""
    return read.number(item, units.COUNT, signed=True)


def percent(read: Reader, item: ContentItem) -> float | None:
    return read.number(item, units.PERCENT)


def area(read: Reader, item: ContentItem) -> Area | None:
    area = read.quantity(item, Area, units.AREA)
    return area if area is not None and area.amount > 0 else None


def text(read: Reader, item: ContentItem) -> str:
    return read.text(item)


def moment(read: Reader, item: ContentItem) -> Moment | None:
    return read.moment(item)


def code(read: Reader, item: ContentItem) -> Code | None:
    return read.code(item)


def plane(read: Reader, item: ContentItem) -> Plane:
    known = read.known(item)
    if known in _PLANES:
        return Plane(known)
    read.unknown_code(item)
    return Plane.UNKNOWN


def event_type(read: Reader, item: ContentItem) -> EventType:
    known = read.known(item)
    if known in _TYPES:
        return EventType(known)
    read.unknown_code(item)
    return EventType.UNKNOWN


def word(read: Reader, item: ContentItem) -> str:
    return read.word(item)


def yes_or_no(read: Reader, item: ContentItem) -> bool | None:
    """``None`` also for what is undetermined (CID 230)."""
    return {"yes": True, "no": False}.get(read.known(item) or "")


def view(read: Reader, item: ContentItem) -> str:
    """An image view with its modifiers."""
    modifiers = (part for part in item.children if part.name == "image_view_modifier")
    return ", ".join(filter(None, (read.word(part) for part in (item, *modifiers))))


def device(read: Reader, item: ContentItem) -> Device | None:
    """A device by its role; ``None`` where nothing tells which device that is."""
    said = {_DEVICE[part.name]: read.text(part) for part in item.children if part.name in _DEVICE}
    return Device(read.word(item), **said) if any(said.values()) else None


def diagonal(read: Reader, item: ContentItem) -> float | None:
    """Of a rectangle that is stated by its sides, in mm; ``None`` where one of the two is missing or zero."""
    sides = [read.number(part, units.LENGTH) for part in item.children if part.name in _SIDES]
    return round(math.hypot(*filter(None, sides)), 1) if len(sides) == 2 and all(sides) else None


def orientation(read: Reader, item: ContentItem) -> str:
    return ", ".join(filter(None, (read.word(part) for part in (item, *item.children))))


def reference_point(read: Reader, item: ContentItem) -> ReferencePoint:
    code = read.code(item)
    return ReferencePoint(code=code, text=code.meaning if code is not None else read.text(item))
