"""Reading is total: for any bytes there is a report, or a reason from the closed list, in bounded time."""

from __future__ import annotations

import time
import zlib
from pathlib import Path
from struct import pack

import made_reports as made
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alara.errors import UnreadableReason, UnreadableReport
from alara.findings import FindingCode
from alara.model import DoseReport
from alara.sr import peek, read_bytes, read_provenance
from tests.sr.trees import transcoded


def reason(data: bytes) -> UnreadableReason | None:
    """Why bytes are unreadable; ``None`` when they are a report. A fault of alara's fails the test."""
    peek(data)
    read_provenance(data)
    why: UnreadableReason | None = None
    try:
        assert isinstance(read_bytes(data), DoseReport)
    except UnreadableReport as unreadable:
        why = unreadable.reason
    assert why is not UnreadableReason.READER_FAILED
    return why


CUT = {UnreadableReason.TRUNCATED, UnreadableReason.MALFORMED}
#: A file cut between two top-level elements before its content is a sound dataset without something.
LACKING = {UnreadableReason.NO_SOP_INSTANCE_UID, UnreadableReason.NO_STUDY_INSTANCE_UID, UnreadableReason.NO_CONTENT}
LACKING |= {UnreadableReason.EMPTY, UnreadableReason.SOP_CLASS_MISMATCH}


def test_made_report_is_sound() -> None:
    report = read_bytes(made.report())
    assert report.totals.p_ka_gycm2 == pytest.approx(0.3)
    assert len(report.events) == 2


def assert_cut_anywhere_is_noticed(data: bytes, positions: list[int]) -> None:
    for position in positions:
        assert reason(data[:position]) in CUT | LACKING, position


def boundaries(data: bytes) -> list[int]:
    """Where top-level elements begin after the content: a cut there loses nothing of dose and leaves no trace."""
    from alara.sr.content import CONTENT_SEQUENCE
    from alara.sr.elements import element_at, skip_value
    from alara.sr.limits import Budget
    from alara.sr.part10 import open_part10

    part = open_part10(data)
    position, found, after = part.start, [], False
    while position < len(part.data):
        element = element_at(part.data, position, len(part.data), part.implicit, Budget())
        position = skip_value(part.data, element, len(part.data), part.implicit, Budget())
        after = after or element.tag == CONTENT_SEQUENCE
        if after and position < len(part.data):
            found.append(position)
    return found


REAL = [
    "RF-RDSR-GE.dcm",
    "RF-No-kVp-and-others.dcm",
    "RF-RDSR-Canon-Ultimaxi-mGyDoseAtRP.dcm",
    "RF-RDSR-Philips_AlluraClarity.dcm",
    "RF-RDSR-Eurocolumbus.dcm",
    "Dual-RDSR-DX.dcm",
]


@pytest.mark.parametrize("name", REAL)
def test_real_report_cut_at_any_of_many_bytes_is_noticed(corpus: Path, name: str) -> None:
    data = (corpus / name).read_bytes()
    positions = set(range(0, len(data), max(1, len(data) // 97))) | set(range(len(data) - 40, len(data)))
    assert_cut_anywhere_is_noticed(data, sorted(positions - set(boundaries(data))))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Dual-RDSR-DX.dcm", "RF-RDSR-Eurocolumbus.dcm", "Dual-RDSR-RF.dcm"])
def test_real_report_cut_at_every_byte_is_noticed(corpus: Path, name: str) -> None:
    data = (corpus / name).read_bytes()
    assert_cut_anywhere_is_noticed(data, sorted(set(range(len(data))) - set(boundaries(data))))


def test_made_report_cut_at_every_byte_is_noticed() -> None:
    data = made.report()
    assert_cut_anywhere_is_noticed(data, list(range(len(data))))


def test_made_report_of_undefined_lengths_cut_at_every_byte_is_noticed() -> None:
    data = made.part10(
        made.dataset(
            made.coded("121058", "113704"),
            made.container("113702", made.coded("113764", "113622"), made.num("113722", "1", "Gy.m2"), undefined=True),
            undefined=True,
        )
    )
    assert reason(data) is None
    assert_cut_anywhere_is_noticed(data, list(range(len(data))))


def test_events_of_undefined_lengths_cut_at_every_byte_are_noticed() -> None:
    """What is read as before, because it begins as before, is held against the end as what is read first."""
    number = made.num("122130", "0.00001", "Gy.m2")
    event = made.item(
        made.element(0x40, 0xA010, "CS", "CONTAINS"),
        made.element(0x40, 0xA040, "CS", "CONTAINER"),
        made.code(0x40, 0xA043, "113706"),
        made.sequence(0x40, 0xA730, number, number, undefined=True),
        undefined=True,
    )
    data = made.part10(made.dataset(made.coded("121058", "113704"), event, event, undefined=True))
    assert reason(data) is None
    assert_cut_anywhere_is_noticed(data, list(range(len(data))))


@pytest.mark.parametrize("syntax", [made.IMPLICIT, made.BIG_ENDIAN], ids=["implicit", "big-endian"])
def test_made_report_in_another_syntax_cut_at_every_byte_is_noticed(syntax: str) -> None:
    data = transcoded(made.report(), syntax)
    assert reason(data) is None
    assert_cut_anywhere_is_noticed(data, list(range(len(data))))


def test_deflated_report_cut_at_every_byte_is_noticed() -> None:
    data = made.part10(made.dataset(made.coded("121058", "113704")), made.DEFLATED)
    assert reason(data) is None
    assert_cut_anywhere_is_noticed(data, list(range(len(data))))


def test_bare_dataset_is_read_like_a_file() -> None:
    bare = made.dataset(made.accumulated(made.num("113722", "0.00003", "Gy.m2")))
    assert read_bytes(bare).totals.p_ka_gycm2 == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", UnreadableReason.EMPTY),
        (b"\0" * 60, UnreadableReason.TRUNCATED),
        (b"GET / HTTP/1.1\r\n\r\n", UnreadableReason.NOT_DICOM),
        (b"%PDF-1.7", UnreadableReason.NOT_DICOM),
        (b"\x08", UnreadableReason.NOT_DICOM),
        (made.part10(b""), UnreadableReason.TRUNCATED),
        (made.part10(made.dataset(), "1.2.840.10008.1.2.99"), UnreadableReason.UNSUPPORTED_TRANSFER_SYNTAX),
        (made.part10(made.dataset(sop_uid="")), UnreadableReason.NO_SOP_INSTANCE_UID),
        (made.part10(made.dataset(sop_uid="../../etc/passwd")), UnreadableReason.NO_SOP_INSTANCE_UID),
        (made.part10(made.dataset(sop_uid="1." + "2" * 63)), UnreadableReason.NO_SOP_INSTANCE_UID),
        (made.part10(made.dataset(study_uid="")), UnreadableReason.NO_STUDY_INSTANCE_UID),
        (made.part10(made.dataset(), sop_class="1.2.840.10008.5.1.4.1.1.88.22"), UnreadableReason.SOP_CLASS_MISMATCH),
        (made.dataset(sop_class="1.2.840.10008.5.1.4.1.1.2"), UnreadableReason.UNEXPECTED_SOP_CLASS),
        (made.dataset()[:-8] + b"\0" * 3, UnreadableReason.TRUNCATED),
    ],
)
def test_what_is_no_report_has_its_reason(data: bytes, why: UnreadableReason) -> None:
    assert reason(data) is why


def test_dose_report_without_content_has_its_reason() -> None:
    data = made.dataset()
    assert data.endswith(made.sequence(0x40, 0xA730))
    assert reason(data[: -len(made.sequence(0x40, 0xA730))]) is UnreadableReason.NO_CONTENT


def nested(depth: int, *, undefined: bool) -> bytes:
    """A container in a container, to a depth."""
    opening = made.element(0x40, 0xA040, "CS", "CONTAINER")
    if undefined:
        head = pack("<HHI", 0xFFFE, 0xE000, made.UNDEFINED) + opening
        head += made.element(0x40, 0xA730, "SQ", b"", length=made.UNDEFINED)
        return head * depth + (made.SEQUENCE_END + made.ITEM_END) * depth
    body = b""
    for _ in range(depth):
        body = made.item(opening, made.sequence(0x40, 0xA730, body))
    return body


@pytest.mark.parametrize("undefined", [True, False], ids=["undefined", "defined"])
@pytest.mark.parametrize("depth", [33, 1_000])
def test_content_nested_too_deeply_is_refused(depth: int, undefined: bool) -> None:
    assert reason(made.dataset(nested(depth, undefined=undefined))) is UnreadableReason.TOO_DEEP


def test_content_nested_a_hundred_thousand_times_is_refused() -> None:
    assert reason(made.dataset(nested(100_000, undefined=True))) is UnreadableReason.TOO_DEEP


def test_sequences_that_nobody_reads_are_not_followed_without_end() -> None:
    head = made.element(0x9, 0x1001, "SQ", b"", length=made.UNDEFINED) + pack("<HHI", 0xFFFE, 0xE000, made.UNDEFINED)
    deep = head * 100_000 + (made.ITEM_END + made.SEQUENCE_END) * 100_000
    assert reason(made.dataset(header=deep)) is UnreadableReason.TOO_DEEP


def test_content_of_thirty_levels_is_read() -> None:
    assert reason(made.dataset(nested(30, undefined=True))) is None
    assert reason(made.dataset(nested(30, undefined=False))) is None


@pytest.mark.parametrize(
    "filler",
    [
        made.item(),
        made.item(undefined=True),
        made.text("121106", "the same"),
    ],
    ids=["empty", "undefined", "repeated"],
)
def test_more_items_than_a_report_has_are_refused_in_time(filler: bytes) -> None:
    began = time.process_time()
    assert reason(made.dataset(filler * 1_000_001)[: made.UNDEFINED]) in {
        UnreadableReason.TOO_MANY_ELEMENTS,
        UnreadableReason.TOO_LARGE,
    }
    assert time.process_time() - began < 5


def test_lengths_that_lie_are_noticed() -> None:
    sound = made.element(0x40, 0xA160, "UT", "abcd")
    for length in (0, 2, 3, 5, 8, 100, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF):
        lying = made.element(0x40, 0xA160, "UT", "abcd", length=length)
        assert len(lying) == len(sound)
        report = made.dataset(made.content_item("TEXT", "121106", lying), made.coded("121058", "113704"))
        assert reason(report) in CUT, length


def test_number_that_spans_two_items_is_not_read_as_one() -> None:
    """A length that reaches beyond its item is refused although the bytes are there."""
    lying = made.element(0x40, 0xA30A, "DS", "12", length=60)
    measured = made.sequence(0x40, 0xA300, made.item(lying))
    data = made.dataset(made.accumulated(made.content_item("NUM", "113722", measured)), made.text("121106", "x" * 200))
    assert reason(data) is UnreadableReason.MALFORMED


def test_deflated_bomb_is_not_inflated() -> None:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    bomb = b"".join(squeeze.compress(bytes(1 << 20)) for _ in range(200)) + squeeze.flush()
    head = made.part10(made.dataset(), made.DEFLATED)
    start = head.index(made.DEFLATED.encode()) + len(made.DEFLATED)
    assert reason(head[:start] + bomb) is UnreadableReason.TOO_LARGE


def relabelled(data: bytes, syntax: str, other: str) -> bytes:
    """A file that names another transfer syntax than it is in."""
    before, after = (made.element(2, 0x10, "UI", name) for name in (syntax, other))
    cut = 132 + made.GROUP_LENGTH
    length = int.from_bytes(data[cut - 4 : cut], "little") + len(after) - len(before)
    changed = data[: cut - 4] + pack("<I", length) + data[cut:].replace(before, after)
    assert changed != data
    return changed


@pytest.mark.parametrize("syntax", [made.EXPLICIT, made.IMPLICIT])
@pytest.mark.parametrize("other", [made.EXPLICIT, made.IMPLICIT])
def test_little_endian_dataset_is_read_whichever_it_is_called(syntax: str, other: str) -> None:
    data = made.report() if syntax == made.EXPLICIT else transcoded(made.report(), syntax)
    report = read_bytes(data if syntax == other else relabelled(data, syntax, other))
    assert report.totals == read_bytes(made.report()).totals
    told = FindingCode.WRONG_TRANSFER_SYNTAX in {finding.code for finding in report.findings}
    assert told == (syntax != other)


@pytest.mark.parametrize("syntax", [made.EXPLICIT, made.IMPLICIT, made.BIG_ENDIAN, made.DEFLATED])
@pytest.mark.parametrize("other", [made.BIG_ENDIAN, made.DEFLATED, "1.2.840.10008.1.2.4.50"])
def test_dataset_called_what_it_is_not_is_read_or_has_a_reason(syntax: str, other: str) -> None:
    data = made.part10(made.dataset(), made.DEFLATED) if syntax == made.DEFLATED else transcoded(made.report(), syntax)
    if syntax != other:
        reason(relabelled(data, syntax, other))


def test_big_endian_report_reads_like_its_little_endian_one() -> None:
    turned, report = read_bytes(transcoded(made.report(), made.BIG_ENDIAN)), read_bytes(made.report())
    assert turned == report


def test_implicit_dataset_called_explicit_is_read_with_a_finding(corpus: Path) -> None:
    data = (corpus / "RF-No-kVp-and-others.dcm").read_bytes()
    wrong = data.replace(made.element(2, 0x10, "UI", made.IMPLICIT), made.element(2, 0x10, "UI", made.EXPLICIT))
    assert wrong != data
    report = read_bytes(wrong)
    assert report.totals == read_bytes(data).totals
    assert "wrong_transfer_syntax" in {finding.code for finding in report.findings}


def refers_to(*path: int) -> bytes:
    """An item in whose place another one stands, by its way through the tree (PS3.3 C.17.3.2.5)."""
    return made.item(
        made.element(0x40, 0xA010, "CS", "INFERRED FROM"),
        made.element(0x40, 0xDB73, "UL", pack(f"<{len(path)}I", *path)),
    )


def test_item_that_refers_to_itself_is_not_followed() -> None:
    assert reason(made.dataset(made.container("113706", refers_to(1, 1)))) is None


def test_events_that_refer_to_one_another_in_a_circle_are_read_as_if_they_did_not() -> None:
    plain = [made.event(n, made.num("122130", f"{n}", "uGy.m2")) for n in (1, 2)]
    circle = [
        made.event(n, made.num("122130", f"{n}", "uGy.m2"), refers_to(1, 3 - n), refers_to(1), refers_to())
        for n in (1, 2)
    ]
    read, meant = read_bytes(made.report(*circle)), read_bytes(made.report(*plain))
    assert (read.events, read.totals, read.findings) == (meant.events, meant.totals, meant.findings)


def test_content_item_with_two_content_sequences_is_refused() -> None:
    """Which of them has the doses nobody could say."""
    twice = made.content_item("CONTAINER", "113706", made.sequence(0x40, 0xA730), made.sequence(0x40, 0xA730))
    assert reason(made.dataset(twice)) is UnreadableReason.MALFORMED


def test_event_at_the_end_of_the_calendar_is_read() -> None:
    last = made.container(
        "113706", made.uid("113769", "1.2.3"), made.moment("111526", "99991231235959"), made.num("113742", "5", "s")
    )
    report = read_bytes(made.report(last))
    assert report.started == report.ended
    assert FindingCode.TIME_IMPLAUSIBLE in {finding.code for finding in report.findings}


@given(st.binary(max_size=400))
@settings(deadline=None)
def test_random_bytes_have_a_reason(data: bytes) -> None:
    assert reason(data) is not None


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_random_bytes_after_a_good_beginning_are_read_or_have_a_reason(data: bytes) -> None:
    good = made.report()
    reason(good[:132] + data)
    reason(good[:300] + data)
    reason(good + data)


MUTATIONS = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=8)


def mutated(data: bytes, mutations: list[tuple[float, int]]) -> bytes:
    changed = bytearray(data)
    for where, value in mutations:
        changed[int(where * len(changed))] = value
    return bytes(changed)


@given(MUTATIONS)
@settings(deadline=None, max_examples=300)
def test_made_report_with_changed_bytes_is_read_or_has_a_reason(mutations: list[tuple[float, int]]) -> None:
    reason(mutated(made.report(), mutations))


@given(MUTATIONS)
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_real_reports_with_changed_bytes_are_read_or_have_a_reason(
    corpus: Path, mutations: list[tuple[float, int]]
) -> None:
    for name in ("Dual-RDSR-DX.dcm", "RF-ESR-Siemens-Varic.dcm", "RF-RDSR-Eurocolumbus.dcm", "RF-RDSR-GE.dcm"):
        reason(mutated((corpus / name).read_bytes(), mutations))


@pytest.mark.slow
@given(MUTATIONS)
@settings(deadline=None, max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_all_real_reports_with_changed_bytes_are_read_or_have_a_reason(
    corpus: Path, mutations: list[tuple[float, int]]
) -> None:
    for path in sorted(corpus.glob("*.dcm")):
        if path.stat().st_size < 100_000:
            reason(mutated(path.read_bytes(), mutations))


SAMPLES = sorted((Path(__file__).resolve().parents[2] / "sample_rdsr").rglob("*.dcm"))


@given(MUTATIONS)
@settings(deadline=None, max_examples=4)
def test_each_sample_with_changed_bytes_is_read_or_has_a_reason(mutations: list[tuple[float, int]]) -> None:
    for path in SAMPLES:
        reason(mutated(path.read_bytes(), mutations))


@pytest.mark.slow
@given(MUTATIONS)
@settings(deadline=None, max_examples=100)
def test_each_sample_with_many_changed_bytes_is_read_or_has_a_reason(mutations: list[tuple[float, int]]) -> None:
    for path in SAMPLES:
        reason(mutated(path.read_bytes(), mutations))
