"""What twelve months say, as insights: a month beyond its limits, a unit or an operator apart from the others."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import Any

from alara.audit.figures import significant
from alara.audit.standing_out.insight import Insight, Kind
from alara.audit.trends import Trends
from alara.knowledge import Knowledge, Threshold

__all__ = ["months_beyond", "operators_apart", "units_apart"]

_FIGURES = 3


def months_beyond(trends: Trends, names: Mapping[str, str], knowledge: Knowledge) -> Iterator[Insight]:
    """Procedures whose month is beyond the limits that the months before it set."""
    error = knowledge.thresholds["run_chart_error"]
    for name in trends.outside:
        last, chart = trends.months[trends.months["procedure_id"] == name].iloc[-1], trends.charts[name]
        low, high, median = (significant(value, _FIGURES) for value in (chart.low, chart.high, chart.last))
        yield Insight(
            kind=Kind.MONTH_BEYOND,
            subject=name,
            what=f"{names[name]}: the median P_KA of {last['month']} is {median:g} Gy·cm², {chart.outside} the limits"
            f" of {low:g} to {high:g} that the months before it set.",
            number=median,
            unit="Gy.cm2",
            of=int(last["n"]),
            model="XmR chart of ln monthly medians, limits of Student's t; by chance a month of any of"
            f" {len(trends.charts)} procedures is outside in {error.value:.0%}",
            cites=error.cites,
            action="Ask what changed that month: unit, protocol, software, mix of patients.",
        )


def units_apart(trends: Trends, knowledge: Knowledge) -> Iterator[Insight]:
    """Units whose share of high cases is outside its limits in the funnel."""
    error = knowledge.thresholds["funnel_error"]
    for unit in trends.units[trends.units["outside"] != ""].to_dict("records"):
        yield Insight(
            kind=Kind.UNIT_APART,
            subject=str(unit["group"]),
            what=f"{unit['group']}: {_apart(unit)}",
            number=significant(100.0 * unit["share"], _FIGURES),
            unit="%",
            of=int(unit["n"]),
            model=f"exact binomial limits; {_by_chance(len(trends.units), 'units', error)}",
            cites=error.cites,
            action="Look at the calibration of its display and at its mix of patients first.",
        )


def operators_apart(trends: Trends, knowledge: Knowledge) -> Iterator[Insight]:
    """Operators whose share of high cases is outside its limits in the funnel, where they are told apart."""
    if trends.operators is None:
        return
    error = knowledge.thresholds["funnel_error"]
    rows = trends.operators.rows
    for one in rows[rows["outside"] != ""].to_dict("records"):
        yield Insight(
            kind=Kind.OPERATOR_APART,
            subject=str(one["group"]),
            what=f"{one['group']}: {_apart(one)}",
            number=significant(100.0 * one["share"], _FIGURES),
            unit="%",
            of=int(one["n"]),
            model="exact binomial limits against the same procedure on the same unit;"
            f" {_by_chance(len(rows), 'operators', error)}",
            cites=error.cites,
            action="Ask for what could explain it: patients' size, levels and sides within a procedure, teaching,"
            " the unit's settings. It is no measure of anybody's work.",
        )


def _apart(row: Mapping[Hashable, Any]) -> str:
    """How many cases of a group lie high and between which counts chance alone leaves it."""
    low, high = (round(row[limit] * row["n"]) for limit in ("low", "high"))
    return (
        f"{row['n_above']:,} of its {row['n']:,} cases of twelve months lie above the 75th percentile of their"
        f" procedure, {row['outside']} the {low:,} to {high:,} that chance alone gives."
    )


def _by_chance(groups: int, noun: str, error: Threshold) -> str:
    return f"by chance any of {groups} {noun} is outside in at most {error.value:.0%}"
