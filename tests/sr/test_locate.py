"""Where a value stands in an object, held against pydicom on every synthetic report."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset

from alara.sr.locate import DESCRIPTION, FLUOROSCOPY_TIME, KA_R, P_KA, locate
from tests.conftest import SAMPLES
from tests.sr import made_reports as made

FILES = sorted((SAMPLES / "2026-10").glob("*.dcm"))[:12]


def places(dataset: Dataset, place: str = "1") -> Iterator[tuple[str, Dataset]]:
    for at, item in enumerate(dataset.get("ContentSequence", ()), 1):
        yield f"{place}.{at}", item
        yield from places(item, f"{place}.{at}")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_place_holds_the_value_as_encoded(path: Path) -> None:
    data = path.read_bytes()
    tree = dict(places(pydicom.dcmread(io.BytesIO(data))))
    found = [one for one in locate(data) if one.concepts]
    assert {P_KA, KA_R, FLUOROSCOPY_TIME} <= {one.quantity for one in found}
    for one in found:
        item = tree[one.place]
        assert item.ConceptNameCodeSequence[0].CodeValue == one.concepts[-1].value
        if "MeasuredValueSequence" in item:
            measured = item.MeasuredValueSequence[0]
            assert str(measured.NumericValue.original_string) == one.value
            assert measured.MeasurementUnitsCodeSequence[0].CodeValue == one.unit
        else:
            code = item.ConceptCodeSequence[0]
            assert one.value == f"{code.CodingSchemeDesignator}:{code.CodeValue}"


def test_a_value_of_an_event_names_the_event_and_its_plane() -> None:
    of_events = [one for one in locate(made.report()) if one.event_uid]
    assert len({one.event_uid for one in of_events}) == 2
    assert all(one.plane for one in of_events)
    totals = [one for one in locate(made.report()) if one.concepts and not one.event_uid and one.quantity == P_KA]
    assert [(one.value, one.unit) for one in totals] == [("0.00003", "Gy.m2")]


def test_words_of_the_header_are_named_by_their_tags() -> None:
    data = made.report(header=made.element(8, 0x1030, "LO", "HIP INJECTION"))
    assert ("(0008,1030)", "HIP INJECTION") in {(one.place, one.value) for one in locate(data)}


def test_nothing_of_a_person_is_located() -> None:
    person = made.element(0x10, 0x10, "PN", "Doe^Jane") + made.element(0x10, 0x20, "LO", "MRN-1")
    found = locate(made.report(header=person))
    assert not [one for one in found if "Doe" in one.value or "MRN" in one.value]
    assert {one.quantity for one in found} <= {P_KA, KA_R, FLUOROSCOPY_TIME, DESCRIPTION}
