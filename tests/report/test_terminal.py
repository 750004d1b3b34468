"""The terminal shows an audit and a report in 80 columns, plain when piped, without a patient's ID."""

import io
import json
import re
from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

import alara
from alara.audit import Period, Share, run
from alara.findings import Finding, FindingCode
from alara.knowledge import load
from alara.model import (
    AccumulatedDose,
    Basis,
    Calibration,
    Code,
    Device,
    DoseReport,
    Equipment,
    EventDetails,
    EventType,
    Filter,
    IrradiationEvent,
    Moment,
    Patient,
    Plane,
    PlaneTotals,
    ReportKind,
    Total,
)
from alara.quantities import AirKerma, Area, Duration, KermaAreaProduct
from alara.report.console import headline_dict, print_audit
from alara.report.one import EVENTS_SHOWN, as_dict, print_report
from alara.report.page import page
from alara.report.sentences import substantial
from tests.report.conftest import procedures


def report(events: int = 3) -> DoseReport:
    p_ka = KermaAreaProduct(2.8)
    totals = PlaneTotals(
        Plane.SINGLE,
        p_ka=Total(stated=p_ka, summed=KermaAreaProduct(2.79), value=p_ka, basis=Basis.STATED),
        ka_r=Total(summed=AirKerma(12.5), value=AirKerma(12.5), basis=Basis.SUMMED),
    )
    one = IrradiationEvent(
        uid="1.2.3",
        plane=Plane.SINGLE,
        type=EventType.STATIONARY_ACQUISITION,
        started=Moment(datetime(2026, 10, 3, 14, 5, 9), 120),
        p_ka=KermaAreaProduct(0.93),
        ka_r=AirKerma(4.2),
        duration=Duration(13.6),
        kvp=72.5,
        tube_current_ma=3.1,
        filters=(Filter("Cu", 0.1, 0.1),),
        field_area=Area(221.4),
        target_region=Code("122496007", "SCT", "Lumbar spine"),
    )
    return DoseReport(
        sop_class_uid="1.2.840.10008.5.1.4.1.1.88.67",
        sop_instance_uid="2.25.1",
        study_instance_uid="2.25.2",
        kind=ReportKind.FLUOROSCOPY,
        equipment=Equipment(manufacturer="GE", model="OEC Elite"),
        patient=Patient(patient_id="SECRET-42", birth_year=1970, age_years=56, sex="F"),
        study_description="LUMBAR [bold]ESI[/bold]",
        events=(one,) * events,
        planes=(totals,),
        totals=PlaneTotals(Plane.ALL, totals.p_ka, totals.ka_r),
        started=one.started,
        quirks=("ge_mgy_as_gy",),
        findings=(Finding(FindingCode.UNKNOWN_UNIT, "12 furlong", "event 2"),),
    )


def printed(value: DoseReport) -> str:
    out = io.StringIO()
    print_report(value, Console(file=out, width=80))
    return out.getvalue()


def test_json_has_totals_with_their_basis() -> None:
    totals = as_dict(report())["totals"]
    assert totals == {
        "plane": "all",
        "p_ka_gycm2": 2.8,
        "p_ka_basis": "stated",
        "p_ka_stated_gycm2": 2.8,
        "p_ka_summed_gycm2": 2.79,
        "ka_r_mgy": 12.5,
        "ka_r_basis": "summed",
        "ka_r_stated_mgy": None,
        "ka_r_summed_mgy": 12.5,
        "fluoroscopy_time_s": None,
        "fluoroscopy_time_basis": "absent",
        "fluoroscopy_time_stated_s": None,
        "fluoroscopy_time_summed_s": None,
    }


def test_json_has_each_event_with_every_typed_field() -> None:
    event = as_dict(report())["events"][0]
    assert event["started"] == "2026-10-03T14:05:09"
    assert event["utc_offset_min"] == 120
    assert (event["p_ka_gycm2"], event["kvp"], event["pulse_rate_per_s"]) == (0.93, 72.5, None)
    quantities = {"p_ka": "p_ka_gycm2", "ka_r": "ka_r_mgy", "duration": "duration_s", "field_area": "field_area_cm2"}
    typed = {quantities.get(name, name) for name in IrradiationEvent.__dataclass_fields__}
    assert event.keys() == typed | {"utc_offset_min", "magnification"}


def test_json_has_what_is_stated_of_a_plane_beside_its_totals() -> None:
    (said,) = as_dict(replace(report(), accumulated=(AccumulatedDose(exposures=4),)))["accumulated"]
    beside = {"p_ka", "ka_r", "fluoroscopy_time", "reference_point"}  # with the totals of the plane; with the events
    units = {"p_ka": "gycm2", "ka_r": "mgy", "acquisition_time": "s"}
    for name in {field.name for field in fields(AccumulatedDose)} - beside:
        unit = next((unit for quantity, unit in units.items() if name.startswith(quantity)), "")
        assert f"{name}_{unit}".rstrip("_") in said
    assert said["exposures"] == 4


def test_people_see_how_it_was_irradiated_and_with_what() -> None:
    value = report()
    events = tuple(
        replace(event, field_of_view_mm=size, grid="focused", details=EventDetails(fluoro_level="low"))
        for event, size in zip(value.events, (220.0, 160.0, None), strict=True)
    )
    calibrated = Calibration("dosimeter", Moment(datetime(2026, 1, 7)), 1.02, 25.0)
    text = printed(
        replace(
            value,
            events=events,
            accumulated=(AccumulatedDose(Plane.SINGLE, calibrations=(calibrated,)),),
            devices=(Device("irradiating", manufacturer="GE OEC", model="Elite", serial="7"),),
        )
    )
    assert re.search(r"Field of view mm +160 +220 +2 of 3", text)
    assert re.search(r"Field area cm² +221\.4 +221\.4 +3 of 3", text)
    assert "Grid: focused (3)" in text
    assert "Dose level: low (3)" in text
    assert "Filters: 0.1 mm Cu (3)" in text
    assert "Plane single: dosimeter, calibrated 2026-01-07, factor 1.02, uncertainty 25 %" in text
    assert "Device (irradiating): GE OEC Elite, serial 7" in text
    assert "Of the events" not in printed(replace(value, events=()))


def test_json_is_json_and_names_no_patient() -> None:
    text = json.dumps(as_dict(report()), allow_nan=False)
    assert "SECRET" not in text
    assert "1970" not in text
    assert json.loads(text)["patient"] == {"age_years": 56, "sex": "F", "size_m": None, "weight_kg": None}


def test_json_names_findings_by_code() -> None:
    assert as_dict(report())["findings"] == [{"code": "unknown_unit", "text": "12 furlong", "where": "event 2"}]


def test_people_see_planes_events_and_findings() -> None:
    text = printed(report())
    assert "Fluoroscopy dose report of GE OEC Elite, 2026-10-03 14:05" in text
    assert "LUMBAR [bold]ESI[/bold]" in text
    assert "2.8" in text
    assert "12 furlong (event 2)" in " ".join(text.split())
    assert "SECRET" not in text


@pytest.mark.parametrize("events", [0, 1, 60])
def test_report_fits_eighty_columns(events: int) -> None:
    text = printed(report(events))
    assert max(len(line.rstrip()) for line in text.splitlines()) <= 80
    assert "…" not in text
    assert (f"{60 - EVENTS_SHOWN} more events" in text) == (events == 60)


def test_every_real_report_fits_the_screen_and_is_json(corpus: Path) -> None:
    for path in sorted(corpus.glob("*.dcm")):
        read = alara.read(path)
        assert json.loads(json.dumps(as_dict(read), allow_nan=False))["kind"] == read.kind
        lines = printed(read).splitlines()
        assert max(len(line.rstrip()) for line in lines) <= 80, path.name
        assert not any("…" in line for line in lines), path.name


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (ReportKind.CT, "CT dose report of GE OEC Elite"),
        (ReportKind.PATIENT_DOSE, "Report of organ doses of GE OEC Elite"),
        (ReportKind.NOT_DOSE, "Report without dose of GE OEC Elite"),
    ],
)
def test_what_is_not_audited_says_so_and_has_no_empty_table(kind: ReportKind, words: str) -> None:
    text = printed(replace(report(0), kind=kind, planes=(), totals=PlaneTotals(Plane.ALL)))
    assert text.startswith(words)
    assert "No dose report of projection X-rays: kept when it is sent or imported" in text
    assert "Plane" not in text


def test_a_plane_whose_numbers_do_not_fit_is_marked() -> None:
    finding = Finding(FindingCode.FIELD_AREA_IMPLAUSIBLE, "2.8 Gy.cm2 / 0.001 mGy is 2.8e+06 cm2", "plane single")
    marked = printed(replace(report(0), findings=(finding,)))
    assert re.search(r"single +2\.8 ! +stated +12\.5 ! +summed +–", marked)
    assert "! P_KA and K_a,r do not fit together" in marked
    assert "!" not in printed(report(0))


def test_quirks_are_told_with_what_was_made_of_them() -> None:
    text = " ".join(printed(replace(report(0), quirks=("utc_in_offset",))).split())
    assert "- utc_in_offset: Timezone Offset From UTC is written as UTC-04:00. It is read as -0400." in text


def test_an_empty_report_is_dashes_not_zeros() -> None:
    bare = DoseReport(sop_class_uid="1", sop_instance_uid="2", study_instance_uid="3", kind=ReportKind.FLUOROSCOPY)
    assert as_dict(bare)["totals"]["p_ka_gycm2"] is None
    assert "0" not in printed(bare).split("Plane", 1)[1]


def test_audit_fits_eighty_columns_and_is_plain_when_piped(audit: Any) -> None:
    out = io.StringIO()
    print_audit(audit, Console(file=out, width=80))
    assert max(len(line.rstrip()) for line in out.getvalue().splitlines()) <= 80
    assert "\x1b" not in out.getvalue()
    assert "0.14–0.50" in out.getvalue()
    assert "…" not in "".join(line[38:] for line in out.getvalue().splitlines())


def audit_text(audit: Any) -> str:
    out = io.StringIO()
    print_audit(audit, Console(file=out, width=80))
    return " ".join(out.getvalue().split())


def test_audit_counts_contested_alternatives_in_a_column_of_their_own(audit: Any) -> None:
    text = audit_text(audit)
    hips = audit.summary.set_index("procedure_id").loc["hip_inj", "n"]
    assert re.search(rf"Hip joint injection \S+ {hips} 0 {hips} ", text.replace("or asp…", "…"))
    share, contested = audit.headline.alternative["us_forward"], audit.headline.contested_by_policy["us_forward"]
    assert f"us_forward {share.count - contested.count} + {contested.count}" in text
    assert "contested: graded differently by the policies, each side with a source." in text


def test_audit_names_implausible_cases_and_grades_without_sign_off(audit_with_wrong_units: Any) -> None:
    text = audit_text(audit_with_wrong_units)
    assert "and 7 implausible." in text
    assert "7 cases have a P_KA and K_a,r that do not fit together: " in text
    assert "for clinical sign-off." in text
    assert f"({audit_with_wrong_units.headline.radiography} of radiography counted apart)" in text


def test_the_share_that_is_not_classified_comes_before_everything_else(audit: Any) -> None:
    share = audit.headline.not_classified
    assert share.count
    first = f"Not classified: {share.count} of {share.of} procedures ({share.count / share.of:.1%})."
    assert audit_text(audit).startswith(f"{first} An ultrasound alternative")
    html = page(audit, load(), []).decode("utf-8")
    assert html.index(first) < html.index("<h1>")


def test_the_knowledge_and_the_background_level_are_told(audit: Any) -> None:
    made = f"Knowledge {audit.knowledge_digest[:12]}, background us_ncrp160: 3.1 mSv a year, natural."
    assert audit_text(audit).endswith(made)


def test_a_case_that_reaches_a_threshold_of_substantial_dose_is_named() -> None:
    frame = procedures(40)
    frame.loc[[3, 5], ["kind", "p_ka_gycm2", "ka_r_mgy"]] = ["fluoroscopy", 600.0, 4400.0]
    audit = run(frame, period=Period.parse("2026-10"), knowledge=load())
    first, second = audit.cases.loc[audit.cases["substantial_dose"] != "", "case_id"]
    words = f"2 cases reach a threshold of substantial dose: {first}, {second}; see What to do first."
    assert words in audit_text(audit)
    assert words in page(audit, load(), []).decode("utf-8")
    assert headline_dict(audit)["counts"]["substantial_dose"] == 2


def test_a_wrong_unit_is_named_once_and_not_as_a_substantial_dose_too(audit_with_wrong_units: Any) -> None:
    assert (audit_with_wrong_units.cases["substantial_dose"] != "").any()
    assert audit_with_wrong_units.headline.substantial.count == 0
    assert "substantial" not in audit_text(audit_with_wrong_units)


def test_audit_without_procedures_is_three_lines(month: Any) -> None:
    out = io.StringIO()
    print_audit(month(0), Console(file=out, width=80))
    assert out.getvalue().startswith("No fluoroscopy procedures are recorded for October 2026.")
    assert "Procedure" not in out.getvalue()


def test_headline_is_json_with_its_denominators(audit: Any) -> None:
    counts = json.loads(json.dumps(headline_dict(audit), allow_nan=False))["counts"]
    assert counts["classified"] + counts["not_classified"] == counts["procedures"]
    assert counts["contested"] == counts["contested_by_policy"]["capacity_aware"]
    assert (counts["implausible"], counts["awaiting_sign_off"]) == (0, audit.headline.awaiting_sign_off.count)
    assert counts["alternative_exists"] + counts["contested"] == counts["alternative_by_policy"]["capacity_aware"]


def test_of_groups_alone_a_substantial_dose_is_told_by_its_count(audit_with_wrong_units: Any) -> None:
    groups = replace(
        audit_with_wrong_units,
        cases=audit_with_wrong_units.cases.iloc[:0],
        headline=replace(audit_with_wrong_units.headline, substantial=Share(2, 155)),
    )
    told = "2 cases reach a threshold of substantial dose; the audit of all cases names them."
    assert substantial(groups) == told
