"""Explicit big endian, retired in 2006 but still on old disks, turned into explicit little endian."""

from __future__ import annotations

from struct import Struct
from typing import Final

from alara.errors import UnreadableReason, UnreadableReport
from alara.sr.elements import LONG_VRS, SHORT_VRS, UNDEFINED
from alara.sr.limits import Budget, overrun

__all__ = ["little_endian"]

#: How many bytes turn around together, by value representation; all others are text or octets.
_WIDTH: Final = {
    **dict.fromkeys((b"AT", b"US", b"SS", b"OW"), 2),
    **dict.fromkeys((b"UL", b"SL", b"FL", b"OL", b"OF"), 4),
    **dict.fromkeys((b"FD", b"OD", b"OV", b"SV", b"UV"), 8),
}
_FROM_SHORT: Final = Struct(">HH2sH")
_TO_SHORT: Final = Struct("<HH2sH")
_FROM_LONG: Final = Struct(">HH2sxxI")
_TO_LONG: Final = Struct("<HH2sxxI")
_FROM_ITEM: Final = Struct(">HHI")
_TO_ITEM: Final = Struct("<HHI")


def little_endian(data: bytes, position: int) -> bytes:
    """The dataset that begins at a position, as explicit little endian.

    Lengths are kept as they are, and are checked by whoever reads the result;
    here only what would pass the end of the bytes is refused.
    """
    budget, end = Budget(), len(data)
    parts: list[bytes] = []
    while position < end:
        budget.spend()
        if position + 8 > end:
            raise overrun(position + 8, data)
        group, element, vr, length = _FROM_SHORT.unpack_from(data, position)
        if group == 0xFFFE:
            # items and their ends stand in line with elements: entering one is reading on behind its header
            parts.append(_TO_ITEM.pack(*_FROM_ITEM.unpack_from(data, position)))
            position += 8
            continue
        if vr in SHORT_VRS:
            parts.append(_TO_SHORT.pack(group, element, vr, length))
            position += 8
        elif vr in LONG_VRS:
            if position + 12 > end:
                raise overrun(position + 12, data)
            group, element, vr, length = _FROM_LONG.unpack_from(data, position)
            parts.append(_TO_LONG.pack(group, element, vr, length))
            position += 12
        else:
            raise UnreadableReport(UnreadableReason.MALFORMED, f"No value representation at {position}.")
        if vr == b"SQ" or length == UNDEFINED:
            continue
        if position + length > end:
            raise overrun(position + length, data)
        parts.append(_turned(data[position : position + length], _WIDTH.get(vr, 1)))
        position += length
    return b"".join(parts)


def _turned(value: bytes, width: int) -> bytes:
    if width == 1 or len(value) % width:
        return value
    turned = bytearray(len(value))
    for offset in range(width):
        turned[offset::width] = value[width - 1 - offset :: width]
    return bytes(turned)
