"""Numbers as people read them on the page and in the terminal.

Measured quantities have three significant figures, estimates of effective dose
and what derives from them two. What is missing is a dash, never a zero.
"""

from __future__ import annotations

import math

import pandas as pd

__all__ = ["DASH", "FEW", "SMALLEST_MSV", "count", "days", "dose_range", "significant", "sort_key", "width"]

DASH = "–"
#: What stands for the size of a group that is too small to show.
FEW = "< 5"
#: Below this effective dose only "< 1 µSv" is said, and no background days: the estimate carries no more.
SMALLEST_MSV = 0.001


def count(value: float | None) -> str:
    """A count with thousands set apart by commas: 10,000."""
    return DASH if value is None or pd.isna(value) else f"{int(value):,}"


def width(part: int, whole: int) -> float:
    """A share in per cent, for the length of a bar; none of nothing."""
    return round(100 * part / whole, 2) if whole else 0.0


def significant(value: float | None, figures: int = 3) -> str:
    """A number to so many significant figures, in plain decimals: 0.00312 → 0.0031, 2.8 → 2.80, 1834 → 1,830."""
    if value is None or pd.isna(value):
        return DASH
    if value == 0:
        return "0"
    rounded = float(f"{value:.{figures - 1}e}")
    decimals = max(0, figures - 1 - math.floor(math.log10(abs(rounded))))
    return f"{rounded:,.{decimals}f}"


def dose_range(low_msv: float | None, high_msv: float | None) -> str:
    """A range of effective dose in mSv, without the unit: that stands in the column's head; "< 1 µSv" has its own."""
    if low_msv is None or high_msv is None or pd.isna(low_msv) or pd.isna(high_msv):
        return DASH
    if high_msv < SMALLEST_MSV:
        return "< 1 µSv"
    if low_msv < SMALLEST_MSV:
        return f"up to {significant(high_msv, 2)}"
    return _span(low_msv, high_msv)


def days(low: float | None, middle: float | None, high: float | None, *, dose_msv: float | None) -> str:
    """A range of background-equivalent days; a dash when there is no dose or it is below what counts."""
    if dose_msv is None or pd.isna(dose_msv) or dose_msv < SMALLEST_MSV or pd.isna(middle):
        return DASH
    if low is None or high is None or pd.isna(low) or pd.isna(high):
        return significant(middle, 2)
    if high < 1:
        return "< 1"
    return f"up to {significant(high, 2)}" if low < 1 else _span(low, high)


def sort_key(value: float | None) -> float | None:
    """What a cell is sorted by where its text is a range or a bound; ``None`` is missing and comes last."""
    return None if value is None or pd.isna(value) else float(f"{value:.6g}")


def _span(low: float, high: float) -> str:
    first, last = significant(low, 2), significant(high, 2)
    return first if first == last else f"{first}{DASH}{last}"
