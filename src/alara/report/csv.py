"""Frames to CSV bytes: UTF-8 with a byte order mark, ``\\n`` line ends, ISO dates, empty for missing.

The byte order mark makes spreadsheets read UTF-8 and is dropped by pandas
(``encoding="utf-8-sig"``) and R (``fileEncoding = "UTF-8-BOM"``). Lines end in
``\\n`` alone, which spreadsheets read as well and line tools read better.
Nothing here depends on the locale or the clock: same frame, same bytes.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd

from alara.report.columns import EXPLAINED, Column, Kind, check

__all__ = ["columns_csv", "frame_csv", "neutral", "number"]

#: Control characters, line and paragraph separators: a field of text is one line.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
#: What makes a spreadsheet take a text for a formula, also in the full-width forms that some of them fold.
_FORMULA = tuple("=+-@＝＋－＠")


def frame_csv(frame: pd.DataFrame, columns: Sequence[Column]) -> bytes:
    """The frame as CSV: header from ``columns``, one line a row.

    Raises
    ------
    ValueError
        When the frame does not have exactly these columns in this order.
    """
    check(frame, columns)
    fields = [_fields(frame[column.name], column) for column in columns]
    return _lines([column.name for column in columns], zip(*fields, strict=True))


def columns_csv(files: Mapping[str, Sequence[Column]]) -> bytes:
    """``columns.csv``: what each column of these files says."""
    rows = [
        (file, column.name, column.unit, column.kind.value, neutral(column.meaning))
        for file, columns in files.items()
        for column in columns
    ]
    return _lines([column.name for column in EXPLAINED], rows)


def neutral(text: str) -> str:
    """A text that no spreadsheet runs: on one line, and with an apostrophe before what looks like a formula."""
    line = _CONTROL.sub(" ", text)
    looks_like_formula = line.lstrip().startswith(_FORMULA) or text[:1] in ("\t", "\r", "\n")
    return f"'{line}" if looks_like_formula else line


def number(value: float) -> str:
    """A number in its shortest plain form, without exponent; the audit has already rounded it."""
    text = f"{value:.15g}"
    return f"{Decimal(text):f}" if "e" in text else text


def _lines(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def _fields(series: pd.Series[Any], column: Column) -> list[str]:
    """The fields of one column, each distinct value written once."""
    write = _writer(column)
    known: dict[object, str] = {}
    fields = []
    for value, missing in zip(series.tolist(), series.isna().tolist(), strict=True):
        if missing:
            fields.append("")
            continue
        if value not in known:
            known[value] = write(value)
        fields.append(known[value])
    return fields


def _writer(column: Column) -> Callable[..., str]:
    match column.kind:
        case Kind.TEXT:
            return lambda value: neutral(str(value))
        case Kind.INTEGER:
            return lambda value: str(int(value))
        case Kind.NUMBER:
            return lambda value: number(float(value))
        case Kind.FLAG:
            return _flag
        case Kind.DATE:
            return _date
        case Kind.DATETIME:
            return lambda value: pd.Timestamp(value).isoformat(timespec="seconds")


def _flag(value: bool | str) -> str:
    if value in ("yes", "no"):
        return str(value)
    return "yes" if value else "no"


def _date(value: date | str) -> str:
    return pd.Timestamp(value).date().isoformat()
