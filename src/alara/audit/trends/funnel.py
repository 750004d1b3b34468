"""A funnel by X-ray unit: how many of its cases lie above the 75th percentile of their own procedure.

Dose reports name no operator that could be compared, so units are. Each case
is held against its own procedure's percentile, which makes units with other
mixes of procedures comparable; the size of patients and the calibration of
the displayed P_KA (±35 % are permitted) are not taken out. In the order of the
units' names, never by their share (Spiegelhalter, Stat Med 2005;24:1185-1202).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from alara.audit.trends.holm import holm
from alara.audit.trends.rules import Rules

__all__ = ["FUNNEL_COLUMNS", "binomial_limits", "funnel"]

FUNNEL_COLUMNS = ("device", "n", "n_above", "share", "expected", "low", "high", "outside")


def funnel(year: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """One row an X-ray unit that has cases enough to be shown, of procedures with enough for a level.

    ``share`` and ``expected`` are shares of ``n``; ``low`` and ``high`` are the
    funnel's limits for a unit of this size, drawn while Holm's correction decides. ``outside`` is ``above``,
    ``below`` or empty: a two-sided exact binomial test, Holm's correction over
    all units. Fewer than two units are no comparison: no row.
    """
    by_procedure = year.groupby("procedure_id")["p_ka_gycm2"]
    levelled = year[by_procedure.transform("count") >= rules.enough]
    percentile = levelled.groupby("procedure_id")["p_ka_gycm2"].transform(lambda values: values.quantile(0.75))
    cases = levelled.assign(above=(levelled["p_ka_gycm2"] > percentile).astype("float64"))
    cases = cases.assign(due=cases.groupby("procedure_id")["above"].transform("mean"))
    units = cases.groupby("device").agg(n=("above", "count"), n_above=("above", "sum"), due=("due", "mean"))
    units = units[units["n"] >= rules.small_group].sort_index()
    if len(units) < 2:
        return _frame([])
    tails = [_two_sided(int(n), int(above), float(due)) for n, above, due in units.itertuples(index=False)]
    said = [value < rules.family_error for value in holm(tails)]
    rows = []
    for (device, n, above, due), out in zip(units.itertuples(), said, strict=True):
        share = above / n
        side = ("above" if share > due else "below") if out else ""
        rows.append(
            (str(device), int(n), int(above), share, due, *binomial_limits(int(n), float(due), rules.funnel_tail), side)
        )
    return _frame(rows)


def binomial_limits(n: int, share: float, tail: float) -> tuple[float, float]:
    """The shares of ``n`` below and above which chance alone lands in at most the share ``tail`` each."""
    cumulated = np.cumsum(_binomial(n, share))
    low = int(np.searchsorted(cumulated, tail, side="right"))
    high = int(np.searchsorted(cumulated, 1 - tail, side="left"))
    return low / n, min(high, n) / n


def _two_sided(n: int, count: int, share: float) -> float:
    """Twice the smaller exact tail, at most 1."""
    chances = _binomial(n, share)
    return min(1.0, 2 * min(float(chances[: count + 1].sum()), float(chances[count:].sum())))


def _binomial(n: int, share: float) -> np.ndarray:
    """The chances of 0 to ``n`` of ``n``, by logarithms, so that large units do not vanish."""
    if not 0 < share < 1:
        chances = np.zeros(n + 1)
        chances[round(share * n)] = 1
        return chances
    k = np.arange(1, n + 1)
    steps = np.log((n - k + 1) / k) + np.log(share / (1 - share))
    return np.asarray(np.exp(n * np.log1p(-share) + np.concatenate([[0.0], np.cumsum(steps)])))


def _frame(rows: Iterable[tuple[object, ...]]) -> pd.DataFrame:
    types = dict.fromkeys(FUNNEL_COLUMNS, "float64") | {"device": "str", "outside": "str"}
    types |= {"n": "int64", "n_above": "int64"}
    return pd.DataFrame(list(rows), columns=list(FUNNEL_COLUMNS)).astype(types)
