"""A C-arm is silent by its own rhythm."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from alara.app.silence import silence_of

MONDAY = date(2026, 9, 7)
WEEKDAYS = [MONDAY + timedelta(days=n) for n in range(40) if (MONDAY + timedelta(days=n)).weekday() < 5]
TUESDAYS = [MONDAY + timedelta(days=1 + 7 * n) for n in range(12)]


def _after(days: list[date], quiet: int, silent_days: int = 5) -> tuple[int, int] | None:
    found = silence_of(days, days[-1] + timedelta(days=quiet), silent_days)
    return None if found is None else (found.days, found.usual_days)


def test_a_unit_that_works_on_weekdays_is_not_silent_after_a_long_weekend() -> None:
    assert _after(WEEKDAYS, 5) is None
    assert _after(WEEKDAYS, 6) == (6, 3)


def test_a_unit_that_works_on_tuesdays_has_a_week_and_a_day() -> None:
    assert _after(TUESDAYS, 8) is None
    assert _after(TUESDAYS, 9) == (9, 7)


def test_one_holiday_does_not_change_the_rhythm() -> None:
    before = [day - timedelta(days=21) for day in WEEKDAYS]
    assert _after(before[:15] + WEEKDAYS, 6) == (6, 3)


def test_without_a_rhythm_nobody_is_called_silent() -> None:
    assert silence_of([], MONDAY, 1) is None
    assert _after(WEEKDAYS[:5], 60) is None


def test_the_setting_is_the_least_that_is_called_silent() -> None:
    assert _after(WEEKDAYS, 12, silent_days=14) is None
    assert _after(WEEKDAYS, 15, silent_days=14) == (15, 3)


@pytest.mark.parametrize(("quiet", "silent"), [(91, True), (92, False)])
def test_after_a_quarter_of_a_year_a_unit_is_retired(quiet: int, silent: bool) -> None:
    assert (_after(WEEKDAYS, quiet) is not None) is silent
