"""Local reference levels of twelve months: median and 75th percentile of P_KA by procedure.

A month has too few cases of most procedures, and a quarter of any month lies
above its own 75th percentile; twelve months do not move with each other's
chance. ICRP 135 asks for at least 20 patients for a facility's median.
"""

from __future__ import annotations

import pandas as pd

from alara.audit.period import Period

__all__ = ["LEVEL_COLUMNS", "levels"]

LEVEL_COLUMNS = (
    "procedure_id",
    "procedure_name",
    "n",
    "p_ka_median_gycm2",
    "p_ka_p75_gycm2",
    "level",
    "n_period",
    "p_ka_period_median_gycm2",
)
_KEYS = ["procedure_id", "procedure_name"]


def levels(year: pd.DataFrame, period: Period, *, small_group: int, enough: int) -> pd.DataFrame:
    """One row a procedure with at least ``small_group`` cases in twelve months, by procedure id.

    ``level`` is ``yes``, or ``too few`` below ``enough`` cases: median and
    percentile are then empty. The period's own count and median stand beside
    them, empty where it has fewer than ``small_group`` cases.
    """
    p_ka = year.groupby(_KEYS)["p_ka_gycm2"]
    whole = p_ka.agg(n="count", p_ka_median_gycm2="median")
    whole["p_ka_p75_gycm2"] = p_ka.quantile(0.75)
    within = year["started"] >= pd.Timestamp(period.start)
    own = year[within].groupby(_KEYS)["p_ka_gycm2"].agg(n_period="count", p_ka_period_median_gycm2="median")
    rows = whole.join(own)
    rows = rows[rows["n"] >= small_group]
    few = rows["n"] < enough
    rows["level"] = few.map({True: "too few", False: "yes"}).astype("str")
    rows.loc[few, ["p_ka_median_gycm2", "p_ka_p75_gycm2"]] = float("nan")
    rows.loc[rows["n_period"].isna() | (rows["n_period"] < small_group), ["n_period", "p_ka_period_median_gycm2"]] = (
        float("nan")
    )
    counts = {"n": "Int64", "n_period": "Int64"}
    ordered: pd.DataFrame = rows.reset_index()[list(LEVEL_COLUMNS)].sort_values("procedure_id", ignore_index=True)
    return ordered.astype(counts)
