"""``audit.xlsx``: the same columns as the CSVs with their types, through XlsxWriter, an extra.

Numbers are numbers, days are days, and what operators typed is never a formula. There is no clock in it: the workbook
says that it was made on the day after the period.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import datetime, time
from typing import TYPE_CHECKING, Any

import pandas as pd

from alara.audit import Audit
from alara.report.columns import CASES, EXPLAINED, SUMMARY, Column, Kind
from alara.report.sentences import FOOTER, awaiting, implausible, unknown, verdict

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

__all__ = ["workbook"]

_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "nan_inf_to_errors": False,
}
_FORMATS = {Kind.DATE: "yyyy-mm-dd", Kind.DATETIME: "yyyy-mm-dd hh:mm:ss"}
_WIDEST = 40


def workbook(audit: Audit) -> bytes:
    """The workbook of an audit: what it says, the summary, the procedures, and what each column means."""
    from xlsxwriter import Workbook

    out = io.BytesIO()
    with Workbook(out, _OPTIONS) as book:
        book.set_properties({"title": f"Fluoroscopy dose audit {audit.period.label}", "created": _made(audit)})
        _says(book, audit)
        _sheet(book, "Summary", audit.summary, SUMMARY)
        _sheet(book, "Procedures", audit.cases, CASES)
        _explained(book)
    return out.getvalue()


def _made(audit: Audit) -> datetime:
    return datetime.combine(audit.period.end, time())


def _says(book: Workbook, audit: Audit) -> None:
    """The first sheet: the verdict and what must be known with it, one sentence a row."""
    sheet = book.add_worksheet("Audit")
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 110)
    sentences = (verdict(audit), unknown(audit), awaiting(audit), implausible(audit))
    made_with = f"alara {audit.version}, policy {audit.policy}, knowledge {audit.knowledge_digest}"
    for row, text in enumerate([*filter(None, sentences), FOOTER, made_with]):
        sheet.write_string(row, 0, text, wrapped)


def _sheet(book: Workbook, name: str, frame: pd.DataFrame, columns: Sequence[Column]) -> None:
    sheet = book.add_worksheet(name)
    _head(book, sheet, columns, len(frame))
    for place, column in enumerate(columns):
        write = _writer(book, sheet, column.kind)
        series = frame[column.name]
        for row, (value, missing) in enumerate(zip(series.tolist(), series.isna().tolist(), strict=True), start=1):
            if not missing and value != "":
                write(row, place, value)


def _explained(book: Workbook) -> None:
    sheet = book.add_worksheet("Columns")
    rows = [
        (name, column.name, column.unit, column.kind.value, column.meaning)
        for name, columns in (("Procedures", CASES), ("Summary", SUMMARY))
        for column in columns
    ]
    _head(book, sheet, EXPLAINED, len(rows))
    for row, texts in enumerate(rows, start=1):
        for place, text in enumerate(texts):
            sheet.write_string(row, place, text)


def _head(book: Workbook, sheet: Worksheet, columns: Sequence[Column], rows: int) -> None:
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    for place, column in enumerate(columns):
        sheet.write_string(0, place, column.name, bold)
        sheet.set_column(place, place, min(_WIDEST, max(12, len(column.name) + 2)))
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(rows, 1), len(columns) - 1)


def _writer(book: Workbook, sheet: Worksheet, kind: Kind) -> Callable[[int, int, Any], object]:
    if kind in _FORMATS:
        shown = book.add_format({"num_format": _FORMATS[kind]})
        return lambda row, place, value: sheet.write_datetime(row, place, pd.Timestamp(value).to_pydatetime(), shown)
    if kind in (Kind.INTEGER, Kind.NUMBER):
        return lambda row, place, value: sheet.write_number(row, place, float(value))
    if kind is Kind.FLAG:
        return lambda row, place, value: sheet.write_string(row, place, "yes" if value in ("yes", True) else "no")
    return lambda row, place, value: sheet.write_string(row, place, str(value))
