"""A report while it is being read, before it is frozen."""

from __future__ import annotations

from dataclasses import dataclass, field

from alara.model import AccumulatedDose, Code, Device, Equipment, IrradiationEvent
from alara.sr.content import ContentItem

__all__ = ["Draft"]


@dataclass(slots=True)
class Draft:
    """What the content tree said so far; the quirks may still mend it.

    ``event_items`` are the content items of ``events``, in the same order.
    """

    equipment: Equipment
    device_type: str = ""
    comment: str = ""
    accumulated: list[AccumulatedDose] = field(default_factory=list)
    devices: dict[Device, None] = field(default_factory=dict)
    person_roles: dict[Code, None] = field(default_factory=dict)
    operators: dict[str, None] = field(default_factory=dict, repr=False)
    events: list[IrradiationEvent] = field(default_factory=list)
    event_items: list[ContentItem] = field(default_factory=list)
