"""Our walker against pydicom's content tree, item by item, over every report there is and over many that are not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import made_reports as made
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alara.errors import UnreadableReport
from alara.sr import coded, content, memos
from alara.sr.dataset import Dataset
from alara.sr.part10 import open_part10
from alara.sr.quirks import concept_name
from tests.sr.trees import assert_same_tree, by_us, content_by_us, transcoded

SAMPLES = Path(__file__).resolve().parents[2] / "sample_rdsr"


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    """Items are walked here without the names of one report: nobody else may remember them so."""
    yield
    for seen in memos.SEEN.values():
        for memo in (getattr(seen, name) for name in seen.__slots__):
            memo.clear()


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


# content trees that no C-arm sends

CONCEPTS = st.sampled_from(["113722", "113706", "113764", "99-1", "X"])
NUMBERS = st.sampled_from(["1", "2", "12", "0.5", "0.25", "1e-05", "", "1\\2", "<5"])
UNITS = st.sampled_from(["Gy.m2", "mGy", "s", "1"])
WORDS = st.sampled_from(["", "a", "Left", "text that is longer", "x" * 300])


def written(tree: bytes, syntax: str) -> bytes:
    """A file of a content tree in a transfer syntax."""
    data = made.part10(made.dataset(tree))
    return data if syntax == made.EXPLICIT else transcoded(data, syntax)


def leaves() -> st.SearchStrategy[bytes]:
    return st.one_of(
        st.builds(made.num, CONCEPTS, NUMBERS, UNITS),
        st.builds(made.coded, CONCEPTS, st.sampled_from(["113622", "L", "113620"])),
        st.builds(made.text, CONCEPTS, WORDS),
        st.builds(made.uid, CONCEPTS, st.sampled_from(["1.2.3", "1.2.34", "1.2.4", ""])),
        st.builds(made.moment, CONCEPTS, st.sampled_from(["20261005120000", "20261005120001", "2026100512"])),
        st.builds(lambda c: made.content_item("NUM", c, made.sequence(0x40, 0xA300)), CONCEPTS),
        st.builds(lambda c: made.content_item("IMAGE", c, made.sequence(8, 0x1199, made.item())), CONCEPTS),
        st.just(made.item()),
    )


def containers(inner: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    return st.builds(
        lambda concept, items, again, undefined: made.container(concept, *items * again, undefined=undefined),
        CONCEPTS,
        st.lists(inner, max_size=5),
        st.integers(1, 3),
        st.booleans(),
    )


TREES = st.lists(st.recursive(leaves(), containers, max_leaves=12), max_size=6).map(b"".join)
SYNTAXES = st.sampled_from([made.EXPLICIT, made.IMPLICIT, made.BIG_ENDIAN, made.DEFLATED])


@pytest.mark.slow
@given(TREES, st.integers(1, 2), SYNTAXES)
@settings(deadline=None, max_examples=150)
def test_content_trees_of_any_shape_are_as_pydicom_reads_them(tree: bytes, times: int, syntax: str) -> None:
    assert_same_tree(written(tree * times, syntax))


@pytest.mark.slow
@given(TREES, st.integers(1, 3), SYNTAXES)
@settings(deadline=None, max_examples=3000)
def test_many_content_trees_of_any_shape_are_as_pydicom_reads_them(tree: bytes, times: int, syntax: str) -> None:
    assert_same_tree(written(tree * times, syntax))


@pytest.fixture
def nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Calling its ``undo`` makes the walker remember again."""
    for room in (memos, coded, content):
        monkeypatch.setattr(room, "MEMO_BYTES", -1)
    return monkeypatch


def test_real_reports_are_the_same_with_nothing_remembered(
    corpus: Path, nothing_remembered: pytest.MonkeyPatch
) -> None:
    files = [path.read_bytes() for path in sorted(corpus.glob("*.dcm"))]
    without = [content_by_us(data) for data in files]
    nothing_remembered.undo()
    assert [content_by_us(data) for data in files] == without


def test_samples_are_the_same_with_nothing_remembered(nothing_remembered: pytest.MonkeyPatch) -> None:
    files = [path.read_bytes() for path in sorted(SAMPLES.rglob("*.dcm"))[::5]]

    def trees() -> list[object]:
        found: list[object] = []
        for data in files:
            try:
                found.append(content_by_us(data))
            except UnreadableReport as unreadable:
                found.append(unreadable.reason)
        return found

    without = trees()
    nothing_remembered.undo()
    assert trees() == without
