"""What one way of giving out the slots comes to: in all, by group, and in waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from alara.audit.plan.demand import Candidate, Group, Interval
from alara.audit.plan.result import GroupPlan, Outcome, WaitRow
from alara.audit.plan.slots import Job, Weeks

__all__ = ["Given", "Value", "Weigh", "groups_of", "outcome", "waits"]

#: What a case of a group is worth, and how much its effective dose counts.
Value = Callable[[Group], float]
Weigh = Callable[[Group], float]

_NOTHING = Interval(0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Given:
    """Candidates in the order in which they came, the slots of each week, and how many weeks one may come later."""

    candidates: Sequence[Candidate]
    capacities: Sequence[int]
    limit_weeks: int

    def jobs(self, value: Value) -> list[Job]:
        """The candidates as jobs for the choice."""
        worth = {group: value(group) for group in {one.group for one in self.candidates}}
        return [
            Job(worth[one.group], one.week, one.week + self.limit_weeks, one.group.slots) for one in self.candidates
        ]


def outcome(given: Given, weeks: Weeks, weigh: Weigh) -> Outcome:
    """What these weeks come to; group by group, so that the sums do not hang on the order of cases."""
    routed = Counter(one.group for one, week in zip(given.candidates, weeks, strict=True) if week is not None)
    averted, weighted, failures = _NOTHING, _NOTHING, 0.0
    for group in sorted(routed, key=_key):
        of_group = _averted(group).times(routed[group])
        averted, weighted = averted + of_group, weighted + of_group.times(weigh(group))
        failures += routed[group] * (1 - group.success.central)
    return Outcome(
        routed=routed.total(),
        contested=sum(n for group, n in routed.items() if group.contested),
        slots_used=sum(group.slots * n for group, n in routed.items()),
        averted_msv=averted,
        weighted_msv=weighted,
        expected_failures=failures,
        later=sum(later > 0 for later in _weeks_later(given, weeks)),
    )


def groups_of(given: Given, weigh: Weigh, value: Value, ways: tuple[Weeks, Weeks, Weeks]) -> tuple[GroupPlan, ...]:
    """Every group, the most valuable slot first; ``ways`` are the plan, first come, and young and central first."""
    members: dict[Group, list[int]] = {}
    for number, one in enumerate(given.candidates):
        members.setdefault(one.group, []).append(number)
    rows = []
    for group, numbers in members.items():
        routed = [sum(weeks[number] is not None for number in numbers) for weeks in ways]
        later = _later(given, ways[0], numbers)
        rows.append(
            GroupPlan(
                group=group,
                weight=weigh(group),
                value_per_slot_msv=value(group) / group.slots,
                n=len(numbers),
                routed=routed[0],
                routed_first_come=routed[1],
                routed_young_central=routed[2],
                averted_msv=_averted(group).times(routed[0]),
                expected_failures=routed[0] * (1 - group.success.central),
                weeks_later=_quantiles(later) if later else None,
            )
        )
    return tuple(sorted(rows, key=lambda row: (-row.value_per_slot_msv, _key(row.group))))


def waits(
    given: Given, chosen: Weeks, by_arrival: Weeks, ages: Mapping[str, tuple[float, float]], small_group: int
) -> tuple[WaitRow, ...]:
    """By age and place of the target: how much later routed cases are done, beside first come.

    ``ages`` are names with the ages in years from which and below which.
    """
    rows = []
    for central in (True, False):
        for name, (least, below) in ages.items():
            numbers = [
                number
                for number, one in enumerate(given.candidates)
                if one.group.central is central and least <= one.group.age_years < below
            ]
            later = [_later(given, weeks, numbers) for weeks in (chosen, by_arrival)]
            rows.append(
                WaitRow(
                    f"{name}, {'central' if central else 'appendicular'}",
                    len(numbers),
                    len(later[0]),
                    _quantiles(later[0]) if len(later[0]) >= small_group else None,
                    len(later[1]),
                    _quantiles(later[1]) if len(later[1]) >= small_group else None,
                )
            )
    return tuple(row for row in rows if row.n)


def _averted(group: Group) -> Interval:
    """Failed ultrasound is followed by fluoroscopy, so that only its success averts a dose."""
    return group.success * group.effective_dose_msv


def _later(given: Given, weeks: Weeks, numbers: Iterable[int]) -> list[int]:
    return [week - given.candidates[number].week for number in numbers if (week := weeks[number]) is not None]


def _weeks_later(given: Given, weeks: Weeks) -> list[int]:
    return _later(given, weeks, range(len(weeks)))


def _quantiles(later: Sequence[int]) -> tuple[float, float]:
    middle, most = np.quantile(later, [0.5, 0.9])
    return float(middle), float(most)


def _key(group: Group) -> tuple[str, str, str]:
    return group.procedure_id, group.age_band, group.sex
