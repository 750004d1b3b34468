"""Numbers, units, times, codes and text as C-arms send them."""

from __future__ import annotations

import math
from datetime import datetime

import made_reports as made
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alara.findings import FindingCode
from alara.model import DoseReport, EventType, Moment, Plane, ReportKind, ScopeKind
from alara.sr import Peek, peek, read_bytes, read_provenance, units
from alara.sr.numbers import plain_decimal, read_number
from alara.sr.text import USUAL
from alara.sr.times import read_age, read_moment, read_offset
from alara.sr.units import factor


def found(report: DoseReport) -> set[FindingCode]:
    return {finding.code for finding in report.findings}


def with_total(value: str, unit: str = "Gy.m2") -> DoseReport:
    """A report without events whose P_KA total is a given text."""
    return read_bytes(made.dataset(made.accumulated(made.num("113722", value, unit), made.num("113730", "5", "s"))))


@pytest.mark.parametrize(
    ("text", "value", "problem"),
    [
        ("1.6e-005", 1.6e-5, None),
        (" 12.5 ", 12.5, None),
        ("+3.", 3.0, None),
        (".5", 0.5, None),
        ("-0", 0.0, None),
        ("0.00000000", 0.0, None),
        ("69.39771428571421", 69.39771428571421, FindingCode.OVERLONG),
        ("1,0E-05", 1e-5, FindingCode.COMMA_DECIMAL),
        ("12,5", 12.5, FindingCode.COMMA_DECIMAL),
        ("1,234,567", None, FindingCode.NOT_A_NUMBER),
        ("1,234.5", None, FindingCode.NOT_A_NUMBER),
        ("<5", None, FindingCode.BELOW_LIMIT),
        ("NaN", None, FindingCode.NOT_FINITE),
        ("-inf", None, FindingCode.NOT_FINITE),
        ("1e999", None, FindingCode.NOT_FINITE),
        ("1e-999", None, FindingCode.NOT_A_NUMBER),
        ("1_000", None, FindingCode.NOT_A_NUMBER),
        ("١٢", None, FindingCode.NOT_A_NUMBER),
        ("0x10", None, FindingCode.NOT_A_NUMBER),
        ("9" * 5000, None, FindingCode.NOT_A_NUMBER),
        ("1\\2", None, FindingCode.SEVERAL_VALUES),
        ("", None, FindingCode.NO_VALUE),
        ("five", None, FindingCode.NOT_A_NUMBER),
    ],
)
def test_number_is_read_or_has_its_finding(text: str, value: float | None, problem: FindingCode | None) -> None:
    assert read_number(text) == (value, problem)


@given(st.text(max_size=40))
def test_nothing_becomes_zero_that_was_not_sent_as_zero(text: str) -> None:
    number = read_number(text)
    assert number.value is None or math.isfinite(number.value)
    if number.value == 0:
        assert "0" in text
        assert not set(text.lower().partition("e")[0]) & set("123456789")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_is_read_back(value: float) -> None:
    assert read_number(repr(value)).value == value


@pytest.mark.parametrize(
    ("unit", "dimension", "amount"),
    [
        ("Gy.m2", units.KERMA_AREA_PRODUCT, 10_000),
        ("Gym2", units.KERMA_AREA_PRODUCT, 10_000),
        ("Gy*m2", units.KERMA_AREA_PRODUCT, 10_000),
        ("Gy·m²", units.KERMA_AREA_PRODUCT, 10_000),
        ("dGy.cm2", units.KERMA_AREA_PRODUCT, 0.1),
        ("cGy.cm2", units.KERMA_AREA_PRODUCT, 0.01),
        ("cGycm2", units.KERMA_AREA_PRODUCT, 0.01),
        ("uGy.m2", units.KERMA_AREA_PRODUCT, 0.01),
        ("µGy.m2", units.KERMA_AREA_PRODUCT, 0.01),
        ("uGym2", units.KERMA_AREA_PRODUCT, 0.01),
        ("mGy.cm2", units.KERMA_AREA_PRODUCT, 0.001),
        ("Gy.cm^2", units.KERMA_AREA_PRODUCT, 1),
        ("Gy", units.AIR_KERMA, 1000),
        ("cGy", units.AIR_KERMA, 10),
        ("uGy", units.AIR_KERMA, 0.001),
        ("min", units.TIME, 60),
        ("ms", units.TIME, 0.001),
        ("{pulse}/s", units.RATE, 1),
        ("pulse/s", units.RATE, 1),
        ("m2", units.AREA, 10_000),
        ("Gy", units.KERMA_AREA_PRODUCT, None),
        ("MGy.cm2", units.KERMA_AREA_PRODUCT, None),
        ("R.cm2", units.KERMA_AREA_PRODUCT, None),
        ("", units.AIR_KERMA, None),
        ("}{", units.RATE, None),
    ],
)
def test_unit_is_converted_or_unknown(unit: str, dimension: units.Dimension, amount: float | None) -> None:
    assert factor(unit, dimension) == (None if amount is None else pytest.approx(amount))


@given(st.text(max_size=20), st.sampled_from(units.DIMENSIONS))
def test_any_text_may_stand_for_a_unit(unit: str, dimension: units.Dimension) -> None:
    assert factor(unit, dimension) is None or factor(unit, dimension) > 0


@pytest.mark.parametrize(
    ("value", "unit", "code"),
    [
        ("5", "Gy.ft2", FindingCode.UNKNOWN_UNIT),
        ("-1", "Gy.m2", FindingCode.NEGATIVE),
        ("<5", "Gy.m2", FindingCode.BELOW_LIMIT),
        ("NaN", "Gy.m2", FindingCode.NOT_FINITE),
        ("1_000", "Gy.m2", FindingCode.NOT_A_NUMBER),
        ("1\\2", "Gy.m2", FindingCode.SEVERAL_VALUES),
        ("", "Gy.m2", FindingCode.NO_VALUE),
    ],
)
def test_total_that_cannot_be_read_is_absent_and_says_why(value: str, unit: str, code: FindingCode) -> None:
    report = with_total(value, unit)
    assert report.totals.p_ka_gycm2 is None
    assert {code, FindingCode.P_KA_MISSING} <= found(report)
    texts = [finding.text for finding in report.findings if finding.code is code]
    assert texts == [f"{value} {unit}".strip()] or code is FindingCode.NO_VALUE


def test_comma_decimal_in_a_total_is_read_with_a_finding() -> None:
    report = with_total("1,0E-05")
    assert report.totals.p_ka_gycm2 == pytest.approx(0.1)
    assert FindingCode.COMMA_DECIMAL in found(report)


def test_one_item_without_a_value_leaves_the_others_alone() -> None:
    empty = made.content_item("NUM", "113725", made.sequence(0x40, 0xA300))
    report = read_bytes(made.dataset(made.accumulated(made.num("113722", "0.00003", "Gy.m2"), empty)))
    assert report.totals.p_ka_gycm2 == pytest.approx(0.3)
    assert report.totals.ka_r_mgy is None
    assert FindingCode.NO_VALUE in found(report)


def test_empty_value_with_a_qualifier_is_no_fault() -> None:
    qualified = made.content_item("NUM", "112011", made.sequence(0x40, 0xA300), made.code(0x40, 0xA301, "114010"))
    report = read_bytes(made.report(made.event(1, qualified, made.num("122130", "0.00003", "Gy.m2"))))
    assert report.events[0].primary_angle_deg is None
    assert "value_with_qualifier" in report.quirks
    assert FindingCode.NO_VALUE not in found(report)


def test_same_fault_of_many_events_is_one_finding_that_names_them() -> None:
    events = [made.event(number, made.num("122130", "1", "Gy.ft2")) for number in range(1, 13)]
    report = read_bytes(made.report(*events))
    (finding,) = [f for f in report.findings if f.code is FindingCode.UNKNOWN_UNIT]
    assert finding.text == "1 Gy.ft2"
    assert finding.where == "x (122130), events 1, 2, 3, 4, 5, 6, 7, 8 and 4 more"


@pytest.mark.parametrize(
    ("text", "local", "offset"),
    [
        ("20160512101154", datetime(2016, 5, 12, 10, 11, 54), None),
        ("20190308105816.821", datetime(2019, 3, 8, 10, 58, 16, 821000), None),
        ("20190308105816.8213459", datetime(2019, 3, 8, 10, 58, 16, 821345), None),
        ("201605121011", datetime(2016, 5, 12, 10, 11), None),
        ("2016051210", datetime(2016, 5, 12, 10), None),
        ("20160512", datetime(2016, 5, 12), None),
        ("19970101000631.737+0000", datetime(1997, 1, 1, 0, 6, 31, 737000), 0),
        ("20160512101154-0330", datetime(2016, 5, 12, 10, 11, 54), -210),
        ("20160512235960", datetime(2016, 5, 12, 23, 59, 59), None),
    ],
)
def test_date_and_time_is_kept_as_the_clock_showed_it(text: str, local: datetime, offset: int | None) -> None:
    assert read_moment(text) == Moment(local, offset)


@pytest.mark.parametrize(
    "text", ["", "2016", "201605", "20269999", "20160512250000", "20160512101161", "12-May-16", "20160512 101154"]
)
def test_what_is_no_date_and_time_is_none(text: str) -> None:
    assert read_moment(text) is None


@given(st.text(max_size=30))
def test_any_text_may_stand_for_a_time(text: str) -> None:
    read_moment(text)
    read_age(text)
    read_offset(text)


def test_offset_of_the_dataset_is_that_of_its_events() -> None:
    header = made.element(8, 0x201, "SH", "+0200")
    report = read_bytes(made.part10(made.dataset(made.event(1), header=header)))
    assert report.events[0].started == Moment(datetime(2026, 10, 5, 12, 0, 1), 120)
    assert report.events[0].started.utc == datetime(2026, 10, 5, 10, 0, 1)


@pytest.mark.parametrize("offset", ["+9900", "CEST", "0200", "UTC+99:99"])
def test_bad_offset_is_a_finding_and_local_time_stays(offset: str) -> None:
    header = made.element(8, 0x201, "SH", offset)
    report = read_bytes(made.part10(made.dataset(made.event(1), header=header)))
    assert report.events[0].started == Moment(datetime(2026, 10, 5, 12, 0, 1))
    assert FindingCode.BAD_TIMEZONE in found(report)


def test_bad_start_of_an_event_is_a_finding_with_the_raw_text() -> None:
    broken = made.container("113706", made.uid("113769", "1.2.3.1"), made.moment("111526", "20269999"))
    report = read_bytes(made.dataset(broken))
    assert report.events[0].started is None
    assert [f.text for f in report.findings if f.code is FindingCode.BAD_TIME] == ["20269999"]


def test_events_after_their_report_are_implausible() -> None:
    late = made.container("113706", made.uid("113769", "1.2.3.1"), made.moment("111526", "20290101120000"))
    assert FindingCode.TIME_IMPLAUSIBLE in found(read_bytes(made.dataset(late)))


@pytest.mark.parametrize(
    ("header", "years"),
    [
        (made.element(0x10, 0x1010, "AS", "037Y"), 37),
        (made.element(0x10, 0x1010, "AS", "37Y"), 37),
        (made.element(0x10, 0x1010, "AS", "006M"), 0.5),
        (made.element(0x10, 0x30, "DA", "19661005"), 60),
        (made.element(0x10, 0x30, "DA", "20270101"), None),
        (made.element(0x10, 0x1010, "AS", "old"), None),
    ],
)
def test_age_is_as_sent_or_from_the_date_of_birth(header: bytes, years: float | None) -> None:
    patient = read_bytes(made.dataset(header=header)).patient
    assert patient.age_years == (None if years is None else pytest.approx(years, abs=0.01))


def test_person_stays_home() -> None:
    header = (
        made.element(0x10, 0x10, "PN", "Doe^Jane")
        + made.element(0x10, 0x20, "LO", "MRN-0042")
        + made.element(0x10, 0x30, "DA", "19660716")
    )
    names = made.content_item("PNAME", "113870", made.element(0x40, 0xA123, "PN", "Roe^Richard"))
    report = read_bytes(made.dataset(names, made.event(1, names), header=header))
    assert report.patient.patient_id == "MRN-0042"
    assert report.patient.birth_year == 1966
    for private in ("Doe", "Roe", "MRN-0042", "19660716"):
        assert private not in repr(report)


@pytest.mark.parametrize(
    ("charset", "raw", "text"),
    [
        ("ISO_IR 100", "Épaule".encode("latin-1"), "Épaule"),
        ("ISO_IR 192", "Плечо".encode(), "Плечо"),
        ("GB18030", "肩关节".encode("gb18030"), "肩关节"),
        ("\\ISO 2022 IR 87", b"L-spine \x1b$B;3ED\x1b(B", "L-spine 山田"),
        ("ISO IR 192", "Плечо".encode(), "Плечо"),
    ],
)
def test_text_is_read_in_its_character_set(charset: str, raw: bytes, text: str) -> None:
    header = made.element(8, 0x1030, "LO", raw)
    report = read_bytes(made.dataset(charset=charset, header=header))
    assert report.study_description == text
    assert FindingCode.BAD_TEXT not in found(report)


@pytest.mark.parametrize(
    ("charset", "raw"),
    [
        ("ISO_IR 192", b"\xff\xfe"),
        ("", "Épaule".encode()),
        ("NO SUCH SET", "Épaule".encode()),
        ("unicode_escape", "Épaule".encode()),
        ("ISO_IR 100", b"knee\x00\x1b[31m"),
    ],
)
def test_text_that_is_not_valid_is_marked(charset: str, raw: bytes) -> None:
    report = read_bytes(made.dataset(charset=charset, header=made.element(8, 0x1030, "LO", raw)))
    assert FindingCode.BAD_TEXT in found(report)
    assert "\x1b" not in report.study_description


def test_old_and_new_codes_say_the_same() -> None:
    old = made.event(1, kind="P5-06000", scheme="SRT")
    new = made.event(2, kind="44491008", scheme="SCT")
    events = read_bytes(made.report(old, new)).events
    assert [event.type for event in events] == [EventType.FLUOROSCOPY] * 2


def test_unknown_plane_and_type_are_findings() -> None:
    report = read_bytes(made.report(made.event(1, plane="999", kind="999", scheme="99X")))
    assert report.events[0].plane is Plane.UNKNOWN
    assert report.events[0].type is EventType.UNKNOWN
    assert FindingCode.UNKNOWN_CODE in found(report)


def test_event_without_uid_gets_the_same_one_each_time() -> None:
    event = made.container("113706", made.moment("111526", "20261005120000"), made.num("122130", "1", "mGy.cm2"))
    first, again = read_bytes(made.dataset(event)), read_bytes(made.dataset(event))
    assert first.events[0].uid == again.events[0].uid
    assert first.events[0].uid.startswith("2.25.")
    assert FindingCode.EVENT_WITHOUT_UID in found(first)


def test_event_that_stands_twice_is_counted_once() -> None:
    event = made.event(1, made.num("122130", "1", "mGy.cm2"))
    report = read_bytes(made.dataset(event, event))
    assert len(report.events) == 1
    assert FindingCode.DUPLICATE_EVENT in found(report)


def test_different_events_of_one_uid_are_all_counted() -> None:
    one, two = (made.event(1, made.num("122130", value, "mGy.cm2")) for value in ("1", "2"))
    report = read_bytes(made.dataset(one, two))
    assert len({event.uid for event in report.events}) == 2
    assert FindingCode.EVENT_UID_REUSED in found(report)


def test_dose_that_stands_twice_and_differs_is_not_used() -> None:
    report = read_bytes(
        made.dataset(made.accumulated(made.num("113722", "1", "Gy.m2"), made.num("113722", "2", "Gy.m2")))
    )
    assert report.totals.p_ka_gycm2 is None
    assert FindingCode.SEVERAL_VALUES in found(report)


def test_events_without_an_accumulated_dose_are_kept() -> None:
    report = read_bytes(made.dataset(made.event(1, made.num("122130", "0.00002", "Gy.m2"))))
    assert report.kind is ReportKind.FLUOROSCOPY
    assert report.totals.p_ka_gycm2 == pytest.approx(0.2)
    assert {FindingCode.NO_ACCUMULATED, FindingCode.TOTAL_MISSING} <= found(report)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("113014", ScopeKind.STUDY),
        ("113016", ScopeKind.PERFORMED_PROCEDURE_STEP),
        ("113970", ScopeKind.PROCEDURE_STEP_TO_THIS_POINT),
        ("1", ScopeKind.UNKNOWN),
    ],
)
def test_scope_of_accumulation_is_told_apart(code: str, kind: ScopeKind) -> None:
    scope = made.content_item(
        "CODE", "113705", made.code(0x40, 0xA168, code), made.sequence(0x40, 0xA730, made.uid("121126", "1.2.9"))
    )
    report = read_bytes(made.dataset(scope))
    assert report.scope.kind is kind
    assert report.scope.uid == "1.2.9"


def test_provenance_is_in_the_file_meta_information() -> None:
    meta = made.element(2, 0x17, "AE", "CARM1") + made.element(2, 0x18, "AE", "ALARA")
    provenance = read_provenance(made.part10(made.dataset(), meta=meta))
    assert (provenance.sending_ae, provenance.receiving_ae, provenance.address) == ("CARM1", "ALARA", "")


def test_peek_needs_only_the_beginning() -> None:
    assert peek(made.report()[:400]) == Peek(made.SOP_CLASS, "1.2.826.0.1")
    assert peek(b"no DICOM") is None
    assert peek(b"") is None


XA = "1.2.840.10008.5.1.4.1.1.12.1"


def image(*header: bytes) -> bytes:
    body = made.element(8, 0x16, "UI", XA) + made.element(8, 0x18, "UI", "1.2.826.0.1")
    fragments = made.item() + made.item(bytes(64)) + made.SEQUENCE_END
    pixels = made.element(0x7FE0, 0x10, "OB", fragments, length=made.UNDEFINED)
    return made.part10(body + b"".join(header) + pixels, "1.2.840.10008.1.2.4.70", sop_class=XA)


def test_dose_of_an_image_header_is_read_and_its_pixels_are_not() -> None:
    report = read_bytes(
        image(
            made.element(0x18, 0x115E, "DS", "12.5"),
            made.element(0x20, 0xD, "UI", "1.2.3"),
            made.element(0x40, 0x300, "US", b"\x2a\0"),
            made.element(0x40, 0x8302, "DS", "3"),
        )
    )
    assert report.kind is ReportKind.FLUOROSCOPY
    assert report.totals.p_ka_gycm2 == 1.25
    assert report.totals.fluoroscopy_time_s == 42
    assert report.totals.ka_r_mgy == 3


def test_image_without_dose_is_not_dose() -> None:
    assert read_bytes(image(made.element(0x20, 0xD, "UI", "1.2.3"))).kind is ReportKind.NOT_DOSE


def test_enhanced_report_in_containers_of_its_own_is_told_apart() -> None:
    enhanced = "1.2.840.10008.5.1.4.1.1.88.76"
    report = read_bytes(made.dataset(made.container("130500"), sop_class=enhanced))
    assert report.kind is ReportKind.OTHER_X_RAY
    assert found(report) == {FindingCode.DOSES_NOT_READ}
    familiar = made.dataset(made.event(1, made.num("122130", "0.00001", "Gy.m2")), sop_class=enhanced)
    assert read_bytes(familiar).kind is ReportKind.FLUOROSCOPY


@given(st.text("0123456789.-+eE ,_", max_size=20))
def test_plain_number_is_what_a_closer_look_finds(text: str) -> None:
    plain, closer = plain_decimal(text), read_number(text)
    assert plain is None or (plain, None) == closer


def test_usual_character_sets_are_those_of_pydicom() -> None:
    from pydicom.charset import python_encoding

    assert {name: python_encoding[name] for name in USUAL} == USUAL
