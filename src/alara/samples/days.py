"""The working days of a month, and the clock of the clinic."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from alara.errors import UsageError

__all__ = ["slots", "utc_offset_min", "working_days"]


def working_days(month: str) -> list[date]:
    """Monday to Friday of a month (``2026-10``); :class:`~alara.errors.UsageError` when it is none."""
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        raise UsageError(f"'{month}' is not a month.", hint="Write a month as 2026-10.") from None
    days = (first + timedelta(days=offset) for offset in range(31))
    return [day for day in days if day.month == first.month and day.weekday() < 5]


def utc_offset_min(when: datetime) -> int:
    """Central European time: summer time from the last Sunday of March to that of October."""
    return 120 if _last_sunday(when.year, 3) <= when.date() < _last_sunday(when.year, 10) else 60


def _last_sunday(year: int, month: int) -> date:
    last = date(year, month, 31)
    return last - timedelta(days=(last.weekday() + 1) % 7)


def slots(days: Sequence[date], a_day: range, minutes_between: int = 55) -> list[datetime]:
    """Start times in ascending order: the given places of each day, from eight in the morning."""
    return [
        datetime.combine(day, time(8)) + timedelta(minutes=place * minutes_between) for day in days for place in a_day
    ]
