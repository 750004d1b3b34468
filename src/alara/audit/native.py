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

    One that is pandas already is handed over as it is. Of others texts are ``str``, numbers ``float64`` with NaN for
    missing, times ``datetime64[us]``, and ``whole_numbers``, in which nothing may be missing, ``int64``: as the store
    hands them over.
    """
    if not isinstance(frame, nw.LazyFrame):
        native: pd.DataFrame = nw.to_native(frame)
        return native
    schema, whole = frame.collect_schema(), set(whole_numbers)
    table: pd.DataFrame = frame.collect("pyarrow").to_pandas()
    return table.astype({name: "int64" if name in whole else _dtype(dtype) for name, dtype in schema.items()})


def _dtype(dtype: Any) -> str:
    """By what the engine says that it is: a sum of whole numbers comes in a type that pandas does not take for one."""
    if dtype.is_temporal():
        return "datetime64[us]"
    return "float64" if dtype.is_numeric() else "str"
