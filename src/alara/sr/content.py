"""The content tree of a structured report (PS3.3 C.17.3), walked over its bytes in one pass.

A report repeats a few hundred distinct content items and codes thousands of
times, so both are memoised by their exact bytes. An item of undefined length
may be memoised too: what it parses to depends on its own bytes alone, so the
same bytes again, wherever they stand, end at the same place.

There is no recursion, no object per element, and no length that is not held
against the end of what encloses it.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import Final, TypeVar

from alara.errors import UnreadableReason, UnreadableReport
from alara.model import Code
from alara.sr.elements import (
    ITEM,
    ITEM_END,
    SEQUENCE_END,
    SHORT_VRS,
    UNDEFINED,
    Element,
    header_at,
    item_elements,
    skip_sequence,
    skip_value,
    tag,
)
from alara.sr.limits import MAX_DEPTH, Budget, overrun
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
_CODE_VALUES: Final = frozenset(
    tag(0x0008, element)
    for element in (
        0x0100,  # Code Value
        0x0119,  # Long Code Value
        0x0120,  # URN Code Value
    )
)
_CODING_SCHEME: Final = tag(0x0008, 0x0102)
_CODE_MEANING: Final = tag(0x0008, 0x0104)

_PAIR: Final = Struct("<II")
_EXPLICIT_HEADER: Final = Struct("<I2sH")
#: Longest item that is worth remembering; leaf items of real reports have 150 to 300 bytes.
_MEMO_BYTES: Final = 1024
_BETWEEN_ITEMS: Final = b"\xfe\xff\x0d\xe0\x00\x00\x00\x00\xfe\xff\x00\xe0"
_SEQUENCE_END_BYTES: Final = b"\xfe\xff\xdd\xe0\x00\x00\x00\x00"
_NUMERIC_VALUE_BYTES: Final = b"\x40\x00\x0a\xa3"

V = TypeVar("V")
#: A NUM item, the length of its number, the bytes after that, and what reading it spent of the budget.
_AroundNumber = tuple["ContentItem", int, bytes, int]


class _Seen:
    """What the reports before held, by its bytes: a C-arm sends the same codes and items in every report.

    Only what owes nothing to its own report comes in (:meth:`Walker._owed`),
    so that no report's meaning depends on those before it.
    """

    __slots__ = ("around_numbers", "codes", "items")

    _MOST: Final = 4096

    def __init__(self) -> None:
        self.codes: dict[bytes, Code] = {}
        self.items: dict[bytes, ContentItem] = {}
        self.around_numbers: dict[bytes, _AroundNumber] = {}

    def add(self, memo: dict[bytes, V], raw: bytes, value: V) -> None:
        """Remember under the bytes; a memo that is full begins anew."""
        if len(memo) >= self._MOST:
            memo.clear()
        memo[raw] = value


#: By whether value representations are implicit.
_SEEN: Final = {False: _Seen(), True: _Seen()}
#: What every report of a device has again, and what most reports have only once.
_REPEATED: Final = frozenset(("CODE", "TEXT"))


class ContentItem:
    """One content item: what it is (``name`` in :mod:`alara.sr.codes`, or its code as sent), and its value.

    ``value`` is the text of a NUM, TEXT, UIDREF or date item as sent, the
    :class:`Code` of a CODE item, else ``None``. Names of persons are not kept.
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

    def with_value(self, value: str) -> ContentItem:
        """The same item with another value."""
        item = ContentItem.__new__(ContentItem)
        item.relationship = self.relationship
        item.value_type = self.value_type
        item.concept = self.concept
        item.name = self.name
        item.value = value
        item.unit = self.unit
        item.qualifier = self.qualifier
        item.children = self.children
        return item


class _Frame:
    """A content item whose content sequence is being walked, and the sequence that it stands in."""

    __slots__ = ("end", "item", "limit", "sequence_end", "sequence_limit", "siblings", "start")

    def __init__(
        self,
        item: ContentItem,
        start: int,
        end: int,
        limit: int,
        siblings: list[ContentItem],
        sequence_end: int,
        sequence_limit: int,
    ) -> None:
        self.item = item
        self.start = start
        self.end = end
        self.limit = limit
        self.siblings = siblings
        self.sequence_end = sequence_end
        self.sequence_limit = sequence_limit


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
        self._seen = _SEEN[implicit]
        self._items: dict[bytes, ContentItem] = {}
        #: Codes that are not among those of other reports.
        self._codes: dict[bytes, Code | None] = {}
        #: How many names and remembered codes were used that are of this report alone.
        self._own = 0
        #: Sequences that nobody reads, by their bytes, once their structure was found sound.
        self._sound: set[bytes] = set()
        #: By the bytes of a NUM item up to its number.
        self._around_numbers: dict[bytes, _AroundNumber] = {}
        #: Where the number of the NUM item read last stands.
        self._number = (-1, -1)
        self._words: dict[bytes, str] = {}

    def content(self, sequence: Element, limit: int) -> tuple[list[ContentItem], int]:
        """The items of a content sequence and the position after it.

        Raises
        ------
        UnreadableReport
            TRUNCATED, MALFORMED, TOO_DEEP or TOO_MANY_ELEMENTS.
        """
        data, items, seen, budget = self._data, self._items, self._seen.items, self._budget
        unpack, find = _PAIR.unpack_from, data.find
        roots: list[ContentItem] = []
        siblings = roots
        position, sequence_end, limit = self._open(sequence, limit)
        stack: list[_Frame] = []
        while True:
            if position == sequence_end:
                start = -1
            else:
                body = position + 8
                if body > limit:
                    raise overrun(body, data)
                number, length = unpack(data, position)
                if number == ITEM:
                    start = position
                elif number == SEQUENCE_END and sequence_end < 0 and length == 0:
                    start, position = -1, body
                else:
                    raise UnreadableReport(
                        UnreadableReason.MALFORMED, f"No content item where one is due at {position}."
                    )
            if start >= 0:
                budget.left -= 1
                if budget.left < 0:
                    budget.spend()
                if length == UNDEFINED:
                    end, item_limit = -1, limit
                    after = find(_BETWEEN_ITEMS, body, body + _MEMO_BYTES) + 8
                else:
                    after = end = item_limit = body + length
                    if end > limit:
                        raise overrun(end, data)
                if body <= after <= limit and after - start <= _MEMO_BYTES:
                    raw = data[start:after]
                    known = items.get(raw) or seen.get(raw) or self._like_before(raw)
                    if known is not None:
                        siblings.append(known)
                        position = after
                        continue
                item, position = ContentItem(), body
                owed: int | None = self._owed()
                left = budget.left
            elif stack:
                frame = stack.pop()
                owed, left = None, budget.left
                item, start, end, item_limit = frame.item, frame.start, frame.end, frame.limit
                siblings, sequence_end, limit = frame.siblings, frame.sequence_end, frame.sequence_limit
            else:
                return roots, position
            nested, position = self._fill(item, position, end, item_limit)
            if nested is None:
                siblings.append(item)
                if position - start <= _MEMO_BYTES:
                    self._remember(item, start, position, left - budget.left, shared=owed == self._owed())
            else:
                stack.append(_Frame(item, start, end, item_limit, siblings, sequence_end, limit))
                if len(stack) > MAX_DEPTH:
                    raise UnreadableReport(UnreadableReason.TOO_DEEP)
                position, sequence_end, limit = self._open(nested, item_limit)
                siblings = item.children = []

    def _owed(self) -> int:
        """Grows whenever reading owes something to this report alone: its character set, its names or its memos."""
        return self._own + self._decode.beyond_ascii

    def _remember(self, item: ContentItem, start: int, end: int, spent: int, *, shared: bool) -> None:
        """Memoise a content item, and for a NUM item all that stands around its number."""
        data, seen = self._data, self._seen
        raw = data[start:end]
        self._items[raw] = item
        if item.children:
            return
        number_start, number_end = self._number
        if start >= number_start:
            if shared and not spent and item.value_type in _REPEATED:
                seen.add(seen.items, raw, item)
        elif isinstance(item.value, str):  # else a code stands behind the number and counts instead of it
            around = (item, number_end - number_start, data[number_end:end], spent)
            self._around_numbers[data[start:number_start]] = around
            if shared:
                seen.add(seen.around_numbers, data[start:number_start], around)

    def _like_before(self, raw: bytes) -> ContentItem | None:
        """A NUM item that differs from one before in nothing but the characters of its number.

        Its bytes up to the number are those of the one before, all lengths
        among them, so the number ends where that one did; the rest is compared.
        """
        cut = raw.rfind(_NUMERIC_VALUE_BYTES) + 8
        if cut <= 8:
            return None
        around = self._around_numbers.get(raw[:cut])
        if around is None:
            around = self._seen.around_numbers.get(raw[:cut])
            if around is None:
                return None
        before, length, rest, spent = around
        if raw[cut + length :] != rest:
            return None
        if raw[:cut] not in self._around_numbers:
            # the first of its like in this report spends what it would have without the reports before
            self._around_numbers[raw[:cut]] = around
            self._budget.spend(spent)
        item = self._items[raw] = before.with_value(self._decode(raw[cut : cut + length]))
        return item

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
                item.concept, position = self._code(element, limit)
                item.name = self._name_of(item.concept)
            elif number == _MEASURED_VALUE:
                position = self._measured(item, element, limit)
            elif number == _CONCEPT_CODE:
                item.value, position = self._code(element, limit)
            elif number == CONTENT_SEQUENCE:
                return element, start
            elif number == ITEM_END:
                if end >= 0 or length:
                    raise UnreadableReport(UnreadableReason.MALFORMED, f"A stray end of an item before {start}.")
                return None, start
            elif number == _QUALIFIER:
                item.qualifier, position = self._code(element, limit)
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

    def _word(self, raw: bytes) -> str:
        word = self._words.get(raw)
        if word is None:
            owed = self._owed()
            word = self._decode(raw)
            if owed == self._owed():  # else each of its uses owes
                self._words[raw] = word
        return word

    def _name_of(self, concept: Code | None) -> str | None:
        if concept is None:
            return None
        name = concept_name(concept)
        if name is None:
            name = self._name(concept)
            self._own += name is not None
        return name

    def _code(self, sequence: Element, limit: int) -> tuple[Code | None, int]:
        """The first code of a code sequence, and the position after it."""
        data, start, length = self._data, sequence.start, sequence.length
        if length == UNDEFINED:
            after = data.find(_SEQUENCE_END_BYTES, start, start + _MEMO_BYTES) + 8
        else:
            after = start + length
        if start <= after <= limit:
            # the length field is part of the key: the same bytes may end elsewhere under another length
            raw = data[start - 4 : after]
            code = self._seen.codes.get(raw)
            if code is not None:
                return code, after
            if raw in self._codes:
                self._own += 1
                return self._codes[raw], after
        owed, left = self._owed(), self._budget.left
        found, position = self._first_item(sequence, limit)
        code = self._code_of(found)
        raw = data[start - 4 : position]
        alike = owed == self._owed() and left == self._budget.left
        if code is not None and alike and len(raw) <= _MEMO_BYTES:
            self._seen.add(self._seen.codes, raw, code)
        else:
            self._codes[raw] = code
            self._own += 1
        return code, position

    def _skip(self, element: Element, limit: int) -> int:
        """The position after an element that nobody reads."""
        data, start, after = self._data, element.start, element.start + element.length
        if element.vr != b"SQ" and element.length != UNDEFINED:
            return skip_value(data, element, limit, self._implicit, self._budget)
        self._own += 1
        if element.length > _MEMO_BYTES or after > limit:
            return skip_value(data, element, limit, self._implicit, self._budget)
        raw = data[start - 4 : after]
        if raw not in self._sound:
            skip_value(data, element, limit, self._implicit, self._budget)
            self._sound.add(raw)
        return after

    def _first_item(self, sequence: Element, limit: int) -> tuple[list[Element], int]:
        """The elements of the first item of a sequence, and the position after the sequence."""
        data, implicit, budget = self._data, self._implicit, self._budget
        start, end, limit = self._open(sequence, limit)
        if start == end:
            return [], end
        item = item_elements(data, start, limit, implicit, budget)
        if item is None:
            return [], skip_sequence(data, sequence, limit, implicit, budget)
        found, position = item
        if position == end:
            return found, position
        if end < 0 and data.startswith(_SEQUENCE_END_BYTES, position):
            return found, position + 8
        return found, skip_sequence(data, sequence, limit, implicit, budget)

    def _code_of(self, found: list[Element]) -> Code | None:
        value = scheme = meaning = ""
        for number, _, start, length in found:
            if number in _CODE_VALUES:
                value = self._decode(self._data[start : start + length])
            elif number == _CODING_SCHEME:
                scheme = self._decode(self._data[start : start + length])
            elif number == _CODE_MEANING:
                meaning = self._decode.aside(self._data[start : start + length])
        return Code(value, scheme, meaning) if value or scheme or meaning else None

    def _measured(self, item: ContentItem, sequence: Element, limit: int) -> int:
        """Read the first measured value, its text as sent and its unit; the position after the sequence."""
        found, position = self._first_item(sequence, limit)
        for number, _, start, length in found:
            if number == _NUMERIC_VALUE and length != UNDEFINED:
                self._number = start, start + length
                item.value = self._decode(self._data[start : start + length])
        for element in found:
            if element.tag == _UNITS:
                item.unit, _ = self._code(element, position)
        return position
