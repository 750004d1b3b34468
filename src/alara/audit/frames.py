"""A frame of anybody's → the frame that :func:`alara.audit.run` takes: what is not there is missing, never zero."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import pandas as pd

from alara.audit.period import Period
from alara.errors import UsageError
from alara.words import counted

__all__ = ["COUNTS", "INPUT_COLUMNS", "completed", "only_site", "whole_period"]

_TEXT, _NUMBER, _COUNT, _TIME = "str", "float64", "Int64", "datetime64[us]"

#: The columns of whole numbers.
COUNTS: Final = ("planes", "events", "reports")
#: The columns that an audit reads, with their dtypes: those of ``Store.procedures``, where a count may be missing.
INPUT_COLUMNS: Final[Mapping[str, Any]] = MappingProxyType(
    dict.fromkeys(("case_id", "site", "kind"), _TEXT)
    | {"started": _TIME}
    | dict.fromkeys(("manufacturer", "model", "station", "device"), _TEXT)
    | dict.fromkeys(
        (
            "study_description",
            "performed_procedure_description",
            "requested_procedure_description",
            "protocol_names",
            "procedure_codes",
            "target_regions",
            "lateralities",
        ),
        _TEXT,
    )
    | {"age_years": _NUMBER, "sex": _TEXT, "size_m": _NUMBER, "weight_kg": _NUMBER, "pregnancy_status": _TEXT}
    | {"p_ka_gycm2": _NUMBER, "p_ka_basis": _TEXT, "ka_r_mgy": _NUMBER, "ka_r_basis": _TEXT}
    | {"fluoroscopy_time_s": _NUMBER, "fluoroscopy_time_basis": _TEXT}
    | {"p_ka_fluoroscopy_gycm2": _NUMBER, "p_ka_acquisition_gycm2": _NUMBER}
    | dict.fromkeys(COUNTS, _COUNT)
    | {"quirks": _TEXT, "findings": _TEXT}
)

#: Each basis with the quantity that it is of.
_BASES: Final = {
    "p_ka_basis": "p_ka_gycm2",
    "ka_r_basis": "ka_r_mgy",
    "fluoroscopy_time_basis": "fluoroscopy_time_s",
}


def completed(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with all columns that an audit reads, each of its dtype; the caller's frame stays as it is.

    A number that is given counts as stated, a case without an id is named by its row, and a procedure of no kind is
    fluoroscopy.

    Raises
    ------
    UsageError
        When ``started`` is missing, a column is not known, a value is not of its column's kind or below zero, or a
        case stands there twice.
    """
    unknown = [str(name) for name in frame.columns if name not in INPUT_COLUMNS]
    if unknown or "started" not in frame.columns:
        fault = f"has columns that no audit reads: {', '.join(unknown)}" if unknown else "has no column 'started'"
        raise UsageError(f"The frame {fault}.", hint=f"It may have: {', '.join(INPUT_COLUMNS)}.")
    columns = {name: _column(frame, name, dtype) for name, dtype in INPUT_COLUMNS.items()}
    for basis, quantity in _BASES.items():
        stated = columns[quantity].notna().map({True: "stated", False: "absent"})
        columns[basis] = columns[basis].where(columns[basis] != "", stated)
    columns["kind"] = columns["kind"].where(columns["kind"] != "", "fluoroscopy")
    columns["device"] = columns["device"].where(columns["device"] != "", "unnamed device")
    _check(columns)
    rows = pd.Series([f"row-{row:08d}" for row in range(1, len(frame) + 1)], dtype=_TEXT)
    columns["case_id"] = columns["case_id"].where(columns["case_id"] != "", rows)
    return pd.DataFrame(columns)


def _check(columns: Mapping[str, pd.Series[Any]]) -> None:
    """Refuse what an audit would leave out, or count twice, without a word."""
    for name in ("p_ka_gycm2", "ka_r_mgy", "fluoroscopy_time_s", "age_years"):
        if (columns[name] < 0).any():
            raise UsageError(f"The column {name!r} of the frame holds a number below zero.", hint="Mend it.")
    if columns["started"].isna().any():
        n = int(columns["started"].isna().sum())
        raise UsageError(f"The column 'started' of the frame is empty in {counted(n, 'row')}.", hint="Fill it in.")
    named = columns["case_id"][columns["case_id"] != ""]
    if named.duplicated().any():
        raise UsageError(
            "Two rows of the frame have the same 'case_id'.", hint="Leave it empty, or name each by its own."
        )


def only_site(frame: pd.DataFrame) -> str:
    """The site of a completed frame, where all rows name the same one; else none."""
    named = frame["site"].unique()
    return str(named[0]) if len(named) == 1 else ""


def whole_period(started: pd.Series[Any]) -> Period:
    """The period that holds all of these days: a month where it is one, else its first to its last day.

    Raises
    ------
    UsageError
        When there is no day.
    """
    if started.empty:
        raise UsageError("The frame has no procedure.", hint="Name a period, or give it rows.")
    first, last = started.min(), started.max()
    one_month = (first.year, first.month) == (last.year, last.month)
    return Period.parse(f"{first:%Y-%m}" if one_month else f"{first:%Y-%m-%d}..{last:%Y-%m-%d}")


def _column(frame: pd.DataFrame, name: str, dtype: Any) -> pd.Series[Any]:
    if name not in frame.columns:
        empty = pd.Series([None] * len(frame), dtype="object")
        return empty.fillna("").astype(dtype) if dtype == _TEXT else empty.astype(dtype)
    given = frame[name].reset_index(drop=True)
    try:
        return given.fillna("").astype(dtype) if dtype == _TEXT else given.astype(dtype)
    except (ValueError, TypeError) as error:
        raise UsageError(
            f"The column {name!r} of the frame holds what is no {_KINDS[dtype]}.", hint="Mend it, or leave it empty."
        ) from error


_KINDS: Final = {_TEXT: "text", _NUMBER: "number", _COUNT: "whole number", _TIME: "time"}
