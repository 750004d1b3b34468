"""The section of twelve months: points between limits, units in the order of names, nothing of small groups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from alara.audit import Audit, Period, run
from alara.knowledge import Knowledge
from alara.report.over_time import OverTime, over_time
from alara.report.page import page


@pytest.fixture(scope="module")
def year(typed_month: Callable[[int], pd.DataFrame], knowledge: Knowledge) -> Audit:
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
    return run(month, period=Period.parse("2026-10"), knowledge=knowledge, earlier=pd.concat(before), site="Site A")


@pytest.fixture(scope="module")
def section(year: Audit) -> OverTime:
    return over_time(year)


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


def test_the_page_shows_it_and_has_no_place_for_texts_of_users_as_markup(year: Any, knowledge: Knowledge) -> None:
    html = page(year, knowledge, ()).decode()
    assert html.count('id="over-time"') == 1
    assert "beyond limits" in html
    assert "<script" not in html


def test_a_month_without_history_says_that_it_cannot_be_judged_yet(audit: Audit) -> None:
    section = over_time(audit)
    assert section.summary.startswith("No procedure has six earlier months of five cases")
    assert all(line.band is None and len(line.points) <= 1 for line in section.lines)
