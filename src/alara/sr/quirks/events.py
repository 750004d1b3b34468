"""What only a whole report shows: events mended before totals are made, and a make's manner in its totals."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from alara.findings import Finding, FindingCode
from alara.model import IrradiationEvent
from alara.quantities import Area
from alara.sr.numbers import plain_decimal, read_number

if TYPE_CHECKING:
    from alara.sr.draft import Draft
    from alara.sr.item import ContentItem
    from alara.sr.notes import Notes

__all__ = ["mend_events", "note_totals"]


def mend_events(draft: Draft, notes: Notes) -> None:
    """Mend the events of a report before its totals are made."""
    maker = f"{draft.equipment.manufacturer} {draft.equipment.model}".casefold()
    if "alphenix" in maker:
        _durations_in_10_ms(draft, notes)
    if "philips" in maker:
        _private_shutters(draft, notes)
        if any(_has_private_values(event) for event in draft.events):
            notes.quirk("private_frames")
    if "artis" in maker:
        _position_in_comment(draft, notes)
        _field_in_comment(draft, notes)
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


_FIELD: Final = re.compile(r'<iiDiameter SRData="(\d{2,3}(?:\.\d+)?) *"')


def _field_in_comment(draft: Draft, notes: Notes) -> None:
    """Read the size of the detector field in mm, as the console shows it, from the comment of each event."""
    for index, sent in enumerate(draft.event_items):
        texts = (item.value for item in sent.children if item.name == "comment" and isinstance(item.value, str))
        match = next(filter(None, map(_FIELD.search, texts)), None)
        if match is not None and draft.events[index].field_of_view_mm is None and float(match[1]):
            notes.quirk("position_in_comment")
            draft.events[index] = replace(draft.events[index], field_of_view_mm=float(match[1]))


def _has_private_values(event: IrradiationEvent) -> bool:
    """Whether an event has what no item of the template gives it."""
    level = event.details.fluoro_level if event.details is not None else ""
    return event.frames is not None or event.field_of_view_mm is not None or bool(level)


def note_totals(draft: Draft, found: Iterable[Finding], notes: Notes) -> None:
    """Note what is a make's manner in the totals; :mod:`alara.totals` has mended it, whoever sent it."""
    maker = f"{draft.equipment.manufacturer} {draft.equipment.model}".casefold()
    if "eurocolumbus" in maker and any(f.code is FindingCode.TIME_UNDER_ACQUISITION for f in found):
        notes.quirk("fluoroscopy_as_acquisition")
    if "fluorospot" in maker and any(_is_rounded(a.ka_r.amount) for a in draft.accumulated if a.ka_r is not None):
        notes.quirk("rounded_totals")


def _is_rounded(ka_r_mgy: float) -> bool:
    return math.isclose(ka_r_mgy * 10, round(ka_r_mgy * 10), abs_tol=1e-9)
