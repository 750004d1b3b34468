"""The builder writes what the standard asks for, and the reader reads back what was written."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from typing import Any

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alara.model import (
    AccumulatedDose,
    Code,
    DoseReport,
    Equipment,
    EventType,
    Filter,
    IrradiationEvent,
    Moment,
    Patient,
    Plane,
    ReferencePoint,
    ReportKind,
    Scope,
    ScopeKind,
)
from alara.quantities import AirKerma, Area, Duration, KermaAreaProduct, Quantity
from alara.samples.fleet import FLEET
from alara.sop_classes import X_RAY_RADIATION_DOSE_SR
from alara.sr import read_bytes
from alara.sr.build import CONFORMING, build, derived_uid
from tests.sr.trees import assert_same_tree

_DERIVED_BY_THE_READER = ("planes", "totals", "started", "ended", "quirks", "findings", "protocol_names")


def quantities(kind: type[Quantity], quantum: float, most: int = 10**7, *, least: int = 0) -> st.SearchStrategy[Any]:
    """Absent, or a multiple of the quantum: a C-arm has no more digits."""
    return st.none() | st.integers(least, most).map(lambda n: kind(round(n * quantum, 9)))


def numbers(low: int, high: int) -> st.SearchStrategy[float | None]:
    return st.none() | st.integers(low * 10, high * 10).map(lambda n: n / 10)


words = st.text(st.characters(codec="utf-8", categories=("L", "N")), max_size=12).filter(
    lambda text: text == text.strip()
)
uids = st.integers(0, 10**9).map(lambda n: derived_uid("test", n))
moments = st.builds(
    Moment, st.datetimes(datetime(1995, 1, 1), datetime(2035, 1, 1)), st.none() | st.sampled_from((-240, 0, 60, 330))
)
regions = st.sampled_from((Code("122496007", "SCT", "Lumbar spine"), Code("72696002", "SCT", "Knee")))
sides = st.none() | st.sampled_from((Code("7771000", "SCT", "Left"), Code("24028007", "SCT", "Right")))
filters = st.builds(Filter, st.sampled_from(("Cu", "Al")), numbers(0, 9), numbers(0, 9))
points = st.none() | st.sampled_from(
    (
        ReferencePoint(Code("113860", "DCM", "15cm from Isocenter toward Source"), "15cm from Isocenter toward Source"),
        ReferencePoint(text="15cm below"),
    )
)
events = st.builds(
    IrradiationEvent,
    uid=uids,
    plane=st.sampled_from((Plane.SINGLE, Plane.A, Plane.B)),
    type=st.sampled_from([each for each in EventType if each is not EventType.UNKNOWN]),
    started=st.none() | moments,
    p_ka=quantities(KermaAreaProduct, 1e-6),
    ka_r=quantities(AirKerma, 1e-5),
    duration=quantities(Duration, 1e-3),
    fluoro_mode=st.sampled_from(("", "pulsed", "continuous")),
    pulse_rate_per_s=numbers(1, 30),
    pulses=st.none() | st.integers(0, 10_000),
    pulse_width_ms=numbers(1, 30),
    exposure_time_ms=numbers(0, 100_000),
    kvp=numbers(40, 125),
    tube_current_ma=numbers(1, 900),
    filters=st.lists(filters, max_size=2).map(tuple),
    field_area=quantities(Area, 0.1, 10_000, least=1),
    primary_angle_deg=numbers(-180, 180),
    secondary_angle_deg=numbers(-90, 90),
    source_to_detector_mm=numbers(500, 1500),
    source_to_isocenter_mm=numbers(500, 900),
    source_to_reference_point_mm=numbers(200, 900),
    table_longitudinal_mm=numbers(-2000, 2000),
    table_lateral_mm=numbers(-500, 500),
    table_height_mm=numbers(-300, 300),
    patient_orientation=st.sampled_from(("", "recumbent", "recumbent, prone", "erect")),
    patient_position=st.sampled_from(("", "headfirst", "feet-first")),
    reference_point=points,
    protocol=words,
    target_region=regions,
    laterality=sides,
)


def accumulated(plane: Plane) -> st.SearchStrategy[AccumulatedDose]:
    return st.builds(
        AccumulatedDose,
        plane=st.just(plane),
        p_ka=quantities(KermaAreaProduct, 1e-6),
        p_ka_fluoroscopy=quantities(KermaAreaProduct, 1e-6),
        p_ka_acquisition=quantities(KermaAreaProduct, 1e-6),
        ka_r=quantities(AirKerma, 1e-5),
        ka_r_fluoroscopy=quantities(AirKerma, 1e-5),
        ka_r_acquisition=quantities(AirKerma, 1e-5),
        fluoroscopy_time=quantities(Duration, 1e-3),
        acquisition_time=quantities(Duration, 1e-3),
        radiographic_frames=st.none() | st.integers(0, 1000),
        reference_point=points,
    )


planes = st.sampled_from(((Plane.SINGLE,), (Plane.A, Plane.B))).flatmap(
    lambda chosen: st.tuples(*(accumulated(plane) for plane in chosen))
)
reports = st.builds(
    DoseReport,
    sop_class_uid=st.just(X_RAY_RADIATION_DOSE_SR),
    sop_instance_uid=uids,
    study_instance_uid=uids,
    kind=st.just(ReportKind.FLUOROSCOPY),
    equipment=st.builds(Equipment, words, words, words, words, words, words, words, st.just("") | uids),
    patient=st.builds(
        Patient,
        words,
        st.none() | st.integers(1930, 2020),
        st.none() | st.integers(0, 99).map(float),
        st.sampled_from(("", "F", "M", "O")),
        numbers(1, 2),
        numbers(3, 200),
        st.sampled_from(("", "not pregnant", "possibly pregnant", "definitely pregnant", "unknown")),
    ),
    study_started=st.none() | moments,
    content_written=st.none() | moments,
    study_description=words,
    requested_procedure_description=words,
    procedure_codes=st.lists(st.builds(Code, st.just("30817-1"), st.just("LN"), st.just("Facet")), max_size=1).map(
        tuple
    ),
    procedure_reported=st.just(Code("113704", "DCM", "Projection X-Ray")),
    intent=st.just(Code("261004008", "SCT", "Diagnostic Intent")),
    scope=st.builds(Scope, st.sampled_from([each for each in ScopeKind if each is not ScopeKind.UNKNOWN]), uids),
    sources_of_dose=st.just((Code("113856", "DCM", "Automated Data Collection"),)),
    complete=st.none() | st.booleans(),
    accumulated=planes,
    events=st.lists(events, max_size=4, unique_by=lambda event: event.uid).map(tuple),
)


def differences(meant: Any, read: Any, path: str = "report") -> Iterator[str]:
    """Where two values of the model differ; numbers may differ by what a change of unit rounds."""
    if dataclasses.is_dataclass(meant) and type(meant) is type(read):
        for field in dataclasses.fields(meant):
            if path != "report" or field.name not in _DERIVED_BY_THE_READER:
                yield from differences(getattr(meant, field.name), getattr(read, field.name), f"{path}.{field.name}")
    elif isinstance(meant, tuple) and isinstance(read, tuple) and len(meant) == len(read):
        for index, pair in enumerate(zip(meant, read, strict=True)):
            yield from differences(*pair, f"{path}[{index}]")
    elif isinstance(meant, float) and isinstance(read, float):
        if not math.isclose(meant, read, rel_tol=1e-14):
            yield f"{path}: {meant!r} was written, {read!r} was read"
    elif meant != read:
        yield f"{path}: {meant!r} was written, {read!r} was read"


def as_the_reader_says_it(report: DoseReport) -> DoseReport:
    """The same report where the model can say one thing in two ways, or the standard's manner says more.

    A file has one offset from UTC for all that states none of its own: that of
    its content. An age that is not stated is that of the birth date. The
    distance of an event's reference point stands with the event.
    """
    offset = report.content_written.utc_offset_min if report.content_written else None
    patient = report.patient if report.patient.age_years is not None else replace(report.patient, birth_year=None)

    def moved(moment: Moment | None) -> Moment | None:
        return Moment(moment.local, offset) if moment and moment.utc_offset_min is None else moment

    def located(event: IrradiationEvent) -> ReferencePoint | None:
        if event.reference_point is None and event.source_to_reference_point_mm is None:
            return None
        point = event.reference_point or ReferencePoint()
        return replace(point, source_to_reference_point_mm=event.source_to_reference_point_mm)

    return replace(
        report,
        study_started=Moment(report.study_started.local, offset) if report.study_started else None,
        patient=patient,
        device_type=report.device_type or "fluoroscopy_guided",
        events=tuple(
            replace(event, started=moved(event.started), reference_point=located(event)) for event in report.events
        ),
    )


@given(reports)
def test_what_is_built_is_read_back(report: DoseReport) -> None:
    report = as_the_reader_says_it(report)
    read = read_bytes(build(report, replace(CONFORMING, laterality_of_target=True)))
    assert list(differences(replace(report, kind=read.kind), read)) == []


def test_laterality_of_the_anatomical_structure_is_read() -> None:
    """PS3.16 TID 10003, rows 9 and 10."""
    event = IrradiationEvent(derived_uid("event"), laterality=Code("7771000", "SCT", "Left"))
    report = DoseReport(
        X_RAY_RADIATION_DOSE_SR, derived_uid("report"), derived_uid("study"), ReportKind.FLUOROSCOPY, events=(event,)
    )
    assert read_bytes(build(report)).events[0].laterality == event.laterality


def in_ascii(report: DoseReport, slug: str) -> DoseReport:
    """What a C-arm without another character set can say of it."""
    return replace(
        report,
        equipment=FLEET[slug].equipment,
        patient=Patient("SAMPLE-0001"),
        study_description="hip",
        requested_procedure_description="",
        events=tuple(replace(event, protocol="LOW") for event in report.events),
    )


@pytest.mark.slow
@settings(max_examples=40)
@given(reports, st.sampled_from(sorted(FLEET)))
def test_what_is_built_has_the_items_that_pydicom_reads(report: DoseReport, slug: str) -> None:
    assert assert_same_tree(build(in_ascii(report, slug), FLEET[slug].dialect)) > len(report.events)


@pytest.mark.parametrize("slug", sorted(FLEET))
@settings(max_examples=10)
@given(report=reports)
def test_every_dialect_is_dicom_to_pydicom(slug: str, report: DoseReport) -> None:
    ascii_only = in_ascii(report, slug)
    dialect = FLEET[slug].dialect
    dataset = pydicom.dcmread(BytesIO(build(ascii_only, dialect)))
    again = BytesIO()
    dataset.save_as(again, enforce_file_format=False)
    assert dataset.SOPInstanceUID == report.sop_instance_uid
    containers = [item for item in dataset.ContentSequence if item.ValueType == "CONTAINER"]
    assert len(containers) == len(report.accumulated) + len(report.events)
    if not dialect.undefined_lengths:
        assert _dataset(again.getvalue()) == _dataset(build(ascii_only, dialect))


def _dataset(file: bytes) -> bytes:
    """The bytes after the file meta information."""
    return file[132 + 12 + int.from_bytes(file[140:144], "little") :]


@given(reports)
def test_the_same_report_gives_the_same_bytes(report: DoseReport) -> None:
    assert build(report) == build(report, replace(CONFORMING))


def test_a_derived_uid_is_a_uid_of_constant_length() -> None:
    made = {derived_uid("event", n) for n in range(1000)}
    assert len(made) == 1000
    assert {len(uid) for uid in made} == {44}
    assert all(pydicom.uid.UID(uid).is_valid for uid in made)


def test_no_number_has_more_than_16_characters() -> None:
    event = IrradiationEvent(
        derived_uid("event"), p_ka=KermaAreaProduct(1 / 3), ka_r=AirKerma(1e-9 / 7), kvp=70.12345678901234
    )
    report = DoseReport(
        X_RAY_RADIATION_DOSE_SR, derived_uid("report"), derived_uid("study"), ReportKind.FLUOROSCOPY, events=(event,)
    )
    dataset = pydicom.dcmread(BytesIO(build(report)))
    texts = [
        item.MeasuredValueSequence[0].NumericValue.original_string
        for container in dataset.ContentSequence
        for item in container.get("ContentSequence", ())
        if item.ValueType == "NUM"
    ]
    assert len(texts) == 3
    assert max(map(len, texts)) <= 16


def test_the_header_holds_no_name_but_the_one_given() -> None:
    report = DoseReport(X_RAY_RADIATION_DOSE_SR, derived_uid("r"), derived_uid("s"), ReportKind.FLUOROSCOPY)
    dataset = pydicom.dcmread(BytesIO(build(report, patient_name="Sample^Patient 0001")))
    names = {str(element.value) for element in dataset if element.VR == "PN"}
    assert names == {"", "Sample^Patient 0001"}
