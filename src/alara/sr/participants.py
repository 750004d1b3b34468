"""Who and what took part: of persons (PS3.16 TID 1020) the roles alone, of devices (TID 1021) what they are."""

from __future__ import annotations

from alara.model import Code, Device
from alara.sr import values
from alara.sr.content import ContentItem
from alara.sr.draft import Draft
from alara.sr.reading import Reader

__all__ = ["add_device", "add_person"]


def add_person(person: ContentItem, draft: Draft) -> None:
    """Add the role of a person; the name itself is never kept."""
    for child in person.children:
        if child.name == "person_role" and isinstance(child.value, Code):
            draft.person_roles[child.value] = None


def add_device(item: ContentItem, read: Reader, draft: Draft) -> None:
    """Add a device that tells which one it is."""
    device = read.read(item, values.device)
    if isinstance(device, Device):
        draft.devices[device] = None
