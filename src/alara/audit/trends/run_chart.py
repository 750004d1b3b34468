"""Run charts: the monthly medians of a procedure's P_KA, and limits that the months before set (XmR).

The chart of individuals and moving ranges (Shewhart; for clinics: Mohammed et
al., Qual Saf Health Care 2008;17:137-145) of the natural logarithm of the
medians, since P_KA spreads in proportion. The last month is held against
limits made without it. Six to eleven months say little of how months vary, so
the limits are those of Student's t and not three standard deviations.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd

from alara.audit.trends.rules import Rules
from alara.audit.trends.student import student_limit

__all__ = ["MONTHS_NEEDED", "MONTH_COLUMNS", "Limits", "limits", "monthly"]

MONTH_COLUMNS = ("procedure_id", "month", "n", "p_ka_median_gycm2")
#: With fewer months before the last one, a mean moving range says too little of how months vary.
MONTHS_NEEDED = 6
#: Mean range of two normal values in standard deviations (d2 of n = 2).
_D2 = 1.128
#: Degrees of freedom that each moving range is worth in their mean, since neighbours share a month (Wheeler 1995).
_FREEDOM_OF_A_RANGE = 0.62


@dataclass(frozen=True, slots=True)
class Limits:
    """Centre and limits, and the last month that is held against them, in Gy·cm²."""

    centre: float
    low: float
    high: float
    last: float

    @property
    def outside(self) -> str:
        """``above``, ``below`` or empty: where the last month lies."""
        return "above" if self.last > self.high else "below" if self.last < self.low else ""


def monthly(year: pd.DataFrame, *, small_group: int) -> pd.DataFrame:
    """The median P_KA of each procedure and month with at least ``small_group`` cases, in order."""
    groups = year.groupby(["procedure_id", "month"])["p_ka_gycm2"].agg(n="count", p_ka_median_gycm2="median")
    shown: pd.DataFrame = groups[groups["n"] >= small_group].reset_index()[list(MONTH_COLUMNS)]
    return shown.sort_values(["procedure_id", "month"], ignore_index=True)


def limits(medians: Mapping[str, Sequence[float]], rules: Rules) -> dict[str, Limits]:
    """The limits for the last of each procedure's monthly medians, from those before it.

    Where nothing changed, the last month of any of the procedures is outside with
    the chance ``rules.run_chart_error``: each side of each chart has its part of it.

    Parameters
    ----------
    medians
        In Gy·cm², all above zero, in the order of the months. A moving range is
        that of two which follow each other here, also over a month without one.

    Returns
    -------
    By procedure. None with fewer than six months before the last, or where these do not vary at all.
    """
    spreads = {name: spread for name, values in medians.items() if (spread := _spread(values[:-1]))}
    tail = rules.run_chart_error / (2 * len(spreads)) if spreads else 0.0
    return {name: _limits(medians[name], spread, tail) for name, spread in spreads.items()}


def _spread(before: Sequence[float]) -> float | None:
    """The standard deviation of the logarithms, from their mean moving range."""
    if len(before) < MONTHS_NEEDED:
        return None
    ranges = [abs(math.log(later / earlier)) for earlier, later in pairwise(before)]
    deviation = math.fsum(ranges) / len(ranges) / _D2
    return deviation if deviation > 1e-9 else None


def _limits(medians: Sequence[float], deviation: float, tail: float) -> Limits:
    """What one more month is within but for ``tail`` on each side; the mean of the months before varies too."""
    *before, last = medians
    n = len(before)
    centre = math.fsum(map(math.log, before)) / n
    reach = student_limit(tail, _FREEDOM_OF_A_RANGE * (n - 1)) * deviation * math.sqrt(1 + 1 / n)
    return Limits(math.exp(centre), math.exp(centre - reach), math.exp(centre + reach), last)
