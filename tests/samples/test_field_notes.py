"""What real reports do that the standard does not say: each is read as it is meant, and a sample shows it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from alara.model import Basis, Code, DoseReport, EventType, Filter, IrradiationEvent, Plane, ReportKind
from alara.samples.fleet import FLEET
from alara.sop_classes import ENHANCED_SR, X_RAY_RADIATION_DOSE_SR
from alara.sr import read_bytes
from alara.sr.build import CONFORMING, build, derived_uid

Check = Callable[[DoseReport], object]


def texts_of(file: bytes) -> str:
    return file.decode("latin-1")


#: A peculiarity, a sample that has it, what stands in the bytes, and what a reader must make of it.
NOTES: tuple[tuple[str, str, str, Check], ...] = (
    ("unit Gym2", "0008-siemens-zee", "Gym2", lambda r: 0.01 < r.totals.p_ka_gycm2 < 100),
    ("unit uAs", "0008-siemens-zee", "uAs", lambda r: r.events[0].exposure_uas),
    ("unit dGy.cm2", "0011-canon-ultimax", "dGy.cm2", lambda r: 5 < field_cm2(r) < 1000),
    ("unit Gy.cm^2", "0020-siemens-arcadis", "Gy.cm^2", lambda r: r.totals.p_ka_gycm2),
    ("SNOMED RT", "0004-ge-oec", "P5-06000", lambda r: r.events[0].type is EventType.FLUOROSCOPY),
    ("SNOMED CT", "0002-arc", "44491008", lambda r: r.events[0].type is EventType.FLUOROSCOPY),
    ("reference point as code", "0002-arc", "113860", lambda r: point(r) == "15cm from Isocenter toward Source"),
    (
        "reference point as text",
        "0015-philips-allura",
        "below BeamIsocenter",
        lambda r: point(r) == "15cm below BeamIsocenter",
    ),
    (
        "reference point of a chamber",
        "0011-canon-ultimax",
        "Chamber",
        lambda r: point(r) == "26.0 cm Chamber Patient Distance",
    ),
    ("reference point of the tube", "0026-eurocolumbus", "tube focus", lambda r: "530 mm" in point(r)),
    ("empty value with a qualifier", "0004-ge-oec", "114010", lambda r: r.events[0].primary_angle_deg is None),
    ("UID as TEXT", "0004-ge-oec", "TEXT", lambda r: r.scope.uid.startswith("2.25.")),
    ("no relationship type", "0026-eurocolumbus", "EUROCOLUMBUS", lambda r: r.events[0].kvp),
    ("no template", "0023-ge-miniview", "OEC Elite MiniView", lambda r: r.events),
    (
        "durations in 10 ms",
        "0029-canon-alphenix",
        "Alphenix",
        lambda r: sum_of_durations(r) == pytest.approx(time_s(r)),
    ),
    (
        "K_a,r total rounded to 0",
        "0154-fluorospot-fluoroscopy",
        "Fluorospot",
        lambda r: r.totals.ka_r.basis is Basis.SUMMED,
    ),
    ("fluoroscopy under acquisition", "0026-eurocolumbus", "Fly4", lambda r: time_s(r) > 0),
    ("values of single pulses", "0026-eurocolumbus", "0\\", lambda r: 40 < r.events[0].kvp < 130),
    (
        "private shutters and frames",
        "0015-philips-allura",
        "99PHI-IXR-XPER",
        lambda r: r.events[0].frames and r.events[0].field_area,
    ),
    ("the wrong device type", "0024-philips-azurion", "113958", lambda r: r.kind == "fluoroscopy"),
    ("no kVp", "0017-philips-veradius", "Veradius", lambda r: {event.kvp for event in r.events} == {None}),
    ("an empty name", "0017-philips-veradius", "PNAME", lambda r: "^" not in repr(r.person_roles)),
    (
        "position in a comment",
        "0008-siemens-zee",
        "PatientPosition",
        lambda r: r.events[0].patient_orientation == "recumbent, prone",
    ),
    ("detector field in a comment", "0008-siemens-zee", "iiDiameter", lambda r: r.events[0].field_of_view_mm == 220),
    (
        "no dose report at all",
        "0020-siemens-arcadis",
        "99SMS_RADSUM",
        lambda r: (r.events, r.sop_class_uid) == ((), ENHANCED_SR),
    ),
    (
        "totals and events apart",
        "0161-arc-total-disagrees",
        "DCM",
        lambda r: r.totals.p_ka.stated > r.totals.p_ka.summed,
    ),
    ("durations of zero", "0185-arc-durations-of-zero", "DCM", lambda r: time_s(r) > 0 == sum_of_durations(r)),
    ("offset with UTC and colon", "0004-ge-oec", "UTC+02:00", lambda r: r.started.utc_offset_min == 120),
    ("age without zeros", "0004-ge-oec", "59Y", lambda r: r.patient.age_years == 59),
    ("no seconds", "0164-arc-whole-minutes", "202610", lambda r: {e.started.local.second for e in r.events} == {0}),
    ("decimal comma", "0159-unity-decimal-comma", ",", lambda r: 5 < field_cm2(r) < 1000),
    ("less than a limit", "0179-arc-below-limit", "<5", lambda r: {e.ka_r for e in r.events} == {None}),
    ("NaN", "0176-orbit-not-finite", "NaN", lambda r: r.totals.p_ka.basis is Basis.SUMMED),
)


def field_cm2(report: DoseReport) -> float:
    assert report.totals.p_ka_gycm2 is not None
    assert report.totals.ka_r_mgy
    return report.totals.p_ka_gycm2 / report.totals.ka_r_mgy * 1000


def time_s(report: DoseReport) -> float:
    assert report.totals.fluoroscopy_time_s is not None
    return report.totals.fluoroscopy_time_s


def sum_of_durations(report: DoseReport) -> float:
    return sum(event.duration_s or 0 for event in report.events if event.type is EventType.FLUOROSCOPY)


def point(report: DoseReport) -> str:
    (text,) = {dose.reference_point.text for dose in report.accumulated if dose.reference_point}
    return text


@pytest.mark.parametrize(("sample", "written", "check"), [note[1:] for note in NOTES], ids=[note[0] for note in NOTES])
def test_what_real_reports_do_is_read_as_it_is_meant(samples: Path, sample: str, written: str, check: Check) -> None:
    data = (samples / "2026-10" / f"{sample}.dcm").read_bytes()
    assert written in texts_of(data)
    assert check(read_bytes(data))


@pytest.mark.parametrize("code", ["C-127F9 SRT", "105837005 SCT", "66925006 SCT"])
def test_copper_is_copper_in_three_generations_of_its_code(code: str) -> None:
    value, scheme = code.split()
    sent = {("105837005", "SCT"): Code(value, scheme, "Copper")}
    event = IrradiationEvent(derived_uid("event"), Plane.SINGLE, filters=(Filter("Cu", 0.2, 0.2),))
    report = DoseReport(
        X_RAY_RADIATION_DOSE_SR, derived_uid("r"), derived_uid("s"), ReportKind.FLUOROSCOPY, events=(event,)
    )
    assert read_bytes(build(report, replace(CONFORMING, codes=sent))).events[0].filters == event.filters


def of_study(samples: Path, slugs: Iterable[str]) -> list[DoseReport]:
    files = sorted((samples / "2026-10").glob("*.dcm"))
    return [read_bytes(f.read_bytes()) for slug in slugs for f in files if re.fullmatch(rf"\d+-{slug}\.dcm", f.name)]


@pytest.mark.parametrize(
    "slugs",
    [
        ("biplane-only-A", "biplane-only-B"),
        ("orbit-cumulative",),
        ("unity-continued",),
        ("unity-overlapping",),
        ("fluorospot-fluoroscopy", "fluorospot-radiography"),
        ("fluorospot-continued",),
        ("orbit-two-devices", "arc-two-devices"),
    ],
    ids=" ".join,
)
def test_a_study_of_several_reports_says_which_events_are_the_same(samples: Path, slugs: tuple[str, ...]) -> None:
    reports = of_study(samples, slugs)
    assert len(reports) >= 2
    assert len({report.study_instance_uid for report in reports}) == 1
    listed = [event.uid for report in reports for event in report.events]
    shared = len(listed) - len(set(listed))
    assert shared == {"orbit-cumulative": 3, "unity-overlapping": 2}.get(slugs[0], 0)


def test_every_make_of_the_fleet_is_a_sample(samples: Path) -> None:
    named = {re.sub(r"^\d+-", "", file.stem) for file in (samples / "2026-10").glob("*.dcm")}
    assert {slug for slug in FLEET if not any(name.startswith(slug) for name in named)} == set()
