"""Persons who took part (PS3.16 TID 1020): their roles alone."""

from __future__ import annotations

from alara.model import Code
from alara.sr.content import ContentItem
from alara.sr.draft import Draft

__all__ = ["add_person"]


def add_person(person: ContentItem, draft: Draft) -> None:
    """Add the role of a person; the name itself is never kept."""
    for child in person.children:
        if child.name == "person_role" and isinstance(child.value, Code):
            draft.person_roles[child.value] = None
