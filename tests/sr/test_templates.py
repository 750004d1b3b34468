"""What is not a plain X-ray radiation dose report: steps, enhanced reports, organ doses; and persons in any of them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from struct import pack

import made_reports as made
import pytest

from alara.errors import UnreadableReason, UnreadableReport
from alara.findings import FindingCode
from alara.model import Basis, Code, DoseReport, EventType, Plane, ReportKind
from alara.sop_classes import (
    ACCEPTED,
    ENHANCED_X_RAY_RADIATION_DOSE_SR,
    PATIENT_RADIATION_DOSE_SR,
    PERFORMED_PROCEDURE_STEP,
)
from alara.sr import peek, read_bytes
from alara.sr.persons import normal_name


def found(report: DoseReport) -> set[FindingCode]:
    return {finding.code for finding in report.findings}


def us(group: int, number: int, value: int) -> bytes:
    return made.element(group, number, "US", pack("<H", value))


SCHEDULED = made.sequence(
    0x40,
    0x270,
    made.item(made.element(0x20, 0xD, "UI", "1.2.826.0.2"), made.element(0x32, 0x1060, "LO", "Hip injection")),
)
DOSES = us(0x40, 0x300, 34) + us(0x40, 0x301, 3) + made.element(0x40, 0x310, "ST", "given by Dr Nobody")
SERIES = made.sequence(0x40, 0x340, made.item(made.element(0x18, 0x1030, "LO", "Joint")))


def step(
    *,
    status: str = "COMPLETED",
    doses: bytes = DOSES,
    modality: str = "RF",
    named: bool = True,
    area_dose_product: str = "12.5",
) -> bytes:
    """A performed procedure step as N-CREATE and N-SET leave it."""
    names = made.element(8, 0x16, "UI", PERFORMED_PROCEDURE_STEP) + made.element(8, 0x18, "UI", "1.2.826.0.1")
    return b"".join(
        (
            names if named else b"",
            made.element(8, 0x60, "CS", modality),
            made.code(8, 0x1032, "HIPINJ", "LOCAL", "Hip injection"),
            made.element(0x10, 0x30, "DA", "19700101"),
            made.element(0x18, 0x115E, "DS", area_dose_product) if area_dose_product else b"",
            made.element(0x40, 0x241, "AE", "CARM3"),
            made.element(0x40, 0x242, "SH", "C-arm 3"),
            made.element(0x40, 0x243, "SH", "Room 2"),
            made.element(0x40, 0x244, "DA", "20261005"),
            made.element(0x40, 0x245, "TM", "101500"),
            made.element(0x40, 0x250, "DA", "20261005"),
            made.element(0x40, 0x251, "TM", "102730"),
            made.element(0x40, 0x252, "CS", status) if status else b"",
            made.element(0x40, 0x254, "LO", "Hip injection left"),
            SCHEDULED,
            doses,
            SERIES,
            made.element(0x40, 0x8302, "DS", "3.25"),
        )
    )


def test_performed_procedure_step_is_read_as_totals_of_one_plane() -> None:
    report = read_bytes(step())
    assert report.kind is ReportKind.FLUOROSCOPY
    assert (report.sop_instance_uid, report.study_instance_uid) == ("1.2.826.0.1", "1.2.826.0.2")
    (plane,) = report.planes
    assert plane.plane is Plane.SINGLE
    assert (plane.p_ka_gycm2, plane.ka_r_mgy, plane.fluoroscopy_time_s) == (1.25, 3.25, 34)
    assert plane.p_ka.basis is Basis.STATED
    assert report.events == ()
    assert report.accumulated[0].reference_point is not None
    assert report.started is not None
    assert report.started.local == datetime(2026, 10, 5, 10, 15)
    assert report.ended is not None
    assert report.ended.local == datetime(2026, 10, 5, 10, 27, 30)
    assert (report.equipment.station, report.equipment.location) == ("C-arm 3", "Room 2")
    assert report.requested_procedure_description == "Hip injection"
    assert report.performed_procedure_description == "Hip injection left"
    assert report.protocol_names == ("Joint",)
    assert report.procedure_codes == (Code("HIPINJ", "LOCAL"),)
    assert report.patient.age_years == pytest.approx(56.76, abs=0.01)
    assert report.findings == ()
    assert "Nobody" not in repr(report)


@pytest.mark.parametrize(
    ("status", "complete"), [("COMPLETED", True), ("DISCONTINUED", True), ("IN PROGRESS", False), ("", None)]
)
def test_status_of_a_step_says_whether_it_is_complete(status: str, complete: bool | None) -> None:
    report = read_bytes(step(status=status))
    assert report.complete is complete
    assert (FindingCode.NOT_FINAL in found(report)) == (complete is False)


def test_step_that_only_its_message_names_is_known_by_the_file_meta_information() -> None:
    file = made.part10(step(named=False), sop_class=PERFORMED_PROCEDURE_STEP)
    assert read_bytes(file).sop_instance_uid == "1.2.826.0.1"
    assert read_bytes(file).totals == read_bytes(step()).totals
    known = peek(file)
    assert known is not None
    assert known.sop_class_uid == PERFORMED_PROCEDURE_STEP


def test_step_in_implicit_encoding_has_its_binary_numbers() -> None:
    """Value representations are not sent, so the standard's must be known."""
    elements = [
        (8, 0x16, PERFORMED_PROCEDURE_STEP.encode() + b"\0"),
        (8, 0x18, b"1.2.826.0.1\0"),
        (0x18, 0x115E, b"2.5 "),
        (0x20, 0xD, b"1.2.826.0.2\0"),
        (0x40, 0x300, pack("<H", 300)),
        (0x40, 0x302, pack("<H", 2)),
    ]
    data = b"".join(pack("<HHI", group, number, len(value)) + value for group, number, value in elements)
    totals = read_bytes(made.part10(data, made.IMPLICIT, sop_class=PERFORMED_PROCEDURE_STEP)).totals
    assert (totals.p_ka_gycm2, totals.fluoroscopy_time_s, totals.ka_r_mgy) == (0.25, 300, 200)


@pytest.mark.parametrize(
    ("modality", "seconds", "kind"),
    [
        ("XA", 0, ReportKind.FLUOROSCOPY),
        ("DX", 0, ReportKind.RADIOGRAPHY),
        ("DX", 9, ReportKind.FLUOROSCOPY),
        ("CT", 9, ReportKind.CT),
        ("MG", 0, ReportKind.MAMMOGRAPHY),
    ],
)
def test_modality_of_a_step_decides_its_kind(modality: str, seconds: int, kind: ReportKind) -> None:
    report = read_bytes(step(modality=modality, doses=us(0x40, 0x300, seconds)))
    assert report.kind is kind
    assert bool(report.accumulated) == kind.audited


def test_step_without_dose_is_not_dose() -> None:
    data = step(doses=b"", area_dose_product="").replace(made.element(0x40, 0x8302, "DS", "3.25"), b"")
    assert read_bytes(data).kind is ReportKind.NOT_DOSE


def test_what_is_set_alone_names_no_study_and_says_so() -> None:
    with pytest.raises(UnreadableReport) as unreadable:
        read_bytes(step().replace(SCHEDULED, b""))
    assert unreadable.value.reason is UnreadableReason.NO_STUDY_INSTANCE_UID


def test_steps_are_not_accepted_for_storage() -> None:
    assert PERFORMED_PROCEDURE_STEP not in ACCEPTED


def summary(number: int, kind: str = "44491008", scheme: str = "SCT", ka_r: str = "0.001", source: str = "A") -> bytes:
    """One event of TID 10042."""
    return made.container(
        "130501",
        made.uid("113769", f"1.2.3.{number}"),
        made.moment("111526", f"202610051200{number:02}"),
        made.moment("111527", f"202610051200{number + 5:02}"),
        *([made.text("113832", source)] if source else []),
        made.coded("113721", kind, scheme),
        made.num("113738", ka_r, "Gy"),
    )


def source(name: str = "A", time: str = "12") -> bytes:
    """The totals of one X-ray source, TID 10041."""
    return made.container(
        "130500",
        made.text("113832", name),
        made.num("113722", "0.00003", "Gy.m2"),
        made.num("113726", "0.00003", "Gy.m2"),
        made.num("113730", time, "s"),
    )


def enhanced(*items: bytes) -> DoseReport:
    return read_bytes(
        made.part10(
            made.dataset(*items, sop_class=ENHANCED_X_RAY_RADIATION_DOSE_SR), sop_class=ENHANCED_X_RAY_RADIATION_DOSE_SR
        )
    )


def test_enhanced_report_of_fluoroscopy_with_one_source_is_read() -> None:
    report = enhanced(source(), summary(1), summary(2), made.container("130505"))
    assert report.kind is ReportKind.FLUOROSCOPY
    (plane,) = report.planes
    assert plane.plane is Plane.SINGLE
    assert (plane.p_ka_gycm2, plane.fluoroscopy_time_s) == (pytest.approx(0.3), 12)
    assert (plane.ka_r_mgy, plane.ka_r.basis) == (2, Basis.SUMMED)
    assert [(event.uid, event.type, event.ka_r_mgy) for event in report.events] == [
        ("1.2.3.1", EventType.FLUOROSCOPY, 1),
        ("1.2.3.2", EventType.FLUOROSCOPY, 1),
    ]
    assert all(event.duration is None for event in report.events)  # a clock time is no irradiation duration
    assert found(report) == {FindingCode.TOTAL_MISSING}


@pytest.mark.parametrize(("a", "b"), [("A", "B"), ("Plane A", "plane B"), ("X-Ray Source A", "X-Ray Source B")])
def test_two_sources_that_are_called_a_and_b_are_the_planes(a: str, b: str) -> None:
    report = enhanced(
        source(b, time="3"), source(a, time="7"), summary(1, source=a), summary(2, source=b), summary(3, source=a)
    )
    assert report.kind is ReportKind.FLUOROSCOPY
    assert {plane.plane: plane.fluoroscopy_time_s for plane in report.planes} == {Plane.A: 7, Plane.B: 3}
    assert [event.plane for event in report.events] == [Plane.A, Plane.B, Plane.A]
    assert {plane.plane: plane.ka_r_mgy for plane in report.planes} == {Plane.A: 2, Plane.B: 1}


def test_events_of_an_enhanced_report_end_when_they_say_and_give_no_duration() -> None:
    indices = (made.num("113845", "310", "1"), made.num("113847", "-1.2", "1"))
    report = enhanced(source(), summary(1), made.container("130501", made.uid("113769", "1.2.3.9"), *indices))
    assert report.ended is not None
    assert report.ended.local == datetime(2026, 10, 5, 12, 0, 6)
    assert report.events[0].duration is None
    details = report.events[1].details
    assert details is not None
    assert (details.exposure_index, details.deviation_index) == (310, -1.2)


def test_calibration_of_a_source_is_read_of_an_enhanced_report() -> None:
    calibration = made.container("122505", made.num("113763", "25", "%"))
    totals = made.container("130500", made.num("113730", "12", "s"), calibration)
    (dose,) = enhanced(totals, summary(1, source="")).accumulated
    assert dose.calibrations[0].uncertainty_percent == 25


def test_air_kerma_at_an_output_measurement_point_is_no_k_ar() -> None:
    output = made.container("130505", made.container("130514", made.num("130515", "90", "mGy")))
    with_output, without = (enhanced(source(), summary(1), *more) for more in ((output,), ()))
    assert with_output.totals == without.totals


@pytest.mark.parametrize(
    "items",
    [
        (source("1"), source("2"), summary(1, source="1")),
        (source("A"), source("B"), summary(1, source="C")),
        (source("A"), source("A"), summary(1)),
        (source("A"), source("B"), summary(1, source="")),
        (source("A"), summary(1, source="B")),
        (source("A"), source("B"), source("C"), summary(1)),
        (summary(1, "113613", "DCM"),),
        (made.container("130505"),),
        (),
    ],
    ids=[
        *("sources without a plane", "event of a third", "one source twice", "event of neither"),
        *("events of another", "three sources", "cone-beam CT", "details alone", "nothing"),
    ],
)
def test_enhanced_report_that_is_not_fluoroscopy_for_certain_is_kept_apart(items: tuple[bytes, ...]) -> None:
    report = enhanced(*items)
    assert report.kind is ReportKind.OTHER_X_RAY
    assert not report.kind.audited
    assert (report.accumulated, report.events) == ((), ())
    assert FindingCode.DOSES_NOT_READ in found(report)


def test_patient_radiation_dose_is_kept_apart_and_says_so() -> None:
    report = read_bytes(made.dataset(made.coded("121058", "113704"), sop_class=PATIENT_RADIATION_DOSE_SR))
    assert report.kind is ReportKind.PATIENT_DOSE
    assert found(report) == {FindingCode.DOSES_NOT_READ}


def person(role: str, name: str | bytes = "Nobody^Ned", person_id: str | None = "ID-4711") -> bytes:
    told = [made.text("113871", person_id)] if person_id is not None else []
    return made.content_item(
        "PNAME",
        "113870",
        made.element(0x40, 0xA123, "PN", name),
        made.sequence(0x40, 0xA730, made.coded("113875", role), *told),
    )


def operators_of(*items: bytes, header: bytes = b"") -> tuple[str, ...]:
    return read_bytes(made.part10(made.dataset(made.event(1, *items), header=header))).operators


def test_roles_of_persons_are_kept_once_and_names_are_not() -> None:
    event = made.event(1, made.num("122130", "0.00001", "Gy.m2"), person("113851"), person("113850"))
    report = read_bytes(made.part10(made.dataset(person("113850"), event, event)))
    assert report.person_roles == (Code("113850", "DCM"), Code("113851", "DCM"))
    assert "Nobody" not in repr(report)
    assert "4711" not in repr(report)


def test_an_operator_is_who_administered_the_irradiation_by_id_or_else_by_name() -> None:
    assert operators_of(person("113851"), person("113850", person_id="ID-1")) == ("ID-4711",)
    assert operators_of(person("113851", person_id=None)) == ("Nobody^Ned",)
    assert operators_of(person("113851", person_id=" ")) == ("Nobody^Ned",)
    assert operators_of(person("113851", "", None)) == ()
    assert operators_of(person("113851"), person("113851", person_id="ID-1")) == ("ID-4711", "ID-1")


def test_without_a_person_in_the_content_the_operator_is_the_performing_physician() -> None:
    header = made.element(0x08, 0x1050, "PN", "Roe^Richard\\Doe^Jane^^DR")
    assert operators_of(header=header) == ("Roe^Richard", "Doe^Jane")
    assert operators_of(person("113851", "", None), header=header) == ("Roe^Richard", "Doe^Jane")
    assert operators_of(person("113851"), header=header) == ("ID-4711",)


@pytest.mark.parametrize(
    "name", ["Doe^Jane", "Doe ^ Jane^^Dr^MD", "Doe^Jane=山田^花子", "Ｄｏｅ^Jane", "=Doe^Jane", " Doe^  Jane "]
)
def test_a_person_whose_name_is_written_otherwise_is_the_same(name: str) -> None:
    assert normal_name(name) == "Doe^Jane"


@pytest.mark.parametrize("name", ["", "^^^^", " ^ ", "=", "^=^"])
def test_a_name_of_nobody_is_empty(name: str) -> None:
    assert normal_name(name) == ""


def test_a_name_that_cannot_be_read_is_no_finding() -> None:
    broken = made.event(1, person("113851", b"D\xf6e^Jane", None))
    header = made.element(0x08, 0x1050, "PN", b"D\xf6e^Jane")
    sound, report = (
        read_bytes(made.part10(made.dataset(event, header=head)))
        for event, head in ((made.event(1), b""), (broken, header))
    )
    assert report.operators
    assert found(report) == found(sound)


def test_real_reports_name_who_performed_and_leave_the_person_of_the_events_blank(corpus: Path) -> None:
    named = {path.name for path in corpus.glob("*.dcm") if read_bytes(path.read_bytes()).operators}
    assert named == {"RF-RDSR-Philips_Allura.dcm", "RF-RDSR-Philips_Azurion.dcm"}


def test_person_without_a_role_says_nothing() -> None:
    nameless = made.content_item("PNAME", "113870", made.element(0x40, 0xA123, "PN", ""))
    assert read_bytes(made.part10(made.dataset(nameless))).person_roles == ()


def test_real_report_has_the_role_of_its_persons(corpus: Path) -> None:
    report = read_bytes((corpus / "RF-No-kVp-and-others.dcm").read_bytes())
    assert report.person_roles == (Code("113851", "DCM"),)


PREGNANCY = us(0x10, 0x21C0, 4)


@pytest.mark.parametrize("sop_class", [made.SOP_CLASS, "1.2.840.10008.5.1.4.1.1.12.1"])
def test_pregnancy_status_and_requested_codes_arrive_from_reports_and_images(sop_class: str) -> None:
    requested = made.sequence(0x40, 0xA370, made.item(made.code(0x32, 0x1064, "K", "LOCAL", "Knee")))
    body = b"".join(
        (
            made.element(8, 0x16, "UI", sop_class),
            made.element(8, 0x18, "UI", "1.2.826.0.1"),
            PREGNANCY,
            made.element(0x18, 0x115E, "DS", "1"),
            made.element(0x20, 0xD, "UI", "1.2.826.0.2"),
            made.code(0x32, 0x1064, "H", "LOCAL", "Hip"),
            requested,
            made.element(0x40, 0xA491, "CS", "PARTIAL"),
            made.sequence(0x40, 0xA730, made.event(1)),
        )
    )
    report = read_bytes(made.part10(body, sop_class=sop_class))
    assert report.patient.pregnancy_status == "unknown"
    assert report.procedure_codes == (Code("H", "LOCAL"), Code("K", "LOCAL"))
    assert report.complete is False
