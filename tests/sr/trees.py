"""The content tree of a report as pydicom reads it and as we do, in the same plain words."""

from __future__ import annotations

import warnings
from io import BytesIO
from typing import Any

import pydicom
from pydicom.dataset import Dataset as PydicomDataset

from alara.model import Code
from alara.sr.content import ContentItem
from alara.sr.dataset import Dataset
from alara.sr.part10 import open_part10
from alara.sr.quirks import concept_name

__all__ = ["Seen", "assert_same_tree", "by_pydicom", "by_us", "content_by_us"]

PLAIN = {
    "PNAME": "PersonName",
    "TEXT": "TextValue",
    "UIDREF": "UID",
    "DATETIME": "DateTime",
    "DATE": "Date",
    "TIME": "Time",
}

Seen = tuple[str, str, Any, Any, Any, Any, list[Any]]


def pydicom_code(sequence: Any) -> tuple[str, str, str] | None:
    if not sequence:
        return None
    first = sequence[0]
    value = first.get("CodeValue") or first.get("LongCodeValue") or first.get("URNCodeValue") or ""
    parts = (str(value), str(first.get("CodingSchemeDesignator") or ""), str(first.get("CodeMeaning") or ""))
    return tuple(part.strip(" \0") for part in parts)  # type: ignore[return-value]


def pydicom_number(node: PydicomDataset) -> tuple[str | None, Any]:
    if not node.get("MeasuredValueSequence"):
        return None, None
    measured = node.MeasuredValueSequence[0]
    raw = measured.get_item("NumericValue").value if "NumericValue" in measured else b""
    text = raw.decode() if isinstance(raw, bytes) else "\\".join(map(str, raw)) if raw is not None else ""
    return text.strip(" \0"), pydicom_code(measured.get("MeasurementUnitsCodeSequence"))


def as_utf8(text: str) -> str:
    """UTF-8 that was declared as Latin-1, which pydicom reads as declared and we, with a finding, as what it is."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def by_pydicom(nodes: Any) -> list[Seen]:
    seen: list[Seen] = []
    for node in nodes:
        value_type = node.get("ValueType") or ""
        value: Any = None
        unit = None
        if value_type == "NUM":
            value, unit = pydicom_number(node)
        elif value_type == "CODE":
            value = pydicom_code(node.get("ConceptCodeSequence"))
        elif value_type in PLAIN and PLAIN[value_type] in node:
            value = as_utf8(str(node.get(PLAIN[value_type]) or "").strip(" \0"))
        seen.append(
            (
                node.get("RelationshipType") or "",
                value_type,
                pydicom_code(node.get("ConceptNameCodeSequence")),
                value,
                unit,
                pydicom_code(node.get("NumericValueQualifierCodeSequence")),
                by_pydicom(node.get("ContentSequence") or []),
            )
        )
    return seen


def triple(code: Code | None) -> tuple[str, str, str] | None:
    return (code.value, code.scheme, code.meaning) if code is not None else None


def by_us(items: list[ContentItem] | tuple[()]) -> list[Seen]:
    return [
        (
            item.relationship,
            item.value_type,
            triple(item.concept),
            triple(item.value) if isinstance(item.value, Code) else item.value,
            triple(item.unit),
            triple(item.qualifier),
            by_us(item.children),
        )
        for item in items
    ]


def content_by_us(data: bytes) -> list[Seen]:
    """The content tree of a file or a bare dataset."""
    return by_us(Dataset(open_part10(data), concept_name).content or [])


def assert_same_tree(data: bytes) -> int:
    """Hold our content tree against pydicom's, item by item; the number of items at its root."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = by_pydicom(pydicom.dcmread(BytesIO(data), force=True).get("ContentSequence") or [])
    assert content_by_us(data) == theirs
    return len(theirs)


def transcoded(data: bytes, syntax: str) -> bytes:
    """The same report as pydicom writes it in another transfer syntax, without what is private."""
    uid, out = pydicom.uid.UID(syntax), BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(BytesIO(data))
        kept = PydicomDataset({e.tag: e for e in dataset if not e.tag.is_private})
        kept.file_meta, kept.preamble = dataset.file_meta, bytes(128)
        kept.file_meta.TransferSyntaxUID = uid
        pydicom.dcmwrite(
            out, kept, implicit_vr=uid.is_implicit_VR, little_endian=uid.is_little_endian, force_encoding=True
        )
    return out.getvalue()
