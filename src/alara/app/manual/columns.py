"""The columns of a file of typed doses: what each means, and what its cells may hold."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final, TypeVar

from alara.sr.units import AIR_KERMA, KERMA_AREA_PRODUCT, TIME, Dimension, factor

__all__ = ["AMOUNTS", "COLUMNS", "KA_R", "P_KA", "TIMES", "Column", "template"]

T = TypeVar("T")

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME: Final = re.compile(r"\d\d:\d\d(?::\d\d)?", re.ASCII)
_DAY_AND_TIME: Final = re.compile(rf"({_DAY.pattern})(?:[ T]({_TIME.pattern}))?", re.ASCII)
_NUMBER: Final = re.compile(r"\d{1,12}(?:[.,]\d{1,12})?", re.ASCII)
_YEAR: Final = re.compile(r"\d{4}", re.ASCII)
_EARLIEST: Final = date(1990, 1, 1)
_LAST_MINUTE: Final = time(23, 59)


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its meaning for the template, and what its cells may hold.

    ``parse`` gets a cell that is not empty, and raises ValueError with words that follow the name of the column.
    A private cell is never repeated in an error.
    """

    name: str
    meaning: str
    parse: Callable[[str], Any]
    private: bool = False


def _text(most: int) -> Callable[[str], str]:
    """A text of one line that fits its DICOM element."""

    def parse(cell: str) -> str:
        if len(cell) > most:
            raise ValueError(f"has more than {most} characters")
        if "\\" in cell or not cell.isprintable():
            raise ValueError("has a backslash, a line break or another control character")
        return cell

    return parse


def _day(cell: str) -> date:
    if not _DAY.fullmatch(cell):
        raise ValueError("is not a date like 2026-10-05")
    day = _iso(date.fromisoformat, cell, "is no day of the calendar")
    if not _EARLIEST <= day <= _today():
        raise ValueError("is before 1990 or in the future")
    return day


def _time_of_day(cell: str) -> time:
    if not _TIME.fullmatch(cell):
        raise ValueError("is not a time like 14:32")
    return _iso(time.fromisoformat, cell, "is no time of the day")


def _entered(cell: str) -> datetime:
    """A day without a time of day is its last minute, so that it is later than the procedures of that day."""
    if (match := _DAY_AND_TIME.fullmatch(cell)) is None:
        raise ValueError("is not a date like 2026-10-05 or 2026-10-05 16:00")
    return datetime.combine(_day(match[1]), _time_of_day(match[2]) if match[2] else _LAST_MINUTE)


def _today() -> date:
    return datetime.now().astimezone().date()


def _iso(read: Callable[[str], T], cell: str, words: str) -> T:
    try:
        return read(cell)
    except ValueError:
        raise ValueError(words) from None


def _year(cell: str) -> int:
    if not (_YEAR.fullmatch(cell) and 1880 <= int(cell) <= _today().year):
        raise ValueError("is not a year like 1961")
    return int(cell)


def _one_of(*words: str) -> Callable[[str], str]:
    def parse(cell: str) -> str:
        found = next((word for word in words if word.casefold() == cell.casefold()), None)
        if found is None:
            raise ValueError(f"is none of {', '.join(words)}")
        return found

    return parse


def _amount(unit: str, dimension: Dimension) -> Callable[[str], float]:
    """A number above zero in a unit → the amount in the canonical unit."""
    by = factor(unit, dimension)
    assert by is not None

    def parse(cell: str) -> float:
        if not _NUMBER.fullmatch(cell):
            raise ValueError("is no number above zero")
        amount = Decimal(cell.replace(",", ".")) * Decimal(repr(by))
        if not amount:
            raise ValueError("is zero: leave it empty when it is not known")
        return float(amount)

    return parse


P_KA: Final = {
    f"p_ka_{name}": Column(f"p_ka_{name}", f"kerma-area product (DAP) in {unit}", _amount(unit, KERMA_AREA_PRODUCT))
    for name, unit in (
        ("gycm2", "Gy.cm2"),
        ("dgycm2", "dGy.cm2"),
        ("cgycm2", "cGy.cm2"),
        ("mgycm2", "mGy.cm2"),
        ("ugym2", "uGy.m2"),
    )
}
KA_R: Final = {"ka_r_mgy": Column("ka_r_mgy", "air kerma at the reference point in mGy", _amount("mGy", AIR_KERMA))}
TIMES: Final = {
    f"fluoroscopy_time_{unit}": Column(f"fluoroscopy_time_{unit}", f"fluoroscopy time in {unit}", _amount(unit, TIME))
    for unit in ("s", "min")
}
AMOUNTS: Final = P_KA | KA_R | TIMES
_FACTS: Final = {
    column.name: column
    for column in (
        Column("date", "day of the procedure, like 2026-10-05; always needed", _day),
        Column("time", "its start by the clock of the C-arm, like 14:32; always needed", _time_of_day),
        Column("station", "the C-arm's name; this or the serial number is needed", _text(16)),
        Column("manufacturer", "of the C-arm", _text(64)),
        Column("model", "of the C-arm", _text(64)),
        Column("serial", "serial number of the C-arm", _text(64)),
        Column("patient_id", "only its pseudonym is stored", _text(64), private=True),
        Column("birth_year", "of the patient, like 1961", _year, private=True),
        Column("sex", "M, F or O", _one_of("M", "F", "O")),
        Column("description", "the procedure, in the words of the clinic", _text(64)),
        Column("plane", "A or B of a biplane unit, a row each; empty on a C-arm", _one_of("single", "A", "B")),
        Column("comment", "kept in the original, shown nowhere", _text(1024), private=True),
        Column("entered", "when this row was typed, like 2026-10-06; a later row replaces an earlier", _entered),
    )
}
#: Every column that a file may have, by name.
COLUMNS: Final[Mapping[str, Column]] = _FACTS | AMOUNTS
_IN_TEMPLATE: Final = (*list(_FACTS)[:-2], "p_ka_gycm2", "ka_r_mgy", "fluoroscopy_time_s", "comment", "entered")


def template() -> str:
    """An empty file to fill in: the header, and below it the meaning of each column in rows that are passed over."""
    others = [name for name in COLUMNS if name not in _IN_TEMPLATE]
    rows = [f"# {name}: {COLUMNS[name].meaning}" for name in _IN_TEMPLATE]
    rows.append(f"# instead of p_ka_gycm2 or fluoroscopy_time_s one of: {' '.join(others)}")
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(_IN_TEMPLATE)
    writer.writerows([row] for row in rows)
    return written.getvalue()
