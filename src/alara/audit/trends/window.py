"""The twelve calendar months that end with a period, and which of their cases can be compared."""

from __future__ import annotations

from datetime import date, timedelta

import narwhals as nw
import pandas as pd

from alara.audit.answers import UNCLASSIFIED
from alara.audit.groups import comparable
from alara.audit.period import Period

__all__ = ["comparable_year", "first_day"]

_KEPT = ["case_id", "procedure_id", "procedure_name", "device", "started", "p_ka_gycm2"]


def first_day(period: Period) -> date:
    """The first of the twelve months whose last one holds the last day of the period."""
    last = period.end - timedelta(days=1)
    months = last.year * 12 + last.month - 1 - 11
    return date(months // 12, months % 12 + 1, 1)


def comparable_year(cases: pd.DataFrame, period: Period) -> pd.DataFrame:
    """The fluoroscopy cases of the window whose P_KA can be compared, each once, in no order that the input sets.

    Left out are radiography, what is not classified or only uncertainly, cases
    whose P_KA and K_a,r do not fit together, and a P_KA that is missing or zero.
    ``month`` (``2026-10``) is added.
    """
    within = cases["started"].between(pd.Timestamp(first_day(period)), pd.Timestamp(period.end), inclusive="left")
    fluoroscopy = cases[within & (cases["kind"] != "radiography") & (cases["procedure_id"] != UNCLASSIFIED)]
    counted: pd.DataFrame = nw.to_native(comparable(nw.from_native(fluoroscopy)))
    kept = counted.loc[counted["p_ka_gycm2"] > 0, _KEPT].drop_duplicates("case_id")
    kept = kept.sort_values(["started", "case_id"], ignore_index=True)
    return kept.assign(month=kept["started"].dt.strftime("%Y-%m").astype("str"))
