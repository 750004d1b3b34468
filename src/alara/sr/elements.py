"""Elements of a dataset by their lengths alone (PS3.5 chapter 7): nothing is decoded, everything is checked.

Little endian, implicit or explicit. Sequences are walked with a stack, so that
no input makes the reader recurse, and every length is held against the end of
what encloses it and of the bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import Final, NamedTuple

from alara.errors import UnreadableReason, UnreadableReport
from alara.sr.limits import MAX_DEPTH, Budget, overrun

__all__ = [
    "ITEM",
    "ITEM_BYTES",
    "ITEM_END",
    "ITEM_END_BYTES",
    "LONG_VRS",
    "SEQUENCE_END",
    "SEQUENCE_END_BYTES",
    "SHORT_VRS",
    "UNDEFINED",
    "Element",
    "element_at",
    "elements",
    "first_item",
    "header_at",
    "is_explicit",
    "item_elements",
    "items",
    "skip_sequence",
    "skip_value",
    "tag",
]


def tag(group: int, element: int) -> int:
    """A tag as the walker compares it: the four bytes of a little-endian tag as one integer."""
    return element << 16 | group


UNDEFINED: Final = 0xFFFFFFFF
ITEM: Final = tag(0xFFFE, 0xE000)
ITEM_END: Final = tag(0xFFFE, 0xE00D)
SEQUENCE_END: Final = tag(0xFFFE, 0xE0DD)
ITEM_BYTES: Final = b"\xfe\xff\x00\xe0"
ITEM_END_BYTES: Final = b"\xfe\xff\x0d\xe0\x00\x00\x00\x00"
SEQUENCE_END_BYTES: Final = b"\xfe\xff\xdd\xe0\x00\x00\x00\x00"
PIXEL_DATA: Final = tag(0x7FE0, 0x0010)
_DELIMITERS: Final = frozenset((ITEM, ITEM_END, SEQUENCE_END))

#: Value representations with a length of two bytes, and those with one of four, in explicit datasets.
SHORT_VRS: Final = frozenset(b"AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US".split())
LONG_VRS: Final = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
_SEQUENCE: Final = b"SQ"
_UNKNOWN: Final = b"UN"
_FRAGMENTED: Final = frozenset((b"OB", b"OW"))

_EXPLICIT_HEADER: Final = Struct("<I2sH")
_PAIR: Final = Struct("<II")
_LENGTH: Final = Struct("<I")


class Element(NamedTuple):
    """One element: where its value lies. ``length`` may be :data:`UNDEFINED`; ``vr`` is empty when implicit."""

    tag: int
    vr: bytes
    start: int
    length: int


def is_explicit(data: bytes, position: int) -> bool:
    """Whether the element at a position has an explicit value representation."""
    vr = data[position + 4 : position + 6]
    return vr in SHORT_VRS or vr in LONG_VRS


def header_at(data: bytes, position: int, limit: int, implicit: bool) -> Element:
    """The header of the element at a position; its value is not yet checked against any end."""
    start = position + 8
    if start > limit:
        raise overrun(start, data)
    if implicit:
        number, length = _PAIR.unpack_from(data, position)
        return Element(number, b"", start, length)
    number, vr, length = _EXPLICIT_HEADER.unpack_from(data, position)
    if vr in SHORT_VRS:
        return Element(number, vr, start, length)
    if vr in LONG_VRS:
        if start + 4 > limit:
            raise overrun(start + 4, data)
        return Element(number, vr, start + 4, _LENGTH.unpack_from(data, start)[0])
    if number in _DELIMITERS:
        return Element(number, b"", start, _LENGTH.unpack_from(data, position + 4)[0])
    raise UnreadableReport(UnreadableReason.MALFORMED, f"No value representation at {position}.")


class _Open(NamedTuple):
    """A sequence or an item that is not yet closed; ``end`` is negative while undefined."""

    is_sequence: bool
    end: int
    limit: int
    implicit: bool
    fragments: bool = False


def skip_value(data: bytes, element: Element, limit: int, implicit: bool, budget: Budget) -> int:
    """The position after an element's value, with the structure inside a sequence checked.

    An implicit sequence of defined length that nobody reads is skipped by its
    length: without a dictionary it cannot be told from text.
    """
    if element.vr == _SEQUENCE or element.length == UNDEFINED:
        return skip_sequence(data, element, limit, implicit, budget)
    end = element.start + element.length
    if end > limit:
        raise overrun(end, data)
    return end


def _open_sequence(element: Element, limit: int, implicit: bool) -> _Open:
    if element.length != UNDEFINED:
        end = element.start + element.length
        return _Open(True, end, end, implicit)
    if element.vr in _FRAGMENTED or (implicit and element.tag == PIXEL_DATA):
        return _Open(True, -1, limit, implicit, fragments=True)
    if element.vr not in (_SEQUENCE, _UNKNOWN, b""):
        raise UnreadableReport(UnreadableReason.MALFORMED, "An undefined length on what is no sequence.")
    # PS3.5 6.2.2: an unknown value of undefined length is an implicit sequence
    return _Open(True, -1, limit, implicit or element.vr == _UNKNOWN)


def skip_sequence(data: bytes, element: Element, limit: int, implicit: bool, budget: Budget) -> int:
    """The position after a sequence, with the structure inside it checked."""
    _check_value(data, element, limit)
    stack = [_open_sequence(element, limit, implicit)]
    position = element.start
    while stack:
        is_sequence, end, limit, implicit, _ = top = stack[-1]
        if position == end:
            stack.pop()
            continue
        budget.left -= 1
        if budget.left < 0:
            budget.spend()
        if not (implicit or is_sequence) and position + 8 <= limit:
            # most elements have a short header: no object is made of it
            number, vr, length = _EXPLICIT_HEADER.unpack_from(data, position)
            if vr in SHORT_VRS and number not in _DELIMITERS:
                position += 8 + length
                if position > limit:
                    raise overrun(position, data)
                continue
        inner = header_at(data, position, limit, implicit or is_sequence)
        if inner.tag == (SEQUENCE_END if is_sequence else ITEM_END) and end < 0 and inner.length == 0:
            stack.pop()
            position = inner.start
        elif is_sequence:
            position = _enter_item(data, inner, top, stack)
        elif inner.vr == _SEQUENCE or inner.length == UNDEFINED:
            _check_value(data, inner, limit)
            stack.append(_open_sequence(inner, limit, implicit))
            if len(stack) > 2 * MAX_DEPTH:
                raise UnreadableReport(UnreadableReason.TOO_DEEP)
            position = inner.start
        else:
            _check_value(data, inner, limit)
            position = inner.start + inner.length
    return position


def _check_value(data: bytes, element: Element, limit: int) -> None:
    if element.tag in _DELIMITERS:
        raise UnreadableReport(UnreadableReason.MALFORMED, "An item or its end stands where an element is due.")
    if element.length != UNDEFINED and element.start + element.length > limit:
        raise overrun(element.start + element.length, data)


def _enter_item(data: bytes, item: Element, sequence: _Open, stack: list[_Open]) -> int:
    if item.tag != ITEM:
        raise UnreadableReport(UnreadableReason.MALFORMED, f"No item where one is due, before {item.start}.")
    if item.length == UNDEFINED:
        stack.append(_Open(False, -1, sequence.limit, sequence.implicit))
        return item.start
    end = item.start + item.length
    if end > sequence.limit:
        raise overrun(end, data)
    if sequence.fragments:
        return end
    stack.append(_Open(False, end, end, sequence.implicit))
    return item.start


def elements(data: bytes, position: int, limit: int, implicit: bool, budget: Budget) -> Iterator[Element]:
    """The elements of one level up to ``limit``; what is nested is checked and skipped."""
    while position < limit:
        element = element_at(data, position, limit, implicit, budget)
        position = skip_value(data, element, limit, implicit, budget)
        yield element


def element_at(data: bytes, position: int, limit: int, implicit: bool, budget: Budget) -> Element:
    """The header of the element at a position of a level where no item may stand."""
    budget.spend()
    element = header_at(data, position, limit, implicit)
    if element.tag in _DELIMITERS:
        raise UnreadableReport(UnreadableReason.MALFORMED, "An item stands outside any sequence.")
    return element


def item_elements(
    data: bytes, position: int, limit: int, implicit: bool, budget: Budget
) -> tuple[list[Element], int] | None:
    """The elements of the item at a position, and the position after it; ``None`` when no item stands there."""
    if position + 8 > limit:
        raise overrun(position + 8, data)
    number, length = _PAIR.unpack_from(data, position)
    if number != ITEM:
        return None
    position += 8
    end = -1 if length == UNDEFINED else position + length
    if end > limit:
        raise overrun(end, data)
    if end >= 0:
        limit = end
    found: list[Element] = []
    while position != end:
        element = header_at(data, position, limit, implicit)
        if element.tag == ITEM_END and end < 0:
            return found, element.start
        found.append(element)
        position = skip_value(data, element, limit, implicit, budget)
    return found, position


def first_item(data: bytes, sequence: Element, limit: int, implicit: bool, budget: Budget) -> tuple[list[Element], int]:
    """The elements of the first item of a sequence, none when it is empty, and the position after the sequence."""
    start, end = sequence.start, -1
    if sequence.length != UNDEFINED:
        end = start + sequence.length
        if end > limit:
            raise overrun(end, data)
        if start == end:
            return [], end
        limit = end
    item = item_elements(data, start, limit, implicit, budget)
    if item is None:
        return [], skip_sequence(data, sequence, limit, implicit, budget)
    found, position = item
    if position == end:
        return found, position
    if end < 0 and data.startswith(SEQUENCE_END_BYTES, position):
        return found, position + 8
    return found, skip_sequence(data, sequence, limit, implicit, budget)


def items(data: bytes, sequence: Element, limit: int, implicit: bool, budget: Budget) -> Iterator[list[Element]]:
    """The elements of each item of a sequence, in order."""
    position = sequence.start
    end = -1 if sequence.length == UNDEFINED else position + sequence.length
    limit = limit if end < 0 else end
    while position != end:
        item = item_elements(data, position, limit, implicit, budget)
        if item is None:
            return
        found, position = item
        yield found
