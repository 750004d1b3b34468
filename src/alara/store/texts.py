r"""Many rows as one text, which PostgreSQL writes in a fraction of the time that a value apiece takes.

The form is that of a row in words, ``(,fluoroscopy,"left hip",12.5,)``, one a line: CSV between :data:`FIRST` and
:data:`LAST`, in which a quotation mark is doubled and a backslash stands before a backslash. A missing number is
empty, an empty text is ``""``. https://www.postgresql.org/docs/current/rowtypes.html#ROWTYPES-IO-SYNTAX

COPY would send a message a row, and taking these in costs Python more than the reading of the CSV does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Date, Dialect, Select, Text, cast, func, literal_column, null, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from alara.store import tables
from alara.store.wanted import columns_of, started_between, whole

__all__ = ["ESCAPE", "FIRST", "LAST", "are_given", "procedures_text"]

#: The fields before the first column and after the last.
FIRST, LAST = "(", ")"
ESCAPE: Final = "\\"
#: So many rows make a text worth its own question; a server writes no text of more than 1 GB.
_ROWS: Final = 50_000
_DAY: Final = timedelta(days=1)


def are_given(dialect: Dialect) -> bool:
    """Whether the database gives rows so."""
    return dialect.name == "postgresql"


def procedures_text(
    connection: Connection, names: Sequence[str], start: date, end: date, site: str | None, *, ordered: bool
) -> Iterator[str]:
    """The procedures that started from ``start`` until before ``end``: these columns, texts of some ten thousand rows.

    ``ordered`` puts the rows in the order of start and case; the texts are by day in any case. None is empty.
    """
    # What a server's own settings might write otherwise: a time, and the last digits of a number.
    connection.exec_driver_sql("SET LOCAL datestyle = 'ISO, YMD'")
    connection.exec_driver_sql("SET LOCAL extra_float_digits = 1")
    for first, last in _spans(connection, start, end, site):
        yield connection.execute(_text(names, first, last, site, ordered=ordered)).scalar_one()


def _text(names: Sequence[str], start: date, end: date, site: str | None, *, ordered: bool) -> Select[Any]:
    row = cast(func.row(null(), *columns_of(names), null()), Text)
    line: ColumnElement[Any] = literal_column(r"E'\n'")
    if ordered:
        line = aggregate_order_by(line, tables.procedures.c.started_local, tables.procedures.c.case_id)
    return whole(select(func.string_agg(row, line))).where(*started_between(start, end, site))


def _spans(connection: Connection, start: date, end: date, site: str | None) -> Iterator[tuple[date, date]]:
    """Runs of days with some ten thousand procedures each, from the first to before the last."""
    day = cast(tables.procedures.c.started_local, Date).label("day")
    days = select(day, func.count()).where(*started_between(start, end, site)).group_by(day).order_by(day)
    counted = connection.execute(days).all()
    first, rows = None, 0
    for on, count in counted:
        first, rows = first or on, rows + count
        if rows >= _ROWS or on == counted[-1][0]:
            yield first, on + _DAY
            first, rows = None, 0
