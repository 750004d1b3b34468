"""Odd numbers, units, texts and times in the bytes of whole reports: each is read right, or is absent and says why."""

from __future__ import annotations

from datetime import datetime

import made_reports as made
import pytest

from alara.findings import FindingCode
from alara.model import DoseReport, IrradiationEvent, Moment
from alara.sr import read_bytes
from alara.sr.units import _SPELLINGS


def found(report: DoseReport) -> set[FindingCode]:
    return {finding.code for finding in report.findings}


#: As sent in Gy.m2, what it is in Gy.cm2, and the finding.
NUMBERS = [
    ("0.00002", 0.2, None),
    ("2e-5", 0.2, None),
    ("0,00002", 0.2, FindingCode.COMMA_DECIMAL),
    ("2,0E-05", 0.2, FindingCode.COMMA_DECIMAL),
    ("0.000020000000000000", 0.2, FindingCode.OVERLONG),
    ("<5", None, FindingCode.BELOW_LIMIT),
    ("NaN", None, FindingCode.NOT_FINITE),
    ("inf", None, FindingCode.NOT_FINITE),
    ("-Infinity", None, FindingCode.NOT_FINITE),
    ("1.#INF", None, FindingCode.NOT_FINITE),
    ("-0.00002", None, FindingCode.NEGATIVE),
    ("0.00002\\0.00003", None, FindingCode.SEVERAL_VALUES),
    ("none", None, FindingCode.NOT_A_NUMBER),
    ("1e30", None, FindingCode.IMPLAUSIBLE),
    ("", None, FindingCode.NO_VALUE),
]


@pytest.mark.parametrize(("text", "gy_cm2", "finding"), NUMBERS)
def test_odd_number_of_an_event_is_read_or_absent_with_its_finding(
    text: str, gy_cm2: float | None, finding: FindingCode | None
) -> None:
    report = read_bytes(made.report(made.event(1, made.num("122130", text, "Gy.m2"))))
    assert report.events[0].p_ka_gycm2 == (None if gy_cm2 is None else pytest.approx(gy_cm2))
    odd = {FindingCode.COMMA_DECIMAL, FindingCode.OVERLONG} | {each for *_, each in NUMBERS if each}
    assert found(report) & odd == ({finding} if finding else set())


@pytest.mark.parametrize(("text", "gy_cm2", "finding"), NUMBERS)
def test_odd_total_is_read_or_replaced_by_its_events_and_never_zero(
    text: str, gy_cm2: float | None, finding: FindingCode | None
) -> None:
    totals = made.accumulated(made.num("113722", text, "Gy.m2"))
    report = read_bytes(made.part10(made.dataset(totals, made.event(1, made.num("122130", "0.00003", "Gy.m2")))))
    stated = report.totals.p_ka.stated
    assert (stated.amount if stated else None) == (None if gy_cm2 is None else pytest.approx(gy_cm2))
    assert report.totals.p_ka_gycm2 == pytest.approx(gy_cm2 if gy_cm2 is not None else 0.3)
    assert finding is None or finding in found(report)


@pytest.mark.parametrize(
    ("concept", "unit", "field"),
    [
        ("113736", "uA.s", "exposure_uas"),
        ("113767", "mA", "average_tube_current_ma"),
        ("113766", "mm", "focal_spot_mm"),
        ("111638", "mm", "patient_equivalent_thickness_mm"),
        ("113754", "deg", "table_head_tilt_deg"),
    ],
)
@pytest.mark.parametrize("text", ["<5", "NaN", "1\\2", "five", ""])
def test_odd_number_of_any_field_is_absent_with_a_finding(concept: str, unit: str, field: str, text: str) -> None:
    report = read_bytes(made.report(made.event(1, made.num(concept, text, unit))))
    assert getattr(report.events[0], field) is None
    assert found(report) & {finding for *_, finding in NUMBERS if finding}


#: Concept, field, its unit as sent, and what 3 of it are in the field's own unit.
UNITS = [
    *(("122130", "p_ka_gycm2", unit, 3 * size) for unit, size in (("Gy.m2", 1e4), ("Gym2", 1e4), ("dGy.m2", 1e3))),
    *(("122130", "p_ka_gycm2", unit, 3 * size) for unit, size in (("uGy.m2", 1e-2), ("uGym2", 1e-2), ("µGy.m2", 1e-2))),
    *(("122130", "p_ka_gycm2", unit, 3 * size) for unit, size in (("Gy.cm2", 1), ("Gy.cm^2", 1), ("Gycm2", 1))),
    *(("122130", "p_ka_gycm2", unit, 3 * size) for unit, size in (("dGy.cm2", 0.1), ("dGycm2", 0.1), ("dGy*cm2", 0.1))),
    *(("122130", "p_ka_gycm2", unit, 3 * size) for unit, size in (("cGy.cm2", 1e-2), ("mGy.cm2", 1e-3))),
    *(("122130", "p_ka_gycm2", unit, 3 * size) for unit, size in (("uGy.cm2", 1e-6), ("mGy.m2", 10), ("cGy.m2", 100))),
    *(("113738", "ka_r_mgy", unit, 3 * size) for unit, size in (("Gy", 1e3), ("dGy", 1e2), ("cGy", 10), ("mGy", 1))),
    *(("113738", "ka_r_mgy", unit, 3 * size) for unit, size in (("uGy", 1e-3), ("µGy", 1e-3), ("nGy", 1e-6))),
    *(("113742", "duration_s", unit, 3 * size) for unit, size in (("s", 1), ("sec", 1), ("ms", 1e-3), ("min", 60))),
    *(("113793", "pulse_width_ms", unit, 3 * size) for unit, size in (("ms", 1), ("s", 1e3), ("us", 1e-3))),
    *(("113791", "pulse_rate_per_s", unit, 3) for unit in ("{pulse}/s", "pulse/s", "pulses/s", "1/s", "/s", "Hz")),
    *(("113791", "pulse_rate_per_s", unit, 3) for unit in ("frame/s", "frames/s", "fps")),
    *(("113742", "duration_s", unit, 3) for unit in ("second", "seconds")),
    *(("113742", "duration_s", unit, 180) for unit in ("minute", "minutes")),
    ("113793", "pulse_width_ms", "msec", 3),
    *(("113736", "exposure_uas", unit, 3 * size) for unit, size in (("uA.s", 1), ("uAs", 1), ("mA.s", 1e3))),
    *(("113736", "exposure_uas", unit, 3 * size) for unit, size in (("mAs", 1e3), ("µAs", 1), ("µA.s", 1))),
    *(("113767", "average_tube_current_ma", unit, 3 * size) for unit, size in (("mA", 1), ("uA", 1e-3), ("A", 1e3))),
    *(("113750", "source_to_detector_mm", unit, 3 * size) for unit, size in (("mm", 1), ("cm", 10), ("m", 1e3))),
    *(("113733", "kvp", unit, 3 * size) for unit, size in (("kV", 1), ("kVp", 1), ("V", 1e-3))),
    *(("112011", "primary_angle_deg", unit, 3) for unit in ("deg", "degree", "degrees", "°")),
]


@pytest.mark.parametrize(
    ("concept", "field", "text", "unit", "kept"),
    [
        ("113733", "kvp", "80000", "kV", None),  # volts under the wrong unit
        ("113733", "kvp", "150", "kV", 150.0),
        ("113738", "ka_r_mgy", "1001", "Gy", None),
        ("113738", "ka_r_mgy", "60", "Gy", 60_000.0),
        ("122130", "p_ka_gycm2", "11", "Gy.m2", None),
        ("122130", "p_ka_gycm2", "0.3", "Gy.m2", 3_000.0),
        ("113750", "source_to_detector_mm", "1.2e6", "mm", None),
        ("112011", "primary_angle_deg", "-3600", "deg", None),
    ],
)
def test_a_value_that_no_c_arm_gives_is_absent_with_a_finding(
    concept: str, field: str, text: str, unit: str, kept: float | None
) -> None:
    report = read_bytes(made.report(made.event(1, made.num(concept, text, unit))))
    assert getattr(report.events[0], field) == (pytest.approx(kept) if kept is not None else None)
    told = [f.text for f in report.findings if f.code is FindingCode.IMPLAUSIBLE]
    assert told == ([] if kept is not None else [f"{text} {unit}"])


def test_every_spelling_that_the_table_knows_is_one_of_the_tests() -> None:
    tested = {unit for _, _, unit, _ in UNITS} | {"s", "sec"}
    known = {unit for unit in _SPELLINGS if _SPELLINGS[unit] != "1" and not _SPELLINGS[unit].startswith("%")}
    assert known - tested == set()


@pytest.mark.parametrize(("concept", "field", "unit", "amount"), UNITS)
def test_unit_of_an_event_is_read_in_its_spelling(concept: str, field: str, unit: str, amount: float) -> None:
    report = read_bytes(made.report(made.event(1, in_utf8(concept, "3", unit)), charset="ISO_IR 192"))
    assert getattr(report.events[0], field) == pytest.approx(amount)
    assert FindingCode.UNKNOWN_UNIT not in found(report)


@pytest.mark.parametrize(
    ("concept", "field", "unit"),
    [
        ("122130", "p_ka_gycm2", "Gy"),
        ("122130", "p_ka_gycm2", "rad.cm2"),
        ("113738", "ka_r_mgy", "Gy.m2"),
        ("113738", "ka_r_mgy", "R"),
        ("113742", "duration_s", "mGy"),
        ("113736", "exposure_uas", "mA"),
        ("113791", "pulse_rate_per_s", "1"),
    ],
)
def test_unit_of_another_quantity_is_a_finding_and_no_number(concept: str, field: str, unit: str) -> None:
    report = read_bytes(made.report(made.event(1, made.num(concept, "3", unit))))
    assert getattr(report.events[0], field) is None
    assert [finding.text for finding in report.findings if finding.code is FindingCode.UNKNOWN_UNIT] == [f"3 {unit}"]


def in_utf8(concept: str, value: str, unit: str) -> bytes:
    """A NUM item whose unit is beyond Latin-1's bytes."""
    parts = (made.element(8, 0x100, "SH", unit.encode()), made.element(8, 0x102, "SH", "UCUM"))
    units = made.sequence(0x40, 0x8EA, made.item(*parts))
    measured = made.sequence(0x40, 0xA300, made.item(units, made.element(0x40, 0xA30A, "DS", value)))
    return made.content_item("NUM", concept, measured)


def protocol(charset: str, raw: bytes) -> DoseReport:
    """A report whose event has a protocol of these bytes."""
    return read_bytes(made.report(made.event(1, made.text("125203", raw)), charset=charset))


@pytest.mark.parametrize(
    ("charset", "raw", "text"),
    [
        ("ISO_IR 100", "Épaule à gauche".encode("latin-1"), "Épaule à gauche"),
        ("ISO_IR 192", "Плечо 肩".encode(), "Плечо 肩"),
        ("GB18030", "肩关节 腰椎".encode("gb18030"), "肩关节 腰椎"),
        ("GBK", "腰椎".encode("gbk"), "腰椎"),
        ("\\ISO 2022 IR 87", b"L-spine \x1b$B9xDG\x1b(B left", "L-spine 腰椎 left"),
        ("ISO_IR 13\\ISO 2022 IR 87", b"\xb6\xc0 \x1b$B9xDG\x1b(J", "ｶﾀ 腰椎"),
        ("ISO_IR 144", "Плечо".encode("iso8859-5"), "Плечо"),
        ("ISO_IR 127", "كتف".encode("iso8859-6"), "كتف"),
        ("iso_ir_192", b"knee", "knee"),
    ],
)
def test_text_of_an_event_is_right_in_its_character_set(charset: str, raw: bytes, text: str) -> None:
    report = protocol(charset, raw)
    assert report.events[0].protocol == text
    assert FindingCode.BAD_TEXT not in found(report)


@pytest.mark.parametrize(
    ("charset", "raw", "text"),
    [
        ("", "Épaule".encode("latin-1"), "Épaule"),
        ("", "Schulter für 腰".encode(), "Schulter für 腰"),
        ("ISO_IR 100", "Hüfte, épaule, æøå".encode(), "Hüfte, épaule, æøå"),
        ("ISO_IR 192", "Hüfte".encode("latin-1"), "H\ufffdfte"),
        ("NO SUCH SET", "Hüfte".encode(), "Hüfte"),
        ("ISO_IR 6", "Hüfte".encode(), "Hüfte"),
    ],
)
def test_text_under_a_missing_or_wrong_declaration_is_marked(charset: str, raw: bytes, text: str) -> None:
    report = protocol(charset, raw)
    assert report.events[0].protocol == text
    assert FindingCode.BAD_TEXT in found(report)


def timed(text: str, offset: str = "") -> IrradiationEvent:
    header = made.element(8, 0x201, "SH", offset) if offset else b""
    event = made.container("113706", made.uid("113769", "1.2.3.1"), made.moment("111526", text))
    return read_bytes(made.part10(made.dataset(event, header=header))).events[0]


@pytest.mark.parametrize(
    ("text", "offset", "moment", "utc"),
    [
        ("20261005120001", "", Moment(datetime(2026, 10, 5, 12, 0, 1)), None),
        ("20261005120001.25", "", Moment(datetime(2026, 10, 5, 12, 0, 1, 250000)), None),
        ("202610051200", "", Moment(datetime(2026, 10, 5, 12)), None),
        ("20261005120001", "+0200", Moment(datetime(2026, 10, 5, 12, 0, 1), 120), datetime(2026, 10, 5, 10, 0, 1)),
        ("202610051200", "-0330", Moment(datetime(2026, 10, 5, 12), -210), datetime(2026, 10, 5, 15, 30)),
        ("20261005120001+0545", "+0200", Moment(datetime(2026, 10, 5, 12, 0, 1), 345), datetime(2026, 10, 5, 6, 15, 1)),
        ("20261005003000", "+0200", Moment(datetime(2026, 10, 5, 0, 30), 120), datetime(2026, 10, 4, 22, 30)),
        ("20261005120001", "nowhere", Moment(datetime(2026, 10, 5, 12, 0, 1)), None),
    ],
)
def test_start_of_an_event_is_local_as_sent_and_utc_where_known(
    text: str, offset: str, moment: Moment, utc: datetime | None
) -> None:
    started = timed(text, offset).started
    assert started == moment
    assert started.utc == utc
