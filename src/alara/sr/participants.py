"""Who and what took part: persons (PS3.16 TID 1020) by role, the operator for the code alone; devices (TID 1021)."""

from __future__ import annotations

from typing import Final

from alara.model import Code, Device
from alara.sr import values
from alara.sr.content import ContentItem
from alara.sr.draft import Draft
from alara.sr.persons import normal_name
from alara.sr.reading import Reader

__all__ = ["add_device", "add_person"]

_ADMINISTERING: Final = Code("113851", "DCM")


def add_person(person: ContentItem, draft: Draft) -> None:
    """Add the role of a person, and who it is where that is the role of administering the irradiation."""
    roles = [child.value for child in person.children if child.name == "person_role" and isinstance(child.value, Code)]
    draft.person_roles.update(dict.fromkeys(roles))
    if _ADMINISTERING in roles and (operator := _id(person) or normal_name(_text(person))):
        draft.operators[operator] = None


def add_device(item: ContentItem, read: Reader, draft: Draft) -> None:
    """Add a device that tells which one it is."""
    device = read.read(item, values.device)
    if isinstance(device, Device):
        draft.devices[device] = None


def _id(person: ContentItem) -> str:
    return next((text for child in person.children if child.name == "person_id" and (text := _text(child))), "")


def _text(item: ContentItem) -> str:
    return item.value.strip() if isinstance(item.value, str) else ""
