"""The fields beside the doses: built and read back, from real reports, and where they are odd."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from pathlib import Path

import made_reports as made
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alara.findings import FindingCode
from alara.model import (
    AccumulatedDose,
    Calibration,
    Code,
    Device,
    DoseReport,
    EndPosition,
    EventDetails,
    IrradiationEvent,
    IsocenterPosition,
    Moment,
    Plane,
    ReportKind,
)
from alara.quantities import Area, KermaAreaProduct
from alara.sop_classes import X_RAY_RADIATION_DOSE_SR
from alara.sr import read_bytes
from alara.sr.build import build

amounts = st.none() | st.integers(1, 20_000).map(lambda n: n / 10)
numbers = st.none() | st.integers(-10_000, 10_000).map(lambda n: n / 10)  # degrees above 1000 are no angle
words = st.text(st.characters(codec="utf-8", categories=("L", "N")), max_size=12)
yes_or_no = st.none() | st.booleans()
#: Fields with words of their own; every other text is free, every other number one with a sign where it may have it.
_CHOICES = {
    "label_type": ("",),
    "fluoro_level": ("",),  # no row of the template
    "image_view": ("",),
    "projection_name": ("",),
    "detector_mount": ("", "table", "unmounted", "upright stand", "C-arm"),
    "anode_target": ("", "W", "Mo", "Rh"),
    "pulses_derived": ("",),
    "repeated_because": ("",),
    "rejected_because": ("",),
    "source_to_detector_mm": (None,),  # at the end: no row of the template
}
_UNSIGNED = {
    *("half_value_layer_mm", "entrance_exposure_mgy", "exposure_index", "target_exposure_index", "source_to_table_mm")
}
_BY_TYPE = {"str": words, "float | None": numbers, "bool | None": yes_or_no}


def some(kind: type) -> st.SearchStrategy:
    """Values of a part of an event; ``None`` where nothing of it is stated."""
    made_of = [
        st.sampled_from(_CHOICES[f.name])
        if f.name in _CHOICES
        else (amounts if f.name in _UNSIGNED else _BY_TYPE[str(f.type)])
        for f in fields(kind)
    ]
    return st.none() | st.builds(kind, *made_of).filter(lambda value: value != kind())


details = some(EventDetails)
events = st.builds(
    IrradiationEvent,
    uid=st.integers(1, 10**6).map(lambda n: f"1.2.3.{n}"),
    plane=st.just(Plane.SINGLE),
    target_region=st.just(Code("122496007", "SCT", "Lumbar spine")),
    anatomy=st.none() | st.just(Code("297171002", "SCT", "Lumbar facet joint")),
    average_tube_current_ma=amounts,
    exposure_uas=amounts,
    focal_spot_mm=amounts,
    grid=st.sampled_from(("", "none", "focused", "fixed, parallel")),
    patient_equivalent_thickness_mm=amounts,
    table_head_tilt_deg=numbers,
    table_horizontal_rotation_deg=numbers,
    table_cradle_tilt_deg=numbers,
    details=details,
    end=some(EndPosition),
    isocenter=some(IsocenterPosition),
)
calibrations = st.builds(
    Calibration,
    device=st.sampled_from(("", "dosimeter")),
    calibrated=st.none() | st.just(Moment(datetime(2026, 1, 7, 8, 30))),
    factor=amounts,
    uncertainty_percent=amounts,
    protocol=words,
    acquisition_protocol=words,
).filter(lambda value: value != Calibration())
devices = st.builds(Device, st.sampled_from(("irradiating", "recording")), words, words, words, st.just("SN 7"))
reports = st.builds(
    DoseReport,
    sop_class_uid=st.just(X_RAY_RADIATION_DOSE_SR),
    sop_instance_uid=st.just("1.2.3"),
    study_instance_uid=st.just("1.2.4"),
    kind=st.just(ReportKind.FLUOROSCOPY),
    devices=st.lists(devices, max_size=2, unique=True).map(tuple),
    operators=st.lists(st.sampled_from(("OP-01", "OP-02")), max_size=2, unique=True).map(tuple),
    device_type=st.sampled_from(("fluoroscopy_guided", "integrated", "cassette_based")),
    detector_data_available=yes_or_no,
    source_data_available=yes_or_no,
    mechanical_data_available=yes_or_no,
    accumulated=st.builds(
        AccumulatedDose,
        plane=st.just(Plane.SINGLE),
        detector_type=st.sampled_from(("", "direct", "indirect", "storage", "film")),
        calibrations=st.lists(calibrations, max_size=2, unique=True).map(tuple),
    ).map(lambda dose: (dose,)),
    events=st.lists(events, min_size=1, max_size=2, unique_by=lambda event: event.uid).map(tuple),
)


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(reports)
def test_what_is_built_of_the_new_fields_is_read_back(report: DoseReport) -> None:
    read = read_bytes(build(report))
    assert read.events == report.events
    assert read.accumulated == report.accumulated
    for name in (
        "devices",
        "operators",
        "device_type",
        *(f"{kind}_data_available" for kind in ("detector", "source", "mechanical")),
    ):
        assert getattr(read, name) == getattr(report, name)


def one(*items: bytes) -> IrradiationEvent:
    """The event of a report that has these items in it."""
    return read_bytes(made.report(made.event(1, *items))).events[0]


def test_sides_of_the_collimated_field_are_kept_beside_its_area() -> None:
    sides = (made.num("113788", "150", "mm"), made.num("113789", "20", "cm"))
    event = one(made.num("113790", "0.025", "m2"), *sides)
    assert (event.field_area, event.field_height_mm, event.field_width_mm) == (Area(250), 150, 200)
    assert one(*sides).field_area == Area(300)


@pytest.mark.parametrize("height", ["9", "-150", "0"])
def test_sides_that_no_field_has_are_left_out(height: str) -> None:
    event = one(made.num("113788", height, "mm"), made.num("113789", "200", "mm"))
    assert (event.field_area, event.field_height_mm, event.field_width_mm) == (None, None, None)


@pytest.mark.parametrize(("unit", "charge"), [("uA.s", 250), ("uAs", 250), ("mA.s", 250_000), ("mAs", 250_000)])
def test_exposure_is_in_microampere_seconds(unit: str, charge: float) -> None:
    assert one(made.num("113736", "250", unit)).exposure_uas == charge


def test_exposures_that_differ_are_not_used() -> None:
    report = read_bytes(made.report(made.event(1, made.num("113736", "250", "uA.s"), made.num("113736", "30", "uA.s"))))
    assert report.events[0].exposure_uas is None
    assert FindingCode.SEVERAL_VALUES in {finding.code for finding in report.findings}


def test_items_of_single_pulses_are_averaged() -> None:
    event = one(*(made.num("113733", volts, "kV") for volts in ("70", "70", "76")), made.num("113734", "8", "mA"))
    assert (event.kvp, event.tube_current_ma) == (72, 8)


def test_each_grid_is_named_once() -> None:
    grids = [made.coded("111635", code) for code in ("111641", "111644", "111641")]
    assert one(*grids).grid == "fixed, parallel"


def test_magnification_needs_both_distances() -> None:
    detector, isocenter = made.num("113750", "1200", "mm"), made.num("113748", "800", "mm")
    assert one(detector, isocenter).magnification == 1.5
    assert one(detector).magnification is None
    assert one(detector, made.num("113748", "0", "mm")).magnification is None


def test_undetermined_is_neither_yes_nor_no() -> None:
    answers = [made.coded("113945", "373068000", "SCT"), made.coded("113943", "R-00339", "SRT")]
    report = read_bytes(made.part10(made.dataset(*answers, made.accumulated(), made.event(1))))
    assert (report.detector_data_available, report.source_data_available) == (None, False)


def test_who_calibrated_is_not_kept() -> None:
    calibration = made.container("122505", made.text("113724", "Ned Nobody"), made.num("122322", "1.02", "1"))
    report = read_bytes(made.part10(made.dataset(made.accumulated(calibration), made.event(1))))
    assert report.accumulated[0].calibrations == (Calibration(factor=1.02),)
    assert "Nobody" not in repr(report)


def test_device_of_all_events_stands_once() -> None:
    model, serial = made.text("113879", "Elite"), made.text("113880", "7")
    role = made.content_item(
        "CODE", "113876", made.code(0x40, 0xA168, "113859"), made.sequence(0x40, 0xA730, model, serial)
    )
    report = read_bytes(made.report(made.event(1, role), made.event(2, role)))
    assert report.devices == (Device("irradiating", model="Elite", serial="7"),)


def test_more_fields_change_no_uid_that_was_derived_before() -> None:
    """Stored reports have UIDs of the first release: with others their events would count twice."""
    event = made.container(
        "113706",
        made.coded("113764", "113622"),
        made.moment("111526", "20261005120001"),
        made.coded("113721", "44491008", "SCT"),
        made.num("122130", "0.00001", "Gy.m2"),
        made.num("113733", "70", "kV"),
        made.num("113766", "0.6", "mm"),
    )
    read = read_bytes(made.report(event)).events[0]
    assert read.uid == "2.25.154487693172095931248236372960856343162"
    assert (read.p_ka, read.focal_spot_mm) == (KermaAreaProduct(0.1), 0.6)


def real(corpus: Path, name: str) -> DoseReport:
    return read_bytes((corpus / name).read_bytes())


def test_real_reports_say_how_their_dose_meters_were_calibrated(corpus: Path) -> None:
    (mini,) = real(corpus, "RF-RDSR-GE-OECEliteMiniView.dcm").accumulated
    (calibration,) = mini.calibrations
    assert (calibration.device, calibration.factor, calibration.uncertainty_percent) == ("dosimeter", 1, 25)
    assert calibration.calibrated == Moment(datetime(2018, 4, 3, 19, 23, 31))
    assert "TG-190" in calibration.protocol


def test_real_reports_tell_field_of_view_and_dose_level_where_their_make_does(corpus: Path) -> None:
    allura, zee = real(corpus, "RF-RDSR-Philips_Allura.dcm"), real(corpus, "RF-RDSR-Siemens-Zee.dcm")
    assert {event.field_of_view_mm for event in allura.events} == {484.1}
    assert allura.events[0].details == EventDetails(fluoro_level="Lav 7,5")
    assert allura.events[0].end == EndPosition(
        source_to_detector_mm=1194, table_height_mm=905, table_head_tilt_deg=0, table_cradle_tilt_deg=0
    )
    assert {event.field_of_view_mm for event in zee.events} <= {160, 220, 320, 480}
    assert real(corpus, "RF-RDSR-GE.dcm").events[0].field_of_view_mm is None


def test_real_exposure_is_current_times_time_of_the_event(corpus: Path) -> None:
    for event in real(corpus, "RF-RDSR-Siemens-Zee.dcm").events:
        assert event.tube_current_ma is not None
        assert event.exposure_uas == pytest.approx(event.tube_current_ma * event.exposure_time_ms, rel=0.01)


def test_real_fields_too_small_to_be_one_are_left_out(corpus: Path) -> None:
    assert {event.field_height_mm for event in real(corpus, "RF-RDSR-Philips_Azurion.dcm").events} == {None}
    (euro, *_) = real(corpus, "RF-RDSR-Eurocolumbus.dcm").events
    assert (euro.field_height_mm, euro.field_width_mm, euro.field_area) == (300, 299.8, Area(900))


def test_summary_of_an_older_c_arm_has_its_exposures(corpus: Path) -> None:
    assert real(corpus, "RF-ESR-Siemens-Varic.dcm").accumulated[0].exposures == 0
