"""What stands out: each rule on cases that it is about and on those that it is not, and what must not matter."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alara.audit import Period, run
from alara.audit.standing_out import (
    Around,
    Insight,
    Kind,
    SilentUnit,
    StandingOut,
    insight_rows,
    stand_out,
    with_outliers,
)
from alara.audit.standing_out.outliers import benjamini_hochberg, robust_z
from alara.knowledge import Knowledge

Month = Callable[..., pd.DataFrame]
OCTOBER = Period.parse("2026-10")
#: Twenty-five ordinary lumbar epidurals whose P_KA lie between 2 and 3.
USUAL = tuple(2.0 + 0.04 * n for n in range(25))


def standing(procedures: pd.DataFrame, knowledge: Knowledge, around: Around | None = None) -> StandingOut:
    audit = run(procedures, period=OCTOBER, knowledge=knowledge, site="main")
    return stand_out(audit, knowledge, around or Around(procedures=procedures))


def of_kind(found: StandingOut, kind: Kind) -> list[Insight]:
    return [each for each in found.insights if each.kind is kind]


def with_p_ka(month: Month, values: Sequence[float]) -> pd.DataFrame:
    """Cases of one field of 100 cm2 each, with these P_KA."""
    return month(*({"p_ka_gycm2": p_ka, "ka_r_mgy": 10.0 * p_ka, "sex": "M"} for p_ka in values))


def seen_by(patients: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "case_id": [f"case{n:03}" for n in range(len(patients))],
            "patient_pseudonym": list(patients),
            "pulse_rate_per_s": math.nan,
            "continuous_share": math.nan,
        }
    )


def test_the_worked_example_of_a_robust_z() -> None:
    """ln of 1, e, e^2, e^3 and e^7 is 0, 1, 2, 3, 7: median 2, median distance 1, and z of the last 5/1.4826."""
    z = robust_z(pd.Series([math.exp(power) for power in (0, 1, 2, 3, 7)]))
    assert z.iloc[-1] == pytest.approx(5 / 1.4826)
    assert robust_z(pd.Series([2.0, 2.0, 2.0])).isna().all()


def test_the_outliers_of_a_month_are_the_same_by_themselves_as_among_all_that_stands_out(
    month: Month, knowledge: Knowledge
) -> None:
    audit = run(with_p_ka(month, (*USUAL, 60.0, 90.0)), period=OCTOBER, knowledge=knowledge, site="main")
    alone = with_outliers(audit.cases, knowledge).set_index("case_id")["stands_out"]
    told = stand_out(audit, knowledge).by_case
    assert sorted(alone[alone != ""].index) == sorted(
        case for case, codes in told.items() if "outlier" in codes.split()
    )
    assert (alone == "outlier").sum() == 2


def test_an_outlier_is_judged_among_the_cases_of_its_own_month(month: Month, knowledge: Knowledge) -> None:
    frame = with_p_ka(month, (*USUAL, 60.0))
    moved = frame.assign(
        started=frame["started"].where(frame["p_ka_gycm2"] < 50, frame["started"] + pd.Timedelta(days=40))
    )
    period = Period.parse("2026-10-01..2026-12-31")
    cases = run(moved, period=period, knowledge=knowledge, site="main").cases
    assert set(with_outliers(cases, knowledge)["stands_out"]) == {""}


def test_the_worked_example_of_benjamini_and_hochberg() -> None:
    assert benjamini_hochberg([0.01, 0.04, 0.03, 0.5]) == pytest.approx([0.04, 0.16 / 3, 0.16 / 3, 0.5])


def test_a_case_far_above_the_others_of_its_procedure_and_unit_stands_out(month: Month, knowledge: Knowledge) -> None:
    found = standing(with_p_ka(month, (*USUAL, 40.0)), knowledge)
    (told,) = of_kind(found, Kind.OUTLIER)
    assert (told.subject, told.number, told.of, told.cases) == ("esi_il_lumbar", 1.0, 26, ("case025",))
    assert found.by_case["case025"] == "outlier"
    assert not of_kind(standing(with_p_ka(month, (*USUAL, 3.2)), knowledge), Kind.OUTLIER)


@pytest.mark.parametrize(
    ("description", "first"),
    [("UTERINE ARTERY EMBOLISATION", "Follow the patient's skin up"), ("KNEE INJECTION", "Look at the unit")],
)
def test_a_substantial_dose_is_the_first_thing_to_see_to(
    month: Month, knowledge: Knowledge, description: str, first: str
) -> None:
    found = standing(
        month({"study_description": description, "p_ka_gycm2": 610.0, "ka_r_mgy": 3100.0}, *[{}] * 5), knowledge
    )
    assert found.insights[0].kind is Kind.SUBSTANTIAL
    assert found.insights[0].action.startswith(first)
    assert "P_KA 500 Gy.cm2" in found.insights[0].what
    assert not of_kind(standing(month({}), knowledge), Kind.SUBSTANTIAL)


def test_nineteen_cases_are_too_few_to_say_what_is_usual(month: Month, knowledge: Knowledge) -> None:
    assert not of_kind(standing(with_p_ka(month, (*USUAL[:18], 40.0)), knowledge), Kind.OUTLIER)


def test_a_wrong_unit_comes_before_everything_and_is_no_outlier(month: Month, knowledge: Knowledge) -> None:
    procedures = with_p_ka(month, (*USUAL, 2.5))
    procedures.loc[25, "p_ka_gycm2"] *= 10_000
    found = standing(procedures, knowledge)
    assert found.insights[0].kind is Kind.UNIT_ERROR
    assert (found.insights[0].number, found.insights[0].of) == (1.0, 26)
    assert found.by_case == {"case025": "unit_error"}


@pytest.mark.parametrize(
    ("change", "open_"),
    [
        ({}, True),
        ({"pregnancy_status": "unknown"}, True),
        ({"pregnancy_status": "not pregnant"}, False),
        ({"age_years": 56.0}, False),
        ({"age_years": 11.0}, False),
        ({"age_years": None}, False),
        ({"sex": "M"}, False),
        ({"study_description": "KNEE INJECTION"}, False),
        ({"kind": "radiography"}, False),
    ],
)
def test_pregnancy_status_is_due_of_women_of_12_to_55_with_an_exposure_of_the_trunk(
    month: Month, knowledge: Knowledge, change: dict[str, object], open_: bool
) -> None:
    found = standing(month(*[{"age_years": 40.0} | change] * 6), knowledge)
    assert bool(of_kind(found, Kind.PREGNANCY_STATUS)) is open_
    assert ("case000" in found.by_case) is open_


def test_a_status_nobody_asked_the_database_for_is_not_missing(month: Month, knowledge: Knowledge) -> None:
    assert not of_kind(standing(month({"age_years": 40.0}), knowledge, Around()), Kind.PREGNANCY_STATUS)


@pytest.mark.parametrize(
    ("second", "again"),
    [
        ({"started": pd.Timestamp(2026, 10, 26)}, True),
        ({"started": pd.Timestamp(2026, 10, 26), "study_description": "KNEE INJECTION"}, False),
    ],
)
def test_a_repeat_is_the_same_patient_and_region(
    month: Month, knowledge: Knowledge, second: dict[str, object], again: bool
) -> None:
    procedures = month({}, second, {}, {}, {}, {})
    around = Around(procedures=procedures, technique=seen_by(["p1", "p1", "p2", "p3", "", ""]))
    (*told,) = of_kind(standing(procedures, knowledge, around), Kind.REPEAT)
    assert [each.cases for each in told] == ([("case001",)] if again else [])


@pytest.mark.parametrize(("days", "again"), [(60, True), (61, False)])
def test_a_case_before_the_period_counts_for_sixty_days(
    month: Month, knowledge: Knowledge, days: int, again: bool
) -> None:
    procedures = month(*[{}] * 5)
    before = pd.DataFrame(
        {
            "case_id": ["earlier"],
            "started": [pd.Timestamp(2026, 10, 5, 9, 30) - pd.Timedelta(days=days)],
            "patient_pseudonym": ["p0"],
            "region": ["lumbar"],
        }
    )
    around = Around(procedures=procedures, technique=seen_by([f"p{n}" for n in range(5)]), before=before)
    found = standing(procedures, knowledge, around)
    assert bool(of_kind(found, Kind.REPEAT)) is again
    assert "earlier" not in found.by_case


def test_a_silent_unit_stands_among_the_units_without_a_case(month: Month, knowledge: Knowledge) -> None:
    around = Around(silent=(SilentUnit("Other C2 · OR4", 17, 3),))
    found = standing(month({}), knowledge, around)
    (told,) = of_kind(found, Kind.SILENT_UNIT)
    assert (told.subject, told.number, told.unit) == ("Other C2 · OR4", 17.0, "d")
    row = found.devices.set_index("device").loc["Other C2 · OR4"]
    assert (row["n"], row["silent_days"], row["suppressed"]) == (0, 17, "no")


def test_a_national_level_is_held_against_the_median_of_twenty(month: Month, knowledge: Knowledge) -> None:
    level = next(one for one in knowledge.reference_levels.values() if one.id == "fr_venous_access")
    above = {"study_description": "TUNNELLED CVC PLACEMENT", "p_ka_gycm2": 2 * level.p_ka_gycm2, "ka_r_mgy": 7.2}
    told = [of_kind(standing(month(*[above] * n), knowledge), Kind.PUBLISHED_LEVEL) for n in (19, 20)]
    assert [len(each) for each in told] == [0, 1]
    assert "FRCLINICS" in told[1][0].cites


def test_nothing_is_told_of_groups_below_five(month: Month, knowledge: Knowledge) -> None:
    procedures = month(*[{"age_years": 40.0, "quirks": "habit"}] * 3, {"p_ka_gycm2": 28_000.0})
    found = standing(procedures, knowledge)
    assert all(each.number is None and each.of is None and not each.cases for each in found.insights)
    assert found.insights
    (row,) = found.devices.to_dict("records")
    assert row["suppressed"] == "yes"
    assert pd.isna(row["n"])
    assert pd.isna(row["field_area_median_cm2"])


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**20), repeated=st.integers(0, 5))
def test_order_and_duplicates_of_the_rows_change_nothing(
    month: Month, knowledge: Knowledge, seed: int, repeated: int
) -> None:
    procedures = with_p_ka(month, (*USUAL, 40.0)).assign(sex="F", age_years=40.0)
    around = Around(procedures=procedures, technique=seen_by(["p1", "p2"] * 13))
    shuffled = pd.concat([procedures, procedures.head(repeated)]).sample(frac=1, random_state=seed)
    technique = around.technique.sample(frac=1, random_state=seed)
    first = standing(procedures, knowledge, around)
    second = standing(shuffled, knowledge, Around(procedures=shuffled, technique=technique))
    pd.testing.assert_frame_equal(insight_rows(first.insights), insight_rows(second.insights))
    pd.testing.assert_frame_equal(first.devices, second.devices)
    assert first.by_case == second.by_case


@settings(max_examples=10, deadline=None)
@given(factor=st.floats(0.2, 5.0))
def test_another_unit_of_p_ka_calls_out_the_same_cases(month: Month, knowledge: Knowledge, factor: float) -> None:
    procedures = with_p_ka(month, (*USUAL, 40.0))
    scaled = procedures.assign(p_ka_gycm2=procedures["p_ka_gycm2"] * factor, ka_r_mgy=procedures["ka_r_mgy"] * factor)
    assert standing(scaled, knowledge).by_case == standing(procedures, knowledge).by_case == {"case025": "outlier"}


def test_a_period_in_two_parts_asks_the_same_of_each_case_but_for_what_needs_the_others(
    month: Month, knowledge: Knowledge
) -> None:
    procedures = month(*({"started": pd.Timestamp(2026, 10, day), "age_years": 40.0} for day in range(1, 31)))
    whole = standing(procedures, knowledge).by_case
    parts: dict[str, str] = {}
    for label in ("2026-10-01..2026-10-15", "2026-10-16..2026-10-31"):
        audit = run(procedures, period=Period.parse(label), knowledge=knowledge, site="main")
        parts |= stand_out(audit, knowledge, Around(procedures=procedures)).by_case
    assert parts == whole
    assert len(whole) == 30
