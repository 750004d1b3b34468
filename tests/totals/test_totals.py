"""The totals of a report: which number counts, and what is said about it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alara.findings import FindingCode
from alara.model import AccumulatedDose, Basis, EventType, IrradiationEvent, Plane, PlaneTotals, Total
from alara.quantities import AirKerma, Duration, KermaAreaProduct
from alara.totals import all_planes, plane_totals


def event(
    number: int,
    p_ka: float | None = None,
    *,
    ka_r: float | None = None,
    duration: float | None = None,
    plane: Plane = Plane.SINGLE,
    kind: EventType = EventType.FLUOROSCOPY,
) -> IrradiationEvent:
    return IrradiationEvent(
        uid=f"1.2.{number}",
        plane=plane,
        type=kind,
        p_ka=None if p_ka is None else KermaAreaProduct(p_ka),
        ka_r=None if ka_r is None else AirKerma(ka_r),
        duration=None if duration is None else Duration(duration),
    )


def stated(p_ka: float | None = None, plane: Plane = Plane.SINGLE, **others: float) -> AccumulatedDose:
    return AccumulatedDose(
        plane=plane,
        p_ka=None if p_ka is None else KermaAreaProduct(p_ka),
        ka_r=AirKerma(others["ka_r"]) if "ka_r" in others else None,
        fluoroscopy_time=Duration(others["time"]) if "time" in others else None,
    )


def one(accumulated: list[AccumulatedDose], events: list[IrradiationEvent]) -> tuple[PlaneTotals, set[FindingCode]]:
    planes, findings = plane_totals(accumulated, events)
    (plane,) = planes
    return plane, {finding.code for finding in findings}


def test_stated_total_is_used_and_the_sum_is_kept() -> None:
    plane, findings = one([stated(0.3, time=5.0)], [event(1, 0.1, duration=2.0), event(2, 0.2, duration=3.0)])
    assert plane.p_ka.value == plane.p_ka.stated == KermaAreaProduct(0.3)
    assert plane.p_ka.summed.amount == pytest.approx(0.3)
    assert plane.p_ka.basis is Basis.STATED
    assert plane.fluoroscopy_time_s == 5
    assert findings == set()


def test_missing_total_is_the_sum_of_events() -> None:
    plane, findings = one([stated(time=5.0)], [event(1, 0.1), event(2, 0.2)])
    assert plane.p_ka_gycm2 == pytest.approx(0.3)
    assert plane.p_ka.basis is Basis.SUMMED
    assert findings == {FindingCode.TOTAL_MISSING}


def test_report_without_fluoro_time_sums_its_events() -> None:
    events = [event(1, 0.1, duration=2.0), event(2, 0.2, duration=3.0)]
    events.append(event(3, 0.3, duration=9.0, kind=EventType.STATIONARY_ACQUISITION))
    plane, _ = one([stated(0.6)], events)
    assert plane.fluoroscopy_time_s == 5
    assert plane.fluoroscopy_time.basis is Basis.SUMMED


def test_total_rounded_to_zero_gives_way_to_the_events() -> None:
    plane, findings = one([stated(0.0, time=5.0)], [event(1, 0.0004)])
    assert plane.p_ka.stated == KermaAreaProduct(0.0)
    assert plane.p_ka_gycm2 == 0.0004
    assert findings == {FindingCode.TOTAL_ROUNDED_AWAY}


def test_zero_stays_zero_when_no_event_carries_dose() -> None:
    plane, findings = one([stated(0.0, time=0.0)], [event(1, 0.0, duration=0.0)])
    assert plane.p_ka_gycm2 == 0
    assert plane.p_ka.basis is Basis.STATED
    assert findings == set()


def test_disagreement_names_both_numbers() -> None:
    _, findings = plane_totals([stated(1.0, time=5.0)], [event(1, 0.5), event(2, 0.3)])
    (finding,) = findings
    assert finding.code is FindingCode.TOTAL_DISAGREES
    assert finding.text == "stated 1 Gy.cm2, sum of 2 events: 0.8 Gy.cm2"
    assert finding.where == "P_KA, plane single"


def test_rounding_of_many_small_events_is_no_disagreement() -> None:
    plane, findings = one([stated(0.09, time=5.0)], [event(n, 0.02) for n in range(4)])
    assert plane.p_ka_gycm2 == 0.09
    assert findings == set()


def test_sum_of_some_events_is_a_lower_bound() -> None:
    plane, findings = one([stated(time=5.0)], [event(1, 0.1), event(2)])
    assert plane.p_ka_gycm2 == 0.1
    assert findings == {FindingCode.TOTAL_MISSING, FindingCode.TOTAL_INCOMPLETE}


def test_incomplete_events_below_the_stated_total_do_not_disagree() -> None:
    _, findings = one([stated(1.0, time=5.0)], [event(1, 0.1), event(2)])
    assert findings == set()


def test_nothing_known_is_absent_and_never_zero() -> None:
    plane, findings = one([stated()], [event(1)])
    assert plane.p_ka == Total()
    assert plane.p_ka_gycm2 is None
    assert plane.fluoroscopy_time_s is None
    assert findings == {FindingCode.P_KA_MISSING, FindingCode.FLUOROSCOPY_TIME_MISSING}


def test_durations_of_zero_are_unknown_durations() -> None:
    plane, findings = one([stated(0.1, time=12.0)], [event(1, 0.1, duration=0.0)])
    assert plane.fluoroscopy_time.summed is None
    assert plane.fluoroscopy_time_s == 12
    assert findings == set()


def test_radiography_needs_no_fluoroscopy_time() -> None:
    _, findings = one([stated(0.1)], [event(1, 0.1, kind=EventType.STATIONARY_ACQUISITION)])
    assert findings == set()


def test_planes_in_any_order_keep_their_own_doses() -> None:
    a, b = stated(1.0, Plane.A, time=1.0), stated(2.0, Plane.B, time=2.0)
    events = [event(1, 1.0, plane=Plane.A), event(2, 2.0, plane=Plane.B)]
    for accumulated in ([a, b], [b, a]):
        for order in (events, events[::-1]):
            planes, findings = plane_totals(accumulated, order)
            assert {plane.plane: plane.p_ka_gycm2 for plane in planes} == {Plane.A: 1.0, Plane.B: 2.0}
            assert [plane.plane for plane in planes] == [dose.plane for dose in accumulated]
            assert not findings
            assert all_planes(planes).p_ka_gycm2 == 3


def test_plane_that_only_events_name_is_summed() -> None:
    planes, _ = plane_totals([stated(1.0, Plane.A)], [event(1, 1.0, plane=Plane.A), event(2, 2.0, plane=Plane.B)])
    assert {plane.plane: plane.p_ka_gycm2 for plane in planes} == {Plane.A: 1.0, Plane.B: 2.0}
    assert all_planes(planes).p_ka.basis is Basis.MIXED


def test_events_without_a_plane_belong_to_the_only_one() -> None:
    plane, findings = one([stated(time=1.0)], [event(1, 0.1, plane=Plane.UNKNOWN)])
    assert plane.plane is Plane.SINGLE
    assert plane.p_ka_gycm2 == 0.1
    assert FindingCode.UNKNOWN_PLANE in findings


def test_events_without_a_plane_are_not_counted_beside_two_stated_ones() -> None:
    planes, findings = plane_totals(
        [stated(1.0, Plane.A, time=1.0), stated(2.0, Plane.B, time=1.0)], [event(1, 3.0, plane=Plane.SINGLE)]
    )
    assert all_planes(planes).p_ka_gycm2 == 3
    assert FindingCode.UNKNOWN_PLANE in {finding.code for finding in findings}


def test_total_over_all_planes_is_not_added_to_its_planes() -> None:
    planes, _ = plane_totals([stated(3.0, Plane.ALL), stated(1.0, Plane.A), stated(2.0, Plane.B)], [])
    assert all_planes(planes).p_ka_gycm2 == 3


def test_plane_stated_twice_counts_once() -> None:
    _, findings = one([stated(1.0, time=1.0), stated(2.0, time=1.0)], [])
    assert findings == {FindingCode.TOTAL_DISAGREES}
    plane, findings = one([stated(1.0, time=1.0), stated(1.0, time=1.0)], [])
    assert (plane.p_ka_gycm2, findings) == (1, set())


@pytest.mark.parametrize(("p_ka", "ka_r", "plausible"), [(1.0, 10.0, True), (1.0, 0.5, False), (0.001, 10.0, False)])
def test_field_that_no_c_arm_has_is_a_finding(p_ka: float, ka_r: float, plausible: bool) -> None:
    _, findings = one([stated(p_ka, ka_r=ka_r, time=1.0)], [])
    assert (FindingCode.FIELD_AREA_IMPLAUSIBLE not in findings) is plausible


def test_planes_without_anything_are_absent_together() -> None:
    assert all_planes(()).p_ka == Total()
    assert all_planes((PlaneTotals(Plane.A),)).p_ka.basis is Basis.ABSENT


AMOUNT = st.floats(0, 1e6)
DOSES = st.none() | AMOUNT
EVENTS = st.lists(
    st.builds(
        event,
        st.integers(0, 10**6),
        DOSES,
        ka_r=DOSES,
        duration=DOSES,
        plane=st.sampled_from([Plane.SINGLE, Plane.A, Plane.B, Plane.UNKNOWN]),
        kind=st.sampled_from(EventType),
    ),
    max_size=12,
)
ACCUMULATED = st.lists(
    st.builds(stated, DOSES, st.sampled_from([Plane.SINGLE, Plane.A, Plane.B, Plane.UNKNOWN])), max_size=3
)


@given(ACCUMULATED, EVENTS)
def test_used_value_is_the_stated_one_or_the_sum(
    accumulated: list[AccumulatedDose], events: list[IrradiationEvent]
) -> None:
    planes, _ = plane_totals(accumulated, events)
    assert len({plane.plane for plane in planes}) == len(planes)
    for plane in (*planes, all_planes(planes)):
        for total in (plane.p_ka, plane.ka_r, plane.fluoroscopy_time):
            if total.basis is Basis.ABSENT:
                assert total.value is None
            if total.basis is Basis.STATED:
                assert total.value == total.stated
            if total.basis is Basis.SUMMED:
                assert total.value == total.summed


@given(EVENTS, st.randoms())
def test_order_of_events_changes_no_total(events: list[IrradiationEvent], random: st.DrawFn) -> None:
    shuffled = list(events)
    random.shuffle(shuffled)
    before = {plane.plane: plane for plane in plane_totals([stated(1.0)], events)[0]}
    after = {plane.plane: plane for plane in plane_totals([stated(1.0)], shuffled)[0]}
    assert before == after
