"""What stands at the root of a dose report (PS3.16 TID 10001): its context, and the containers of its doses.

Planes are told apart by their code, never by their place in the file. Of
persons (TID 1020) only the roles are read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from alara.findings import FindingCode
from alara.model import Code, Equipment, Plane, Scope, ScopeKind
from alara.sr.accumulated import read_accumulated
from alara.sr.content import ContentItem
from alara.sr.draft import Draft
from alara.sr.event import read_event
from alara.sr.persons import add_person
from alara.sr.quirks import MEANT
from alara.sr.reading import Reader, label

__all__ = ["Root", "read_root"]

_SCOPES: Final = frozenset(ScopeKind)

_OBSERVER: Final = {
    "device_observer_manufacturer": "manufacturer",
    "device_observer_model": "model",
    "device_observer_serial": "serial",
    "device_observer_location": "location",
    "device_observer_uid": "device_uid",
    "device_observer_name": "station",
}

#: The containers of events and of totals, and the plane of those that name none.
_EVENTS: Final = {
    "irradiation_event_x_ray_data": Plane.UNKNOWN,
    "irradiation_event_summary_data": Plane.SINGLE,
}
_ACCUMULATIONS: Final = {
    "accumulated_x_ray_dose_data": Plane.UNKNOWN,
    "accumulated_dose_data": Plane.SINGLE,
}


class Root:
    """What stands at the root of a dose report beside its doses."""

    def __init__(self) -> None:
        self.procedure_reported: Code | None = None
        self.intent: Code | None = None
        self.scope = Scope()
        self.sources: list[Code] = []
        self.observer: dict[str, str] = {}


def read_root(content: Iterable[ContentItem], read: Reader, draft: Draft) -> Root:
    """Read a dose report's content tree into a draft; what is not of dose is returned.

    Parameters
    ----------
    content
        The items of the root's content sequence.
    read
        The reader of the report's values.
    draft
        Receives accumulated doses and events, with the equipment mended by the device observer.
    """
    root = Root()
    for item in content:
        name = item.name
        if name is not None and name.endswith(MEANT):
            name = name.removesuffix(MEANT)
            read.notes.add(FindingCode.BY_MEANING, label(item))
        if name in _EVENTS:
            read.notes.event = len(draft.events) + 1
            draft.events.append(read_event(item, read, draft, _EVENTS[name]))
            draft.event_items.append(item)
            read.notes.event = 0
        elif name in _ACCUMULATIONS:
            draft.accumulated.append(read_accumulated(item, read, _ACCUMULATIONS[name]))
        elif name is not None:
            _read_context(name, item, read, root, draft)
    draft.equipment = _observed(draft.equipment, root.observer)
    return root


def _read_context(name: str, item: ContentItem, read: Reader, root: Root, draft: Draft) -> None:
    code = read.code(item)
    if name in _OBSERVER:
        root.observer.setdefault(_OBSERVER[name], read.text(item))
    elif name == "procedure_reported":
        root.procedure_reported = code
        root.intent = next((child.value for child in item.children if isinstance(child.value, Code)), None)
    elif name == "has_intent":
        root.intent = code
    elif name == "acquisition_device_type":
        draft.device_type = read.known(item) or ""
    elif name == "scope_of_accumulation":
        root.scope = _scope(item, read)
    elif name == "source_of_dose_information" and code is not None:
        root.sources.append(code)
    elif name == "comment":
        draft.comment = read.text(item)
    elif name == "person_name":
        add_person(item, draft)


def _scope(item: ContentItem, read: Reader) -> Scope:
    known = read.known(item)
    kind = ScopeKind(known) if known in _SCOPES else ScopeKind.UNKNOWN
    uid = next((read.text(child) for child in item.children if isinstance(child.value, str)), "")
    return Scope(kind, uid)


def _observed(equipment: Equipment, observer: dict[str, str]) -> Equipment:
    """The header's equipment, with what it lacks from the device observer."""
    missing = {name: text for name, text in observer.items() if text and not getattr(equipment, name)}
    return replace(equipment, **missing)
