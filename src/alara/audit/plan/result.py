"""What a plan says: outcomes that can be compared, groups in order, waits, variations; and its table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add

import pandas as pd

from alara.audit.figures import ESTIMATED_FIGURES, significant
from alara.audit.period import Period
from alara.audit.plan.demand import Group, Interval, Unplanned
from alara.knowledge import PlanParameter, Reference

__all__ = ["PLAN_COLUMNS", "GroupPlan", "KindPlan", "Outcome", "Plan", "Variation", "WaitRow", "kinds", "plan_frame"]

#: The columns of ``plan.csv``, in order.
PLAN_COLUMNS = (
    "place",
    "route",
    "procedure_id",
    "procedure_name",
    "zone",
    "contested",
    "age_band",
    "sex",
    "n",
    "n_routed",
    "n_routed_first_come",
    "n_routed_young_central",
    "slots",
    "weight",
    "effective_dose_low_msv",
    "effective_dose_msv",
    "effective_dose_high_msv",
    "success_low",
    "success",
    "success_high",
    "value_per_slot_msv",
    "averted_low_msv",
    "averted_msv",
    "averted_high_msv",
    "expected_failures",
    "weeks_later_median",
    "weeks_later_p90",
    "suppressed",
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one way of giving out the slots comes to, over the whole period.

    ``averted_msv`` is the sum of success times effective dose over the routed cases, in person-mSv,
    ``weighted_msv`` the same with each case's weight; low and high are those of dose and success together.
    ``expected_failures`` are the cases that fluoroscopy has to finish. ``later`` are those that come at least a
    week later than they did, ``contested`` those whose procedure the policies grade differently, with a source
    on each side.
    """

    routed: int
    contested: int
    slots_used: int
    averted_msv: Interval
    weighted_msv: Interval
    expected_failures: float
    later: int


@dataclass(frozen=True, slots=True)
class GroupPlan:
    """A group with what happens to it; ``value_per_slot_msv`` is what orders the groups."""

    group: Group
    weight: float
    value_per_slot_msv: float
    n: int
    routed: int
    routed_first_come: int
    routed_young_central: int
    averted_msv: Interval
    expected_failures: float
    weeks_later: tuple[float, float] | None

    @property
    def route(self) -> str:
        """Whether all, some or none of the group are routed."""
        return "none" if not self.routed else "all" if self.routed == self.n else "some"


@dataclass(frozen=True, slots=True)
class KindPlan:
    """The groups of one procedure together."""

    procedure_id: str
    procedure_name: str
    contested: bool
    dose_cases: int
    n: int
    routed: int
    routed_first_come: int
    averted_msv: Interval
    expected_failures: float


def kinds(groups: Iterable[GroupPlan]) -> tuple[KindPlan, ...]:
    """Each procedure with what its groups come to: what averts most first, then by id."""
    of_procedure: dict[str, list[GroupPlan]] = {}
    for each in groups:
        of_procedure.setdefault(each.group.procedure_id, []).append(each)
    rows = [
        KindPlan(
            name,
            members[0].group.procedure_name,
            members[0].group.contested,
            members[0].group.dose_cases,
            sum(each.n for each in members),
            sum(each.routed for each in members),
            sum(each.routed_first_come for each in members),
            reduce(add, (each.averted_msv for each in members)),
            sum(each.expected_failures for each in members),
        )
        for name, members in of_procedure.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.averted_msv.central, row.procedure_id)))


@dataclass(frozen=True, slots=True)
class WaitRow:
    """How many weeks later than they came the routed cases of a group are done, median and 90th percentile.

    Empty where fewer are routed than may be shown. Cases that are not routed keep the day that they had.
    """

    name: str
    n: int
    routed: int
    weeks_later: tuple[float, float] | None
    routed_first_come: int
    weeks_later_first_come: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Variation:
    """The plan made again with one thing changed, and how many of its cases are also in the plan itself."""

    name: str
    words: str
    candidates: int
    outcome: Outcome
    shared: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A plan and everything to judge it by; the same cases in any order make the same one."""

    period: Period
    site: str
    policy: str
    weights: str
    slots_per_week: int
    slots: int
    exact: str
    procedures: int
    candidates: int
    unplanned: Mapping[Unplanned, int]
    best: Outcome
    first_come: Outcome
    young_central: Outcome
    #: Weighted and unweighted person-mSv averted by one more slot, when each week has one more.
    one_more_weighted_msv: Interval | None
    one_more_msv: Interval | None
    groups: tuple[GroupPlan, ...]
    waits: tuple[WaitRow, ...]
    variations: tuple[Variation, ...]
    parameters: tuple[PlanParameter, ...]
    references: tuple[Reference, ...]
    small_group: int
    knowledge_digest: str


def plan_frame(plan: Plan) -> pd.DataFrame:
    """``plan.csv``: the groups in the order in which they are routed; numbers of small groups are empty.

    So is a dose that is the median of few cases of its procedure, and what is made of it.
    """
    rows = [_row(place, each, plan.small_group) for place, each in enumerate(plan.groups, start=1)]
    frame = pd.DataFrame(rows, columns=list(PLAN_COLUMNS))
    counts = ("n", "n_routed", "n_routed_first_come", "n_routed_young_central")
    numbers = [
        name
        for name in PLAN_COLUMNS
        if name.startswith(("averted", "effective_dose", "expected", "value", "weeks_later"))
    ]
    return frame.astype(dict.fromkeys(counts, "Int64") | dict.fromkeys(numbers, "float64"))


def _row(place: int, each: GroupPlan, small_group: int) -> dict[str, object]:
    group, shown = each.group, each.n >= small_group
    later = each.weeks_later if shown and each.weeks_later is not None else (None, None)
    with_dose = group.dose_cases >= small_group
    dose = group.effective_dose_msv if with_dose else None
    averted = each.averted_msv if shown and with_dose else None
    return {
        "place": place,
        "route": each.route,
        "procedure_id": group.procedure_id,
        "procedure_name": group.procedure_name,
        "zone": group.zone,
        "contested": "yes" if group.contested else "no",
        "age_band": group.age_band,
        "sex": group.sex,
        "n": each.n if shown else None,
        "n_routed": each.routed if shown else None,
        "n_routed_first_come": each.routed_first_come if shown else None,
        "n_routed_young_central": each.routed_young_central if shown else None,
        "slots": group.slots,
        "weight": _two(each.weight),
        "effective_dose_low_msv": _two(dose.low) if dose else None,
        "effective_dose_msv": _two(dose.central) if dose else None,
        "effective_dose_high_msv": _two(dose.high) if dose else None,
        "success_low": group.success.low,
        "success": group.success.central,
        "success_high": group.success.high,
        "value_per_slot_msv": _two(each.value_per_slot_msv) if with_dose else None,
        "averted_low_msv": _two(averted.low) if averted else None,
        "averted_msv": _two(averted.central) if averted else None,
        "averted_high_msv": _two(averted.high) if averted else None,
        "expected_failures": _two(each.expected_failures) if shown else None,
        "weeks_later_median": later[0],
        "weeks_later_p90": later[1],
        "suppressed": "no" if shown else "yes",
    }


def _two(value: float) -> float:
    return significant(value, ESTIMATED_FIGURES)
