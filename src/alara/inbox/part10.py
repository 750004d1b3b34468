"""The header of a DICOM file (PS3.10 section 7.1): preamble, prefix, file meta information.

Only the header: what follows is the dataset, and it is neither read nor changed
here. The meta information is always explicit VR little endian.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

__all__ = ["FileMeta", "encode", "parse"]

_PREFIX: Final = bytes(128) + b"DICM"
_LONG_VRS: Final = frozenset(
    {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
)
_VERSION: Final = b"\x00\x01"

#: Elements of group 0002 by name: element number and VR (PS3.10 Table 7.1-1).
_ELEMENTS: Final[Mapping[str, tuple[int, bytes]]] = {
    "sop_class_uid": (0x0002, b"UI"),
    "sop_instance_uid": (0x0003, b"UI"),
    "transfer_syntax_uid": (0x0010, b"UI"),
    "implementation_class_uid": (0x0012, b"UI"),
    "implementation_version": (0x0013, b"SH"),
    "sending_ae": (0x0017, b"AE"),
    "receiving_ae": (0x0018, b"AE"),
    "sending_address": (0x0027, b"UR"),
}
_NAMES: Final = {number: name for name, (number, _) in _ELEMENTS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMeta:
    """What the file meta information says of the dataset behind it; empty where it says nothing."""

    sop_class_uid: str = ""
    sop_instance_uid: str = ""
    transfer_syntax_uid: str = ""
    implementation_class_uid: str = ""
    implementation_version: str = ""
    sending_ae: str = ""
    receiving_ae: str = ""
    sending_address: str = ""


def encode(meta: FileMeta) -> bytes:
    """The preamble, prefix and file meta information that go before a dataset."""
    body = _element(0x0001, b"OB", _VERSION)
    for name, (number, vr) in _ELEMENTS.items():
        if value := getattr(meta, name):
            body += _element(number, vr, value.encode("ascii", "replace"))
    return _PREFIX + _element(0x0000, b"UL", struct.pack("<L", len(body))) + body


def _element(number: int, vr: bytes, value: bytes) -> bytes:
    if len(value) % 2:
        value += b"\x00" if vr in (b"UI", b"OB") else b" "
    length = struct.pack("<HL", 0, len(value)) if vr in _LONG_VRS else struct.pack("<H", len(value))
    return struct.pack("<HH", 0x0002, number) + vr + length + value


def parse(data: bytes) -> tuple[FileMeta, int] | None:
    """The file meta information and the offset at which the dataset begins.

    ``None`` when there is no prefix, or when an element of the meta information
    reaches beyond the end: then all of the bytes are taken as the dataset. The
    group length (0002,0000) is not relied on: senders get it wrong.
    """
    if data[128:132] != b"DICM":
        return None
    found: dict[str, str] = {}
    at = len(_PREFIX)
    while data[at : at + 2] == b"\x02\x00":
        header = 12 if data[at + 4 : at + 6] in _LONG_VRS else 8
        if at + header > len(data):
            return None
        number = int.from_bytes(data[at + 2 : at + 4], "little")
        length = int.from_bytes(data[at + header - (4 if header == 12 else 2) : at + header], "little")
        start, at = at + header, at + header + length
        if at > len(data):
            return None
        if name := _NAMES.get(number):
            found[name] = data[start:at].decode("ascii", "replace").strip("\x00 ")
    return FileMeta(**found), at
