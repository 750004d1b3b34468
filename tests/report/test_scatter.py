"""The dots, the published levels and the filters show what the audit holds, and no small group by its name."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from alara.knowledge import Knowledge
from alara.report.charts import p_ka_boxes
from alara.report.filters import filters
from alara.report.levels import levels
from alara.report.page import page
from alara.report.rows import shown_names
from alara.report.scatter import scatter


def dots(chart: Any) -> list[tuple[int, int]]:
    return [(int(x), int(y)) for group in chart.groups for x, y in re.findall(r"M(\d+) (\d+)h0", group.path)]


def case(time_s: float | None, p_ka_gycm2: float | None, procedure: str = "knee", room: str = "A") -> dict[str, Any]:
    return {"fluoroscopy_time_s": time_s, "p_ka_gycm2": p_ka_gycm2, "procedure_id": procedure, "device": room}


def test_a_dot_stands_where_its_numbers_are() -> None:
    chart = scatter(pd.DataFrame([case(10, 0.1), case(100, 10), case(31.6227766, 1)]), {"knee": "Knee"})
    assert dots(chart) == [(0, 1000), (500, 500), (1000, 0)]
    assert [tick.label for tick in chart.x_ticks] == ["10", "20", "50", "100"]


def test_cases_without_both_numbers_are_counted_and_not_drawn() -> None:
    chart = scatter(pd.DataFrame([case(10, 0.1), case(None, 1), case(20, None), case(0, 1)]), {})
    assert (chart.n, chart.of, len(dots(chart))) == (1, 4, 1)


def test_without_any_dot_there_is_no_chart() -> None:
    chart = scatter(pd.DataFrame([case(None, 1.0)]), {"knee": "Knee"})
    assert (chart.groups, chart.rows, chart.of) == ((), (), 1)


def test_small_groups_are_drawn_without_their_name(audit: Any) -> None:
    suppressed = set(audit.summary.loc[audit.summary["suppressed"] == "yes", "procedure_id"])
    chart = scatter(audit.cases, shown_names(audit.summary))
    assert suppressed & set(audit.cases["procedure_id"])
    assert {group.procedure_id for group in chart.groups} & suppressed == set()
    assert {row.procedure_id for row in chart.rows} & suppressed == set()
    assert any(group.procedure_id == "" for group in chart.groups)


def test_fewer_than_five_with_both_numbers_have_no_row() -> None:
    four = [case(10 + each, 0.1) for each in range(4)] + [case(None, 0.1)]
    assert scatter(pd.DataFrame(four), {"knee": "Knee"}).rows == ()
    (row,) = scatter(pd.DataFrame([*four, case(60, 0.1)]), {"knee": "Knee"}).rows
    assert (row.n, row.time, row.p_ka) == ("5", "12.0", "0.100")


def test_levels_are_of_the_shown_procedures_and_on_the_axis(audit: Any, knowledge: Knowledge) -> None:
    published = levels(["sij", "hip_inj"], knowledge)
    assert [level.procedure_id for level in published] == ["sij", "sij", "sij", "hip_inj"]
    assert published[0].words == "median of one centre, United States, 2015, normal body mass index"
    high = replace(published[0], p_ka_gycm2=50)
    chart = p_ka_boxes(audit.cases, ["sij"], [high])
    (mark,) = chart.marks["sij"]
    assert chart.boxes["sij"].p90 < mark.at < 100
    assert float(chart.ticks[-1].label) == 100


def test_a_level_without_a_box_is_not_on_the_axis(audit: Any, knowledge: Knowledge) -> None:
    chart = p_ka_boxes(audit.cases, ["sij"], levels(["embol"], knowledge))
    assert chart.marks == {}
    assert chart == p_ka_boxes(audit.cases, ["sij"])


def test_every_level_on_the_page_has_its_reference(audit: Any, knowledge: Knowledge) -> None:
    html = page(audit, knowledge, []).decode("utf-8")
    assert 'id="ref-CUSHMAN2016"' in html
    assert "median of one centre, United States, 2015, obese" in html


def test_filters_offer_each_room_and_procedure_once(audit: Any) -> None:
    offered = filters(audit.cases)
    assert list(offered.rooms) == sorted(audit.cases["device"].unique())
    assert {name for name, _ in offered.procedures} == set(audit.cases["procedure_id"])
    assert [title.casefold() for _, title in offered.procedures] == sorted(t.casefold() for _, t in offered.procedures)


def test_rows_that_can_be_narrowed_name_what_the_filters_offer(month: Callable[..., Any], knowledge: Knowledge) -> None:
    html = page(month(400), knowledge, []).decode("utf-8")
    options = set(re.findall(r'<option value="([^"]+)"', html))
    assert set(re.findall(r'data-procedure="([^"]+)"', html)) <= options
    assert set(re.findall(r'data-room="([^"]+)"', html)) <= set(re.findall(r"<option>([^<]+)</option>", html))


@pytest.mark.parametrize("n", [2000])
def test_dots_are_a_small_part_of_the_page(month: Callable[..., Any], n: int) -> None:
    audit = month(n)
    chart = scatter(audit.cases, shown_names(audit.summary))
    assert sum(len(group.path) for group in chart.groups) < 12 * n
