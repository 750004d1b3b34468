"""Which irradiation event is which: each gets a UID of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from alara.findings import FindingCode
from alara.model import IrradiationEvent
from alara.sr.content import ContentItem
from alara.sr.draft import Draft
from alara.sr.notes import Notes

__all__ = ["identify_events"]


def identify_events(draft: Draft, study_instance_uid: str, notes: Notes) -> None:
    """Give every event a UID of its own: count one that stands twice once, derive what is missing.

    A derived UID (2.25, PS3.5 B.2) comes from the event's content and its study,
    so that the same event in another report of the study gets the same one.
    """
    seen: dict[str, IrradiationEvent] = {}
    derived = _DerivedUids(study_instance_uid, seen)
    items: list[ContentItem] = []
    for number, (event, item) in enumerate(zip(draft.events, draft.event_items, strict=True), start=1):
        notes.event = number
        if not event.uid:
            notes.add(FindingCode.EVENT_WITHOUT_UID)
            event = replace(event, uid=derived.of(event))
        elif seen.get(event.uid) == event:
            notes.add(FindingCode.DUPLICATE_EVENT, event.uid)
            continue
        elif event.uid in seen:
            notes.add(FindingCode.EVENT_UID_REUSED, event.uid)
            event = replace(event, uid=derived.of(event))
        seen[event.uid] = event
        items.append(item)
    notes.event = 0
    draft.events, draft.event_items = list(seen.values()), items


class _DerivedUids:
    """UIDs from the content of events; events that say the same get different ones, in the order of the report."""

    def __init__(self, study_instance_uid: str, taken: Mapping[str, IrradiationEvent]) -> None:
        self._study_instance_uid = study_instance_uid
        self._taken = taken
        self._repeats: dict[str, int] = {}

    def of(self, event: IrradiationEvent) -> str:
        content = f"{self._study_instance_uid}|{_content(event)}"
        uid = ""
        while not uid or uid in self._taken:
            repeat = self._repeats.get(content, 0)
            self._repeats[content] = repeat + 1
            digest = hashlib.sha256(f"{content}|{repeat}".encode()).digest()
            uid = f"2.25.{int.from_bytes(digest[:16], 'big')}"
        return uid


#: What identifies an event without a UID, for ever: reports that are stored already have UIDs made of exactly this.
_IDENTIFYING: Final = (
    *("uid", "plane", "type", "started", "p_ka", "ka_r", "duration", "fluoro_mode", "pulse_rate_per_s", "pulses"),
    *("frames", "pulse_width_ms", "exposure_time_ms", "kvp", "tube_current_ma", "filters", "field_area"),
    *("primary_angle_deg", "secondary_angle_deg", "source_to_detector_mm", "source_to_isocenter_mm"),
    *("source_to_reference_point_mm", "table_longitudinal_mm", "table_lateral_mm", "table_height_mm"),
    *("patient_orientation", "patient_position", "reference_point", "protocol", "target_region", "laterality"),
)


def _content(event: IrradiationEvent) -> str:
    return f"IrradiationEvent({', '.join(f'{name}={getattr(event, name)!r}' for name in _IDENTIFYING)})"
