"""Attribute lists of messages, taken apart and put together as bytes.

Only what a performed procedure step or a request for storage commitment needs,
and only in the default transfer syntax, implicit VR little endian, which every
sender of these must offer (PS3.5 section 10.1). An element is there its tag,
its length and its value (PS3.5 section 7.1.3), so that two lists are merged
without decoding what they say. Every length is held against the end.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from typing import Final

__all__ = ["BrokenList", "element", "items", "join", "sequence", "split", "tag", "text"]

_HEADER: Final = struct.Struct("<HHL")
_UNDEFINED: Final = 0xFFFFFFFF
_ITEM: Final = 0xFFFEE000
_END_OF_ITEM: Final = 0xFFFEE00D
_END_OF_SEQUENCE: Final = 0xFFFEE0DD

#: No step or request of the standard comes near to these.
_MOST_ELEMENTS: Final = 10_000
_DEEPEST: Final = 32


class BrokenList(ValueError):
    """The bytes are no attribute list."""


def tag(group: int, number: int) -> int:
    """A tag as one number."""
    return group << 16 | number


def split(data: bytes) -> dict[int, bytes]:
    """The top-level elements: tag → the whole element as it came, header and all.

    Raises
    ------
    BrokenList
        When a length reaches beyond the end, a sequence does not end, or a tag comes twice.
    """
    found: dict[int, bytes] = {}
    at = 0
    while at < len(data):
        number, _, end = _element_at(data, at)
        if number in found or number >> 16 == 0xFFFE or len(found) == _MOST_ELEMENTS:
            raise BrokenList("a tag twice, a delimiter outside a sequence, or too many elements")
        found[number] = data[at:end]
        at = end
    return found


def join(elements: Mapping[int, bytes]) -> bytes:
    """A dataset of whole elements, in the order of their tags."""
    return b"".join(elements[number] for number in sorted(elements))


def text(elements: Mapping[int, bytes], number: int) -> str:
    """The value of an element of ASCII text without its padding; empty when it is absent."""
    return elements.get(number, b"")[_HEADER.size :].rstrip(b"\0 ").lstrip(b" ").decode("ascii", "replace")


def items(whole: bytes) -> list[dict[int, bytes]]:
    """The items of a sequence element, each taken apart; none for an element that is absent (no bytes).

    Raises
    ------
    BrokenList
        When it is no sequence.
    """
    found: list[dict[int, bytes]] = []
    at = _HEADER.size
    while at < len(whole):
        number, length = _header_at(whole, at)
        if number == _END_OF_SEQUENCE:
            break
        if number != _ITEM or len(found) == _MOST_ELEMENTS:
            raise BrokenList("what is no item in a sequence, or too many items")
        start = at + _HEADER.size
        end = _end_of(whole, start, _ITEM) if length == _UNDEFINED else _within(whole, start + length)
        found.append(split(whole[start : end - _HEADER.size if length == _UNDEFINED else end]))
        at = end
    return found


def element(number: int, value: bytes, pad: bytes = b" ") -> bytes:
    """One element; a value of odd length is padded (UIDs with a NUL, text with a space)."""
    value += pad * (len(value) % 2)
    return _HEADER.pack(number >> 16, number & 0xFFFF, len(value)) + value


def sequence(number: int, datasets: Iterable[bytes]) -> bytes:
    """A sequence element of items of defined length."""
    return element(number, b"".join(_HEADER.pack(0xFFFE, 0xE000, len(data)) + data for data in datasets))


def _header_at(data: bytes, at: int) -> tuple[int, int]:
    if at + _HEADER.size > len(data):
        raise BrokenList("half an element at the end")
    group, number, length = _HEADER.unpack_from(data, at)
    return tag(group, number), length


def _element_at(data: bytes, at: int) -> tuple[int, int, int]:
    """Tag and length of an element, and where it ends."""
    number, length = _header_at(data, at)
    start = at + _HEADER.size
    end = _end_of(data, start, _END_OF_SEQUENCE) if length == _UNDEFINED else _within(data, start + length)
    return number, length, end


def _within(data: bytes, end: int) -> int:
    if end > len(data):
        raise BrokenList("a length that reaches beyond the end")
    return end


def _end_of(data: bytes, at: int, what: int) -> int:
    """Where a sequence (``_END_OF_SEQUENCE``) or an item (``_ITEM``) of undefined length ends."""
    inside = [what == _ITEM]  # for each level, without recursion: whether it is an item
    while inside:
        number, length = _header_at(data, at)
        at += _HEADER.size
        if number == (_END_OF_ITEM if inside[-1] else _END_OF_SEQUENCE):
            inside.pop()
        elif not inside[-1] and number != _ITEM:
            raise BrokenList("what is no item in a sequence")
        elif length == _UNDEFINED:
            inside.append(not inside[-1])
            if len(inside) > _DEEPEST:
                raise BrokenList("nested too deeply")
        else:
            at = _within(data, at + length)
    return at
