"""The plan of ultrasound slots for a month: what it routes first, what that averts, and what must not change it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alara.audit import Period, run
from alara.audit.plan import Plan, Unplanned, make_plan, plan_frame, weight
from alara.errors import UsageError
from alara.knowledge import Knowledge, PlanParameter, UsOperator

Month = Callable[..., pd.DataFrame]
OCTOBER = Period.parse("2026-10")
HIP = {"study_description": "HIP INJECTION LEFT", "p_ka_gycm2": 1.0, "ka_r_mgy": 10.0}
SHOULDER = {"study_description": "SHOULDER INJECTION RT", "p_ka_gycm2": 1.0, "ka_r_mgy": 10.0}
KNEE = {"study_description": "KNEE INJECTION", "p_ka_gycm2": 1.0, "ka_r_mgy": 10.0}
LIGHT_KNEE = KNEE | {"p_ka_gycm2": 0.03, "ka_r_mgy": 0.3}
LUMBAR = {"study_description": "LUMBAR ESI L4-5"}


def planned(procedures: pd.DataFrame, knowledge: Knowledge, slots: int = 1, **choices: str) -> Plan:
    cases = run(procedures, period=OCTOBER, knowledge=knowledge).cases
    return make_plan(cases, period=OCTOBER, knowledge=knowledge, slots_per_week=slots, **choices)


def with_parameter(knowledge: Knowledge, name: str, **changes: object) -> Knowledge:
    entries: dict[str, PlanParameter] = dict(knowledge.plan_parameters)
    entries[name] = replace(entries[name], **changes)  # type: ignore[arg-type]
    return replace(knowledge, plan_parameters=entries)


def on(day: int, **case: object) -> dict[str, object]:
    return case | {"started": pd.Timestamp(2026, 10, day, 9)}


def test_the_worked_example_of_the_document(month: Month, knowledge: Knowledge) -> None:
    """Two hips and two shoulders in the first week, one slot a week: docs/methods/plan.md does it by hand."""
    cases = month(
        on(1, **HIP, age_years=25.0, sex="F"),
        on(2, **HIP, age_years=65.0, sex="M"),
        on(2, **SHOULDER, age_years=25.0, sex="F"),
        on(5, **SHOULDER, age_years=65.0, sex="M"),
    )
    plan = planned(cases, knowledge)
    first, second, third, _ = plan.groups
    assert (first.group.procedure_id, first.group.age_band, first.group.sex) == ("hip_inj", "20-29", "F")
    assert first.weight == pytest.approx((1646 + 1065) / 2 / 686)
    assert first.value_per_slot_msv == pytest.approx(1.976 * 0.90 * 0.10, rel=1e-3)
    assert second.value_per_slot_msv == pytest.approx((489 + 343) / 2 / 686 * 0.90 * 0.10)
    assert third.value_per_slot_msv == pytest.approx(1.976 * 0.94 * 0.015, rel=1e-3)
    assert [each.route for each in plan.groups] == ["all", "all", "all", "none"]
    assert plan.best.averted_msv.central == pytest.approx(0.09 + 0.09 + 0.0141)
    assert plan.best.weighted_msv.central == pytest.approx(0.1779 + 0.0546 + 0.0279, rel=1e-2)
    assert plan.best.expected_failures == pytest.approx(0.1 + 0.1 + 0.06)
    assert plan.first_come.routed == 3
    assert plan.best.later == 2


def test_a_weight_is_a_ratio_between_ages_and_sexes(knowledge: Knowledge) -> None:
    assert weight(knowledge, "age-sex", "M", 30) == 1
    assert weight(knowledge, "age-sex", "F", 20) == pytest.approx(2.4, abs=0.05)
    assert weight(knowledge, "age-sex", "F", 70) == pytest.approx(0.60, abs=0.01)
    assert weight(knowledge, "age-sex", "F", 95) == weight(knowledge, "age-sex", "F", 80)
    assert weight(knowledge, "sex-blind", "F", 45) == weight(knowledge, "sex-blind", "M", 45)
    assert weight(knowledge, "sex-blind", "", 30) == 1
    assert {weight(knowledge, "unit", sex, age) for sex in "FM" for age in (20, 80)} == {1}
    with pytest.raises(UsageError, match="no weighting"):
        weight(knowledge, "rank", "F", 20)


def test_weights_alike_put_anatomy_alone_in_the_order(month: Month, knowledge: Knowledge) -> None:
    cases = month(on(1, **HIP, age_years=85.0, sex="M"), on(1, **LIGHT_KNEE, age_years=18.0, sex="F"))
    for weights in ("age-sex", "unit"):
        assert [each.group.procedure_id for each in planned(cases, knowledge, weights=weights).groups] == [
            "hip_inj",
            "knee",
        ]
    blind = planned(month(on(1, **HIP, sex="F"), on(1, **HIP, sex="M")), knowledge, weights="sex-blind")
    assert len({each.value_per_slot_msv for each in blind.groups}) == 1


def test_who_may_not_be_routed_is_told_with_the_reason(month: Month, knowledge: Knowledge) -> None:
    cases = month(
        on(1, **HIP),
        on(1, **LUMBAR),
        on(1, study_description="C-ARM USE IN OR"),
        on(1, **HIP, age_years=12.0),
        on(1, **KNEE | {"p_ka_gycm2": None}),
        on(1, **SHOULDER, kind="radiography"),
    )
    plan = planned(cases, knowledge)
    assert (plan.procedures, plan.candidates) == (5, 1)
    assert plan.unplanned == {
        Unplanned.UNCERTAIN: 1,
        Unplanned.NO_ALTERNATIVE: 1,
        Unplanned.CHILD: 1,
        Unplanned.NO_DOSE: 1,
    }


def test_only_what_somebody_is_credentialed_for_is_routed(month: Month, knowledge: Knowledge) -> None:
    operators = {"OP3": UsOperator(id="OP3", procedures=("shoulder_gh",))}
    plan = planned(month(on(1, **HIP), on(1, **SHOULDER)), replace(knowledge, us_operators=operators))
    assert [each.group.procedure_id for each in plan.groups] == ["shoulder_gh"]
    assert plan.unplanned == {Unplanned.NO_OPERATOR: 1}


def test_who_gets_no_slot_within_the_limit_keeps_the_day(month: Month, knowledge: Knowledge) -> None:
    cases = month(*(on(1, **HIP) for _ in range(6)))
    assert planned(cases, knowledge).best.routed == 3
    assert planned(cases, with_parameter(knowledge, "wait_limit", value=0)).best.routed == 1
    assert planned(cases, with_parameter(knowledge, "wait_limit", value=0)).best.later == 0


def test_the_young_with_central_targets_come_first_by_the_rule_and_the_old_with_limbs_last(
    month: Month, knowledge: Knowledge
) -> None:
    only_one = with_parameter(knowledge, "wait_limit", value=0)
    young, old = {"age_years": 35.0, "sex": "M"}, {"age_years": 75.0, "sex": "M"}
    big = KNEE | {"p_ka_gycm2": 90.0, "ka_r_mgy": 900.0}
    cases = month(on(1, **big, **young), on(1, **HIP, **young))
    plan = planned(cases, only_one)
    assert {each.group.procedure_id: each.routed_young_central for each in plan.groups} == {"knee": 0, "hip_inj": 1}
    assert {each.group.procedure_id: each.routed for each in plan.groups} == {"knee": 1, "hip_inj": 0}
    assert plan.best.weighted_msv.central > plan.young_central.weighted_msv.central
    last = planned(month(on(1, **big, **old), on(1, **SHOULDER, **young)), only_one)
    assert {each.group.procedure_id: each.routed_young_central for each in last.groups} == {"knee": 0, "shoulder_gh": 1}


def test_slots_that_differ_go_through_the_solver(month: Month, knowledge: Knowledge) -> None:
    pytest.importorskip("highspy")
    longer = PlanParameter(
        id="minutes_hip", quantity=knowledge.plan_parameters["minutes_preferred"].quantity, procedures=("hip_inj",),
        value=90, unit="min", status=knowledge.plan_parameters["wait_limit"].status, cites=("PROPOSAL",),
    )  # fmt: skip
    known = replace(knowledge, plan_parameters={**knowledge.plan_parameters, "minutes_hip": longer})
    stellate = {"study_description": "STELLATE GANGLION BLOCK", "p_ka_gycm2": 0.5, "ka_r_mgy": 5.0}
    cases = month(on(1, **HIP), *(on(1, **stellate) for _ in range(3)))
    plan = planned(cases, with_parameter(known, "wait_limit", value=0), slots=3)
    assert plan.exact.startswith("mixed-integer")
    assert {each.group.procedure_id: (each.group.slots, each.routed) for each in plan.groups} == {
        "hip_inj": (3, 0),
        "stellate": (1, 3),
    }
    assert plan.best.slots_used == 3


def test_contested_cases_are_counted_and_a_plan_without_them_is_beside(month: Month, knowledge: Knowledge) -> None:
    plan = planned(month(on(1, **HIP), on(1, **SHOULDER)), knowledge, slots=2)
    assert (plan.best.routed, plan.best.contested) == (2, 1)
    without = next(each for each in plan.variations if each.name == "uncontested")
    assert (without.outcome.routed, without.outcome.contested, without.shared) == (1, 0, 1)


def test_every_thing_that_it_hangs_on_is_varied(month: Month, knowledge: Knowledge) -> None:
    plan = planned(month(on(1, **HIP), on(1, **LUMBAR)), knowledge)
    assert [each.name for each in plan.variations] == [
        "weights_age-sex", "weights_sex-blind", "weights_unit",
        "policy_us_forward", "policy_capacity_aware", "policy_fluoro_standard",
        "uncontested", "coefficients_low", "coefficients_high",
    ]  # fmt: skip
    by_name = {each.name: each for each in plan.variations}
    assert by_name["policy_us_forward"].candidates == 2
    assert by_name["policy_capacity_aware"].outcome == plan.best


def test_coefficients_at_one_end_show_the_doses_of_that_end(month: Month, knowledge: Knowledge) -> None:
    plan = planned(month(on(1, **HIP)), knowledge)
    ends = {each.name: each.outcome.averted_msv.central for each in plan.variations}
    assert ends["coefficients_low"] < plan.best.averted_msv.central < ends["coefficients_high"]
    (first, *_) = plan.groups
    low, success = first.group.effective_dose_msv.low, first.group.success
    (at_low,) = (each.outcome for each in plan.variations if each.name == "coefficients_low")
    assert at_low.averted_msv.central == pytest.approx(success.central * low)
    assert at_low.averted_msv.high == pytest.approx(success.high * low)


def test_one_more_slot_has_an_interval(month: Month, knowledge: Knowledge) -> None:
    more = planned(month(*(on(1, **HIP) for _ in range(9))), knowledge).one_more_msv
    assert more is not None
    assert more.low < more.central < more.high


def test_groups_of_fewer_than_five_show_no_count(month: Month, knowledge: Knowledge) -> None:
    cases = month(*(on(1, **HIP, sex="F") for _ in range(5)), *(on(1, **HIP, sex="M") for _ in range(4)))
    shown, hidden = plan_frame(planned(cases, knowledge, slots=9)).to_dict("records")
    assert (shown["n"], shown["n_routed"], shown["suppressed"]) == (5, 5, "no")
    assert hidden["suppressed"] == "yes"
    for name in ("n", "n_routed", "averted_msv", "expected_failures", "weeks_later_median"):
        assert pd.isna(hidden[name]), name


def test_a_dose_that_is_the_median_of_few_cases_is_not_shown(month: Month, knowledge: Knowledge) -> None:
    """Two of six knees state a P_KA: the plan uses their median for its order, and shows no number made of it."""
    stated = [on(1 + day, study_description="KNEE INJ RT", p_ka_gycm2=0.5) for day in range(2)]
    silent = [on(10 + day, study_description="KNEE INJ RT", p_ka_gycm2=None) for day in range(4)]
    (row,) = plan_frame(planned(month(*stated, *silent), knowledge)).to_dict("records")
    assert (row["n"], row["suppressed"]) == (6, "no")
    assert all(pd.isna(row[name]) for name in row if name.endswith("_msv"))


def test_a_period_of_days_too_few_for_a_slot_more_says_so(month: Month, knowledge: Knowledge) -> None:
    day = Period.parse("2026-10-01..2026-10-01")
    cases = run(month(on(1, **HIP)), period=day, knowledge=knowledge).cases
    plan = make_plan(cases, period=day, knowledge=knowledge, slots_per_week=1)
    assert plan.slots == 0
    assert plan.one_more_msv is None


@pytest.fixture(scope="module")
def pool(month: Month, knowledge: Knowledge) -> pd.DataFrame:
    """Audited cases of every kind, to draw months from."""
    rows = [
        on(1, **what, age_years=age, sex=sex)
        for what in (HIP, SHOULDER, LIGHT_KNEE, LUMBAR)
        for age in (18.0, 35.0, 62.0, 88.0)
        for sex in "FM"
    ]
    return run(month(*rows), period=OCTOBER, knowledge=knowledge).cases


CASES = st.lists(st.tuples(st.integers(0, 31), st.integers(1, 31)), min_size=1, max_size=20)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CASES, st.integers(0, 4))
def test_more_slots_never_avert_less_and_the_order_of_rows_changes_nothing(
    pool: pd.DataFrame, knowledge: Knowledge, drawn: list[tuple[int, int]], slots: int
) -> None:
    cases = pool.iloc[[which for which, _ in drawn]].assign(
        started=[pd.Timestamp(2026, 10, day, 9) for _, day in drawn], case_id=[f"case{n:03}" for n in range(len(drawn))]
    )

    def plan_of(frame: pd.DataFrame, slots: int) -> Plan:
        return make_plan(frame, period=OCTOBER, knowledge=knowledge, slots_per_week=slots)

    plan, more = plan_of(cases, slots), plan_of(cases, slots + 1)
    assert plan_of(cases.sample(frac=1, random_state=1), slots) == plan
    assert more.best.weighted_msv.central >= plan.best.weighted_msv.central - 1e-12
    for other in (plan.first_come, plan.young_central):
        assert plan.best.weighted_msv.central >= other.weighted_msv.central - 1e-12
    assert plan.best.routed <= plan.slots
