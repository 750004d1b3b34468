"""Which objects of a study are one procedure, whatever came first, from their set alone and through the database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_reports import C_ARM, any_report, event, incoming, report, stated, stored

from alara import sop_classes
from alara.findings import Finding, FindingCode
from alara.model import Basis, Code, DoseReport, Equipment, EventType, Patient, Procedure, ReportKind
from alara.quantities import Duration
from alara.store import Store
from alara.store.assemble import assemble

OCTOBER = (date(2026, 10, 1), date(2026, 11, 1))
EVENTS = [event(n, n / 4) for n in range(1, 9)]
TOTAL = sum(n / 4 for n in range(1, 9))
EXPOSURE = event(20, 0.5, type=EventType.STATIONARY_ACQUISITION, duration=None)
XA, CAPTURE = sop_classes.IMAGES[0], sop_classes.SECONDARY_CAPTURE
STEP = sop_classes.PERFORMED_PROCEDURE_STEP


def header(number: int, sop_class: str, dose: float, **fields: Any) -> DoseReport:
    return report(number, (), [stated(dose)], sop_class_uid=sop_class, **fields)


def radiography(number: int, *events: Any, **fields: Any) -> DoseReport:
    return report(number, events, kind=ReportKind.RADIOGRAPHY, **fields)


def procedures_of(*reports: DoseReport) -> list[Procedure]:
    """The procedures that the reports amount to, in every order of arrival."""
    made = {assemble([stored(one) for one in order]) for order in permutations(reports)}
    assert len(made) == 1, "the order of arrival changed a procedure"
    return [one.procedure for one in made.pop()]


def amounts(procedures: list[Procedure]) -> list[tuple[str, float | None]]:
    return [(one.kind.value, one.totals.p_ka_gycm2) for one in procedures]


# --- dose reports ------------------------------------------------------------------------------------


def test_an_exposure_that_a_later_cumulative_report_repeats_counts_once() -> None:
    both = report(2, [EXPOSURE, *EVENTS])
    assert amounts(procedures_of(radiography(1, EXPOSURE), both)) == [("fluoroscopy", TOTAL + 0.5)]


def test_an_exposure_of_its_own_stays_apart_from_fluoroscopy() -> None:
    assert amounts(procedures_of(radiography(1, EXPOSURE), report(2, EVENTS))) == [
        ("fluoroscopy", TOTAL),
        ("radiography", 0.5),
    ]


def test_reports_are_joined_through_others() -> None:
    """The first exposure is not in the fluoroscopy report, but in one that shares another exposure with it."""
    other = event(21, 1.0, type=EventType.STATIONARY_ACQUISITION, duration=None)
    made = procedures_of(radiography(1, EXPOSURE), radiography(2, EXPOSURE, other), report(3, [other, *EVENTS]))
    assert [(one.kind.value, len(one.events)) for one in made] == [("fluoroscopy", 10)]


def test_the_same_events_under_another_description_of_the_device_count_once() -> None:
    """An archive rewrote the institution, by which a unit without serial and UID is known."""
    nameless = Equipment("Ziehm", "Vision", station="C-ARM-9", institution="North")
    rewritten = replace(nameless, institution="NORTH CLINIC")
    made = procedures_of(report(1, EVENTS[:4], equipment=nameless), report(2, EVENTS, equipment=rewritten))
    assert amounts(made) == [("fluoroscopy", TOTAL)]


@given(st.lists(any_report(), min_size=1, max_size=5))
def test_no_event_of_a_study_counts_in_two_procedures(reports: list[DoseReport]) -> None:
    made = assemble([stored(one) for one in reports])
    counted = [(one.procedure.study_instance_uid, event.uid) for one in made for event in one.procedure.events]
    assert len(counted) == len(set(counted))
    assert len({one.identity for one in made}) == len(made)


@given(st.lists(any_report(), min_size=1, max_size=5))
def test_every_audited_report_is_in_one_procedure(reports: list[DoseReport]) -> None:
    members = [digest for one in assemble([stored(r) for r in reports]) for digest in one.members]
    assert len(members) == len(set(members))
    assert set(members) == {stored(one).digest for one in reports if one.is_audited}


# --- headers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("sop_class", [XA, CAPTURE, STEP])
def test_headers_give_way_to_a_dose_report_of_the_same_device(sop_class: str) -> None:
    (made,) = procedures_of(header(1, sop_class, 3.0), header(2, sop_class, 4.0), report(3, EVENTS))
    assert made.totals.p_ka_gycm2 == TOTAL
    assert made.totals.p_ka.basis is Basis.STATED
    assert not made.findings


def test_where_no_report_came_images_add_and_say_so() -> None:
    (made,) = procedures_of(header(1, XA, 3.0), header(2, XA, 4.0))
    assert made.totals.p_ka_gycm2 == 7.0
    assert made.totals.ka_r_mgy == 28.0
    assert made.totals.fluoroscopy_time_s == 8.0  # of the step each, the longest stands
    assert Finding(FindingCode.FROM_HEADERS, "2 images, added") in made.findings


def test_images_give_way_to_steps_and_steps_add() -> None:
    (made,) = procedures_of(header(1, XA, 3.0), header(2, STEP, 5.0), header(3, STEP, 1.0))
    assert made.totals.p_ka_gycm2 == 6.0
    assert made.totals.fluoroscopy_time_s == 12.0
    assert Finding(FindingCode.FROM_HEADERS, "2 performed procedure steps, added") in made.findings


def test_of_captures_the_last_counts() -> None:
    (made,) = procedures_of(header(1, CAPTURE, 3.0), header(2, CAPTURE, 4.0))
    assert made.totals.p_ka_gycm2 == 4.0
    assert Finding(FindingCode.FROM_HEADERS, "2 secondary captures, the last counts") in made.findings


def test_a_quantity_that_some_headers_lack_is_a_lower_bound() -> None:
    time_alone = report(2, (), [replace(stated(2.0), p_ka=None)], sop_class_uid=STEP)
    (made,) = procedures_of(header(1, STEP, 5.0), time_alone)
    assert made.totals.p_ka_gycm2 == 5.0
    assert Finding(FindingCode.TOTAL_INCOMPLETE, "1 of 2 headers carry it", "P_KA, headers") in made.findings


def test_images_of_another_device_are_a_procedure_of_their_own() -> None:
    other = header(1, XA, 3.0, equipment=Equipment("Siemens", "Arcadis", "SN7", "C-ARM-7"))
    assert sorted(amounts(procedures_of(other, report(2, EVENTS)))) == [("fluoroscopy", 3.0), ("fluoroscopy", TOTAL)]


def test_a_step_that_names_no_device_gives_way() -> None:
    (made,) = procedures_of(header(1, STEP, 3.0, equipment=Equipment(station="C-ARM-3")), report(2, EVENTS))
    assert made.totals.p_ka_gycm2 == TOTAL


def test_fluoroscopy_of_a_step_does_not_give_way_to_radiography() -> None:
    assert amounts(procedures_of(header(1, STEP, 3.0), radiography(2, EXPOSURE))) == [
        ("fluoroscopy", 3.0),
        ("radiography", 0.5),
    ]


def test_what_gave_way_still_describes_the_procedure() -> None:
    code = Code("20610", "C4")
    step = header(
        1, STEP, 3.0, procedure_codes=(code,), study_description="Knee injection", patient=Patient(size_m=1.7)
    )
    (made,) = procedures_of(step, report(2, EVENTS, study_description=""))
    assert made.procedure_codes == (code,)
    assert made.study_description == "Knee injection"
    assert (made.patient.size_m, made.patient.age_years) == (1.7, 65.0)


@pytest.mark.parametrize(
    ("one", "other", "may"),
    [
        (Equipment(serial="SN1", station="A"), Equipment(serial="sn1", station="B"), True),
        (Equipment(serial="SN1", station="A"), Equipment(serial="SN2", station="A"), False),
        (Equipment(station="A"), Equipment(serial="SN2"), True),
        (Equipment(station="A"), Equipment(station="B"), False),
        (Equipment(), Equipment("GE OEC", "Elite", "SN1"), True),
        (Equipment("GE"), Equipment("Ziehm"), False),
    ],
)
def test_two_descriptions_may_be_of_one_unit_unless_something_tells_them_apart(
    one: Equipment, other: Equipment, may: bool
) -> None:
    assert one.may_be(other) is other.may_be(one) is may


# --- through the database ----------------------------------------------------------------------------


def the_frame(store: Store) -> list[tuple[str, float, int]]:
    frame = store.procedures(*OCTOBER)
    return list(zip(frame.kind, frame.p_ka_gycm2, frame.reports, strict=True))


def test_a_procedure_whose_reports_become_anothers_is_gone(store: Store) -> None:
    store.save([incoming(radiography(1, EXPOSURE))])
    assert the_frame(store) == [("radiography", 0.5, 1)]
    store.save([incoming(report(2, [EXPOSURE, *EVENTS]))])
    assert the_frame(store) == [("fluoroscopy", TOTAL + 0.5, 2)]
    counts = store.info().rows
    assert (counts["procedures"], counts["planes"], counts["reports"]) == (1, 2, 2)


def test_a_report_that_comes_after_its_images_takes_their_place(store: Store) -> None:
    store.save([incoming(header(1, XA, 3.0)), incoming(header(2, XA, 4.0))])
    assert the_frame(store) == [("fluoroscopy", 7.0, 2)]
    store.save([incoming(report(3, EVENTS))])
    assert the_frame(store) == [("fluoroscopy", TOTAL, 3)]
    detail = store.procedure(store.procedures(*OCTOBER).case_id.iloc[0])
    assert detail is not None
    assert [one.gave_way for one in detail.reports] == [True, True, False]


def test_images_that_come_after_their_report_change_nothing(store: Store) -> None:
    store.save([incoming(report(3, EVENTS))])
    before = store.procedures(*OCTOBER)
    store.save([incoming(header(1, XA, 3.0))])
    after = store.procedures(*OCTOBER)
    assert after.drop(columns="reports").equals(before.drop(columns="reports"))


def test_one_case_keeps_its_id_when_its_device_is_described_otherwise_later(store: Store) -> None:
    nameless = Equipment("Ziehm", "Vision", station="C-ARM-9", institution="North")
    store.save([incoming(report(1, EVENTS[:4], equipment=nameless))])
    before = store.procedures(*OCTOBER).case_id
    store.save([incoming(report(2, EVENTS, equipment=replace(nameless, institution="NORTH CLINIC")))])
    assert list(store.procedures(*OCTOBER).case_id) == list(before)


def test_a_time_of_fluoroscopy_alone_is_a_dose_of_its_own(store: Store) -> None:
    time = replace(stated(1.0), p_ka=None, ka_r=None, fluoroscopy_time=Duration(30.0))
    store.save([incoming(report(1, (), [time], sop_class_uid=STEP, equipment=C_ARM))])
    frame = store.procedures(*OCTOBER)
    assert frame.fluoroscopy_time_s.iloc[0] == 30.0
    assert FindingCode.P_KA_MISSING in frame.findings.iloc[0]
