"""The section of twelve months: points between limits, units in the order of names, nothing of small groups."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest

from alara.audit import Audit, Period, run
from alara.audit.trends import Operators, Rules, Trends, trends_of
from alara.knowledge import Knowledge
from alara.report.beside import Beside
from alara.report.over_time import OverTime, over_time
from alara.report.page import page


@pytest.fixture(scope="module")
def year(typed_month: Callable[[int], pd.DataFrame], knowledge: Knowledge) -> tuple[Audit, Trends]:
    """A month in which the sacroiliac joints had eight times what they had in the eleven months before."""
    month = typed_month(120)
    joints = month["study_description"].str.startswith("SI JOINT")
    month.loc[joints, ["p_ka_gycm2", "ka_r_mgy"]] *= 8
    before = [
        typed_month(120).assign(
            case_id=lambda frame, back=back: frame["case_id"] + f"-{back}",
            started=lambda frame, back=back: frame["started"] - pd.DateOffset(months=back),
            p_ka_gycm2=lambda frame, back=back: frame["p_ka_gycm2"] * (1 + back % 3 / 20),
        )
        for back in range(1, 12)
    ]
    audit = run(month, period=Period.parse("2026-10"), knowledge=knowledge, site="Site A")
    earlier = run(pd.concat(before), period=Period.parse("2025-11-01..2026-09-30"), knowledge=knowledge, site="Site A")
    return audit, trends_of(audit, earlier.cases, knowledge)


@pytest.fixture(scope="module")
def section(year: tuple[Audit, Trends], knowledge: Knowledge) -> OverTime:
    audit, found = year
    return over_time(found, audit.period, Rules.of(knowledge))


def test_the_month_beyond_its_limits_is_named_and_marked(section: OverTime) -> None:
    out = [line for line in section.lines if line.outside]
    assert [line.name for line in out] == ["Sacroiliac joint injection"]
    assert "the last month is beyond its limits: Sacroiliac joint injection." in section.summary
    assert [point.outside for point in out[0].points] == [False] * 11 + [True]
    assert out[0].band is not None
    assert out[0].points[-1].y < out[0].band[0], "higher doses stand higher, above the band"


def test_points_stand_in_the_middle_of_their_month(section: OverTime) -> None:
    line = next(line for line in section.lines if len(line.points) == 12)
    assert [point.at for point in line.points] == [round(100 * (n + 0.5) / 12, 2) for n in range(12)]
    assert line.points[0].words.startswith("2025-11: ")


def test_units_stand_in_the_order_of_their_names(section: OverTime) -> None:
    names = [unit.name for unit in section.units]
    assert len(names) == 3
    assert names == sorted(names)


def test_the_page_shows_it_and_has_no_place_for_texts_of_users_as_markup(
    year: tuple[Audit, Trends], knowledge: Knowledge
) -> None:
    audit, found = year
    html = page(audit, knowledge, (), Beside(trends=found)).decode()
    assert html.count('id="over-time"') == 1
    assert "beyond limits" in html
    assert html.count("<script") == 1, "the page's own"


def test_a_month_without_history_says_that_it_cannot_be_judged_yet(audit: Audit, knowledge: Knowledge) -> None:
    section = over_time(trends_of(audit, audit.cases.head(0), knowledge), audit.period, Rules.of(knowledge))
    assert section.summary.startswith("No procedure has six earlier months of five cases")
    assert all(line.band is None and len(line.points) <= 1 for line in section.lines)


def test_months_that_were_not_read_are_not_told_as_if_there_were_none(audit: Audit, knowledge: Knowledge) -> None:
    section = over_time(trends_of(audit, None, knowledge), audit.period, Rules.of(knowledge))
    assert section.summary.startswith("The months before this period were not read")


def test_a_first_month_has_no_column_of_lone_points(year: tuple[Audit, Trends], knowledge: Knowledge) -> None:
    audit, _ = year
    first = over_time(trends_of(audit, audit.cases.head(0), knowledge), audit.period, Rules.of(knowledge))
    assert first.lines
    assert not first.has_charts
    assert over_time(year[1], audit.period, Rules.of(knowledge)).has_charts


@pytest.fixture(scope="module")
def with_operators(year: tuple[Audit, Trends]) -> Trends:
    """Three operators with the rows of the three units, the last of them outside."""
    found = year[1]
    rows = found.units.assign(group=["op-a", "op-b", "op-c"], outside=["", "", "above"])
    return replace(found, operators=Operators(rows, counted=300, without=12, several=3))


def test_operators_stand_beside_the_units_with_what_the_rows_leave_out(
    year: tuple[Audit, Trends], with_operators: Trends, knowledge: Knowledge
) -> None:
    section = over_time(with_operators, year[0].period, Rules.of(knowledge))
    assert section.operators is not None
    assert [group.name for group in section.operators.groups] == ["op-a", "op-b", "op-c"]
    assert section.operators.summary.startswith("Of 300 counted cases 12 name no operator and 3 several: ")
    assert section.operators.summary.endswith("Of 3 operator codes, 1 lies outside its limits: op-c.")
    html = page(year[0], knowledge, (), Beside(trends=with_operators)).decode()
    told = html[html.index('id="operators-title"') : html.index("</section>", html.index('id="operators-title"'))]
    assert "What could explain it: patients&#39; size" in told or "What could explain it: patients' size" in told
    assert re.search(r"\brank|\bbest\b|\bworst\b|\bleague\b|\btop\b|\bworse\b|\bbetter\b", told) is None


def test_where_operators_are_not_told_apart_the_page_has_no_word_of_it(
    year: tuple[Audit, Trends], section: OverTime, knowledge: Knowledge
) -> None:
    assert section.operators is None
    assert "operators-title" not in page(year[0], knowledge, (), Beside(trends=year[1])).decode()


def test_too_few_operators_are_no_funnel_and_what_is_left_out_is_told_all_the_same(
    year: tuple[Audit, Trends], with_operators: Trends, knowledge: Knowledge
) -> None:
    assert with_operators.operators is not None
    none = replace(with_operators, operators=replace(with_operators.operators, rows=with_operators.units.head(0)))
    section = over_time(none, year[0].period, Rules.of(knowledge))
    assert section.operators is not None
    assert section.operators.groups == ()
    assert section.operators.summary.endswith("Fewer than two operators have five such cases.")


def test_units_that_do_not_differ_are_told_with_what_chance_gives_the_smallest(
    year: tuple[Audit, Trends], knowledge: Knowledge
) -> None:
    audit, found = year
    alike = replace(found, units=found.units.assign(outside=""))
    section = over_time(alike, audit.period, Rules.of(knowledge))
    least = min(section.units, key=lambda unit: unit.counted)
    assert "None of 3 X-ray units could be told from chance" in section.summary
    assert f"with {least.counted} counted cases a share of {least.low:g}% to {least.high:g}%" in section.summary
    assert section.summary.endswith("Counted are cases of procedures with 20 in twelve months.")


def test_what_has_too_few_cases_says_so_in_place_of_a_dash(audit: Audit, knowledge: Knowledge) -> None:
    first = over_time(trends_of(audit, audit.cases.head(0), knowledge), audit.period, Rules.of(knowledge))
    few = [line for line in first.lines if int(line.n) < 20]
    assert few
    assert {(line.median, line.upper) for line in few} == {("too few", "too few")}
