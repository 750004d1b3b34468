"""One content item of a structured report (PS3.3 C.17.3), as the tree holds it."""

from __future__ import annotations

from alara.model import Code

__all__ = ["ContentItem"]


class ContentItem:
    """One content item: what it is (``name`` in :mod:`alara.sr.codes`, or its code as sent), and its value.

    ``value`` is the text of a NUM, TEXT, PNAME, UIDREF or date item as sent, the
    :class:`Code` of a CODE item, else ``None``.
    Equal bytes give the same object, so a reading of it may be remembered by it.
    """

    __slots__ = ("children", "concept", "name", "qualifier", "relationship", "unit", "value", "value_type")

    def __init__(self) -> None:
        self.relationship = ""
        self.value_type = ""
        self.concept: Code | None = None
        self.name: str | None = None
        self.value: str | Code | None = None
        self.unit: Code | None = None
        self.qualifier: Code | None = None
        self.children: list[ContentItem] | tuple[()] = ()

    def with_value(self, value: str | Code | None) -> ContentItem:
        """The same item with another value, without children."""
        item = ContentItem.__new__(ContentItem)
        item.relationship = self.relationship
        item.value_type = self.value_type
        item.concept = self.concept
        item.name = self.name
        item.value = value
        item.unit = self.unit
        item.qualifier = self.qualifier
        item.children = ()
        return item
