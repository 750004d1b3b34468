"""What a long run says of itself."""

from __future__ import annotations

import pytest

from alara.cli.pace import Pace


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_it_says_how_far_how_fast_and_how_long(clock: Clock) -> None:
    pace = Pace(clock)
    clock.now = 10.0
    assert pace.told(1000, 5000) == "1000 of 5000, 100/s, 40 s left"


def test_without_an_end_there_is_none_left(clock: Clock) -> None:
    pace = Pace(clock)
    clock.now = 10.0
    assert pace.told(1000) == "1000 done, 100/s"
    assert pace.told(1000, 1000) == "1000 of 1000, 100/s"


def test_before_anything_is_done_no_rate_is_told(clock: Clock) -> None:
    assert Pace(clock).told(0, 5000) == "0 of 5000"


def test_what_went_by_fast_is_forgotten(clock: Clock) -> None:
    """A run that is taken up again passes over what is known at ten times the rate of what is new."""
    pace = Pace(clock)
    for second in range(1, 11):
        clock.now = float(second)
        pace.told(1000 * second, 100_000)
    for second in range(11, 60):
        clock.now = float(second)
        told = pace.told(10_000 + 100 * (second - 10), 100_000)
    assert told == "14900 of 100000, 100/s, 14 min left"


@pytest.mark.parametrize(("done", "left"), [(1000, "90 s"), (100, "16 min"), (10, "2 h 46 min")])
def test_time_is_told_in_the_unit_that_fits(clock: Clock, done: int, left: str) -> None:
    pace = Pace(clock)
    clock.now = 10.0
    assert pace.told(done, 10_000).endswith(f"{left} left")
