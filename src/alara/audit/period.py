"""The period of an audit: a month, a quarter, a year, or days from..to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from alara.errors import UsageError

__all__ = ["Period"]

_CALENDAR = re.compile(r"(?P<year>\d{4})(?:-(?:Q(?P<quarter>[1-4])|(?P<month>0[1-9]|1[0-2])))?", re.IGNORECASE)
_RANGE = re.compile(r"(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})")
_HINT = "Write a month 2026-10, a quarter 2026-Q4, a year 2026, or days 2026-10-01..2026-10-15."


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Days from ``start`` to before ``end``, and how people call them."""

    start: date
    end: date
    label: str

    @classmethod
    def parse(cls, text: str) -> Period:
        """The period that a text names; in a range both days are included.

        Raises
        ------
        UsageError
            When it names none.
        """
        text = text.strip()
        try:
            if match := _CALENDAR.fullmatch(text):
                return _calendar(int(match["year"]), match["quarter"], match["month"])
            if match := _RANGE.fullmatch(text):
                start, last = map(date.fromisoformat, match.groups())
                if start <= last:
                    return cls(start, last + timedelta(days=1), text)
        except (ValueError, OverflowError):
            pass
        raise UsageError(f"{text!r} is not a period.", hint=_HINT)

    @property
    def longer(self) -> str:
        """The quarter, or else the year, that this period lies in and is not all of; empty where there is none."""
        year = f"{self.start.year:04d}"
        for label in (f"{year}-Q{(self.start.month + 2) // 3}", year):
            other = Period.parse(label)
            if (
                other.start <= self.start
                and self.end <= other.end
                and (self.start, self.end) != (other.start, other.end)
            ):
                return label
        return ""


def _calendar(year: int, quarter: str | None, month: str | None) -> Period:
    if quarter:
        first, count, label = 3 * int(quarter) - 2, 3, f"{year:04d}-Q{quarter}"
    elif month:
        first, count, label = int(month), 1, f"{year:04d}-{int(month):02d}"
    else:
        first, count, label = 1, 12, f"{year:04d}"
    years, after = divmod(first - 1 + count, 12)
    return Period(date(year, first, 1), date(year + years, after + 1, 1), label)
