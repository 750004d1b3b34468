"""Which cases get the slots: exact and greedy where slots are alike, through a solver otherwise.

Each case may be put into one of the weeks from the one in which it came to the
last that its wait limit allows, and takes whole slots. Where all take the same
number, the sets of cases that fit are the independent sets of a transversal
matroid, so that taking the most valuable first, and skipping whatever no longer
fits after the others were moved as far as they can, is exact (Edmonds 1971;
``tests/audit/test_plan_slots.py`` compares it with every possible choice).
"""

from __future__ import annotations

import heapq
import itertools
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from alara.audit.period import Period

__all__ = ["Job", "alike", "best", "in_order", "week_capacities"]

_DAYS_PER_WEEK = 7
#: Which week each job is put into; ``None`` for those that get no slot.
Weeks = list[int | None]
#: The first and the last week in which a job may be.
Window = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Job:
    """A case that may have a slot: what that is worth, the weeks in which it may be, the slots it takes."""

    value: float
    first_week: int
    last_week: int
    slots: int = 1


def week_capacities(period: Period, slots_per_week: int) -> list[int]:
    """The slots of each week of a period; the last week has its share of days, rounded down over the whole."""
    days = (period.end - period.start).days
    ends = [*range(_DAYS_PER_WEEK, days, _DAYS_PER_WEEK), days]
    so_far = [0, *(slots_per_week * end // _DAYS_PER_WEEK for end in ends)]
    return [after - before for before, after in itertools.pairwise(so_far)]


def alike(jobs: Iterable[Job]) -> bool:
    """Whether all jobs take the same number of slots."""
    return len({job.slots for job in jobs}) <= 1


def best(jobs: Sequence[Job], capacities: Sequence[int]) -> Weeks:
    """The week of each job in a choice of the greatest total value.

    Of jobs of one value the one that came first is taken, in the order in which they are given.

    Raises
    ------
    UsageError
        When the jobs take different numbers of slots and the solver is not installed.
    """
    worth = [number for number, job in enumerate(jobs) if job.value > 0]
    if alike(jobs[number] for number in worth):
        return in_order(jobs, sorted(worth, key=lambda n: (-jobs[n].value, jobs[n].first_week)), capacities)
    from alara.audit.plan.mixed import solve

    return solve(jobs, capacities)


def in_order(jobs: Sequence[Job], order: Sequence[int], capacities: Sequence[int]) -> Weeks:
    """The week of each job when they are taken in this order, each if it still fits; then as early as can be."""
    if not alike(jobs[number] for number in order):
        return _first_fit(jobs, order, capacities)
    size = jobs[order[0]].slots if order else 1
    places = [capacity // size for capacity in capacities]
    held = _Places(places)
    return _earliest(jobs, filter(lambda number: held.let_in(jobs[number]), order), places)


class _Places:
    """Places of weeks, and how many jobs of each window hold them; one is let in if others can be moved for it."""

    def __init__(self, places: Sequence[int]) -> None:
        self._places = places
        self._held: list[Counter[Window]] = [Counter() for _ in places]
        #: Weeks that no moving can free: their jobs have no other weeks than these.
        self._full: set[int] = set()

    def let_in(self, job: Job) -> bool:
        """Whether the job fits, which then holds a place."""
        window = (job.first_week, job.last_week)
        came: dict[int, tuple[int, Window] | None] = dict.fromkeys(self._weeks(window))
        waiting = deque(came)
        while waiting:
            week = waiting.popleft()
            if self._held[week].total() < self._places[week]:
                self._make_room(week, came, window)
                return True
            for holder in self._held[week]:
                for other in self._weeks(holder):
                    if other not in came:
                        came[other] = (week, holder)
                        waiting.append(other)
        self._full.update(came)
        return False

    def _weeks(self, window: Window) -> list[int]:
        last = min(window[1], len(self._places) - 1)
        return [week for week in range(window[0], last + 1) if week not in self._full]

    def _make_room(self, week: int, came: dict[int, tuple[int, Window] | None], window: Window) -> None:
        """Move a job of each week along the way that was found into the one after it, from the free end."""
        while (step := came[week]) is not None:
            before, holder = step
            self._held[week][holder] += 1
            self._held[before] -= Counter([holder])
            week = before
        self._held[week][window] += 1


def _earliest(jobs: Sequence[Job], admitted: Iterable[int], places: Sequence[int]) -> Weeks:
    """Jobs that fit together, each week the most urgent of those that have come: the least waiting in all."""
    coming = deque(sorted(admitted, key=lambda number: (jobs[number].first_week, number)))
    weeks: Weeks = [None] * len(jobs)
    there: list[tuple[int, int, int]] = []
    for week, free in enumerate(places):
        while coming and jobs[coming[0]].first_week <= week:
            number = coming.popleft()
            heapq.heappush(there, (jobs[number].last_week, jobs[number].first_week, number))
        for _ in range(min(free, len(there))):
            weeks[heapq.heappop(there)[2]] = week
    return weeks


def _first_fit(jobs: Sequence[Job], order: Sequence[int], capacities: Sequence[int]) -> Weeks:
    """Jobs of different sizes, each into the first week of its own with room."""
    free, weeks = list(capacities), [None] * len(jobs)  # type: list[int], Weeks
    for number in order:
        job = jobs[number]
        for week in range(job.first_week, min(job.last_week, len(free) - 1) + 1):
            if free[week] >= job.slots:
                free[week] -= job.slots
                weeks[number] = week
                break
    return weeks
