"""How many figures each number of the audit is stated with: the one place where rounding happens.

An estimate with a factor of two of uncertainty has two significant figures;
what the C-arm measured keeps six, enough for what C-arms report and few
enough to drop the noise of binary sums. The summary is taken of the rounded
cases, so that it can be computed again from the CSV.

Rounding is arithmetic that every engine does alike, bit for bit: times a power
of ten, down to a whole number, and back. A half goes up, and what lies within
:data:`_NOISE` below a half counts as one: quantiles of rounded numbers fall on
halves all the time, and engines weight their neighbours in different orders.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from narwhals.typing import FrameT

__all__ = ["ESTIMATED_FIGURES", "MEASURED_FIGURES", "rounded", "rounded_table", "significant", "stepped"]

ESTIMATED_FIGURES = 2
MEASURED_FIGURES = 6
_AREA_FIGURES = 3
#: Far above what the order of additions changes (1e-10 of a unit of the sixth figure), far below what anyone measures.
_NOISE = 1e-7
#: Powers of ten that part the magnitudes; below the first a number loses figures, above the last it keeps more.
_POWERS = tuple(range(-12, 10))
_BOUNDS = tuple(10.0**power for power in _POWERS)


def significant(value: float, figures: int) -> float:
    """The number, not negative, with so many significant figures; halves go up."""
    scale = _scales(figures)[bisect_right(_BOUNDS, value)]
    return math.floor(value * scale + 0.5 + _NOISE) / scale


def rounded(frame: FrameT) -> FrameT:
    """A Narwhals frame of cases or of the summary with each number in its figures; counts stay as they are."""
    numbers = [name for name, dtype in frame.collect_schema().items() if dtype.is_float() and not _is_count(name)]
    if isinstance(frame, nw.DataFrame):
        return frame.with_columns(*(_rounded_here(frame[name]) for name in numbers))
    # The scale is a column of its own first: an engine works out a chain of conditions as often as it is written.
    scaled = frame.with_columns(
        *(stepped(nw.col(name), _BOUNDS, _scales(_figures(name))).alias(f"{name}_scale") for name in numbers)
    )
    return scaled.with_columns(*(_rounded(name) for name in numbers)).drop(*(f"{name}_scale" for name in numbers))


def stepped(column: nw.Expr, bounds: Sequence[float], values: Sequence[float]) -> nw.Expr:
    """The value for the number of bounds at or below the column's, of which there are one more; the last for none.

    By halves, so that each number is held against a few bounds and not against all of them.
    """
    if not bounds:
        return nw.lit(values[0])
    middle = len(bounds) // 2
    below = stepped(column, bounds[:middle], values[: middle + 1])
    above = stepped(column, bounds[middle + 1 :], values[middle + 1 :])
    return nw.when(column < bounds[middle]).then(below).otherwise(above)


def _rounded(name: str) -> nw.Expr:
    scale = nw.col(f"{name}_scale")
    return ((nw.col(name) * scale + (0.5 + _NOISE)).floor() / scale).alias(name)


def _rounded_here(column: nw.Series[Any]) -> nw.Series[Any]:
    """The same for numbers in memory, where the scale is looked up: a chain of conditions would be a pass each."""
    values = column.to_numpy()
    scale = np.array(_scales(_figures(column.name)))[np.searchsorted(_BOUNDS, values, side="right")]
    found = np.floor(values * scale + (0.5 + _NOISE)) / scale
    return nw.new_series(column.name, found, nw.Float64, backend=column.implementation)


def _scales(figures: int) -> tuple[float, ...]:
    """What brings a number below each bound, and one above the last, to so many figures before the point."""
    return tuple(float(f"1e{figures - power}") for power in (*_POWERS, _POWERS[-1] + 1))


def _is_count(name: str) -> bool:
    return name == "n" or name.startswith("n_")


def _figures(column: str) -> int:
    if column.startswith(("effective_dose", "background_days", "psd_")):
        return ESTIMATED_FIGURES
    return _AREA_FIGURES if column == "field_area_cm2" else MEASURED_FIGURES


def rounded_table(frame: pd.DataFrame) -> pd.DataFrame:
    """As :func:`rounded`, of a pandas frame."""
    table: pd.DataFrame = nw.to_native(rounded(nw.from_native(frame)))
    return table
