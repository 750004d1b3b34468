"""Twelve months beside one: levels, run charts, a funnel by unit, and what must not change them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alara.audit import Audit, Period, run
from alara.audit.standing_out import Kind, stand_out
from alara.audit.trends import (
    Rules,
    Trends,
    binomial_limits,
    by_operator,
    first_day,
    funnel,
    levels,
    limits,
    monthly,
    student_limit,
    trends,
    trends_of,
)
from alara.knowledge import Knowledge

Month = Callable[..., pd.DataFrame]
OCTOBER = Period.parse("2026-10")
RULES = Rules(small_group=5, enough=20, run_chart_error=0.05, funnel_error=0.05)
MONTHS = [f"2025-{month:02}" for month in (11, 12)] + [f"2026-{month:02}" for month in range(1, 11)]


def year(by_month: dict[str, list[float]], device: str = "A", procedure: str = "sij") -> pd.DataFrame:
    """Comparable cases with these P_KA, one after the other within each month."""
    rows = [
        (
            f"{device}{procedure}{month}{n}",
            procedure,
            procedure.upper(),
            device,
            pd.Timestamp(f"{month}-02"),
            p_ka,
            month,
        )
        for month, values in by_month.items()
        for n, p_ka in enumerate(values)
    ]
    names = ["case_id", "procedure_id", "procedure_name", "device", "started", "p_ka_gycm2", "month"]
    return pd.DataFrame(rows, columns=names)


def test_the_twelve_months_end_with_the_month_of_the_period_s_last_day() -> None:
    assert first_day(OCTOBER) == date(2025, 11, 1)
    assert first_day(Period.parse("2026")) == date(2026, 1, 1)
    assert first_day(Period.parse("2026-01-15..2026-02-03")) == date(2025, 3, 1)


# --- levels


def test_a_level_is_the_median_and_upper_quartile_of_twelve_months() -> None:
    cases = year({"2026-03": [float(n) for n in range(1, 20)], "2026-10": [20.0]})
    (row,) = levels(cases, OCTOBER, small_group=5, enough=20).to_dict("records")
    assert (row["n"], row["p_ka_median_gycm2"], row["p_ka_p75_gycm2"], row["level"]) == (20, 10.5, 15.25, "yes")
    assert pd.isna(row["n_period"])
    assert pd.isna(row["p_ka_period_median_gycm2"])


def test_nineteen_cases_are_too_few_for_a_level_and_four_are_not_shown() -> None:
    cases = pd.concat([year({"2026-10": [1.0] * 19}), year({"2026-10": [1.0] * 4}, procedure="hip")])
    (row,) = levels(cases, OCTOBER, small_group=5, enough=20).to_dict("records")
    assert (row["procedure_id"], row["level"], row["n_period"]) == ("sij", "too few", 19)
    assert pd.isna(row["p_ka_median_gycm2"])


# --- run charts


CALM = [1.0, 1.1, 0.9, 1.05, 0.95, 1.0]


def test_limits_come_from_the_months_before_as_worked_in_the_document() -> None:
    found = limits({"sij": [*CALM, 2.0]}, RULES)["sij"]
    assert [round(value, 2) for value in (found.centre, found.low, found.high)] == [1.0, 0.7, 1.43]
    assert found.outside == "above"


def test_five_months_before_or_months_that_never_vary_make_no_limits() -> None:
    assert limits({"few": [1.0, 1.1, 0.9, 1.05, 0.95, 2.0], "same": [1.0] * 8, "none": []}, RULES) == {}


@pytest.mark.parametrize(
    ("tail", "freedom", "tabulated"),
    [(0.025, 5, 2.570582), (0.005, 10, 3.169273), (0.0025, 10, 3.581406), (0.0005, 3, 12.923979)],
)
def test_student_limits_are_those_of_the_tables(tail: float, freedom: int, tabulated: float) -> None:
    assert student_limit(tail, freedom) == pytest.approx(tabulated, rel=1e-6)


@pytest.mark.parametrize("before", [6, 11])
@pytest.mark.parametrize("skewed", [False, True])
def test_without_a_change_a_month_of_any_procedure_is_outside_no_oftener_than_is_said(
    before: int, *, skewed: bool
) -> None:
    """400 departments of eleven procedures; the skewed logarithms are of a gamma distribution, skewness 0.5."""
    chance, shape = np.random.default_rng(20261101 + before), (400, 11, before + 1)
    noise = chance.gamma(16.0, 1 / 4, shape) - 4 if skewed else chance.standard_normal(shape)
    called = sum(
        any(one.outside for one in limits({str(n): row.tolist() for n, row in enumerate(rows)}, RULES).values())
        for rows in np.exp(0.2 * noise)
    )
    assert called / 400 <= RULES.run_chart_error


@pytest.mark.parametrize(("before", "found"), [(6, 0.75), (11, 0.9)])
def test_a_step_of_five_standard_deviations_is_found(before: int, found: float) -> None:
    noise = np.random.default_rng(20261102).standard_normal((400, before + 1))
    noise[:, -1] += 5
    called = [limits({"sij": row.tolist()}, RULES)["sij"].outside for row in np.exp(0.2 * noise)]
    assert called.count("above") / 400 > found
    assert "below" not in called


def test_a_month_of_four_cases_is_no_point() -> None:
    assert monthly(year({"2026-09": [1.0] * 4, "2026-10": [2.0] * 5}), small_group=5)["month"].tolist() == ["2026-10"]


def test_more_procedures_have_wider_limits_and_what_is_outside_is_beyond_them() -> None:
    last = [*CALM, 1.5]
    alone, many = limits({"sij": last}, RULES), limits({str(n): last for n in range(11)}, RULES)
    assert alone["sij"].high < 1.5 < many["0"].high
    assert (alone["sij"].outside, many["0"].outside) == ("above", "")
    assert limits({"sij": [*CALM, 0.5]}, RULES)["sij"].outside == "below"


# --- funnel


def test_a_unit_far_above_the_others_is_outside_and_the_order_is_that_of_names() -> None:
    low = year({"2026-09": [1.0 + n / 100 for n in range(60)]}, device="B")
    high = year({"2026-09": [3.0 + n / 100 for n in range(20)]}, device="A")
    rows = funnel(pd.concat([low, high]), RULES).to_dict("records")
    assert [(row["group"], row["n"], row["n_above"], row["outside"]) for row in rows] == [
        ("A", 20, 20, "above"),
        ("B", 60, 0, "below"),
    ]
    assert rows[0]["expected"] == 0.25


def test_a_unit_is_outside_where_its_share_is_beyond_the_limits_beside_it_and_nowhere_else() -> None:
    chance = np.random.default_rng(20261103)
    factors = {f"unit-{n:02}": 1 + n % 3 / 4 for n in range(13)}
    cases = pd.concat(
        year({"2026-09": (factor * chance.lognormal(0, 0.5, 62)).tolist()}, device=name)
        for name, factor in factors.items()
    )
    rows = funnel(cases, RULES)
    beyond = [
        "above" if high < share else "below" if share < low else ""
        for share, low, high in zip(rows["share"], rows["low"], rows["high"], strict=True)
    ]
    assert rows["outside"].tolist() == beyond
    assert set(beyond) == {"", "above", "below"}


def test_units_that_do_not_differ_are_outside_no_oftener_than_is_said() -> None:
    chance = np.random.default_rng(20261104)
    called = 0
    for _ in range(200):
        cases = year({"2026-09": chance.lognormal(0, 0.5, 600).tolist()})
        rows = funnel(cases.assign(device=[f"unit-{n:02}" for n in chance.integers(0, 13, 600)]), RULES)
        called += (rows["outside"] != "").any()
    assert called / 200 <= RULES.funnel_error


def test_another_mix_of_procedures_alone_puts_no_unit_outside() -> None:
    spine = year({"2026-09": [5.0 + n for n in range(40)]}, device="A", procedure="esi")
    limb = year({"2026-09": [0.01 + n / 1000 for n in range(40)]}, device="B", procedure="knee")
    assert funnel(pd.concat([spine, limb]), RULES)["outside"].tolist() == ["", ""]


def test_a_unit_of_four_cases_is_not_in_the_funnel_and_one_unit_is_none() -> None:
    main, few = year({"2026-09": [1.0 + n for n in range(30)]}), year({"2026-09": [9.0] * 4}, device="B")
    assert funnel(pd.concat([main, few]), RULES).empty


def test_binomial_limits_are_exact() -> None:
    assert binomial_limits(40, 0.25, tail=0.001) == (2 / 40, 19 / 40)
    assert binomial_limits(5, 0.25, tail=0.001) == (0.0, 0.8)  # 0.25 ** 5 is just below 0.1 %
    assert binomial_limits(4, 0.25, tail=0.001) == (0.0, 1.0)


# --- by operator


def by_codes(cases: pd.DataFrame, *codes: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """One of these, in turn, for each case."""
    return {case_id: codes[n % len(codes)] for n, case_id in enumerate(cases["case_id"])}


def test_operators_stand_in_the_order_of_their_codes_and_never_by_share() -> None:
    cases = year({"2026-09": [1.0 + n / 100 for n in range(60)]})
    high_first = {case_id: ("op-a",) if n >= 45 else ("op-b",) for n, case_id in enumerate(cases["case_id"])}
    low_first = {case_id: ("op-b",) if n >= 45 else ("op-a",) for n, case_id in enumerate(cases["case_id"])}
    for codes, outside_of in ((high_first, ["above", "below"]), (low_first, ["below", "above"])):
        rows = by_operator(cases, codes, RULES).rows
        assert rows["group"].tolist() == ["op-a", "op-b"]
        assert rows["outside"].tolist() == outside_of


def test_the_display_of_a_unit_puts_none_of_those_who_work_on_it_outside() -> None:
    """By unit alone those of A would all be above and those of B all below."""
    low = year({"2026-09": [1.0 + n / 100 for n in range(60)]}, device="B")
    high = year({"2026-09": [3.0 + n / 100 for n in range(20)]}, device="A")
    codes = by_codes(low, ("op-a",), ("op-b",)) | by_codes(high, ("op-c",), ("op-d",))
    rows = by_operator(pd.concat([low, high]), codes, RULES).rows
    assert rows["share"].tolist() == rows["expected"].tolist() == [0, 0, 1, 1]
    assert rows["outside"].tolist() == [""] * 4
    both = pd.concat([low, high])
    assert set(funnel(both, RULES)["outside"]) == {"above", "below"}


def test_cases_that_name_no_operator_or_several_are_counted_and_held_against() -> None:
    cases = year({"2026-09": [1.0 + n / 100 for n in range(60)]})
    codes = by_codes(cases, ("op-a",), ("op-b",), ("op-a", "op-b"), ())
    found = by_operator(cases, codes, RULES)
    assert (found.counted, found.several, found.without) == (60, 15, 15)
    assert found.rows["n"].tolist() == [15, 15]
    assert found.rows["expected"].tolist() == [0.25, 0.25], "of all sixty"


def test_an_operator_of_four_cases_is_not_shown_and_one_alone_is_no_comparison() -> None:
    cases = year({"2026-09": [1.0 + n / 100 for n in range(60)]})
    codes = {case_id: ("op-a",) if n < 4 else ("op-b",) for n, case_id in enumerate(cases["case_id"])}
    assert by_operator(cases, codes, RULES).rows.empty


def test_of_a_department_that_tells_no_operators_apart_nothing_is_said(
    ordinary_year: tuple[Audit, Trends, pd.DataFrame], knowledge: Knowledge
) -> None:
    audit, found, _ = ordinary_year
    assert found.operators is None
    assert Kind.OPERATOR_APART not in {each.kind for each in stand_out(audit, knowledge, trends=found).insights}


def test_operators_outside_are_told_in_the_order_of_their_codes(
    ordinary_year: tuple[Audit, Trends, pd.DataFrame], knowledge: Knowledge
) -> None:
    audit, found, _ = ordinary_year
    cases = year({"2026-09": [1.0 + n / 100 for n in range(90)]})
    codes = {id_: ("op-b",) if n >= 69 else ("op-a",) if n < 45 else () for n, id_ in enumerate(cases["case_id"])}
    told = replace(found, operators=by_operator(cases, codes, RULES))
    apart = [each for each in stand_out(audit, knowledge, trends=told).insights if each.kind is Kind.OPERATOR_APART]
    assert [(each.subject, each.number) for each in apart] == [("op-a", 0), ("op-b", 100)]
    assert set(apart[0].cites) == {"SPIEGELHALTER2005", "DUNN1961"}
    assert apart[0].what == (
        "op-a: 0 of its 45 cases of twelve months lie above the 75th percentile of their procedure,"
        " below the 5 to 18 that chance alone gives."
    )
    assert "patients' size" in apart[0].action


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_the_order_of_cases_changes_no_operator(data: st.DataObject) -> None:
    cases = year({"2026-09": [1.0 + n % 7 for n in range(40)]})
    codes = {
        case_id: tuple(data.draw(st.sets(st.sampled_from(["op-a", "op-b", "op-c"]), max_size=2)))
        for case_id in cases["case_id"]
    }
    found, mixed = (by_operator(one, codes, RULES) for one in (cases, cases.sample(frac=1, random_state=1)))
    assert found.rows.to_csv() == mixed.rows.to_csv()
    assert (found.counted, found.without, found.several) == (mixed.counted, mixed.without, mixed.several)


# --- what must not change them


def audited_year(month: Month, knowledge: Knowledge) -> tuple[pd.DataFrame, Audit]:
    differences = [
        {
            "case_id": f"{text}{label}{n}",
            "study_description": text,
            "device": "A" if n % 2 else "B",
            "started": pd.Timestamp(f"{label}-03") + pd.Timedelta(hours=n),
            "p_ka_gycm2": (1 + n / 10 + at % 3 / 7) * (4 if label == "2026-10" and text.startswith("SI") else 1),
            "ka_r_mgy": None,
        }
        for text in ("LUMBAR ESI L4-5", "SI JOINT INJ RT")
        for at, label in enumerate(MONTHS)
        for n in range(6)
    ]
    frame = month(*differences)
    return frame, run(frame, period=OCTOBER, knowledge=knowledge)


def said(found: Trends) -> tuple[object, ...]:
    return (
        found.levels.to_csv(),
        found.months.to_csv(),
        found.units.to_csv(),
        {name: (one.centre, one.high) for name, one in found.charts.items()},
        found.outside,
    )


@pytest.fixture(scope="module")
def ordinary_year(month: Month, knowledge: Knowledge) -> tuple[Audit, Trends, pd.DataFrame]:
    """The year's last month audited, what the twelve say, and all of their cases."""
    frame, audit = audited_year(month, knowledge)
    cases = run(frame, period=Period.parse("2025-11-01..2026-10-31"), knowledge=knowledge).cases
    return audit, trends_of(audit, cases[cases["started"] < pd.Timestamp("2026-10-01")], knowledge), cases


def test_a_year_through_the_audit_calls_out_the_month_that_differs(
    ordinary_year: tuple[Audit, Trends, pd.DataFrame],
) -> None:
    audit, found, _ = ordinary_year
    assert found.first_day == date(2025, 11, 1)
    assert found.outside == ("sij",)
    assert found.levels["n"].tolist() == [72, 72]
    assert len(audit.cases) == 12


def test_what_is_called_out_over_time_stands_out_with_its_source(
    ordinary_year: tuple[Audit, Trends, pd.DataFrame], knowledge: Knowledge
) -> None:
    audit, found, cases = ordinary_year
    far = cases.assign(p_ka_gycm2=cases["p_ka_gycm2"].where(cases["device"] == "B", cases["p_ka_gycm2"] * 5))
    found = replace(found, units=funnel(far, RULES))
    said_of = {each.kind: each for each in stand_out(audit, knowledge, trends=found).insights}
    month, unit = said_of[Kind.MONTH_BEYOND], said_of[Kind.UNIT_APART]
    assert (month.subject, month.of, month.unit) == ("sij", 6, "Gy.cm2")
    assert f"{month.number:g} Gy·cm², above the limits of" in month.what
    assert set(month.cites) == {"MOHAMMED2008", "WHEELER1995", "DUNN1961"}
    assert unit.subject in ("A", "B")
    assert unit.unit == "%"
    assert set(unit.cites) == {"SPIEGELHALTER2005", "DUNN1961"}
    assert not {Kind.MONTH_BEYOND, Kind.UNIT_APART} & {each.kind for each in stand_out(audit, knowledge).insights}


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), twice=st.integers(0, 144))
def test_order_and_duplicates_change_nothing(
    ordinary_year: tuple[Audit, Trends, pd.DataFrame], seed: int, twice: int
) -> None:
    _, found, cases = ordinary_year
    mixed = pd.concat([cases, cases.head(twice)]).sample(frac=1, random_state=seed)
    assert said(trends(mixed, OCTOBER, RULES)) == said(found)


def test_where_the_year_is_split_changes_nothing(
    ordinary_year: tuple[Audit, Trends, pd.DataFrame], knowledge: Knowledge
) -> None:
    audit, found, cases = ordinary_year
    assert said(trends_of(audit, cases, knowledge)) == said(found), "what is in both is counted once"


@settings(max_examples=15, deadline=None)
@given(small_group=st.integers(2, 12))
def test_suppressed_groups_never_appear(ordinary_year: tuple[Audit, Trends, pd.DataFrame], small_group: int) -> None:
    found = trends(ordinary_year[2].head(100), OCTOBER, replace(RULES, small_group=small_group))
    counts = pd.concat([found.levels["n"], found.levels["n_period"], found.months["n"], found.units["n"]])
    assert (counts.dropna() >= small_group).all()


def test_other_units_scale_the_levels_and_change_nothing_that_is_called_out(
    ordinary_year: tuple[Audit, Trends, pd.DataFrame],
) -> None:
    cases = ordinary_year[2]
    one, hundred = (
        trends(cases.assign(p_ka_gycm2=cases["p_ka_gycm2"] * scale), OCTOBER, RULES) for scale in (1.0, 100.0)
    )
    assert hundred.outside == one.outside == ("sij",)
    assert hundred.units.to_csv() == one.units.to_csv()
    pairs = zip(hundred.levels["p_ka_median_gycm2"], one.levels["p_ka_median_gycm2"], strict=True)
    assert [large / small for large, small in pairs] == pytest.approx([100.0, 100.0], rel=1e-4)
    assert hundred.charts["sij"].high / one.charts["sij"].high == pytest.approx(100.0, rel=1e-3)
