"""Datasets made by hand, byte by byte, so that they can be wrong in every way."""

from __future__ import annotations

import zlib
from struct import pack

SOP_CLASS = "1.2.840.10008.5.1.4.1.1.88.67"
EXPLICIT = "1.2.840.10008.1.2.1"
IMPLICIT = "1.2.840.10008.1.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
BIG_ENDIAN = "1.2.840.10008.1.2.2"

LONG = {"OB", "OW", "SQ", "UC", "UN", "UR", "UT"}
UNDEFINED = 0xFFFFFFFF
#: Of the element that a file's meta information begins with, the length of the rest.
GROUP_LENGTH = 12
ITEM_END = pack("<HHI", 0xFFFE, 0xE00D, 0)
SEQUENCE_END = pack("<HHI", 0xFFFE, 0xE0DD, 0)


def element(group: int, number: int, vr: str, value: bytes | str, *, length: int | None = None) -> bytes:
    """One explicit little-endian element; ``length`` lies about the value's."""
    raw = value.encode("latin-1") if isinstance(value, str) else value
    if len(raw) % 2:
        raw += b"\0" if vr in ("UI", "OB", "UN") else b" "
    stated = len(raw) if length is None else length
    if vr in LONG:
        return pack("<HH2sHI", group, number, vr.encode(), 0, stated) + raw
    return pack("<HH2sH", group, number, vr.encode(), stated) + raw


def item(*parts: bytes, undefined: bool = False) -> bytes:
    body = b"".join(parts)
    if undefined:
        return pack("<HHI", 0xFFFE, 0xE000, UNDEFINED) + body + ITEM_END
    return pack("<HHI", 0xFFFE, 0xE000, len(body)) + body


def sequence(group: int, number: int, *items: bytes, undefined: bool = False) -> bytes:
    body = b"".join(items)
    if undefined:
        return element(group, number, "SQ", body + SEQUENCE_END, length=UNDEFINED)
    return element(group, number, "SQ", body)


def code(group: int, number: int, value: str, scheme: str = "DCM", meaning: str = "x") -> bytes:
    return sequence(
        group,
        number,
        item(element(8, 0x100, "SH", value), element(8, 0x102, "SH", scheme), element(8, 0x104, "LO", meaning)),
    )


def content_item(
    value_type: str, concept: str, *value: bytes, scheme: str = "DCM", relationship: str = "CONTAINS"
) -> bytes:
    return item(
        element(0x40, 0xA010, "CS", relationship) if relationship else b"",
        element(0x40, 0xA040, "CS", value_type),
        code(0x40, 0xA043, concept, scheme),
        *value,
    )


def num(concept: str, value: str, unit: str) -> bytes:
    units = code(0x40, 0x8EA, unit, "UCUM", unit)
    measured = sequence(0x40, 0xA300, item(units, element(0x40, 0xA30A, "DS", value)))
    return content_item("NUM", concept, measured)


def coded(concept: str, value: str, scheme: str = "DCM") -> bytes:
    return content_item("CODE", concept, code(0x40, 0xA168, value, scheme))


def text(concept: str, value: str | bytes) -> bytes:
    return content_item("TEXT", concept, element(0x40, 0xA160, "UT", value))


def uid(concept: str, value: str) -> bytes:
    return content_item("UIDREF", concept, element(0x40, 0xA124, "UI", value))


def moment(concept: str, value: str) -> bytes:
    return content_item("DATETIME", concept, element(0x40, 0xA120, "DT", value))


def container(concept: str, *items: bytes, undefined: bool = False) -> bytes:
    return content_item("CONTAINER", concept, sequence(0x40, 0xA730, *items, undefined=undefined))


def accumulated(*items: bytes, plane: str = "113622") -> bytes:
    return container("113702", coded("113764", plane), *items)


def event(number: int, *items: bytes, plane: str = "113622", kind: str = "44491008", scheme: str = "SCT") -> bytes:
    return container(
        "113706",
        coded("113764", plane),
        uid("113769", f"1.2.3.{number}"),
        moment("111526", f"202610051200{number:02}"),
        coded("113721", kind, scheme),
        *items,
    )


def dataset(
    *content: bytes,
    header: bytes = b"",
    sop_class: str = SOP_CLASS,
    sop_uid: str = "1.2.826.0.1",
    study_uid: str = "1.2.826.0.2",
    charset: str = "",
    undefined: bool = False,
) -> bytes:
    """A dose report without file meta information; ``header`` goes between the UIDs and the content."""
    return b"".join(
        (
            element(8, 5, "CS", charset) if charset else b"",
            element(8, 0x16, "UI", sop_class),
            element(8, 0x18, "UI", sop_uid) if sop_uid else b"",
            element(8, 0x20, "DA", "20261005"),
            element(8, 0x23, "DA", "20261005"),
            element(8, 0x33, "TM", "130000"),
            header,
            element(0x20, 0xD, "UI", study_uid) if study_uid else b"",
            code(0x40, 0xA043, "113701"),
            sequence(0x40, 0xA504, item(element(0x40, 0xDB00, "CS", "10001"))),
            sequence(0x40, 0xA730, *content, undefined=undefined),
        )
    )


def part10(body: bytes, syntax: str = EXPLICIT, *, sop_class: str = SOP_CLASS, meta: bytes = b"") -> bytes:
    """A file: preamble, meta information, dataset."""
    if syntax == DEFLATED:
        squeeze = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
        body = squeeze.compress(body) + squeeze.flush()
    inner = element(2, 2, "UI", sop_class) + element(2, 3, "UI", "1.2.826.0.1") + element(2, 0x10, "UI", syntax) + meta
    return bytes(128) + b"DICM" + element(2, 0, "UL", pack("<I", len(inner))) + inner + body


def report(*events: bytes, **header: object) -> bytes:
    """A small sound dose report with one plane and, unless given, two fluoroscopy events."""
    given = events or (
        event(1, num("122130", "0.00001", "Gy.m2"), num("113738", "0.001", "Gy"), num("113742", "2", "s")),
        event(2, num("122130", "0.00002", "Gy.m2"), num("113738", "0.002", "Gy"), num("113742", "3", "s")),
    )
    totals = (num("113722", "0.00003", "Gy.m2"), num("113725", "0.003", "Gy"), num("113730", "5", "s"))
    return part10(dataset(coded("121058", "113704"), accumulated(*totals), *given, **header))  # type: ignore[arg-type]
