from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_reports import (
    MANNERS,
    START,
    Cut,
    any_report,
    deliveries,
    event,
    report,
    stated,
    step,
    steps_without_events,
    stored,
)

from alara import sop_classes
from alara.findings import Finding, FindingCode
from alara.model import Basis, Equipment, Moment, Patient, Plane, Procedure, ReportKind, Scope
from alara.quantities import AirKerma, Duration, KermaAreaProduct
from alara.store.assemble import Assembled, assemble


def procedure_of(*reports, **fields) -> Procedure:
    """The one procedure that the reports amount to, in every order of arrival."""
    made = {assemble([stored(one, **fields) for one in order]) for order in permutations(reports)}
    assert len(made) == 1, "the order of arrival changed the procedure"
    (one,) = made.pop()
    return one.procedure


def codes(procedure: Procedure) -> set[FindingCode]:
    return {finding.code for finding in procedure.findings}


EVENTS = [event(n, n / 4) for n in range(1, 9)]
TOTAL = sum(n / 4 for n in range(1, 9))


# --- the property ------------------------------------------------------------------------------------


@given(deliveries((*MANNERS, steps_without_events)))
def test_any_cut_in_any_order_with_repeats_is_the_same_procedure(delivery):
    events, cut, order = delivery
    (expected,) = assemble([stored(one) for one in cut.reports])
    (got,) = assemble([stored(cut.reports[index]) for index in order])
    assert got == expected
    (uncut,) = assemble([stored(report(1, events))])
    _amounts_equal(got, uncut, cut)


def _amounts_equal(got: Assembled, uncut: Assembled, cut: Cut) -> None:
    if cut.manner != "steps without events":
        assert got.procedure.events == uncut.procedure.events
        assert got.procedure.started == uncut.procedure.started
    for mine, whole in zip(got.procedure.planes, uncut.procedure.planes, strict=True):
        assert mine.plane == whole.plane
        assert mine.p_ka_gycm2 == whole.p_ka_gycm2
        assert mine.ka_r_mgy == whole.ka_r_mgy
        # A C-arm whose durations are all zero states none that can be summed.
        assert (mine.fluoroscopy_time_s or 0) == (whole.fluoroscopy_time_s or 0)
        if cut.told:
            assert mine.p_ka.basis is Basis.STATED
    assert got.procedure.totals.p_ka_gycm2 == uncut.procedure.totals.p_ka_gycm2


@given(st.lists(any_report(), min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_whatever_devices_send_its_order_and_repetition_change_nothing(reports, random):
    delivered = [stored(one) for one in reports]
    again = [*delivered, *random.choices(delivered, k=2)]
    random.shuffle(again)
    assert assemble(again) == assemble(delivered)


@given(st.lists(any_report(), min_size=1, max_size=5))
def test_each_event_counts_once(reports):
    for made in assemble([stored(one) for one in reports]):
        uids = [one.uid for one in made.procedure.events]
        assert len(uids) == len(set(uids)) == len(made.counted)


# --- the manners, one by one -------------------------------------------------------------------------


def test_cumulative_reports_supersede():
    procedure = procedure_of(report(1, EVENTS[:3]), report(2, EVENTS[:6]), report(3, EVENTS))
    assert procedure.totals.p_ka_gycm2 == TOTAL
    assert procedure.totals.p_ka.basis is Basis.STATED
    assert len(procedure.events) == 8
    assert len(procedure.report_uids) == 3
    assert not procedure.findings


def test_continued_reports_add():
    procedure = procedure_of(report(1, EVENTS[:4]), report(2, EVENTS[4:]))
    assert procedure.totals.p_ka_gycm2 == TOTAL
    assert procedure.totals.p_ka.stated == KermaAreaProduct(TOTAL)
    assert not procedure.findings


@pytest.mark.parametrize("end", [4, 5], ids=["continued", "overlapping"])
def test_reports_that_repeat_one_cumulative_total_count_it_once(end: int):
    """OpenREM's third fault: two studies, and the patient's sum doubled."""
    total = [stated(TOTAL)]
    procedure = procedure_of(report(1, EVENTS[:end], total), report(2, EVENTS[4:], total))
    assert procedure.totals.p_ka_gycm2 == TOTAL
    assert procedure.totals.ka_r_mgy == 4 * TOTAL
    assert len(procedure.events) == 8
    assert not procedure.findings


def test_repeated_total_counts_once_when_both_halves_carry_the_same_dose():
    events = [event(n, 1.0) for n in range(1, 9)]
    procedure = procedure_of(report(1, events[:4], [stated(8)]), report(2, events[4:], [stated(8)]))
    assert procedure.totals.p_ka_gycm2 == 8


def test_running_total_in_continued_reports_counts_once():
    first, second = report(1, EVENTS[:4]), report(2, EVENTS[4:], [stated(TOTAL)])
    assert procedure_of(first, second).totals.p_ka_gycm2 == TOTAL


@pytest.mark.parametrize("excess", [0.85, 1.16, 1.33])
@pytest.mark.parametrize("end", [4, 5], ids=["continued", "overlapping"])
def test_repeated_total_that_exceeds_its_events_counts_once(end: int, excess: float):
    """Real C-arms state up to a third more than their events: the total would be doubled."""
    total = [stated(excess * TOTAL)]
    procedure = procedure_of(report(1, EVENTS[:end], total), report(2, EVENTS[4:], total))
    assert procedure.totals.p_ka_gycm2 == excess * TOTAL
    assert FindingCode.TOTAL_DISAGREES in codes(procedure)


def test_running_total_that_exceeds_its_events_counts_once():
    first = report(1, EVENTS[:4], [stated(1.16 * 2.5)])
    second, third = report(2, EVENTS[4:6], [stated(1.16 * 5.25)]), report(3, EVENTS[6:], [stated(1.16 * TOTAL)])
    assert procedure_of(first, second, third).totals.p_ka_gycm2 == 1.16 * TOTAL


def test_rounded_own_totals_that_happen_to_be_equal_add():
    procedure = procedure_of(report(1, [event(1, 0.1)], [stated(0.1)]), report(2, [event(2, 0.05)], [stated(0.1)]))
    assert procedure.totals.p_ka_gycm2 == pytest.approx(0.2)


def test_own_totals_that_all_exceed_their_events_alike_still_add():
    """A device that states 16 % more than its events sum to is not taken for one that repeats a total."""
    low, high = [event(1, 10.0)], [event(2, 1.5)]
    procedure = procedure_of(report(1, low, [stated(11.6)]), report(2, high, [stated(1.74)]))
    assert procedure.totals.p_ka_gycm2 == pytest.approx(13.34)
    assert FindingCode.TOTAL_DISAGREES in codes(procedure)


def test_totals_over_overlapping_events_are_set_aside_for_the_sum():
    first, second = report(1, EVENTS[:5]), report(2, EVENTS[3:])
    procedure = procedure_of(first, second)
    assert procedure.totals.p_ka_gycm2 == TOTAL
    assert procedure.totals.p_ka.basis is Basis.SUMMED
    assert FindingCode.TOTAL_DISAGREES in codes(procedure)


def test_overlap_of_events_without_dose_leaves_a_lower_bound():
    bare = [event(n, p_ka=None, ka_r=None, duration=None) for n in range(1, 9)]
    procedure = procedure_of(report(1, bare[:5], [stated(3)]), report(2, bare[3:], [stated(4)]))
    assert procedure.totals.p_ka_gycm2 == 4
    assert FindingCode.TOTAL_INCOMPLETE in codes(procedure)


def test_equal_totals_of_events_without_dose_count_once_unless_they_are_of_two_steps():
    bare = [event(n, p_ka=None, ka_r=None, duration=None) for n in range(1, 9)]
    total = [stated(3)]
    assert procedure_of(report(1, bare[:4], total), report(2, bare[4:], total)).totals.p_ka_gycm2 == 3
    two_steps = procedure_of(report(1, bare[:4], total, scope=step(1)), report(2, bare[4:], total, scope=step(2)))
    assert two_steps.totals.p_ka_gycm2 == 6


def test_one_report_a_plane_gives_both_planes_whatever_comes_first():
    """OpenREM's first and second fault: only the last plane looked at, B's dose under A."""
    a = [event(n, 1.0, Plane.A) for n in (1, 2)]
    b = [event(n, 4.0, Plane.B) for n in (3, 4)]
    procedure = procedure_of(report(1, b), report(2, a))
    assert [(totals.plane, totals.p_ka_gycm2) for totals in procedure.planes] == [(Plane.A, 2), (Plane.B, 8)]
    assert procedure.totals.p_ka_gycm2 == 10


def test_planes_of_one_report_are_named_not_counted_by_position():
    a, b = event(1, 1.0, Plane.A), event(2, 4.0, Plane.B)
    procedure = procedure_of(report(1, [a, b], [stated(4.0, Plane.B), stated(1.0, Plane.A)]))
    assert [(totals.plane, totals.p_ka_gycm2) for totals in procedure.planes] == [(Plane.A, 1), (Plane.B, 4)]


def test_reports_without_events_of_one_scope_supersede_and_of_two_steps_add():
    early, late = report(1, (), [stated(2)], scope=step(1)), report(2, (), [stated(5)], scope=step(1))
    other = report(3, (), [stated(7)], scope=step(2))
    assert procedure_of(early, late).totals.p_ka_gycm2 == 5
    assert procedure_of(early, late, other).totals.p_ka_gycm2 == 12


def test_total_over_the_study_is_not_added_to_those_of_its_steps():
    steps = report(1, (), [stated(2)], scope=step(1)), report(2, (), [stated(3)], scope=step(2))
    assert procedure_of(*steps, report(3, (), [stated(5)])).totals.p_ka_gycm2 == 5
    assert procedure_of(*steps, report(3, (), [stated(4)])).totals.p_ka_gycm2 == 5
    assert procedure_of(report(1, (), [stated(4)]), report(2, (), [stated(5)], scope=Scope())).totals.p_ka_gycm2 == 5


def test_step_without_events_adds_though_it_is_near_to_the_other_steps_events():
    listed = report(1, [event(1, 0.5)], scope=step(1))
    bare = report(2, (), [stated(0.51)], scope=step(2))
    assert procedure_of(listed, bare).totals.p_ka_gycm2 == pytest.approx(1.01)


def test_cumulative_report_without_totals_is_not_answered_by_an_earlier_total():
    procedure = procedure_of(report(1, EVENTS[:4]), report(2, EVENTS, []))
    assert procedure.totals.p_ka_gycm2 == TOTAL
    assert procedure.totals.p_ka.basis is Basis.SUMMED


def test_total_that_a_later_report_leaves_out_is_a_lower_bound_where_events_carry_none():
    bare = [event(n, p_ka=None, ka_r=None, duration=None) for n in range(1, 9)]
    for later in (report(2, bare, []), report(2, bare[:4], [stated(0, p_ka=None, ka_r=None)])):
        procedure = procedure_of(report(1, bare[:4], [stated(5)]), later)
        assert procedure.totals.p_ka_gycm2 == 5
        assert FindingCode.TOTAL_INCOMPLETE in codes(procedure)


def test_a_plane_that_one_report_states_twice_is_told_beside_other_reports():
    twice = report(1, EVENTS[:4], [stated(2.5), stated(7)])
    told = Finding(FindingCode.TOTAL_DISAGREES, "2.5 and 7", "plane single, stated twice")
    assert told in procedure_of(replace(twice, findings=(told,)), report(2, EVENTS[4:])).findings


def test_summary_without_events_gives_way_to_the_report_that_lists_them():
    summary = report(9, (), [stated(TOTAL)], scope=Scope())
    assert procedure_of(report(1, EVENTS), summary).totals.p_ka_gycm2 == TOTAL


def test_same_events_under_two_uids_count_once():
    procedure = procedure_of(report(1, EVENTS), report(2, EVENTS))
    assert procedure.totals.p_ka_gycm2 == TOTAL
    assert len(procedure.events) == 8
    assert not procedure.findings


def test_corrected_total_of_the_same_events_is_used_and_told():
    procedure = procedure_of(report(1, EVENTS, [stated(5)]), report(2, EVENTS))
    assert procedure.totals.p_ka_gycm2 == TOTAL
    assert FindingCode.TOTAL_DISAGREES in codes(procedure)


def test_continued_report_without_a_total_leaves_the_sum_of_events():
    procedure = procedure_of(report(1, EVENTS[:4]), report(2, EVENTS[4:], [stated(0, p_ka=None)]))
    assert procedure.totals.p_ka_gycm2 == TOTAL
    assert procedure.totals.p_ka.basis is Basis.SUMMED


def test_where_all_was_fluoroscopy_the_acquisition_time_is_its_time():
    silent = [event(1, duration=None)]
    zero = stated(1, fluoroscopy_time=Duration(0.0), acquisition_time=Duration(9.7))
    first = report(1, silent, [zero])
    again = replace(first, sop_instance_uid=f"{first.sop_instance_uid}.2")
    for procedure in (procedure_of(first), procedure_of(first, again)):
        assert procedure.totals.fluoroscopy_time_s == 9.7
        assert FindingCode.TIME_UNDER_ACQUISITION in codes(procedure)


def test_total_rounded_to_zero_is_replaced_by_the_events():
    procedure = procedure_of(report(1, EVENTS, [stated(TOTAL, ka_r=AirKerma(0.0))]))
    assert procedure.totals.ka_r_mgy == 4 * TOTAL
    assert FindingCode.TOTAL_ROUNDED_AWAY in codes(procedure)


def test_report_without_a_dose_area_product_has_none_rather_than_zero():
    """OpenREM's sixth fault: no DAP was stored as 0."""
    bare = [event(n, p_ka=None) for n in (1, 2)]
    procedure = procedure_of(report(1, bare, [stated(1, p_ka=None)]))
    assert procedure.totals.p_ka_gycm2 is None
    assert procedure.totals.p_ka.basis is Basis.ABSENT


def test_events_without_accumulated_dose_are_still_a_procedure():
    """OpenREM's seventh fault: filed under a modality that no list shows."""
    procedure = procedure_of(report(1, EVENTS, []))
    assert procedure.kind is ReportKind.FLUOROSCOPY
    assert procedure.totals.p_ka_gycm2 == TOTAL
    assert procedure.totals.p_ka.basis is Basis.SUMMED


# --- what makes a procedure --------------------------------------------------------------------------


def test_dual_use_room_keeps_radiography_apart():
    fluoroscopy = report(1, EVENTS[:4])
    radiography = report(2, EVENTS[4:], kind=ReportKind.RADIOGRAPHY)
    made = assemble([stored(radiography), stored(fluoroscopy)])
    assert [one.procedure.kind for one in made] == [ReportKind.FLUOROSCOPY, ReportKind.RADIOGRAPHY]
    assert [len(one.procedure.events) for one in made] == [4, 4]


def test_two_devices_in_one_study_are_two_procedures():
    other = replace(report(2, EVENTS[4:]), equipment=Equipment("Ziehm", "Vision", "SN9"))
    assert len(assemble([stored(report(1, EVENTS[:4])), stored(other)])) == 2


def test_what_is_not_for_the_audit_is_no_procedure():
    assert assemble([stored(report(1, kind=ReportKind.CT)), stored(report(2, kind=ReportKind.NOT_DOSE))]) == ()


# --- conflicts ---------------------------------------------------------------------------------------


def test_one_uid_with_two_contents_counts_the_later_and_says_so():
    first = report(1, EVENTS[:4])
    second = replace(report(2, EVENTS[:5]), sop_instance_uid=first.sop_instance_uid)
    procedure = procedure_of(first, second)
    assert procedure.totals.p_ka == procedure_of(report(2, EVENTS[:5])).totals.p_ka
    assert len(procedure.report_uids) == 2
    assert Finding(FindingCode.UID_CONFLICT, first.sop_instance_uid) in procedure.findings


def test_two_contents_written_at_one_instant_are_ordered_by_content():
    first = report(1, EVENTS[:4])
    procedure_of(first, replace(first, study_description="Knee injection"))


def test_uid_shared_with_another_procedure_is_told():
    assert FindingCode.UID_CONFLICT in codes(procedure_of(report(1, EVENTS), uid_shared=True))


def test_event_told_twice_differently_counts_as_the_later_says():
    changed = event(1, 3.0)
    procedure = procedure_of(report(1, EVENTS), report(2, [changed, *EVENTS[1:]]))
    assert procedure.events[0] == changed
    (finding,) = [one for one in procedure.findings if one.code is FindingCode.EVENT_CONFLICT]
    assert "0.25 Gy.cm2 and 3 Gy.cm2" in finding.text


def test_later_report_that_leaves_a_dose_out_does_not_erase_it():
    procedure = procedure_of(report(1, EVENTS), report(2, [event(1, p_ka=None), *EVENTS[1:]]))
    assert procedure.events[0].p_ka_gycm2 == 0.25
    assert FindingCode.EVENT_CONFLICT in codes(procedure)


def test_two_patients_in_one_study_are_told():
    (made,) = assemble(
        [stored(report(1, EVENTS[:4])), stored(report(2, EVENTS[4:]), patient_pseudonym="k-somebody-else")]
    )
    assert FindingCode.PATIENT_CONFLICT in codes(made.procedure)


def test_a_procedure_has_the_codes_of_all_who_are_said_to_have_administered_it():
    one, other = stored(report(1, EVENTS[:4])), stored(report(2, EVENTS))
    for codes, told in ((("op-a",), ("op-a",)), (("op-b",), ("op-a", "op-b")), ((), ("op-a",))):
        (made,) = assemble([replace(one, operator_codes=("op-a",)), replace(other, operator_codes=codes)])
        assert made.operator_codes == told


def test_an_image_names_the_operator_where_the_reports_name_none():
    image = stored(report(3, (), sop_class_uid=sop_classes.IMAGES[0]), operator_codes=("op-b",))
    for codes, told in (((), ("op-b",)), (("op-a",), ("op-a",))):
        (made,) = assemble([image, stored(report(1, EVENTS), operator_codes=codes)])
        assert made.operator_codes == told


@settings(max_examples=50, deadline=None)
@given(deliveries(), st.data())
def test_the_order_of_arrival_changes_no_operator(delivery, data: st.DataObject):
    _, cut, order = delivery
    codes = [("op-a", "op-b")[: data.draw(st.integers(0, 2))] for _ in cut.reports]
    delivered = [stored(one, operator_codes=named) for one, named in zip(cut.reports, codes, strict=True)]
    in_order, as_it_came = assemble(delivered), assemble(delivered[at] for at in order)
    assert [one.operator_codes for one in in_order] == [one.operator_codes for one in as_it_came]
    assert {code for one in in_order for code in one.operator_codes} == {code for named in codes for code in named}


def test_findings_of_a_superseded_total_are_not_repeated():
    stale = Finding(FindingCode.TOTAL_DISAGREES, "of the first report alone", "P_KA, plane single")
    kept = Finding(FindingCode.BAD_AGE, "37Y")
    procedure = procedure_of(report(1, EVENTS[:4], findings=(stale, kept)), report(2, EVENTS))
    assert procedure.findings == (kept,)


# --- the choice rule and the field, for procedures -----------------------------------------------------


def test_the_choice_rule_holds_for_what_several_reports_amount_to():
    """Stated, unless absent or zero while events carry dose; both are kept; disagreement is told with both."""
    halves = [EVENTS[:4], EVENTS[4:]]
    rounded = procedure_of(*(report(n, part, [stated(0)]) for n, part in enumerate(halves)))
    assert (rounded.totals.p_ka.basis, rounded.totals.p_ka_gycm2) == (Basis.SUMMED, TOTAL)
    assert rounded.totals.p_ka.stated == KermaAreaProduct(0)
    assert FindingCode.TOTAL_ROUNDED_AWAY in codes(rounded)
    more = procedure_of(
        *(report(n, part, [stated(own)]) for n, part, own in ((1, halves[0], 3.125), (2, halves[1], 8.125)))
    )
    assert (more.totals.p_ka.basis, more.totals.p_ka_gycm2) == (Basis.STATED, 11.25)
    assert more.totals.p_ka.summed == KermaAreaProduct(TOTAL)
    told = next(one.text for one in more.findings if one.code is FindingCode.TOTAL_DISAGREES)
    assert "11.25 Gy.cm2" in told
    assert "9 Gy.cm2" in told


def test_a_sum_where_some_events_carry_nothing_is_a_lower_bound():
    events = [*EVENTS[:7], event(8, p_ka=None)]
    procedure = procedure_of(report(1, events[:4], []), report(2, events[4:], []))
    assert procedure.totals.p_ka_gycm2 == TOTAL - 2
    assert FindingCode.TOTAL_INCOMPLETE in codes(procedure)


def test_the_field_is_checked_for_the_procedure_and_not_for_its_parts():
    """The first report's K_a,r is 1,000 times too small; together with the second's the field is still none."""
    odd = report(1, EVENTS[:4], [stated(2.5, ka_r=AirKerma(0.01))])
    assert FindingCode.FIELD_AREA_IMPLAUSIBLE in codes(procedure_of(odd))
    mended = report(2, EVENTS, [stated(TOTAL)])
    assert FindingCode.FIELD_AREA_IMPLAUSIBLE not in codes(procedure_of(odd, mended))
    low = report(2, EVENTS[4:], [stated(6.5, ka_r=AirKerma(0.026))])
    (told,) = [one for one in procedure_of(odd, low).findings if one.code is FindingCode.FIELD_AREA_IMPLAUSIBLE]
    assert told.where == "plane single"


def test_odd_fields_of_events_are_told_for_the_procedure():
    odd = Finding(FindingCode.FIELD_AREA_IMPLAUSIBLE, "1 of 4 events, the first is event 1 with 2 cm2", "events")
    assert odd in procedure_of(report(1, EVENTS[:4], findings=(odd,)), report(2, EVENTS)).findings


# --- the facts of the header -------------------------------------------------------------------------


def test_header_facts_come_from_the_latest_report_that_states_them():
    first = report(1, EVENTS[:4], patient=Patient(age_years=65.0, sex="F", size_m=1.6))
    second = report(2, EVENTS, study_description="", patient=Patient(age_years=66.0))
    procedure = procedure_of(first, second)
    assert procedure.study_description == "Hip injection"
    assert procedure.patient == Patient(age_years=66.0, sex="F", size_m=1.6)


def test_start_is_the_first_irradiation_though_a_late_report_brings_it():
    procedure = procedure_of(report(1, EVENTS[4:]), report(2, EVENTS[:4]))
    assert procedure.started == Moment(START + timedelta(minutes=1))


def test_procedure_without_any_time_starts_when_it_came_and_says_so():
    timeless = report(1, (), [stated(1)], started=None, content_written=None)
    procedure = procedure_of(timeless)
    assert procedure.started is not None
    assert FindingCode.BAD_TIME in codes(procedure)


def test_fluoroscopy_time_adds_over_continued_reports():
    assert procedure_of(report(1, EVENTS[:4]), report(2, EVENTS[4:])).totals.fluoroscopy_time.value == Duration(
        2 * TOTAL
    )
