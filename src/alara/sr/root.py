"""What stands at the root of a dose report (PS3.16 TID 10001): its context, and the containers of its doses.

Planes are told apart by their code, never by their place in the file. Of
persons (TID 1020) the roles are read, and who administered the irradiation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from alara.findings import FindingCode
from alara.model import Code, Equipment, Plane, Scope, ScopeKind
from alara.sr import values
from alara.sr.accumulated import read_accumulated
from alara.sr.content import ContentItem
from alara.sr.draft import Draft
from alara.sr.event import read_event
from alara.sr.participants import add_device, add_person
from alara.sr.quirks import MEANT
from alara.sr.reading import Reader, label
from alara.sr.sources import source_of

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

_AVAILABLE: Final = frozenset(("detector_data_available", "source_data_available", "mechanical_data_available"))

#: The containers of events and of totals: those of TID 10001, and those of TID 10040, which name a source.
_EVENTS: Final = frozenset(("irradiation_event_x_ray_data", "irradiation_event_summary_data"))
_TOTALS: Final = frozenset(("accumulated_x_ray_dose_data", "accumulated_dose_data"))
_OF_SOURCES: Final = frozenset(("irradiation_event_summary_data", "accumulated_dose_data"))


class Root:
    """What stands at the root of a dose report beside its doses."""

    def __init__(self) -> None:
        self.procedure_reported: Code | None = None
        self.intent: Code | None = None
        self.scope = Scope()
        self.sources: list[Code] = []
        self.observer: dict[str, str] = {}
        self.available: dict[str, bool | None] = {}


def read_root(content: Iterable[ContentItem], read: Reader, draft: Draft, sources: Mapping[str, Plane]) -> Root:
    """Read a dose report's content tree into a draft; what is not of dose is returned.

    Parameters
    ----------
    content
        The items of the root's content sequence.
    read
        The reader of the report's values.
    draft
        Receives accumulated doses and events, with the equipment mended by the device observer.
    sources
        The plane of each X-ray source of an enhanced report, by its text.
    """
    root = Root()
    for item in content:
        name = item.name
        if name is not None and name.endswith(MEANT):
            name = name.removesuffix(MEANT)
            read.notes.add(FindingCode.BY_MEANING, label(item))
        plane = sources[source_of(item)] if name in _OF_SOURCES else Plane.UNKNOWN
        if name in _EVENTS:
            read.notes.event = len(draft.events) + 1
            draft.events.append(read_event(item, read, draft, plane))
            draft.event_items.append(item)
            read.notes.event = 0
        elif name in _TOTALS:
            draft.accumulated.append(read_accumulated(item, read, draft, plane))
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
    elif name in _AVAILABLE:
        root.available.setdefault(name, values.yes_or_no(read, item))
    elif name == "person_name":
        add_person(item, draft)
    elif name == "device_role":
        add_device(item, read, draft)


def _scope(item: ContentItem, read: Reader) -> Scope:
    known = read.known(item)
    kind = ScopeKind(known) if known in _SCOPES else ScopeKind.UNKNOWN
    uid = next((read.text(child) for child in item.children if isinstance(child.value, str)), "")
    return Scope(kind, uid)


def _observed(equipment: Equipment, observer: dict[str, str]) -> Equipment:
    """The header's equipment, with what it lacks from the device observer."""
    missing = {name: text for name, text in observer.items() if text and not getattr(equipment, name)}
    return replace(equipment, **missing)
