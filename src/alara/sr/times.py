"""Dates and times as C-arms send them (PS3.5 6.2: DA, TM, DT, AS), to a moment or the reason why not.

The local time is kept as the C-arm's clock showed it; the offset from UTC is
kept beside it where it is known, and never applied.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, datetime
from typing import Final

from alara.model import Moment

__all__ = ["EARLIEST", "LATEST", "read_age", "read_date", "read_moment", "read_offset"]

#: Digital radiography with dose reports is younger than this, and this release older than that.
EARLIEST: Final = datetime(1990, 1, 1)
LATEST: Final = datetime(2100, 1, 1)

_DATE: Final = re.compile(r"(\d{4})([.-]?)(\d\d)\2(\d\d)", re.ASCII)
_MOMENT: Final = re.compile(
    r"(\d{4})(\d\d)(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:\.(\d{1,6})\d*)?)?)?)?([+-]\d{4})?", re.ASCII
)
_USUAL_MOMENT: Final = re.compile(r"\d{14}(?:\.\d{1,6})?", re.ASCII)
_TIME: Final = re.compile(r"(\d\d)(?::?(\d\d)(?::?(\d\d)(?:\.(\d{1,6})\d*)?)?)?", re.ASCII)
_OFFSET: Final = re.compile(r"([+-])(\d\d)(\d\d)", re.ASCII)
_AGE: Final = re.compile(r"(\d{1,3})([DWMY])", re.ASCII)
_DAYS: Final = {"D": 1.0, "W": 7.0, "M": 365.25 / 12, "Y": 365.25}


def read_date(text: str) -> date | None:
    """A date (DA), also with the points of ACR-NEMA; ``None`` when it is not one."""
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    try:
        return date(int(match[1]), int(match[3]), int(match[4]))
    except ValueError:
        return None


def read_moment(text: str, offset_min: int | None = None) -> Moment | None:
    """A date and time (DT), with or without time of day, seconds, fraction and offset; ``None`` when it is not one.

    Parameters
    ----------
    text
        The value as sent.
    offset_min
        The dataset's own offset from UTC in minutes, for a value that has none.
    """
    if _USUAL_MOMENT.fullmatch(text):
        with suppress(ValueError):  # a leap second, or no time at all
            return Moment(datetime.fromisoformat(f"{text[:8]}T{text[8:]}"), offset_min)
    match = _MOMENT.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    local = _local(int(year), int(month), int(day), hour, minute, second, fraction)
    if local is None:
        return None
    own = read_offset(offset) if offset else offset_min
    return Moment(local, own)


def read_day_and_time(day: str, time: str, offset_min: int | None = None) -> Moment | None:
    """The moment of a date (DA) and a time (TM) in two elements; midnight without a time of day."""
    on = read_date(day)
    if on is None:
        return None
    match = _TIME.fullmatch(time) if time else None
    if time and match is None:
        return None
    hour, minute, second, fraction = match.groups() if match else (None, None, None, None)
    local = _local(on.year, on.month, on.day, hour, minute, second, fraction)
    return Moment(local, offset_min) if local is not None else None


def _local(
    year: int, month: int, day: int, hour: str | None, minute: str | None, second: str | None, fraction: str | None
) -> datetime | None:
    # a leap second, which DICOM allows, is counted to the second before it
    seconds = min(int(second or 0), 59) if int(second or 0) <= 60 else 60
    microseconds = int((fraction or "0").ljust(6, "0"))
    try:
        return datetime(year, month, day, int(hour or 0), int(minute or 0), seconds, microseconds)
    except ValueError:
        return None


def read_offset(text: str) -> int | None:
    """An offset from UTC (``+0100``, ``-0330``) in minutes; ``None`` when no clock on earth has it."""
    match = _OFFSET.fullmatch(text)
    if match is None or int(match[3]) > 59:
        return None
    minutes = int(match[2]) * 60 + int(match[3])
    minutes = -minutes if match[1] == "-" else minutes
    return minutes if -12 * 60 <= minutes <= 14 * 60 else None


def read_age(text: str) -> float | None:
    """An age (AS) in years, also without its leading zeros; ``None`` when it is not one."""
    match = _AGE.fullmatch(text)
    return int(match[1]) * _DAYS[match[2]] / _DAYS["Y"] if match else None
