"""Twelve months on the page: a procedure's months between their limits, and the funnels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from alara.audit import Period
from alara.audit.trends import Rules, Trends
from alara.report import charts, numbers
from alara.report.funnels import Group, OperatorFunnel, groups, operator_funnel, told
from alara.report.sentences import counted, shown

__all__ = ["Line", "OverTime", "Point", "over_time"]

#: The height of a run chart in pixels, and what is left free above and below.
_HEIGHT, _EDGE = 56.0, 6.0
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Point:
    """A month's median: its place in per cent of the width and in pixels from above, and its words."""

    at: float
    y: float
    words: str
    outside: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One procedure over twelve months; ``band`` is the upper edge, the height and the middle of its limits."""

    name: str
    n: str
    month: str
    median: str
    upper: str
    points: tuple[Point, ...]
    band: tuple[float, float, float] | None
    outside: bool


@dataclass(frozen=True, slots=True)
class OverTime:
    """The section; ``summary`` says in words what stands out in it.

    ``has_charts`` is whether any procedure has two months to be drawn, ``enough`` the cases that a level needs,
    ``operators`` ``None`` where they are not told apart. ``month_error`` and ``group_error`` are the chance in per
    cent that any month, or any unit or operator, is outside its limits where none differs.
    """

    first_month: str
    last_month: str
    summary: str
    lines: tuple[Line, ...]
    units: tuple[Group, ...]
    operators: OperatorFunnel | None
    has_charts: bool
    enough: int
    month_error: str
    group_error: str


def over_time(found: Trends, period: Period, rules: Rules) -> OverTime:
    """The twelve months that end with a period, procedures with most cases first and units by name."""
    last, first = period.end - pd.Timedelta(days=1), found.first_day or period.start
    ordered = found.levels.sort_values(["n", "procedure_id"], ascending=[False, True])
    lines = tuple(_line(record, found, first.year * 12 + first.month) for record in ordered.to_dict("records"))
    units = groups(found.units)
    return OverTime(
        first_month=f"{first:%Y-%m}",
        last_month=f"{last:%Y-%m}",
        summary=_summary(lines, units, rules, history_read=found.history_read),
        enough=rules.enough,
        lines=lines,
        units=units,
        operators=None if found.operators is None else operator_funnel(found.operators),
        has_charts=any(len(line.points) > 1 for line in lines),
        month_error=f"{rules.run_chart_error:.0%}",
        group_error=f"{rules.funnel_error:.0%}",
    )


def _summary(lines: tuple[Line, ...], units: tuple[Group, ...], rules: Rules, *, history_read: bool) -> str:
    charted = [line for line in lines if line.band]
    if not history_read:
        months = "The months before this period were not read, so that nothing here is more than the period itself."
    elif not charted:
        months = "No procedure has six earlier months of five cases, so that no month can be held against limits yet."
    else:
        out = [line.name for line in charted if line.outside]
        month = f"beyond its limits: {'; '.join(out)}" if out else "beyond its limits for none"
        months = f"Of {counted(len(charted), 'procedure')} with limits, the last month is {month}."
    if not units:
        return f"{months} Fewer than two units have enough cases to be compared."
    return f"{months} {told(units, 'X-ray unit')} Counted are cases of procedures with {rules.enough} in twelve months."


def _line(record: dict[Any, Any], found: Trends, first: int) -> Line:
    name = str(record["procedure_id"])
    months, limit = found.months, found.charts.get(name)
    own = months[months["procedure_id"] == name]
    medians = own["p_ka_median_gycm2"].tolist()
    drawn = [*medians, *((limit.low, limit.high) if limit else ())]
    axis = charts.LogAxis(min(drawn), max(drawn)) if len(set(drawn)) > 1 else None
    outside = name in found.outside

    def y(value: float) -> float:
        share = axis.at(value) / 100 if axis else 0.5
        return round(_HEIGHT - _EDGE - share * (_HEIGHT - 2 * _EDGE), 2)

    points = tuple(
        Point(
            at=round(100 * (_number(month) - first + 0.5) / _MONTHS, 2),
            y=y(median),
            words=f"{month}: {numbers.significant(median)} Gy·cm², n {n}",
            outside=outside and place == len(medians) - 1,
        )
        for place, (month, n, median) in enumerate(zip(own["month"], own["n"], medians, strict=True))
    )
    return Line(
        name=shown(record["procedure_name"]),
        n=numbers.count(record["n"]),
        month=_or_few(record["p_ka_period_median_gycm2"]),
        median=_or_few(record["p_ka_median_gycm2"]),
        upper=_or_few(record["p_ka_p75_gycm2"]),
        points=points,
        band=(y(limit.high), round(y(limit.low) - y(limit.high), 2), y(limit.centre)) if limit else None,
        outside=outside,
    )


def _or_few(value: float) -> str:
    """A number, or that there are too few cases for one: the only reason why it is not there."""
    text = numbers.significant(value)
    return "too few" if text == numbers.DASH else text


def _number(month: str) -> int:
    year, _, of = month.partition("-")
    return int(year) * 12 + int(of)
