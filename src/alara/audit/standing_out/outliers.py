"""Cases whose P_KA is far above the others of their procedure and unit, whichever those are.

The rule. Of ln P_KA in a group, z = (ln P_KA - median) / (1.4826 * MAD), MAD
being the median distance from the median; a case stands out when z is above
the threshold ``outlier`` of the knowledge, and when it still does after the
correction of Benjamini and Hochberg over all cases of the period that were
compared. The p value of a case is the upper tail of the normal distribution
at z: P_KA is taken for log-normal.

A group is the cases of one procedure on one unit, where there are enough of
them, or else those of the procedure on all units.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

__all__ = ["benjamini_hochberg", "outliers", "robust_z"]

#: Makes the median distance of a normal distribution its standard deviation.
_SCALE = 1.4826
_BY_UNIT, _BY_PROCEDURE = ["procedure_id", "device"], ["procedure_id"]


def robust_z(values: pd.Series, *keys: pd.Series) -> pd.Series:
    """How many scaled median distances the logarithm of each value is above the median of its group.

    Empty where all of a group are alike. ``keys`` make the groups; without any, all values are one.
    """
    of = keys or (pd.Series(0, index=values.index),)
    logs = values.astype("float64").map(math.log)
    distance = logs - logs.groupby(list(of)).transform("median")
    spread = _SCALE * distance.abs().groupby(list(of)).transform("median")
    return distance / spread.where(spread > 0)


def benjamini_hochberg(probabilities: Sequence[float]) -> list[float]:
    """Each p value adjusted for all others, in the order given (J R Stat Soc B 1995;57:289-300).

    The largest stays, the one below it is multiplied by n / (n - 1), and so on,
    never above the one that follows it.
    """
    adjusted, smallest, n = [1.0] * len(probabilities), 1.0, len(probabilities)
    falling = sorted(range(n), key=lambda at: (-probabilities[at], at))
    for rank, position in zip(range(n, 0, -1), falling, strict=True):
        smallest = min(smallest, probabilities[position] * n / rank)
        adjusted[position] = smallest
    return adjusted


def outliers(comparable: pd.DataFrame, *, enough: int, above: float, by_chance: float) -> pd.DataFrame:
    """The cases that stand out: ``case_id``, ``procedure_id``, ``group``, ``n`` and ``z``, the highest first.

    Parameters
    ----------
    comparable
        Cases with a P_KA above zero that can be compared, each once.
    enough
        The smallest group that says what is usual.
    above
        The z from which a case stands out.
    by_chance
        The share of the cases called out that are expected to differ by chance alone.
    """
    (n_unit, z_unit), (n_procedure, z_procedure) = (
        (comparable.groupby(names)["p_ka_gycm2"].transform("size"), robust_z(comparable["p_ka_gycm2"], *keys))
        for names in (_BY_UNIT, _BY_PROCEDURE)
        for keys in ([comparable[name] for name in names],)
    )
    own = n_unit >= enough
    judged = comparable.assign(
        group=comparable["device"].where(own, "all units"),
        n=n_unit.where(own, n_procedure),
        z=z_unit.where(own, z_procedure),
    )
    judged = judged[(judged["n"] >= enough) & judged["z"].notna()]
    upper_tails = [0.5 * math.erfc(z / math.sqrt(2)) for z in judged["z"]]
    told = pd.Series(benjamini_hochberg(upper_tails), index=judged.index, dtype="float64") <= by_chance
    found = judged.loc[told & (judged["z"] > above), ["case_id", "procedure_id", "group", "n", "z"]]
    return found.sort_values(["z", "case_id"], ascending=[False, True], ignore_index=True)
