"""``audit.xlsx``: the same columns as the CSVs with their types, through XlsxWriter, an extra.

Numbers are numbers, days are days, and what operators typed is never a formula. There is no clock in it: the workbook
says that it was made on the day after the period.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from datetime import datetime, time
from typing import TYPE_CHECKING, Any

import pandas as pd

from alara.audit import Audit
from alara.report.columns import EXPLAINED, Column, Kind
from alara.report.sentences import FOOTER, awaiting, implausible, unknown, verdict
from alara.report.tables import Table

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
#: Narrowest and widest column, in digits of the font. What a text has more of is wrapped.
_NARROWEST, _WIDEST = 8, 48
_WIDTH_OF_SENTENCES = 110
_LINE_HEIGHT = 16
#: How much of a line words fill before the next one is too long for it.
_FILLED = 0.85
_A4 = 9
#: The order of the sheets: what a department looks at first, first.
_ORDER = ("insights", "summary", "reviews", "devices", "operators", "plan", "procedures")


def workbook(audit: Audit, tables: Sequence[Table]) -> bytes:
    """The workbook of an audit: what it says, each table on a sheet of its own, and what each column means."""
    from xlsxwriter import Workbook

    ordered = sorted(tables, key=lambda table: _ORDER.index(table.name))
    out = io.BytesIO()
    with Workbook(out, _OPTIONS) as book:
        book.set_properties({"title": f"Fluoroscopy dose audit {audit.period.label}", "created": _made(audit)})
        _says(book, audit, ordered)
        for table in ordered:
            _sheet(book, table)
        _explained(book, ordered)
    return out.getvalue()


def _made(audit: Audit) -> datetime:
    return datetime.combine(audit.period.end, time())


def _says(book: Workbook, audit: Audit, tables: Sequence[Table]) -> None:
    """The first sheet: the verdict and what must be known with it, one sentence a row, and the other sheets."""
    sheet = book.add_worksheet("Audit")
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, _WIDTH_OF_SENTENCES)
    _print_well(sheet)
    sentences = (verdict(audit), unknown(audit), awaiting(audit), implausible(audit))
    sheets = "Sheets: " + ", ".join(f"{table.title} ({len(table.frame):,} rows)" for table in tables) + ", Columns."
    made_with = f"alara {audit.version}, policy {audit.policy}, knowledge {audit.knowledge_digest}"
    for row, text in enumerate([*filter(None, sentences), sheets, FOOTER, made_with]):
        sheet.write_string(row, 0, text, wrapped)
        sheet.set_row(row, _LINE_HEIGHT * (1 + len(text) // (_WIDTH_OF_SENTENCES - 10)))


def _sheet(book: Workbook, table: Table) -> None:
    sheet = book.add_worksheet(table.title)
    _head(book, sheet, [column.name for column in table.columns], len(table.frame))
    lines = [1] * (len(table.frame) + 1)
    for place, column in enumerate(table.columns):
        write = _writer(book, sheet, column.kind)
        series = table.frame[column.name]
        lengths = {}
        for row, (value, missing) in enumerate(zip(series.tolist(), series.isna().tolist(), strict=True), start=1):
            if not missing and value != "":
                write(row, place, value)
                lengths[row] = len(str(value))
        width = _width(column, max(lengths.values(), default=0))
        sheet.set_column(place, place, width)
        if column.kind is Kind.TEXT:
            for row, length in lengths.items():
                lines[row] = max(lines[row], math.ceil(length / (_FILLED * width)))
    for row, count in enumerate(lines):  # LibreOffice prints rows as high as they say, whatever is in them
        if count > 1:
            sheet.set_row(row, _LINE_HEIGHT * count)


def _width(column: Column, longest: int) -> int:
    """Wide enough for the name with the mark of its filter, and for what is in it."""
    content = min(longest, _WIDEST) if column.kind is Kind.TEXT else _NARROWEST
    if column.kind in _FORMATS:
        content = len(_FORMATS[column.kind])
    return max(_NARROWEST, len(column.name) + 3, content + 1)


def _explained(book: Workbook, tables: Sequence[Table]) -> None:
    sheet = book.add_worksheet("Columns")
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    rows = [
        (table.title, column.name, column.unit, column.kind.value, column.meaning)
        for table in tables
        for column in table.columns
    ]
    _head(book, sheet, [column.name for column in EXPLAINED], len(rows))
    for place, width in enumerate((18, 34, 10, 12, 80)):
        sheet.set_column(place, place, width)
    for row, texts in enumerate(rows, start=1):
        sheet.set_row(row, _LINE_HEIGHT * (1 + len(texts[-1]) // 75))
        for place, text in enumerate(texts):
            sheet.write_string(row, place, text, wrapped)


def _head(book: Workbook, sheet: Worksheet, names: Sequence[str], rows: int) -> None:
    bold = book.add_format({"bold": True, "valign": "top"})
    for place, name in enumerate(names):
        sheet.write_string(0, place, name, bold)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(rows, 1), len(names) - 1)
    sheet.repeat_rows(0)
    _print_well(sheet)


def _print_well(sheet: Worksheet) -> None:
    """A4, landscape, as wide as one page."""
    sheet.set_paper(_A4)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _writer(book: Workbook, sheet: Worksheet, kind: Kind) -> Callable[[int, int, Any], object]:
    if kind in _FORMATS:
        shown = book.add_format({"num_format": _FORMATS[kind], "valign": "top"})
        return lambda row, place, value: sheet.write_datetime(row, place, pd.Timestamp(value).to_pydatetime(), shown)
    if kind in (Kind.INTEGER, Kind.NUMBER):
        top = book.add_format({"valign": "top"})
        return lambda row, place, value: sheet.write_number(row, place, float(value), top)
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    if kind is Kind.FLAG:
        return lambda row, place, value: sheet.write_string(
            row, place, "yes" if value in ("yes", True) else "no", wrapped
        )
    return lambda row, place, value: sheet.write_string(row, place, str(value), wrapped)
