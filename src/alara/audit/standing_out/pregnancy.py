"""Whose pregnancy status is due in a report, and is not there.

Women and girls from 12 to 55 with an exposure of the trunk: that is an open
item of the record, and says nothing about anybody. What the trunk is follows
the region that the classification gives; a case of no known region is not asked.
"""

from __future__ import annotations

import pandas as pd

__all__ = ["asked_of", "without_status"]

_YEARS = (12, 55)
_TRUNK = ("abdomen", "chest", "hip", "lumbar", "pelvis", "sacrum", "spine", "thoracic")
#: DICOM has a word for "unknown" (0010,21C0 = 4): nobody asked, or it was not entered.
_OPEN = ("", "unknown")


def asked_of(cases: pd.DataFrame) -> pd.DataFrame:
    """The cases whose report should state a pregnancy status."""
    asked = (cases["sex"] == "F") & cases["age_years"].between(*_YEARS) & cases["region"].isin(_TRUNK)
    return cases[asked]


def without_status(cases: pd.DataFrame) -> pd.DataFrame:
    """Those of them whose report states none."""
    asked = asked_of(cases)
    return asked[asked["pregnancy_status"].isin(_OPEN)]
