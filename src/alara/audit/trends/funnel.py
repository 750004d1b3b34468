"""A funnel: how many cases of a unit, or of an operator, lie above the 75th percentile of their own procedure.

Each case is held against its own procedure's percentile, which makes groups
with other mixes of procedures comparable; the size of patients and the
calibration of the displayed P_KA (±35 % are permitted) are not taken out. In
the order of the groups' names, never by their share (Spiegelhalter, Stat Med
2005;24:1185-1202).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from alara.audit.trends.rules import Rules

__all__ = ["FUNNEL_COLUMNS", "binomial_limits", "counted", "funnel"]

FUNNEL_COLUMNS = ("group", "n", "n_above", "share", "expected", "low", "high", "outside")


def counted(year: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """The cases that a funnel counts: those of procedures with enough of them for a level."""
    of_procedure = year.groupby("procedure_id")["p_ka_gycm2"].transform("count")
    return year[of_procedure >= rules.enough]


def funnel(
    year: pd.DataFrame, rules: Rules, by: str = "device", alike: Sequence[str] = ("procedure_id",)
) -> pd.DataFrame:
    """One row a group that has cases enough to be shown, of the cases that are :func:`counted`.

    Parameters
    ----------
    by
        The column that names the group of a case; a case where it is missing is in none, and still one of those
        that the others are held against.
    alike
        Cases with these columns in common are expected to lie above alike: ``expected`` is the mean share above
        among them.

    Returns
    -------
    ``share`` and ``expected`` are shares of ``n``; ``low`` and ``high`` are the
    limits for a group of this size. ``outside`` is ``above`` or ``below`` these limits, or empty: where no
    group differs, any of them is outside with the chance ``rules.funnel_error`` at most, of which each side of
    each group has its part. Fewer than two groups are no comparison: no row.
    """
    levelled = counted(year, rules)
    percentile = levelled.groupby("procedure_id")["p_ka_gycm2"].transform(lambda values: values.quantile(0.75))
    cases = levelled.assign(above=(levelled["p_ka_gycm2"] > percentile).astype("float64"))
    cases = cases.assign(due=cases.groupby(list(alike))["above"].transform("mean"))
    groups = cases.groupby(by).agg(n=("above", "count"), n_above=("above", "sum"), due=("due", "mean"))
    groups = groups[groups["n"] >= rules.small_group].sort_index()
    if len(groups) < 2:
        return _frame([])
    tail = rules.funnel_error / (2 * len(groups))
    rows = []
    for group, n, above, due in groups.itertuples():
        share = above / n
        low, high = binomial_limits(int(n), float(due), tail)
        side = "above" if share > high else "below" if share < low else ""
        rows.append((str(group), int(n), int(above), share, due, low, high, side))
    return _frame(rows)


def binomial_limits(n: int, share: float, tail: float) -> tuple[float, float]:
    """The shares of ``n`` below and above which chance alone lands in at most the share ``tail`` each."""
    cumulated = np.cumsum(_binomial(n, share))
    low = int(np.searchsorted(cumulated, tail, side="right"))
    high = int(np.searchsorted(cumulated, 1 - tail, side="left"))
    return low / n, min(high, n) / n


def _binomial(n: int, share: float) -> np.ndarray:
    """The chances of 0 to ``n`` of ``n``, by logarithms, so that large groups do not vanish."""
    if not 0 < share < 1:
        chances = np.zeros(n + 1)
        chances[round(share * n)] = 1
        return chances
    k = np.arange(1, n + 1)
    steps = np.log((n - k + 1) / k) + np.log(share / (1 - share))
    return np.asarray(np.exp(n * np.log1p(-share) + np.concatenate([[0.0], np.cumsum(steps)])))


def _frame(rows: Iterable[tuple[object, ...]]) -> pd.DataFrame:
    types = dict.fromkeys(FUNNEL_COLUMNS, "float64") | {"group": "str", "outside": "str"}
    types |= {"n": "int64", "n_above": "int64"}
    return pd.DataFrame(list(rows), columns=list(FUNNEL_COLUMNS)).astype(types)
