"""The choice among cases is the best there is: held against every possible choice, of small months."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alara.audit import Period
from alara.audit.plan import Job, best, in_order, week_capacities

WEEKS = 3


def jobs(sizes: Sequence[int]) -> st.SearchStrategy[list[Job]]:
    """Up to six jobs of these sizes; values are few, so that many are alike."""
    one = st.builds(
        lambda value, first, more, slots: Job(value, first, min(first + more, WEEKS - 1), slots),
        st.sampled_from([0.0, 0.5, 1.0, 2.5, 7.0]),
        st.integers(0, WEEKS - 1),
        st.integers(0, WEEKS),
        st.sampled_from(sizes),
    )
    return st.lists(one, max_size=6)


def capacities(largest: int = 3) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(0, largest), min_size=WEEKS, max_size=WEEKS)


def total(of: Sequence[Job], weeks: Sequence[int | None]) -> float:
    return sum(job.value for job, week in zip(of, weeks, strict=True) if week is not None)


def every_choice(of: Sequence[Job], places: Sequence[int]) -> float:
    """The greatest value of all choices that fit, each looked at."""
    options = [(None, *range(job.first_week, job.last_week + 1)) for job in of]
    return max(total(of, weeks) for weeks in itertools.product(*options) if fits(of, weeks, places))


def fits(of: Sequence[Job], weeks: Sequence[int | None], places: Sequence[int]) -> bool:
    used = [0] * len(places)
    for job, week in zip(of, weeks, strict=True):
        if week is not None:
            if not job.first_week <= week <= job.last_week:
                return False
            used[week] += job.slots
    return all(taken <= free for taken, free in zip(used, places, strict=True))


@settings(max_examples=150, deadline=None)
@given(jobs([1]), capacities())
@example([Job(1.0, 0, 1), Job(2.5, 0, 0), Job(0.5, 1, 1)], [1, 1, 0])
def test_greedy_over_slots_that_are_alike_is_the_best_of_all_choices(of: list[Job], places: list[int]) -> None:
    weeks = best(of, places)
    assert fits(of, weeks, places)
    assert total(of, weeks) == every_choice(of, places)


@settings(max_examples=40, deadline=None)
@given(jobs([2]), capacities(5))
def test_slots_that_are_alike_need_not_be_single(of: list[Job], places: list[int]) -> None:
    weeks = best(of, places)
    assert fits(of, weeks, places)
    assert total(of, weeks) == every_choice(of, places)


@settings(max_examples=40, deadline=None)
@given(jobs([1, 2, 3]), capacities(4))
def test_the_program_over_slots_that_differ_is_the_best_of_all_choices(of: list[Job], places: list[int]) -> None:
    pytest.importorskip("highspy")
    weeks = best(of, places)
    assert fits(of, weeks, places)
    assert total(of, weeks) == pytest.approx(every_choice(of, places), rel=1e-5)


@settings(max_examples=100, deadline=None)
@given(jobs([1]), capacities(), st.integers(0, WEEKS - 1))
def test_a_slot_more_never_averts_less(of: list[Job], places: list[int], week: int) -> None:
    more = [n + (at == week) for at, n in enumerate(places)]
    assert total(of, best(of, more)) >= total(of, best(of, places))


def test_of_two_alike_the_one_that_came_first_is_taken() -> None:
    assert best([Job(1.0, 1, 2), Job(1.0, 0, 2)], [0, 0, 1]) == [None, 2]


def test_an_order_is_followed_even_where_it_is_not_the_best() -> None:
    of = [Job(1.0, 0, 0), Job(9.0, 0, 0)]
    assert in_order(of, [0, 1], [1]) == [0, None]
    assert best(of, [1]) == [None, 0]


def test_nobody_waits_longer_than_the_others_make_necessary() -> None:
    assert best([Job(1.0, 0, 2), Job(2.0, 0, 2), Job(3.0, 1, 1)], [1, 1, 1]) == [0, 2, 1]


def test_a_month_has_the_slots_of_its_days() -> None:
    assert week_capacities(Period.parse("2026-10"), 12) == [12, 12, 12, 12, 5]
    assert week_capacities(Period.parse("2026-02"), 12) == [12, 12, 12, 12]
    assert week_capacities(Period.parse("2026-10-01..2026-10-03"), 7) == [3]


def test_the_solver_says_nothing_on_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("highspy")
    assert best([Job(1.0, 0, 0, 1), Job(3.0, 0, 0, 2)], [2]) == [None, 0]
    assert capfd.readouterr() == ("", "")
