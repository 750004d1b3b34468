"""The geometry of the charts: boxes and ranges on a logarithmic axis, in per cent of the width.

A chart here is one strip beside each row of the table that holds its numbers,
so that a table stands behind every chart, and a strip keeps its text size from
a phone to a sheet of A4. The template draws it as SVG in per cent, coloured by
the style sheet, so that it follows light, dark and print. Nothing is drawn for
groups that ``summary.csv`` suppresses.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from alara.report.levels import Level
from alara.report.numbers import significant

__all__ = ["Box", "BoxChart", "LogAxis", "Mark", "Range", "RangeChart", "Tick", "p_ka_boxes", "range_chart"]

#: More labels than this run into each other on a narrow screen.
_MOST_TICKS = 6
_QUANTILES = (0.10, 0.25, 0.50, 0.75, 0.90)


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled place on an axis, in per cent of its width."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class LogAxis:
    """A logarithmic axis between two bounds, both greater than zero."""

    low: float
    high: float

    @classmethod
    def around(cls, values: Iterable[float]) -> LogAxis | None:
        """The axis from and to a power of ten that holds all values above zero; ``None`` without any."""
        shown = [value for value in values if value > 0]
        if not shown:
            return None
        low, high = math.floor(math.log10(min(shown))), math.ceil(math.log10(max(shown)))
        return cls(10.0**low, 10.0 ** max(high, low + 1))

    def at(self, value: float) -> float:
        """The place of a value in per cent of the width; what lies outside stands on the edge."""
        if value <= self.low:
            return 0.0
        share = math.log10(value / self.low) / math.log10(self.high / self.low)
        return round(min(100.0, 100 * share), 2)

    @property
    def ticks(self) -> tuple[Tick, ...]:
        """Powers of ten, with 2 and 5 times these where there is room."""
        first, last = round(math.log10(self.low)), round(math.log10(self.high))
        factors = (1, 2, 5) if last - first == 1 else (1,)
        step = math.ceil((last - first + 1) / _MOST_TICKS)
        values = [factor * 10.0**power for power in range(first, last + 1, step) for factor in factors]
        return tuple(Tick(self.at(value), f"{value:.10g}") for value in values if value <= self.high * 1.001)


@dataclass(frozen=True, slots=True)
class Box:
    """One group: the middle half as a box, the middle eight tenths as a line, the median as a bar."""

    p10: float
    p25: float
    median: float
    p75: float
    p90: float
    words: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A published level on the axis of a group, and what it is."""

    at: float
    words: str


@dataclass(frozen=True, slots=True)
class BoxChart:
    """Boxes by group on one axis, and the published levels of the groups on the same."""

    ticks: tuple[Tick, ...]
    boxes: dict[str, Box]
    marks: dict[str, tuple[Mark, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Range:
    """One group: from low to high, with the best estimate marked."""

    low: float
    middle: float
    high: float
    words: str


@dataclass(frozen=True, slots=True)
class RangeChart:
    """Ranges by group on one axis."""

    ticks: tuple[Tick, ...]
    ranges: dict[str, Range]


def p_ka_boxes(cases: pd.DataFrame, shown: Iterable[str], levels: Sequence[Level] = ()) -> BoxChart:
    """Boxes of P_KA by ``procedure_id`` for the groups that may be shown; rows without P_KA do not count.

    The axis also holds the published levels of the groups that have a box.
    """
    kept = cases.loc[
        cases["procedure_id"].isin(list(shown)) & (cases["p_ka_gycm2"] > 0), ["procedure_id", "p_ka_gycm2"]
    ]
    if kept.empty:
        return BoxChart((), {})
    quantiles = kept.groupby("procedure_id", observed=True)["p_ka_gycm2"].quantile(np.array(_QUANTILES)).unstack()
    drawn = [level for level in levels if level.procedure_id in quantiles.index]
    axis = LogAxis.around([*quantiles.to_numpy().ravel().tolist(), *(level.p_ka_gycm2 for level in drawn)])
    if axis is None:
        return BoxChart((), {})
    places = {str(group): _box(axis, row) for group, *row in quantiles.itertuples()}
    marks: dict[str, tuple[Mark, ...]] = {}
    for level in drawn:
        mark = Mark(axis.at(level.p_ka_gycm2), f"{level.p_ka} Gy·cm²: {level.words}")
        marks[level.procedure_id] = (*marks.get(level.procedure_id, ()), mark)
    return BoxChart(axis.ticks, places, marks)


def _box(axis: LogAxis, values: Sequence[float]) -> Box:
    p10, p25, median, p75, p90 = (axis.at(float(value)) for value in values)
    return Box(p10, p25, median, p75, p90, _quantile_words(values))


def _quantile_words(values: Sequence[float]) -> str:
    p10, p25, median, p75, p90 = map(significant, values)
    return f"median {median}, middle half {p25} to {p75}, middle eight tenths {p10} to {p90} Gy·cm²"


def range_chart(ranges: dict[str, tuple[float, float, float]], *, floor: float) -> RangeChart:
    """Ranges (low, middle, high) by group on one axis that starts at ``floor``; what is below stands on its edge."""
    axis = LogAxis.around([floor, *(max(floor, high) for _, _, high in ranges.values())])
    if axis is None or not ranges:
        return RangeChart((), {})
    drawn = {group: _range(axis, *row) for group, row in ranges.items()}
    return RangeChart(axis.ticks, drawn)


def _range(axis: LogAxis, low: float, middle: float, high: float) -> Range:
    words = f"best estimate {significant(middle, 2)} mSv, from {significant(low, 2)} to {significant(high, 2)}"
    return Range(axis.at(low), axis.at(middle), axis.at(high), words)
