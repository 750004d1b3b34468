"""Named values → the bytes of a DICOM dataset or Part 10 file (PS3.5 section 7, PS3.10 section 7).

A dataset is a mapping from the standard's keywords to values, so that what is
written reads like PS3.6. Nothing is checked here: a builder of samples must be
able to write what a C-arm should not.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias, Union

from pydicom.datadict import dictionary_VR, tag_for_keyword

__all__ = [
    "DEFLATED",
    "EXPLICIT_BIG_ENDIAN",
    "EXPLICIT_LITTLE_ENDIAN",
    "IMPLEMENTATION_CLASS_UID",
    "IMPLICIT_LITTLE_ENDIAN",
    "Dataset",
    "Layout",
    "Value",
    "deflated",
    "part10",
]

EXPLICIT_LITTLE_ENDIAN: Final = "1.2.840.10008.1.2.1"
DEFLATED: Final = "1.2.840.10008.1.2.1.99"
EXPLICIT_BIG_ENDIAN: Final = "1.2.840.10008.1.2.2"
IMPLICIT_LITTLE_ENDIAN: Final = "1.2.840.10008.1.2"

#: Fixed, so that the same report gives the same bytes in every version of alara.
IMPLEMENTATION_CLASS_UID: Final = "2.25.190446259310838475520361290754018376513"
_IMPLEMENTATION_VERSION_NAME: Final = "ALARA_BUILD"

#: A text, a whole number (US, UL), raw bytes, or the items of a sequence.
Value: TypeAlias = Union[str, int, bytes, Sequence["Dataset"]]  # noqa: UP007 - a string inside needs Union
Dataset: TypeAlias = Mapping[str, Value]

_LONG: Final = frozenset((b"OB", b"OW", b"SQ", b"UN", b"UT", b"UC"))
_NUMBERS: Final = {b"US": "H", b"UL": "I"}
_IN_CHARACTER_SET: Final = frozenset((b"LO", b"LT", b"PN", b"SH", b"ST", b"UC", b"UT"))
_UNDEFINED: Final = 0xFFFFFFFF
_LARGEST_BLOCK: Final = 0xFFFF
_ITEM: Final = (0xFFFE, 0xE000)
_ITEM_END: Final = (0xFFFE, 0xE00D, 0)
_SEQUENCE_END: Final = (0xFFFE, 0xE0DD, 0)


@lru_cache(maxsize=1024)
def _lookup(keyword: str) -> tuple[int, bytes]:
    """Tag and value representation of a keyword of PS3.6, or of a tag in hexadecimal with its VR (``00291160LO``)."""
    tag = tag_for_keyword(keyword)
    if tag is None:
        return int(keyword[:8], 16), keyword[8:].encode("ascii")
    return tag, dictionary_VR(tag).encode("ascii")


@dataclass(frozen=True, slots=True)
class Layout:
    """How values become bytes: explicit or implicit VR, lengths defined or not, the character set, the byte order."""

    explicit: bool = True
    undefined_lengths: bool = False
    codec: str = "utf-8"
    big_endian: bool = False

    @property
    def transfer_syntax(self) -> str:
        if self.big_endian:
            return EXPLICIT_BIG_ENDIAN
        return EXPLICIT_LITTLE_ENDIAN if self.explicit else IMPLICIT_LITTLE_ENDIAN

    def dataset(self, elements: Dataset) -> bytes:
        return self.ordered({keyword: self.element(keyword, value) for keyword, value in elements.items()})

    def ordered(self, elements: Mapping[str, bytes]) -> bytes:
        """Elements that are bytes already, in ascending order of tags."""
        return b"".join(elements[keyword] for keyword in sorted(elements, key=_lookup))

    def element(self, keyword: str, value: Value) -> bytes:
        if isinstance(value, str | int | bytes):
            vr = _lookup(keyword)[1]
            return self._header(keyword, len(body := self._body(vr, value))) + body
        return self.sequence(keyword, map(self.dataset, value))

    def sequence(self, keyword: str, items: Iterable[bytes]) -> bytes:
        """A sequence of items that are bytes already."""
        body = b"".join(map(self._item, items))
        if self.undefined_lengths:
            return self._header(keyword, _UNDEFINED) + body + self._pack("HHI", *_SEQUENCE_END)
        return self._header(keyword, len(body)) + body

    def _item(self, body: bytes) -> bytes:
        if self.undefined_lengths:
            return self._pack("HHI", *_ITEM, _UNDEFINED) + body + self._pack("HHI", *_ITEM_END)
        return self._pack("HHI", *_ITEM, len(body)) + body

    def _pack(self, layout: str, *values: int | bytes) -> bytes:
        return struct.pack(f"{'>' if self.big_endian else '<'}{layout}", *values)

    def _header(self, keyword: str, length: int) -> bytes:
        tag, vr = _lookup(keyword)
        if not self.explicit:
            return self._pack("HHI", tag >> 16, tag & 0xFFFF, length)
        if vr in _LONG:
            return self._pack("HH2sxxI", tag >> 16, tag & 0xFFFF, vr, length)
        return self._pack("HH2sH", tag >> 16, tag & 0xFFFF, vr, length)

    def _body(self, vr: bytes, value: str | int | bytes) -> bytes:
        if isinstance(value, int):
            return self._pack(_NUMBERS[vr], value)
        if isinstance(value, str):
            value = value.encode(self.codec if vr in _IN_CHARACTER_SET else "ascii")
        if len(value) % 2:
            value += b"\0" if vr in (b"UI", b"OB", b"UN") else b" "
        return value


def deflated(dataset: bytes) -> bytes:
    """A dataset in stored blocks of RFC 1951 (PS3.5 A.5), padded to an even length.

    Nothing is squeezed, so that every version of zlib makes the same bytes.
    """
    blocks = [dataset[start : start + _LARGEST_BLOCK] for start in range(0, len(dataset), _LARGEST_BLOCK)]
    parts = [
        struct.pack("<BHH", number == len(blocks), len(block), len(block) ^ 0xFFFF) + block
        for number, block in enumerate(blocks, start=1)
    ]
    body = b"".join(parts)
    return body + b"\0" * (len(body) % 2)


def part10(dataset: bytes, *, transfer_syntax: str, sop_class_uid: str, sop_instance_uid: str) -> bytes:
    """A DICOM file: preamble, prefix, file meta information (PS3.10 Table 7.1-1), and the dataset's bytes."""
    meta = Layout().dataset(
        {
            "FileMetaInformationVersion": b"\0\1",
            "MediaStorageSOPClassUID": sop_class_uid,
            "MediaStorageSOPInstanceUID": sop_instance_uid,
            "TransferSyntaxUID": transfer_syntax,
            "ImplementationClassUID": IMPLEMENTATION_CLASS_UID,
            "ImplementationVersionName": _IMPLEMENTATION_VERSION_NAME,
        }
    )
    length = Layout().element("FileMetaInformationGroupLength", len(meta))
    return bytes(128) + b"DICM" + length + meta + dataset
