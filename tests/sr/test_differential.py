"""Our walker against pydicom's content tree, item by item, over every report there is."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset as PydicomDataset

from alara.errors import UnreadableReport
from alara.model import Code
from alara.sr import content
from alara.sr.content import ContentItem
from alara.sr.dataset import Dataset
from alara.sr.part10 import open_part10
from alara.sr.quirks import concept_name

SAMPLES = Path(__file__).resolve().parents[2] / "sample_rdsr"
PLAIN = {
    "TEXT": "TextValue",
    "UIDREF": "UID",
    "DATETIME": "DateTime",
    "DATE": "Date",
    "TIME": "Time",
}


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    """Items are walked here without the names of one report: nobody else may remember them so."""
    yield
    for seen in content._SEEN.values():
        seen.codes.clear()
        seen.items.clear()
        seen.around_numbers.clear()


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


def assert_same_tree(data: bytes) -> int:
    ours = Dataset(open_part10(data), concept_name).content
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = by_pydicom(pydicom.dcmread(BytesIO(data), force=True).get("ContentSequence") or [])
    assert by_us(ours or []) == theirs
    return len(theirs)


def test_every_content_item_of_the_real_reports_is_as_pydicom_reads_it(corpus: Path) -> None:
    for path in sorted(corpus.glob("*.dcm")):
        items = assert_same_tree(path.read_bytes())
        assert items or "ESR_non-dose" in path.name


def assert_samples_are_the_same(paths: list[Path]) -> None:
    if not paths:
        pytest.skip("no sample_rdsr/ here: make it with `alara samples`")
    for path in paths:
        data = path.read_bytes()
        try:
            Dataset(open_part10(data), concept_name)
        except UnreadableReport:
            meant = json.loads(path.with_suffix(".expected.json").read_text(encoding="utf-8"))
            assert meant["outcome"] == "quarantine", path.name
            continue
        assert_same_tree(data)


def test_content_items_of_some_samples_are_as_pydicom_reads_them() -> None:
    paths = sorted(SAMPLES.rglob("*.dcm"))
    assert_samples_are_the_same(paths[:: max(1, len(paths) // 25)])


@pytest.mark.slow
def test_content_items_of_all_samples_are_as_pydicom_reads_them() -> None:
    assert_samples_are_the_same(sorted(SAMPLES.rglob("*.dcm")))


def transcoded(data: bytes, syntax: pydicom.uid.UID) -> bytes:
    """The same report as pydicom writes it in another transfer syntax."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(BytesIO(data))
        out = BytesIO()
        kept = pydicom.dataset.Dataset({e.tag: e for e in dataset if not e.tag.is_private})
        kept.file_meta = dataset.file_meta
        kept.file_meta.TransferSyntaxUID = syntax
        pydicom.dcmwrite(
            out,
            kept,
            implicit_vr=syntax.is_implicit_VR,
            little_endian=syntax.is_little_endian,
            force_encoding=True,
        )
    return out.getvalue()


@pytest.mark.parametrize(
    "syntax",
    [
        pydicom.uid.ImplicitVRLittleEndian,
        pydicom.uid.ExplicitVRLittleEndian,
        pydicom.uid.DeflatedExplicitVRLittleEndian,
        pydicom.uid.ExplicitVRBigEndian,
    ],
    ids=["implicit", "explicit", "deflated", "big-endian"],
)
@pytest.mark.parametrize(
    "name", ["RF-RDSR-GE.dcm", "RF-RDSR-Canon-Ultimaxi-mGyDoseAtRP.dcm", "RF-RDSR-Siemens-Zee.dcm"]
)
def test_transfer_syntax_changes_nothing(corpus: Path, name: str, syntax: pydicom.uid.UID) -> None:
    data = (corpus / name).read_bytes()
    before = Dataset(open_part10(data), concept_name)
    after = Dataset(open_part10(transcoded(data, syntax)), concept_name)
    assert by_us(after.content or []) == by_us(before.content or [])
