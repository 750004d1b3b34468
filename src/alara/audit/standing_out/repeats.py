"""Cases of a patient who had another one of the same region within 60 days before: the same skin, perhaps.

It says how often, and nothing about whether the second was right: a series of
injections is ordinary care, and an earlier dose is no reason against a
procedure. Sixty days is a window in which skin doses are added up.
"""

from __future__ import annotations

import pandas as pd

__all__ = ["REPEAT_DAYS", "repeats"]

REPEAT_DAYS = 60
#: Regions that say nothing of where the beam was.
_NOWHERE = ("", "unspecified")


def repeats(sights: pd.DataFrame, case_ids: pd.Series) -> pd.DataFrame:
    """Those of ``case_ids`` with an earlier one of the same patient and region within the window.

    Parameters
    ----------
    sights
        Cases of the period and of the window before it: ``case_id``, ``started``,
        ``patient_pseudonym`` and ``region``, in any order. Cases without a patient or
        a region, and radiography, are not compared.

    Returns
    -------
    DataFrame
        ``case_id`` and ``earlier``, the number of earlier ones in the window; by start.
    """
    known = sights[(sights["patient_pseudonym"] != "") & ~sights["region"].isin(_NOWHERE)]
    known = known.drop_duplicates("case_id").sort_values(["started", "case_id"], ignore_index=True)
    pairs = known.merge(known, on=["patient_pseudonym", "region"], suffixes=("", "_before"))
    apart = pairs["started"] - pairs["started_before"]
    earlier = (apart > pd.Timedelta(0)) & (apart <= pd.Timedelta(days=REPEAT_DAYS))
    counted = pairs[earlier & pairs["case_id"].isin(case_ids)].groupby(["started", "case_id"]).size()
    return counted.reset_index(name="earlier")[["case_id", "earlier"]]
