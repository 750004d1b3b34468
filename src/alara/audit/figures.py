"""How many figures each number of the audit is stated with: the one place where rounding happens.

An estimate with a factor of two of uncertainty has two significant figures;
what the C-arm measured keeps six, enough for what C-arms report and few
enough to drop the noise of binary sums. The summary is taken of the rounded
cases, so that it can be computed again from the CSV.
"""

from __future__ import annotations

from functools import partial

import pandas as pd

__all__ = ["ESTIMATED_FIGURES", "MEASURED_FIGURES", "rounded", "significant"]

ESTIMATED_FIGURES = 2
MEASURED_FIGURES = 6
_AREA_FIGURES = 3


def significant(value: float, figures: int) -> float:
    """The number with so many significant figures; halves go to the even digit of the decimal form."""
    return float(f"{value:.{figures}g}")


def rounded(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame of cases or of the summary with each number in its figures."""
    return frame.assign(
        **{
            name: frame[name].map(partial(significant, figures=_figures(name)), na_action="ignore")
            for name in frame.columns
            if pd.api.types.is_float_dtype(frame[name].dtype)
        }
    )


def _figures(column: str) -> int:
    if column.startswith(("effective_dose", "background_days", "psd_")):
        return ESTIMATED_FIGURES
    return _AREA_FIGURES if column == "field_area_cm2" else MEASURED_FIGURES
