"""From the bytes of a file to the little-endian bytes of its dataset (PS3.10, PS3.5 Annex A).

A file may have a preamble and file meta information, or be a bare dataset.
Deflated data is inflated under a limit; big endian is turned around once, so
that everything after reads one byte order.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Final

from alara.errors import UnreadableReason, UnreadableReport
from alara.sr.byteorder import little_endian
from alara.sr.elements import PIXEL_DATA, UNDEFINED, element_at, header_at, is_explicit, skip_value, tag
from alara.sr.limits import MAX_BYTES, MAX_IMAGE_BYTES, MAX_INFLATED_BYTES, Budget

__all__ = ["Part10", "open_part10", "read_meta"]

_PREAMBLE: Final = 128
_MAGIC: Final = b"DICM"
_META_GROUP: Final = b"\x02\x00"

_IMPLICIT: Final = "1.2.840.10008.1.2"
_EXPLICIT: Final = "1.2.840.10008.1.2.1"
_DEFLATED: Final = "1.2.840.10008.1.2.1.99"
_BIG_ENDIAN: Final = "1.2.840.10008.1.2.2"
#: Encapsulated pixel data (JPEG and its like, RLE); the header is explicit little endian.
_ENCAPSULATED: Final = ("1.2.840.10008.1.2.4.", "1.2.840.10008.1.2.5")

#: Float Pixel Data, Double Float Pixel Data, Pixel Data.
_PIXELS: Final = (tag(0x7FE0, 0x0008), tag(0x7FE0, 0x0009), PIXEL_DATA)

MEDIA_SOP_CLASS: Final = tag(0x0002, 0x0002)
MEDIA_SOP_INSTANCE: Final = tag(0x0002, 0x0003)
TRANSFER_SYNTAX: Final = tag(0x0002, 0x0010)
SENDING_AE: Final = tag(0x0002, 0x0017)
RECEIVING_AE: Final = tag(0x0002, 0x0018)
SENDING_ADDRESS: Final = tag(0x0002, 0x0027)


@dataclass(frozen=True, slots=True)
class Part10:
    """A file opened: its meta information as raw values, and its dataset in little endian.

    ``mislabelled`` says that the dataset is not in the transfer syntax that the meta information names.
    """

    meta: dict[int, bytes]
    data: bytes
    start: int
    implicit: bool
    mislabelled: bool = False

    def meta_text(self, number: int) -> str:
        """A value of the meta information as text; empty when absent."""
        return self.meta.get(number, b"").decode("ascii", "replace").strip(" \0")


def open_part10(data: bytes) -> Part10:
    """Open a file or a bare dataset.

    Raises
    ------
    UnreadableReport
        EMPTY, NOT_DICOM, TRUNCATED, MALFORMED, TOO_LARGE or UNSUPPORTED_TRANSFER_SYNTAX.
    """
    if not data:
        raise UnreadableReport(UnreadableReason.EMPTY)
    if len(data) > MAX_IMAGE_BYTES:
        raise _too_large(data)
    meta, start = read_meta(data)
    if start == len(data):
        raise UnreadableReport(UnreadableReason.TRUNCATED, "There is no dataset after the meta information.")
    syntax = meta.get(TRANSFER_SYNTAX, b"").decode("ascii", "replace").strip(" \0")
    return _in_little_endian(data, start, meta, syntax)


def read_meta(data: bytes) -> tuple[dict[int, bytes], int]:
    """The meta information, and where the dataset begins."""
    if data[_PREAMBLE : _PREAMBLE + 4] == _MAGIC:
        position = _PREAMBLE + 4
    elif data[:2] in (b"\x08\0", _META_GROUP, b"\0\x08"):
        position = 0
    elif len(data) < _PREAMBLE + 4 and _MAGIC.startswith(data[_PREAMBLE:]) and not any(data[:_PREAMBLE]):
        raise UnreadableReport(UnreadableReason.TRUNCATED, "The file ends inside its preamble.")
    else:
        raise UnreadableReport(UnreadableReason.NOT_DICOM)
    meta: dict[int, bytes] = {}
    budget = Budget()
    while data.startswith(_META_GROUP, position):
        element = element_at(data, position, len(data), False, budget)
        if element.length == UNDEFINED:
            raise UnreadableReport(UnreadableReason.MALFORMED, "An undefined length in the meta information.")
        position = element.start + element.length
        if position > len(data):
            raise UnreadableReport(UnreadableReason.TRUNCATED, "The file ends inside its meta information.")
        meta.setdefault(element.tag, data[element.start : position])
    return meta, position


def _in_little_endian(data: bytes, start: int, meta: dict[int, bytes], syntax: str) -> Part10:
    if len(data) > MAX_BYTES and (syntax in (_DEFLATED, _BIG_ENDIAN) or not _is_long_by_pixels(data, start)):
        raise _too_large(data)
    if syntax == _DEFLATED:
        return Part10(meta, _inflate(data[start:]), 0, implicit=False)
    if syntax == _BIG_ENDIAN or (not syntax and data[start] == 0):
        return Part10(meta, little_endian(data, start), 0, implicit=False)
    implicit = not is_explicit(data, start)
    if not syntax:
        return Part10(meta, data, start, implicit)
    if syntax != _IMPLICIT and syntax != _EXPLICIT and not syntax.startswith(_ENCAPSULATED):
        raise UnreadableReport(UnreadableReason.UNSUPPORTED_TRANSFER_SYNTAX, syntax[:64])
    return Part10(meta, data, start, implicit, mislabelled=implicit != (syntax == _IMPLICIT))


def _too_large(data: bytes) -> UnreadableReport:
    return UnreadableReport(UnreadableReason.TOO_LARGE, f"It has {len(data)} bytes; the limit is {MAX_BYTES}.")


def _is_long_by_pixels(data: bytes, start: int) -> bool:
    """Whether all that stands before the pixels of an image is within the limit."""
    implicit, position, budget = not is_explicit(data, start), start, Budget()
    while position < MAX_BYTES:
        element = header_at(data, position, len(data), implicit)
        if element.tag in _PIXELS:
            return True
        position = skip_value(data, element, len(data), implicit, budget)
    return False


def _inflate(deflated: bytes) -> bytes:
    """Inflate a deflated dataset, never beyond the limit."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        data = inflater.decompress(deflated, MAX_INFLATED_BYTES)
    except zlib.error:
        raise UnreadableReport(UnreadableReason.MALFORMED, "The deflated dataset cannot be inflated.") from None
    if inflater.unconsumed_tail:
        raise UnreadableReport(UnreadableReason.TOO_LARGE, f"It inflates to more than {MAX_INFLATED_BYTES} bytes.")
    if not inflater.eof:
        raise UnreadableReport(UnreadableReason.TRUNCATED, "The deflated dataset ends early.")
    if not data:
        raise UnreadableReport(UnreadableReason.EMPTY)
    return data
