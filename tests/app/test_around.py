"""Which units had fallen silent is judged by the days of the data, and not by the clock."""

from __future__ import annotations

from datetime import date, timedelta

from alara.app.around import silent_units

MONDAY = date(2026, 9, 7)
DAILY = tuple(MONDAY + timedelta(days=n) for n in range(30))


def test_a_unit_is_silent_on_the_last_day_on_which_another_one_irradiated() -> None:
    (silent,) = silent_units({"A": DAILY, "B": DAILY[:15]}, silent_days=5)
    assert (silent.device, silent.days, silent.usual_days) == ("B", 15, 1)


def test_units_that_all_end_on_one_day_are_not_silent_however_long_ago_that_is() -> None:
    assert silent_units({"A": DAILY, "B": DAILY}, silent_days=5) == ()
    assert silent_units({}, silent_days=5) == ()
