"""Candidates and slots → :class:`Plan`: the best choice, what others would have come to, and what it hangs on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import cast

import pandas as pd

from alara.audit.period import Period
from alara.audit.plan.demand import Demand, Group, Interval, demand, parameters_of
from alara.audit.plan.outcomes import Given, Value, Weigh, groups_of, outcome, waits
from alara.audit.plan.result import Outcome, Plan, Variation
from alara.audit.plan.slots import Weeks, alike, best, in_order, week_capacities
from alara.audit.plan.weights import WEIGHTS, parameter, weight
from alara.audit.ultrasound import policy as policy_of
from alara.knowledge import Knowledge, PlanParameter, Quantity

__all__ = ["make_plan"]


def make_plan(
    cases: pd.DataFrame,
    *,
    period: Period,
    knowledge: Knowledge,
    slots_per_week: int,
    policy: str = "capacity_aware",
    weights: str = "age-sex",
    site: str = "",
) -> Plan:
    """The plan for the cases of an audit, as if they came again.

    Parameters
    ----------
    cases
        The cases of an audit of the period (``Audit.cases``), whichever policy it had.
    slots_per_week
        Slots of ultrasound each week; the last days of a period have their share.
    policy
        Whose alternatives may be routed.
    weights
        ``age-sex``, ``sex-blind`` or ``unit``.

    Raises
    ------
    UsageError
        When the policy or the weighting is not known, or slots differ and the solver is not installed.
    """
    planner = _Planner(cases, period, knowledge, slots_per_week)
    found = planner.demand(policy)
    weigh = _weigher(knowledge, weights)
    given = planner.given(found)
    chosen = planner.chosen(given, _valued(weigh))
    jobs = given.jobs(_valued(weigh))
    by_arrival = in_order(jobs, range(len(jobs)), given.capacities)
    by_rule = in_order(jobs, _young_and_central(given, weigh, knowledge), given.capacities)
    of_best = outcome(given, chosen, weigh)
    one_more = _one_more(planner, given, weigh, of_best)
    parameters = _parameters(found, knowledge, policy)
    small_group = int(knowledge.thresholds["small_group"].value)
    return Plan(
        period=period,
        site=site,
        policy=policy,
        weights=weights,
        slots_per_week=slots_per_week,
        slots=sum(given.capacities),
        exact="exact, greedy: all slots are alike" if alike(jobs) else "mixed-integer program: slots differ",
        procedures=found.procedures,
        candidates=len(found.candidates),
        unplanned=found.unplanned,
        best=of_best,
        first_come=outcome(given, by_arrival, weigh),
        young_central=outcome(given, by_rule, weigh),
        one_more_weighted_msv=one_more and one_more[0],
        one_more_msv=one_more and one_more[1],
        groups=groups_of(given, weigh, _valued(weigh), (chosen, by_arrival, by_rule)),
        waits=waits(given, chosen, by_arrival, _ages(knowledge), small_group),
        variations=tuple(_variations(planner, given, chosen, policy, weights)),
        parameters=parameters,
        references=knowledge.cited([*(name for one in parameters for name in one.cites), *_weights_cite(knowledge)]),
        small_group=small_group,
        knowledge_digest=knowledge.digest,
    )


@dataclass(frozen=True, slots=True)
class _Planner:
    """Plans the cases of a period with this many slots a week."""

    cases: pd.DataFrame
    period: Period
    knowledge: Knowledge
    slots_per_week: int

    def demand(self, policy: str) -> Demand:
        return demand(self.cases, self.period, self.knowledge, policy_of(self.knowledge, policy))

    def given(self, found: Demand, more_a_week: int = 0) -> Given:
        capacities = week_capacities(self.period, self.slots_per_week + more_a_week)
        return Given(found.candidates, capacities, int(parameter(self.knowledge, Quantity.WAIT_LIMIT_WEEKS)))

    def chosen(self, given: Given, value: Value) -> Weeks:
        return best(given.jobs(value), given.capacities)


def _weigher(knowledge: Knowledge, weights: str) -> Weigh:
    return lambda group: weight(knowledge, weights, group.sex, group.age_years)


def _valued(weigh: Weigh) -> Value:
    """What a case of a group is worth: weight times success times effective dose."""
    return lambda group: weigh(group) * group.success.central * group.effective_dose_msv.central


def _at_one_end(given: Given, part: str) -> Given:
    """The same cases with the dose at its ``low`` or ``high`` end, as if that were known to be the dose."""

    def moved(group: Group) -> Group:
        dose = cast("float", getattr(group.effective_dose_msv, part))
        return replace(group, effective_dose_msv=Interval(dose, dose, dose))

    groups = {group: moved(group) for group in {one.group for one in given.candidates}}
    return replace(given, candidates=[replace(one, group=groups[one.group]) for one in given.candidates])


def _young_and_central(given: Given, weigh: Weigh, knowledge: Knowledge) -> list[int]:
    """The rule of the starting essay: young and central first, older and in the limbs last.

    Of the two kinds that it does not name the greater weighted dose comes first; in all else whoever came first.
    """
    young = parameter(knowledge, Quantity.YOUNG_BELOW)
    old = parameter(knowledge, Quantity.OLD_FROM)

    def key(number: int) -> tuple[int, float, int]:
        group = given.candidates[number].group
        if group.age_years < young and group.central:
            return 0, 0.0, number
        if group.age_years >= old and not group.central:
            return 2, 0.0, number
        return 1, -weigh(group) * group.effective_dose_msv.central, number

    return sorted(range(len(given.candidates)), key=key)


def _ages(knowledge: Knowledge) -> Mapping[str, tuple[float, float]]:
    """The young, the old and those between: a name, and the ages in years from which and below which."""
    young = parameter(knowledge, Quantity.YOUNG_BELOW)
    old = parameter(knowledge, Quantity.OLD_FROM)
    return {
        f"young (under {young:g})": (0, young),
        "in between": (young, old),
        f"old (from {old:g})": (old, math.inf),
    }


def _one_more(planner: _Planner, given: Given, weigh: Weigh, of_best: Outcome) -> tuple[Interval, Interval] | None:
    """What one more slot averts, weighted and not, when each week has one more; ``None`` in too few days for one."""
    capacities = week_capacities(planner.period, planner.slots_per_week + 1)
    added = sum(capacities) - sum(given.capacities)
    if not added:
        return None
    wider = Given(given.candidates, capacities, given.limit_weeks)
    more = outcome(wider, planner.chosen(wider, _valued(weigh)), weigh)
    return (
        _apart(more.weighted_msv, of_best.weighted_msv).times(1 / added),
        _apart(more.averted_msv, of_best.averted_msv).times(1 / added),
    )


def _apart(more: Interval, less: Interval) -> Interval:
    """How far two sums lie apart, end by end: the same doses and shares stand in both."""
    central = more.central - less.central
    ends = (more.low - less.low, central, more.high - less.high)
    return Interval(min(ends), central, max(ends))


def _variations(planner: _Planner, given: Given, chosen: Weeks, policy: str, weights: str) -> Iterator[Variation]:
    """The plan with other weights, under each policy, without what is contested, with coefficients at either end."""
    knowledge = planner.knowledge
    routed = {one.case_id for one, week in zip(given.candidates, chosen, strict=True) if week is not None}

    def varied(name: str, words: str, of: Given, weigh: Weigh) -> Variation:
        weeks = planner.chosen(of, _valued(weigh))
        same = sum(week is not None and one.case_id in routed for one, week in zip(of.candidates, weeks, strict=True))
        return Variation(name, words, len(of.candidates), outcome(of, weeks, weigh), same)

    weigh = _weigher(knowledge, weights)
    for name, words in WEIGHTS.items():
        yield varied(f"weights_{name}", f"weights {words}", given, _weigher(knowledge, name))
    for name in knowledge.policies:
        of_policy = given if name == policy else planner.given(planner.demand(name))
        yield varied(f"policy_{name}", f"policy {name}", of_policy, weigh)
    agreed = Given([one for one in given.candidates if not one.group.contested], given.capacities, given.limit_weeks)
    yield varied("uncontested", "without contested procedures", agreed, weigh)
    for part in ("low", "high"):
        yield varied(f"coefficients_{part}", f"every coefficient at its {part} end", _at_one_end(given, part), weigh)


def _parameters(found: Demand, knowledge: Knowledge, policy: str) -> tuple[PlanParameter, ...]:
    """The parameters that the plan rests on, those of procedures only where these are candidates."""
    chosen = policy_of(knowledge, policy)
    procedures = {one.group.procedure_id for one in found.candidates}
    used = {entry.id for name in procedures for entry in parameters_of(knowledge.procedures[name], chosen, knowledge)}
    unused = (Quantity.SUCCESS, Quantity.MINUTES, Quantity.BODY_MASS_INDEX)
    used |= {entry.id for entry in knowledge.plan_parameters.values() if entry.quantity not in unused}
    return tuple(entry for entry in knowledge.plan_parameters.values() if entry.id in used)


def _weights_cite(knowledge: Knowledge) -> Iterator[str]:
    for entry in knowledge.weights.values():
        yield from entry.cites
