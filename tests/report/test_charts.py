"""Strips stand in per cent of their width, on a logarithmic axis that holds all that is drawn."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alara.report.charts import LogAxis, p_ka_boxes, range_chart

DOSES = st.lists(st.floats(min_value=1e-6, max_value=1e6), min_size=1)


@given(DOSES)
def test_every_value_lies_on_its_axis(values: list[float]) -> None:
    axis = LogAxis.around(values)
    assert axis is not None
    assert axis.low <= min(values) * 1.000001
    assert axis.high >= max(values) * 0.999999
    assert all(0 <= axis.at(value) <= 100 for value in values)


@given(DOSES)
def test_ticks_are_few_and_in_order(values: list[float]) -> None:
    axis = LogAxis.around(values)
    assert axis is not None
    places = [tick.at for tick in axis.ticks]
    assert places == sorted(places)
    assert 2 <= len(places) <= 7


def test_a_decade_has_round_numbers_between() -> None:
    assert [tick.label for tick in LogAxis(0.1, 1.0).ticks] == ["0.1", "0.2", "0.5", "1"]


def test_no_value_no_axis() -> None:
    assert LogAxis.around([]) is None
    assert LogAxis.around([0.0]) is None


def test_boxes_are_drawn_only_for_groups_that_may_be_shown(audit: Any) -> None:
    suppressed = set(audit.summary.loc[audit.summary["suppressed"] == "yes", "procedure_id"])
    shown = set(audit.summary["procedure_id"]) - suppressed
    assert suppressed
    boxes = p_ka_boxes(audit.cases, shown).boxes
    assert boxes
    assert not suppressed & boxes.keys()
    for box in boxes.values():
        assert box.p10 <= box.p25 <= box.median <= box.p75 <= box.p90


def test_box_stands_where_the_summary_says(audit: Any) -> None:
    summary = audit.summary.dropna(subset=["p_ka_median_gycm2"])
    chart = p_ka_boxes(audit.cases[audit.cases["kind"] == "fluoroscopy"], summary["procedure_id"])
    axis = LogAxis(float(chart.ticks[0].label), float(chart.ticks[-1].label))
    for row in summary.itertuples():
        box = chart.boxes[row.procedure_id]
        assert box.median == pytest.approx(axis.at(row.p_ka_median_gycm2), abs=0.01)
        assert box.p75 == pytest.approx(axis.at(row.p_ka_p75_gycm2), abs=0.01)


def test_ranges_below_the_floor_stand_on_the_edge() -> None:
    chart = range_chart({"hand": (0.0001, 0.0005, 0.02)}, floor=0.001)
    assert chart.ranges["hand"].low == chart.ranges["hand"].middle == 0.0
    assert chart.ranges["hand"].high > 0


def test_no_ranges_no_chart() -> None:
    assert range_chart({}, floor=0.001).ticks == ()
