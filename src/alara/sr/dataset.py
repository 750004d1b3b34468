"""One dataset read once: its top-level elements by tag, its content tree, its text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from alara.errors import UnreadableReason, UnreadableReport
from alara.model import Code
from alara.sr.content import CONTENT_SEQUENCE, ContentItem, Walker
from alara.sr.elements import UNDEFINED, Element, element_at, items, skip_value, tag
from alara.sr.limits import Budget
from alara.sr.part10 import Part10
from alara.sr.text import TextDecoder

__all__ = ["Dataset"]

_SPECIFIC_CHARACTER_SET: Final = tag(0x0008, 0x0005)
_CONCEPT_NAME: Final = tag(0x0040, 0xA043)
_CONTENT_TEMPLATE: Final = tag(0x0040, 0xA504)
_TEMPLATE_IDENTIFIER: Final = tag(0x0040, 0xDB00)
_CODE_VALUES: Final = (tag(0x0008, 0x0100), tag(0x0008, 0x0119), tag(0x0008, 0x0120))
_CODING_SCHEME: Final = tag(0x0008, 0x0102)
_CODE_MEANING: Final = tag(0x0008, 0x0104)


class Dataset:
    """A dataset whose whole structure is sound; see :mod:`alara.sr.elements` for what that means.

    ``content`` is its content tree, ``None`` when it has no content sequence.

    Raises
    ------
    UnreadableReport
        TRUNCATED, MALFORMED, TOO_DEEP or TOO_MANY_ELEMENTS.
    """

    def __init__(self, part: Part10, name: Callable[[Code], str | None]) -> None:
        self._name = name
        self._data = part.data
        self._implicit = part.implicit
        self._budget = Budget()
        self.decoder = TextDecoder()
        self.content: list[ContentItem] | None = None
        self._elements: dict[int, Element] = {}
        self._read(part.start)

    def _read(self, position: int) -> None:
        data, limit, implicit, budget = self._data, len(self._data), self._implicit, self._budget
        walker = Walker(data, implicit, self.decoder, budget, self._name)
        while position < limit:
            element = element_at(data, position, limit, implicit, budget)
            self._elements.setdefault(element.tag, element)
            if element.tag == CONTENT_SEQUENCE:
                if self.content is not None:
                    raise UnreadableReport(UnreadableReason.MALFORMED, "It has two content sequences.")
                self.content, position = walker.content(element, limit)
                continue
            position = skip_value(data, element, limit, implicit, budget)
            if element.tag == _SPECIFIC_CHARACTER_SET:
                self.decoder.declared = self.text(element.tag)

    def __contains__(self, number: int) -> bool:
        return number in self._elements

    def text(self, number: int) -> str:
        """The text of a top-level element, without padding; empty when absent."""
        element = self._elements.get(number)
        return self._text_of(element) if element is not None else ""

    def first(self, number: int) -> str:
        """The first of the values of a top-level element as text; empty when absent."""
        return self.text(number).partition("\\")[0].strip()

    def unsigned_short(self, number: int) -> int:
        """The first number of a top-level element of two-byte integers (US); 0 when absent."""
        element = self._elements.get(number)
        if element is None or element.length == UNDEFINED:
            return 0
        return int.from_bytes(self._data[element.start : element.start + min(element.length, 2)], "little")

    def number_text(self, number: int, *, binary: bool = False) -> str:
        """A top-level number as text; empty when absent.

        ``binary`` says that the standard has it as two binary bytes (US), for a dataset that does not say.
        """
        element = self._elements.get(number)
        if element is not None and (element.vr == b"US" or (binary and not element.vr)):
            return str(self.unsigned_short(number)) if element.length else ""
        return self.text(number)

    def template(self) -> str:
        """The identifier of the template that the content follows; empty when it does not say."""
        return next(iter(self.texts(_CONTENT_TEMPLATE, _TEMPLATE_IDENTIFIER)), "")

    def root_concept(self) -> str | None:
        """The name of the document's title."""
        return next((self._name(code) for code in self.codes(_CONCEPT_NAME)), None)

    def codes(self, *path: int) -> tuple[Code, ...]:
        """The codes of a code sequence, each once, reached through the items of sequences."""
        found = (self._code_of(item) for item in self._items(*path))
        return tuple(dict.fromkeys(code for code in found if code is not None))

    def texts(self, *path: int) -> tuple[str, ...]:
        """The values of an element of the items of sequences, without the empty ones."""
        *sequences, number = path
        found = [self._text_of(e) for item in self._items(*sequences) for e in item if e.tag == number]
        return tuple(text for text in found if text)

    def names(self, *path: int) -> tuple[str, ...]:
        """The persons that an element names, at the top level or in the items of sequences.

        What is not valid in the character set is marked as in any text, and not counted.
        """
        *sequences, number = path
        level = self._items(*sequences) if sequences else iter([list(self._elements.values())])
        found = (self._text_of(e, self.decoder.aside) for item in level for e in item if e.tag == number)
        return tuple(name for text in found for name in text.split("\\"))

    def _items(self, *path: int) -> Iterator[list[Element]]:
        sequences = [self._elements[path[0]]] if path[0] in self._elements else []
        for number in path[1:]:
            sequences = [e for sequence in sequences for item in self._open(sequence) for e in item if e.tag == number]
        return (item for sequence in sequences for item in self._open(sequence))

    def _open(self, sequence: Element) -> Iterator[list[Element]]:
        return items(self._data, sequence, len(self._data), self._implicit, self._budget)

    def _text_of(self, element: Element, decode: Callable[[bytes], str] | None = None) -> str:
        if element.length == UNDEFINED:
            return ""
        return (decode or self.decoder)(self._data[element.start : element.start + element.length])

    def _code_of(self, item: list[Element]) -> Code | None:
        by_tag = {element.tag: element for element in item}
        value = next((self._text_of(by_tag[number]) for number in _CODE_VALUES if number in by_tag), "")
        scheme = self._text_of(by_tag[_CODING_SCHEME]) if _CODING_SCHEME in by_tag else ""
        meaning = self._text_of(by_tag[_CODE_MEANING]) if _CODE_MEANING in by_tag else ""
        return Code(value, scheme, meaning) if value else None
