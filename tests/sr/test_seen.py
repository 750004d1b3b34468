"""No report's reading depends on the reports before it, although their items are remembered."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import made_reports as made
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alara.errors import UnreadableReport
from alara.findings import FindingCode
from alara.sr import memos, read_bytes
from alara.sr.dataset import Dataset
from alara.sr.notes import Notes
from alara.sr.part10 import open_part10
from alara.sr.quirks import ConceptNames

SAMPLES = sorted((Path(__file__).resolve().parents[2] / "sample_rdsr").rglob("*.dcm"))


def forget() -> None:
    for seen in memos.SEEN.values():
        seen.codes.clear()
        seen.items.clear()
        seen.around.clear()


def said(data: bytes) -> str:
    """Everything that a report says, meanings of codes included, or why it is none."""
    try:
        report = read_bytes(data)
    except UnreadableReport as unreadable:
        return repr((unreadable.reason, unreadable.message))
    return repr((report, report.patient.patient_id))


def left(data: bytes) -> int | None:
    """What reading leaves of the limit of elements; ``None`` when there is no sound dataset."""
    try:
        return Dataset(open_part10(data), ConceptNames(Notes()))._budget.left
    except UnreadableReport:
        return None


def outcome(data: bytes) -> tuple[str, int | None]:
    return said(data), left(data)


def alone(data: bytes) -> tuple[str, int | None]:
    """The outcome without any report before."""
    forget()
    words = said(data)
    forget()
    return words, left(data)


def assert_same_after_each_other(one: bytes, other: bytes) -> None:
    expected = alone(one), alone(other)
    forget()
    assert (outcome(one), outcome(other), outcome(one)) == (*expected, expected[0])


def test_real_reports_are_read_alike_after_their_neighbours(corpus: Path) -> None:
    reports = [path.read_bytes() for path in sorted(corpus.glob("*.dcm"))]
    for one, other in pairwise([*reports, reports[0]]):
        assert_same_after_each_other(one, other)


def test_samples_are_read_alike_after_all_others() -> None:
    reports = [path.read_bytes() for path in SAMPLES[::3]]
    expected = [alone(data) for data in reports]
    forget()
    assert [outcome(data) for data in reports] == expected
    assert [outcome(data) for data in reversed(reports)] == expected[::-1]


def test_memo_that_is_full_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    forget()
    monkeypatch.setattr(memos.Seen, "MOST", 3)
    for path in SAMPLES[::29]:
        data = path.read_bytes()
        assert outcome(data) == outcome(data)
    assert all(len(memo) <= 3 for seen in memos.SEEN.values() for memo in (seen.codes, seen.items, seen.around))


MUTATIONS = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=6)


def mutated(data: bytes, mutations: list[tuple[float, int]]) -> bytes:
    changed = bytearray(data)
    for where, value in mutations:
        changed[int(where * len(changed))] = value
    return bytes(changed)


@given(st.sampled_from(SAMPLES[::6]), MUTATIONS)
@settings(deadline=None, max_examples=60)
def test_samples_are_read_alike_after_themselves_with_changed_bytes(path: Path, mutations: list) -> None:
    data = path.read_bytes()
    assert_same_after_each_other(data, mutated(data, mutations))


@pytest.mark.slow
@given(st.sampled_from(SAMPLES), st.sampled_from(SAMPLES), MUTATIONS)
@settings(deadline=None, max_examples=1000)
def test_any_samples_are_read_alike_after_any_others_with_changed_bytes(one: Path, other: Path, changes: list) -> None:
    assert_same_after_each_other(one.read_bytes(), mutated(other.read_bytes(), changes))


# items that are wrong in ways that changed bytes seldom hit

CHARSETS = ["", "ISO_IR 100", "ISO_IR 192", "GB18030", "ISO_IR 13", "ISO 2022 IR 6\\ISO 2022 IR 87", "nonsense"]
TEXTS = st.sampled_from(
    [
        b"",
        b"113764",
        b"113722",
        b"Gy.m2",
        b"DCM",
        b"SRT",
        b"x\x01",
        b"\xe4\xf6",
        "ä".encode(),
        b"\x1b(Bplain",
        b"\x1b$B",
    ]
)
MEANINGS = st.sampled_from([b"Dose Area Product Total", b"Acquisition Plane", b"x", b"\xfc\x80", b"\x1b(BPlane"])


@st.composite
def codes(draw: st.DrawFn, group: int, number: int) -> bytes:
    parts = draw(
        st.lists(
            st.one_of(
                TEXTS.map(lambda raw: made.element(8, 0x100, "SH", raw)),
                TEXTS.map(lambda raw: made.element(8, 0x119, "UC", raw)),
                st.sampled_from([b"DCM", b"SRT", b"99X", b"\xe4"]).map(lambda raw: made.element(8, 0x102, "SH", raw)),
                MEANINGS.map(lambda raw: made.element(8, 0x104, "LO", raw)),
                st.just(made.sequence(9, 1, made.item(made.element(9, 2, "LO", "x")))),
            ),
            max_size=4,
        )
    )
    return made.sequence(group, number, made.item(*parts), undefined=draw(st.booleans()))


NUMBERS = st.sampled_from([b"1", b"0.5", b"x\x01", b"\xe4", b"<5", b"1,5"]).map(
    lambda raw: made.element(0x40, 0xA30A, "DS", raw)
)


@st.composite
def measured(draw: st.DrawFn) -> bytes:
    parts = draw(st.lists(st.one_of(NUMBERS, codes(0x40, 0x8EA)), max_size=3))
    return made.sequence(0x40, 0xA300, made.item(*parts))


@st.composite
def odd_items(draw: st.DrawFn) -> bytes:
    kinds = st.sampled_from([b"NUM", b"CODE", b"TEXT", b"CO\x01", b"\x1b(BTEXT"])
    parts = draw(
        st.lists(
            st.one_of(
                kinds.map(lambda raw: made.element(0x40, 0xA040, "CS", raw)),
                TEXTS.map(lambda raw: made.element(0x40, 0xA010, "CS", raw)),
                TEXTS.map(lambda raw: made.element(0x40, 0xA160, "UT", raw)),
                TEXTS.map(lambda raw: made.element(0x40, 0xA124, "UI", raw)),
                codes(0x40, 0xA043),
                codes(0x40, 0xA168),
                codes(0x40, 0xA301),
                measured(),
                st.just(made.sequence(0x40, 0xA730)),
            ),
            min_size=1,
            max_size=6,
        )
    )
    return made.item(*parts, undefined=draw(st.booleans()))


ODD = st.lists(odd_items(), min_size=1, max_size=4)


def report(items: list[bytes], charset: str) -> bytes:
    plane = made.accumulated(*items)
    return made.dataset(made.coded("121058", "113704"), plane, *items, charset=charset)


@given(ODD, ODD, st.sampled_from(CHARSETS), st.sampled_from(CHARSETS))
@settings(deadline=None, max_examples=150)
def test_odd_items_are_read_alike_after_each_other(shared: list, more: list, one: str, other: str) -> None:
    assert_same_after_each_other(report([*shared, *more], one), report([*reversed(shared), *shared], other))


@pytest.mark.slow
@given(ODD, ODD, st.sampled_from(CHARSETS), st.sampled_from(CHARSETS))
@settings(deadline=None, max_examples=2500)
def test_many_odd_items_are_read_alike_after_each_other(shared: list, more: list, one: str, other: str) -> None:
    assert_same_after_each_other(report([*shared, *more], one), report([*reversed(shared), *shared], other))


def test_text_of_one_character_set_is_not_that_of_the_next() -> None:
    item = made.text("121106", "Hüfte".encode("latin-1"))
    told = [read_bytes(report([item], charset)).findings for charset in ("ISO_IR 100", "ISO_IR 192", "ISO_IR 100")]
    assert [FindingCode.BAD_TEXT in {f.code for f in findings} for findings in told] == [False, True, False]


def test_quirk_of_an_item_is_noted_of_each_report_that_has_it() -> None:
    wrong = made.num("113722", "0.00003", "Gy.m2").replace(b"DCM", b"SRT")
    for _ in range(2):
        assert "wrong_coding_scheme" in read_bytes(report([wrong], "")).quirks


def test_number_before_a_code_is_not_read_in_its_place() -> None:
    """A code behind the measured value stands for both; so it does when the number has changed."""
    units = made.code(0x40, 0x8EA, "Gy.m2", "UCUM")

    def both(number: str) -> bytes:
        value = made.sequence(0x40, 0xA300, made.item(units, made.element(0x40, 0xA30A, "DS", number)))
        return made.content_item("NUM", "113722", value, made.code(0x40, 0xA168, "113622"))

    data = report([both("10"), both("20")], "")
    assert alone(data) == outcome(data)
    assert read_bytes(data).totals.p_ka is not None
    assert read_bytes(data).totals.p_ka_gycm2 is None


def test_items_known_before_do_not_widen_the_limit_of_elements() -> None:
    """What an item spends of the limit it spends in every report."""
    inner = made.sequence(9, 1, *[made.item()] * 40)
    items = [
        made.content_item("TEXT", "121106", inner, made.element(0x40, 0xA160, "UT", str(number)))
        for number in range(24_000)
    ]
    data = made.dataset(*items)
    assert alone(data) == outcome(data)


def test_item_that_passes_its_end_is_told_alike_whether_or_not_it_is_known() -> None:
    """A sequence that says it ends within an item: the item may well be one of a report before."""
    plane = made.coded("113764", "113622")
    sound = made.container("113702", plane, made.text("121106", "later"))
    whole = made.sequence(0x40, 0xA730, plane, made.text("121106", "later"))
    short = made.element(0x40, 0xA730, "SQ", plane + made.text("121106", "later"), length=len(plane) - 8)
    assert_same_after_each_other(made.dataset(sound.replace(whole, short)), made.dataset(sound))
