"""Dose in the headers of images and of performed procedure steps: units, times, and pixels that nobody looks at."""

from __future__ import annotations

import tracemalloc
from datetime import datetime
from struct import pack

import made_reports as made
import pytest

from alara.errors import UnreadableReason, UnreadableReport
from alara.findings import FindingCode
from alara.model import DoseReport, Moment, ReportKind
from alara.sop_classes import PERFORMED_PROCEDURE_STEP
from alara.sr import read_bytes
from alara.sr.limits import MAX_BYTES

XA = "1.2.840.10008.5.1.4.1.1.12.1"
RF = "1.2.840.10008.5.1.4.1.1.12.2"
CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


def element(group: int, number: int, vr: str, value: str | int) -> bytes:
    return made.element(group, number, vr, pack("<H", value) if isinstance(value, int) else value)


AREA_DOSE = element(0x18, 0x115E, "DS", "12.5")


def an_object(*elements: bytes, sop_class: str = XA) -> DoseReport:
    """An object of these elements, which it puts in the order of their tags."""
    names = (
        element(8, 0x16, "UI", sop_class),
        element(8, 0x18, "UI", "1.2.826.0.1"),
        element(8, 0x20, "DA", "20261005"),
        element(8, 0x30, "TM", "100000"),
        element(0x20, 0xD, "UI", "1.2.826.0.2"),
    )
    ordered = sorted((*names, *elements), key=lambda raw: (raw[1], raw[0], raw[3], raw[2]))
    return read_bytes(made.part10(b"".join(ordered), sop_class=sop_class))


@pytest.mark.parametrize("sop_class", [XA, RF, CAPTURE, PERFORMED_PROCEDURE_STEP])
def test_every_dose_element_has_the_unit_of_the_standard(sop_class: str) -> None:
    """PS3.3 C.4.16: dGy.cm2, s, mGy; the older entrance dose in dGy counts where the newer is absent."""
    newer = element(0x40, 0x8302, "DS", "3.5")
    elements = (AREA_DOSE, element(0x40, 0x300, "US", 42), element(0x40, 0x302, "US", 2))
    older = an_object(*elements, sop_class=sop_class).totals
    assert (older.p_ka_gycm2, older.fluoroscopy_time_s, older.ka_r_mgy) == (1.25, 42, 200)
    assert an_object(*elements, newer, sop_class=sop_class).totals.ka_r_mgy == 3.5


def test_exposures_are_counted_and_make_no_dose_alone() -> None:
    exposures = element(0x40, 0x301, "US", 7)
    assert an_object(AREA_DOSE, exposures).accumulated[0].exposures == 7
    assert an_object(exposures).kind is ReportKind.NOT_DOSE


@pytest.mark.parametrize(("text", "distance_mm"), [("650", 650), ("0", None), ("-3", None), ("", None)])
def test_entrance_dose_has_its_distance_from_the_source(text: str, distance_mm: float | None) -> None:
    point = an_object(element(0x40, 0x306, "DS", text), element(0x40, 0x8302, "DS", "3")).accumulated[0].reference_point
    assert point is not None
    assert (point.text, point.source_to_reference_point_mm) == ("entrance surface of the patient", distance_mm)


def test_odd_distance_to_the_entrance_is_a_finding() -> None:
    report = an_object(element(0x40, 0x306, "DS", "near"), element(0x40, 0x8302, "DS", "3"))
    assert report.totals.ka_r_mgy == 3
    assert FindingCode.NOT_A_NUMBER in {finding.code for finding in report.findings}


def test_what_is_no_dose_or_may_name_someone_is_left() -> None:
    exposure = made.item(element(0x18, 0x60, "DS", "70"), element(0x18, 0x115A, "CS", "PULSED"))
    left = (
        made.sequence(0x40, 0x30E, exposure),
        element(0x40, 0x310, "ST", "12 mGy, says Dr Nobody"),
        made.element(0x18, 0x9473, "FL", pack("<f", 3.0)),
    )
    assert an_object(*left).kind is ReportKind.NOT_DOSE
    assert an_object(AREA_DOSE, *left).totals == an_object(AREA_DOSE).totals
    assert "Nobody" not in repr(an_object(AREA_DOSE, *left))


OFFSET = element(8, 0x201, "SH", "+0200")


@pytest.mark.parametrize(
    ("elements", "moment"),
    [
        ((), Moment(datetime(2026, 10, 5, 10))),
        ((OFFSET,), Moment(datetime(2026, 10, 5, 10), 120)),
        ((element(8, 0x22, "DA", "20261005"), element(8, 0x32, "TM", "101500.5")), None),
        ((element(8, 0x2A, "DT", "20261005101500.5"),), None),
        ((element(8, 0x2A, "DT", "20261005101500.5"), OFFSET), 120),
        ((element(8, 0x2A, "DT", "20261005101500.5-0330"), OFFSET), -210),
        ((element(8, 0x22, "DA", "20261005"), element(8, 0x32, "TM", "101500.5"), OFFSET), 120),
    ],
)
def test_image_began_when_it_was_acquired(elements: tuple[bytes, ...], moment: Moment | int | None) -> None:
    expected = moment if isinstance(moment, Moment) else Moment(datetime(2026, 10, 5, 10, 15, 0, 500000), moment)
    assert an_object(AREA_DOSE, *elements).started == expected


def test_bad_time_of_acquisition_is_a_finding_and_the_study_counts() -> None:
    report = an_object(AREA_DOSE, element(8, 0x2A, "DT", "20261305"))
    assert report.started == Moment(datetime(2026, 10, 5, 10))
    assert FindingCode.BAD_TIME in {finding.code for finding in report.findings}


def test_times_of_a_step_are_in_the_offset_of_its_dataset() -> None:
    when = (element(0x40, 0x244, "DA", "20261005"), element(0x40, 0x245, "TM", "1015"))
    report = an_object(AREA_DOSE, OFFSET, *when, sop_class=PERFORMED_PROCEDURE_STEP)
    assert report.started == Moment(datetime(2026, 10, 5, 10, 15), 120)
    assert report.started.utc == datetime(2026, 10, 5, 8, 15)


def pixels(size: int, vr: str = "OW") -> bytes:
    return pack("<HH2sHI", 0x7FE0, 0x10, vr.encode(), 0, size) + bytes(size)


def test_image_of_any_length_is_read_without_a_copy_of_its_pixels() -> None:
    names = element(8, 0x16, "UI", XA) + element(8, 0x18, "UI", "1.2.826.0.1")
    data = made.part10(names + AREA_DOSE + element(0x20, 0xD, "UI", "1.2.3") + pixels(MAX_BYTES + 2), sop_class=XA)
    tracemalloc.start()
    try:
        report = read_bytes(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert report.totals.p_ka_gycm2 == 1.25
    assert peak < 1024 * 1024


def test_what_is_long_before_its_pixels_is_too_large() -> None:
    names = element(8, 0x16, "UI", XA) + element(8, 0x18, "UI", "1.2.826.0.1")
    filler = pack("<HH2sHI", 0x11, 0x1010, b"OB", 0, MAX_BYTES) + bytes(MAX_BYTES)
    for end in (b"", pixels(4)):
        with pytest.raises(UnreadableReport) as unreadable:
            read_bytes(made.part10(names + filler + end, sop_class=XA))
        assert unreadable.value.reason is UnreadableReason.TOO_LARGE


def test_pixels_that_are_cut_are_noticed() -> None:
    names = element(8, 0x16, "UI", XA) + element(8, 0x18, "UI", "1.2.826.0.1")
    data = made.part10(names + AREA_DOSE + element(0x20, 0xD, "UI", "1.2.3") + pixels(1000), sop_class=XA)
    with pytest.raises(UnreadableReport) as unreadable:
        read_bytes(data[:-2])
    assert unreadable.value.reason is UnreadableReason.TRUNCATED
