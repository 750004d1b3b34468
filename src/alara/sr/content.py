"""The content tree of a structured report (PS3.3 C.17.3), walked over its bytes in one pass.

There is no recursion, no object per element, and no length that is not held
against the end of what encloses it. What was read before is not read again:
see :mod:`alara.sr.memos`.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import Final

from alara.errors import UnreadableReason, UnreadableReport
from alara.model import Code
from alara.sr.coded import Codes
from alara.sr.elements import (
    ITEM,
    ITEM_BYTES,
    ITEM_END,
    ITEM_END_BYTES,
    SEQUENCE_END,
    SEQUENCE_END_BYTES,
    SHORT_VRS,
    UNDEFINED,
    Element,
    first_item,
    header_at,
    skip_value,
    tag,
)
from alara.sr.item import ContentItem
from alara.sr.limits import MAX_DEPTH, Budget, overrun
from alara.sr.memos import MEMO_BYTES, Memos
from alara.sr.quirks import concept_name
from alara.sr.text import TextDecoder

__all__ = ["CONTENT_SEQUENCE", "ContentItem", "Walker"]

CONTENT_SEQUENCE: Final = tag(0x0040, 0xA730)
_RELATIONSHIP_TYPE: Final = tag(0x0040, 0xA010)
_VALUE_TYPE: Final = tag(0x0040, 0xA040)
_CONCEPT_NAME: Final = tag(0x0040, 0xA043)
_CONCEPT_CODE: Final = tag(0x0040, 0xA168)
_MEASURED_VALUE: Final = tag(0x0040, 0xA300)
_QUALIFIER: Final = tag(0x0040, 0xA301)
_PERSON_NAME: Final = tag(0x0040, 0xA123)
_NUMERIC_VALUE: Final = tag(0x0040, 0xA30A)
_UNITS: Final = tag(0x0040, 0x08EA)
_VALUES: Final = frozenset(
    tag(0x0040, element)
    for element in (
        0xA120,  # DateTime
        0xA121,  # Date
        0xA122,  # Time
        0xA124,  # UID
        0xA160,  # Text Value
    )
)

_PAIR: Final = Struct("<II")
_LENGTH: Final = Struct("<I")
_EXPLICIT_HEADER: Final = Struct("<I2sH")
_CONTENT_SEQUENCE_BYTES: Final = b"\x40\x00\x30\xa7"
#: The end of an item of undefined length in short: before the next one, or after the last sequence in it.
_BETWEEN_ITEMS: Final = b"\x00\x00\x00\x00\xfe\xff\x00\xe0"
_AFTER_SEQUENCE: Final = b"\x00\x00\x00\x00\xfe\xff\x0d\xe0"
#: An item whose content sequence is being walked, its start, its end and its limit; the items that it stands among,
#: the end and the limit of their sequence.
_Frame = tuple[ContentItem, int, int, int, list[ContentItem], int, int]


class Walker:
    """Walks the content sequences of one dataset, with one memo for all of them.

    Parameters
    ----------
    data
        The dataset, little endian.
    implicit
        Whether value representations are implicit.
    decode
        Of the dataset's character set.
    budget
        The count of elements that the dataset may still spend.
    name
        From the code of a concept to its one name, or ``None``.
    """

    def __init__(
        self,
        data: bytes,
        implicit: bool,
        decode: TextDecoder,
        budget: Budget,
        name: Callable[[Code], str | None],
    ) -> None:
        self._data = data
        self._implicit = implicit
        self._decode = decode
        self._budget = budget
        self._name = name
        #: How long the header of a sequence is.
        self._header = 8 if implicit else 12
        self._memos = Memos(implicit, decode, budget)
        self._codes = Codes(data, implicit, decode, budget, self._memos)
        #: Items as far as the length of their content sequence, by those bytes.
        self._heads: dict[bytes, ContentItem] = {}
        #: Sequences that nobody reads, by their bytes, once their structure was found sound.
        self._sound: set[bytes] = set()
        #: Where the value of the item read last stands.
        self._value = (-1, -1)
        self._words: dict[bytes, str] = {}

    def content(self, sequence: Element, limit: int) -> tuple[list[ContentItem], int]:
        """The items of a content sequence and the position after it.

        Raises
        ------
        UnreadableReport
            TRUNCATED, MALFORMED, TOO_DEEP or TOO_MANY_ELEMENTS.
        """
        data, unpack, find = self._data, _LENGTH.unpack_from, self._data.find
        items, like_before = self._memos.items, self._memos.like_before
        roots: list[ContentItem] = []
        siblings, stack = roots, list[_Frame]()
        position, sequence_end, limit = self._open(sequence, limit)
        while True:
            after, length, last = position, 0, limit - 8
            while position <= last:
                # most of what there is is known by its bytes
                (length,) = unpack(data, position + 4)
                after = position + 8 + length
                if length == UNDEFINED:
                    after = find(_BETWEEN_ITEMS, position + 8, position + MEMO_BYTES) + 4
                raw = data[position:after] if after <= limit and after - position <= MEMO_BYTES else b""
                known = items.get(raw)
                if known is None:
                    known = like_before(raw)
                    if known is None and length == UNDEFINED:
                        after = find(_AFTER_SEQUENCE, position + 8, position + MEMO_BYTES) + 12
                        known = like_before(data[position:after]) if after <= limit else None
                    if known is None:
                        break
                siblings.append(known)
                position = after
            if self._closes(position, sequence_end, limit):
                position += 8 if sequence_end < 0 else 0
                self._budget.spend(len(siblings))
                if not stack:
                    return roots, position
                item, start, end, item_limit, siblings, sequence_end, limit = stack.pop()
                siblings.append(item)
                position = self._rest(item, start, position, end, item_limit)
                continue
            start, end = position, -1 if length == UNDEFINED else after
            item_limit = limit if end < 0 else end
            if item_limit > limit:
                raise overrun(end, data)
            item, nested, position = self._item(start, end, item_limit)
            if nested is None:
                siblings.append(item)
                continue
            stack.append((item, start, end, item_limit, siblings, sequence_end, limit))
            if len(stack) > MAX_DEPTH:
                raise UnreadableReport(UnreadableReason.TOO_DEEP)
            position, sequence_end, limit = self._open(nested, item_limit)
            siblings = item.children = []

    def _closes(self, position: int, sequence_end: int, limit: int) -> bool:
        """Whether a sequence ends here; if not, an item begins.

        Raises
        ------
        UnreadableReport
            TRUNCATED or MALFORMED, when neither does.
        """
        if position == sequence_end:
            return True
        if position + 8 > limit:
            raise overrun(position + 8, self._data)
        if self._data.startswith(ITEM_BYTES, position):
            return False
        if sequence_end < 0 and self._data.startswith(SEQUENCE_END_BYTES, position):
            return True
        raise UnreadableReport(UnreadableReason.MALFORMED, f"No content item where one is due at {position}.")

    def _item(self, start: int, end: int, limit: int) -> tuple[ContentItem, Element | None, int]:
        """Read an item that is not like any before.

        Returns
        -------
        The item, its content sequence if it has one, and the position after the item or where that sequence starts.
        """
        data, memos, budget, body = self._data, self._memos, self._budget, start + 8
        cut = data.find(_CONTENT_SEQUENCE_BYTES, body, body + MEMO_BYTES)
        nested = cut + self._header
        if body <= cut and nested <= limit:
            head = self._heads.get(data[body : nested - 4])
            if head is not None:
                length: int = _LENGTH.unpack_from(data, nested - 4)[0]
                return head.with_value(head.value), Element(CONTENT_SEQUENCE, b"SQ", nested, length), nested
        item, self._value = ContentItem(), (-1, -1)
        owed, left = memos.owed, budget.left
        sequence, position = self._fill(item, body, end, limit)
        if sequence is not None:
            if position - body <= MEMO_BYTES:
                self._heads[data[body : position - 4]] = item
        elif position - start <= MEMO_BYTES:
            value = self._value[0] - start, self._value[1] - start
            memos.remember(item, data[start:position], value, left - budget.left, shared=owed == memos.owed)
        return item, sequence, position

    def _rest(self, item: ContentItem, start: int, position: int, end: int, limit: int) -> int:
        """Read what stands in an item behind its content sequence: as a rule nothing but its end."""
        if end < 0 and position + 8 <= limit and self._data.startswith(ITEM_END_BYTES, position):
            position += 8
        elif position != end:
            sequence, position = self._fill(item, position, end, limit)
            if sequence is not None:
                raise UnreadableReport(UnreadableReason.MALFORMED, "A content item has two content sequences.")
        if position - start <= MEMO_BYTES:
            self._memos.items[self._data[start:position]] = item
        return position

    def _open(self, sequence: Element, limit: int) -> tuple[int, int, int]:
        """Where a sequence starts, where it ends (negative while undefined), and what it may not pass."""
        if sequence.length == UNDEFINED:
            return sequence.start, -1, limit
        end = sequence.start + sequence.length
        if end > limit:
            raise overrun(end, self._data)
        return sequence.start, end, end

    def _fill(self, item: ContentItem, position: int, end: int, limit: int) -> tuple[Element | None, int]:
        """Read an item's elements up to its end or to its content sequence, which the caller walks."""
        data, implicit = self._data, self._implicit
        while position != end:
            if not implicit and position + 8 <= limit:
                # most elements have a short header: no object is made of it
                number, vr, length = _EXPLICIT_HEADER.unpack_from(data, position)
                if vr in SHORT_VRS:
                    start = position + 8
                    position = start + length
                    if position > limit:
                        raise overrun(position, data)
                    self._set(item, number, start, position)
                    continue
            element = header_at(data, position, limit, implicit)
            number, _, start, length = element
            if number == _CONCEPT_NAME:
                item.concept, position = self._codes.at(element, limit)
                item.name = self._name_of(item.concept)
            elif number == _MEASURED_VALUE:
                position = self._measured(item, element, limit)
            elif number == _CONCEPT_CODE:
                item.value, position = self._codes.at(element, limit)
            elif number == CONTENT_SEQUENCE:
                return element, start
            elif number == ITEM_END:
                if end >= 0 or length:
                    raise UnreadableReport(UnreadableReason.MALFORMED, f"A stray end of an item before {start}.")
                return None, start
            elif number == _QUALIFIER:
                item.qualifier, position = self._codes.at(element, limit)
            elif number in (ITEM, SEQUENCE_END):
                raise UnreadableReport(UnreadableReason.MALFORMED, f"An item inside an item before {start}.")
            else:
                position = self._skip(element, limit)
                self._set(item, number, start, position)
        return None, position

    def _set(self, item: ContentItem, number: int, start: int, end: int) -> None:
        """Set what a plain element says of its item."""
        if number == _RELATIONSHIP_TYPE:
            item.relationship = self._word(self._data[start:end])
        elif number == _VALUE_TYPE:
            item.value_type = self._word(self._data[start:end])
        elif number in _VALUES and item.value is None:
            item.value = self._decode(self._data[start:end])
            self._value = start, end
        elif number == _PERSON_NAME:
            item.value = self._decode.aside(self._data[start:end])

    def _word(self, raw: bytes) -> str:
        word, memos = self._words.get(raw), self._memos
        if word is None:
            owed = memos.owed
            word = self._decode(raw)
            if owed == memos.owed:  # else each of its uses owes
                self._words[raw] = word
        return word

    def _name_of(self, concept: Code | None) -> str | None:
        if concept is None:
            return None
        name = concept_name(concept)
        if name is None:
            name = self._name(concept)
            self._memos.own += name is not None
        return name

    def _skip(self, element: Element, limit: int) -> int:
        """The position after an element that nobody reads."""
        data, start, after = self._data, element.start, element.start + element.length
        if element.vr != b"SQ" and element.length != UNDEFINED:
            return skip_value(data, element, limit, self._implicit, self._budget)
        self._memos.own += 1
        if element.length > MEMO_BYTES or after > limit:
            return skip_value(data, element, limit, self._implicit, self._budget)
        raw = data[start - 4 : after]
        if raw not in self._sound:
            skip_value(data, element, limit, self._implicit, self._budget)
            self._sound.add(raw)
        return after

    def _measured(self, item: ContentItem, sequence: Element, limit: int) -> int:
        """Read the first measured value, its text as sent and its unit; the position after the sequence."""
        found, position = first_item(self._data, sequence, limit, self._implicit, self._budget)
        for number, _, start, length in found:
            if number == _NUMERIC_VALUE and length != UNDEFINED:
                self._value = start, start + length
                item.value = self._decode(self._data[start : start + length])
        for element in found:
            if element.tag == _UNITS:
                item.unit, _ = self._codes.at(element, position)
        return position
