"""Why the audit asks about a case, that each reason is explained, and what is open and closed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pandas as pd
import pytest

from alara.audit import REVIEW_COLUMNS, Flag, Period, before, flags_of, reasons, review_rows, run
from alara.audit.explain import EXPLAINERS, estimate_ground, explanations
from alara.audit.flags import STANDS_OUT
from alara.knowledge import Knowledge
from alara.reviews import Action, ReviewEntry, Verdict, in_order

Month = Callable[..., pd.DataFrame]
OCTOBER = Period.parse("2026-10")
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)

#: What raises each flag that the audit raises by itself, and the ground on which it then rests.
RAISED = {
    Flag.SUBSTANTIAL: ({"p_ka_gycm2": 500.0, "ka_r_mgy": None}, "substantial_p_ka"),
    Flag.IMPLAUSIBLE: ({"p_ka_gycm2": 2.8, "ka_r_mgy": 0.028}, "field_area_high"),
    Flag.INCOMPLETE: ({"fluoroscopy_time_s": None}, ""),
    Flag.CONTESTED: ({"study_description": "HIP INJECTION LEFT"}, "capacity_aware"),
    Flag.ALTERNATIVE: ({"study_description": "KNEE INJECTION"}, "capacity_aware"),
}


def cases_of(procedures: pd.DataFrame, knowledge: Knowledge) -> pd.DataFrame:
    return run(procedures, period=OCTOBER, knowledge=knowledge, site="main").cases


def row_of(cases: pd.DataFrame) -> dict[str, object]:
    return {str(name): None if value != value else value for name, value in cases.iloc[0].items()}


def said(verdict: Verdict | None, minute: int = 0, case: str = "case000", seen: str = "contested") -> ReviewEntry:
    return ReviewEntry(
        case_id=case,
        at=NOON + timedelta(minutes=minute),
        action=Action.CLOSED if verdict is not None else Action.REOPENED,
        verdict=verdict,
        by="R2",
        reasons=seen,
    )


@pytest.mark.parametrize("flag", RAISED)
def test_each_flag_is_raised_by_what_it_names_and_by_nothing_of_an_ordinary_case(
    month: Month, knowledge: Knowledge, flag: Flag
) -> None:
    change, _ = RAISED[flag]
    assert flag in flags_of(reasons(cases_of(month(change), knowledge)).iloc[0])
    assert reasons(cases_of(month({}), knowledge)).tolist() == [""]


def test_of_what_stands_out_only_an_outlying_dose_is_a_reason_to_ask_about_the_case(
    month: Month, knowledge: Knowledge
) -> None:
    cases = cases_of(month({}, {}, {}), knowledge)
    told = cases.assign(**{STANDS_OUT: ["pregnancy_status_missing outlier", "repeat unit_error", None]})
    assert reasons(told).tolist() == ["stands_out", "", ""]


def test_radiography_is_not_asked_about(month: Month, knowledge: Knowledge) -> None:
    frame = month(*(change | {"kind": "radiography"} for change, _ in RAISED.values()))
    assert set(reasons(cases_of(frame, knowledge))) == {""}


def test_every_flag_has_an_explanation_with_a_rule_and_what_of_the_report_it_comes_from(
    month: Month, knowledge: Knowledge
) -> None:
    assert set(EXPLAINERS) == set(Flag) == {*RAISED, Flag.STANDS_OUT}
    for flag in Flag:
        change, _ = RAISED.get(flag, ({}, ""))
        row = row_of(cases_of(month(change), knowledge).assign(**{STANDS_OUT: "p_ka"}))
        (found,) = explanations(flag.value, row, "capacity_aware", knowledge)
        assert found.flag is flag
        assert found.rule.endswith(".")
        assert found.quantities
        assert found.numbers
        assert all(ground.references for ground in found.grounds)


@pytest.mark.parametrize("flag", [flag for flag, (_, ground) in RAISED.items() if ground])
def test_an_explanation_names_what_the_flag_was_held_against(month: Month, knowledge: Knowledge, flag: Flag) -> None:
    change, ground = RAISED[flag]
    found = EXPLAINERS[flag](row_of(cases_of(month(change), knowledge)), "capacity_aware", knowledge)
    assert found.grounds[0].id == ground
    if found.grounds[0].kind == "threshold":
        assert found.grounds[0].case_value is not None
        assert found.grounds[0].value is not None
        assert found.grounds[0].case_value >= found.grounds[0].value


def test_a_threshold_is_told_in_its_own_unit(month: Month, knowledge: Knowledge) -> None:
    cases = cases_of(month({"p_ka_gycm2": 400.0, "ka_r_mgy": 6000.0}), knowledge)
    found = EXPLAINERS[Flag.SUBSTANTIAL](row_of(cases), "capacity_aware", knowledge)
    ka_r = next(ground for ground in found.grounds if ground.id == "substantial_ka_r")
    assert (ka_r.case_value, ka_r.value, ka_r.unit) == (6.0, 5.0, "Gy")


def test_the_estimate_names_its_coefficient_and_none_where_there_is_none(month: Month, knowledge: Knowledge) -> None:
    found = estimate_ground(row_of(cases_of(month({}), knowledge)), knowledge)
    assert found is not None
    assert found.id == "lumbar_default"
    assert found.references
    assert estimate_ground(row_of(cases_of(month({"p_ka_gycm2": None}), knowledge)), knowledge) is None


def test_a_case_is_open_until_it_is_closed_and_open_again_when_it_is_opened(month: Month, knowledge: Knowledge) -> None:
    cases = cases_of(month({"study_description": "HIP INJECTION LEFT"}), knowledge)
    entries = [said(Verdict.OPTIMISE), said(Verdict.TRAINING, 1), said(None, 2)]
    states = []
    for count in range(4):
        (row,) = review_rows(cases, {"case000": in_order(entries[:count])}).to_dict("records")
        states.append((row["state"], row["closed_as"], row["entries"]))
    assert states == [("open", "", 0), ("closed", "optimise", 1), ("closed", "training", 2), ("open", "", 3)]


def test_a_reason_that_came_after_a_case_was_closed_is_told(month: Month, knowledge: Knowledge) -> None:
    cases = cases_of(month({"study_description": "HIP INJECTION LEFT", "fluoroscopy_time_s": None}), knowledge)
    (row,) = review_rows(cases, {"case000": (said(Verdict.JUSTIFIED),)}).to_dict("records")
    assert (row["reasons"], row["reasons_since"]) == ("incomplete contested", "incomplete")


def test_a_case_without_a_reason_is_listed_only_with_a_history(month: Month, knowledge: Knowledge) -> None:
    cases = cases_of(month({}, {}), knowledge)
    assert review_rows(cases, {}).empty
    assert tuple(review_rows(cases, {}).columns) == REVIEW_COLUMNS
    rows = review_rows(cases, {"case001": (said(Verdict.EQUIPMENT, case="case001"),)})
    assert rows["case_id"].tolist() == ["case001"]
    assert len(review_rows(cases, {}, every=True)) == 2


def test_the_most_pressing_come_first_the_larger_dose_before_the_smaller_and_the_closed_last(
    month: Month, knowledge: Knowledge
) -> None:
    hip = {"study_description": "HIP INJECTION LEFT"}
    frame = month(hip, hip | {"p_ka_gycm2": 3.5}, RAISED[Flag.INCOMPLETE][0], RAISED[Flag.SUBSTANTIAL][0])
    rows = review_rows(cases_of(frame, knowledge), {"case003": (said(Verdict.DATA_ERROR, case="case003"),)})
    assert rows["case_id"].tolist() == ["case002", "case001", "case000", "case003"]


def test_the_order_of_the_cases_changes_nothing(month: Month, knowledge: Knowledge) -> None:
    cases = cases_of(month(*(change for change, _ in RAISED.values())), knowledge)
    histories = {"case001": (said(Verdict.DATA_ERROR, case="case001"),)}
    rows = review_rows(cases, histories)
    for order in list(permutations(range(len(cases))))[::7]:
        mixed = review_rows(cases.iloc[list(order)].reset_index(drop=True), histories)
        pd.testing.assert_frame_equal(mixed, rows)


def test_cases_of_the_time_before_are_told_apart(month: Month, knowledge: Knowledge) -> None:
    hip = {"study_description": "HIP INJECTION LEFT"}
    earlier = run(
        month(hip | {"case_id": "old", "started": pd.Timestamp(2026, 9, 30, 9)}),
        period=before(OCTOBER),
        knowledge=knowledge,
    ).cases
    rows = review_rows(cases_of(month(hip), knowledge), {}, earlier).set_index("case_id")
    assert rows["in_period"].to_dict() == {"case000": "yes", "old": "no"}


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        ("2026-10", date(2026, 9, 1), date(2026, 10, 1)),
        ("2027-01", date(2026, 12, 1), date(2027, 1, 1)),
        ("2026-Q1", date(2025, 10, 1), date(2026, 1, 1)),
        ("2026", date(2025, 1, 1), date(2026, 1, 1)),
        ("2026-10-05..2026-10-11", date(2026, 9, 28), date(2026, 10, 5)),
    ],
)
def test_the_time_before_a_period_is_as_long_and_ends_where_it_begins(period: str, start: date, end: date) -> None:
    found = before(Period.parse(period))
    assert (found.start, found.end) == (start, end)
