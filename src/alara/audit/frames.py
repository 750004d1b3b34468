"""From the engine of the rows to pandas and back: the only place where the audit knows that there are engines."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import narwhals as nw
import pandas as pd

__all__ = ["Native", "as_is", "to_pandas"]

#: Brings a small pandas frame to the engine of the rows, as a frame native to it.
Native = Callable[[pd.DataFrame], object]


def as_is(frame: pd.DataFrame) -> object:
    """For rows that are a pandas frame themselves."""
    return frame


def to_pandas(frame: Any, *, whole_numbers: Iterable[str] = ()) -> pd.DataFrame:
    """A Narwhals frame of any engine as pandas, computed now.

    Texts are ``str``, numbers ``float64`` with NaN for missing, times ``datetime64[us]``,
    and ``whole_numbers``, in which nothing may be missing, ``int64``: as the store hands them over.
    """
    if not isinstance(frame, nw.LazyFrame):
        native: pd.DataFrame = nw.to_native(frame)
        return native
    table: pd.DataFrame = frame.collect("pyarrow").to_pandas()
    whole = set(whole_numbers)
    return table.astype({name: _dtype(name in whole, dtype) for name, dtype in table.dtypes.items()})


def _dtype(is_whole: bool, dtype: Any) -> str:
    if is_whole:
        return "int64"
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return "datetime64[us]"
    return "float64" if pd.api.types.is_numeric_dtype(dtype) else "str"
