"""Run charts: the monthly medians of a procedure's P_KA, and limits that the months before set (XmR).

The chart of individuals and moving ranges (Shewhart; for clinics: Mohammed et
al., Qual Saf Health Care 2008;17:137-145) of the natural logarithm of the
medians, since P_KA spreads in proportion. The last month is held against
limits made without it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd

from alara.audit.trends.holm import holm
from alara.audit.trends.rules import Rules

__all__ = ["MONTHS_NEEDED", "MONTH_COLUMNS", "Limits", "limits", "monthly", "outside"]

MONTH_COLUMNS = ("procedure_id", "month", "n", "p_ka_median_gycm2")
#: With fewer months before the last one, a mean moving range says too little of how months vary.
MONTHS_NEEDED = 6
#: Mean range of two normal values in standard deviations (d2 of n = 2).
_D2 = 1.128


@dataclass(frozen=True, slots=True)
class Limits:
    """Centre and limits in Gy·cm²; ``z`` is how many standard deviations the last month is from the centre."""

    centre: float
    low: float
    high: float
    z: float


def monthly(year: pd.DataFrame, *, small_group: int) -> pd.DataFrame:
    """The median P_KA of each procedure and month with at least ``small_group`` cases, in order."""
    groups = year.groupby(["procedure_id", "month"])["p_ka_gycm2"].agg(n="count", p_ka_median_gycm2="median")
    shown: pd.DataFrame = groups[groups["n"] >= small_group].reset_index()[list(MONTH_COLUMNS)]
    return shown.sort_values(["procedure_id", "month"], ignore_index=True)


def limits(medians: Sequence[float], rules: Rules) -> Limits | None:
    """The limits for the last of some monthly medians, from those before it.

    Parameters
    ----------
    medians
        In Gy·cm², all above zero, in the order of the months. A moving range is
        that of two which follow each other here, also over a month without one.
    rules
        Say how many standard deviations the limits are from the centre.

    Returns
    -------
    Limits or None
        ``None`` with fewer than six months before the last, or where these do not vary at all.
    """
    *before, last = map(math.log, medians)
    if len(before) < MONTHS_NEEDED:
        return None
    centre = math.fsum(before) / len(before)
    deviation = math.fsum(abs(later - earlier) for earlier, later in pairwise(before)) / (len(before) - 1) / _D2
    if deviation <= 1e-9:
        return None
    spread = rules.deviations * deviation
    return Limits(math.exp(centre), math.exp(centre - spread), math.exp(centre + spread), (last - centre) / deviation)


def outside(found: Sequence[Limits | None], rules: Rules) -> list[bool]:
    """Which of the charts, one a procedure, has its last month beyond its limits after Holm's correction.

    The p value takes the logarithm of medians for normal: an approximation, and
    the reason why being beyond the limits is asked for as well.
    """
    charted = [position for position, one in enumerate(found) if one is not None]
    z = [abs(one.z) for one in found if one is not None]
    adjusted = holm([math.erfc(value / math.sqrt(2)) for value in z])
    said = [False] * len(found)
    for position, value, probability in zip(charted, z, adjusted, strict=True):
        said[position] = value > rules.deviations and probability < rules.family_error
    return said
