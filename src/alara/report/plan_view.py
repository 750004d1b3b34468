"""A plan in texts, for the page and the terminal: what it comes to, whom it routes first, what it hangs on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from alara.audit.plan import WEIGHTS, GroupPlan, Interval, KindPlan, Outcome, Plan, kinds
from alara.knowledge import Quantity, Status
from alara.report import numbers
from alara.report.sentences import STATUS_WORDS, counted, period_words

__all__ = ["LIMITS", "PlanView", "plan_view"]

#: Groups shown on the page and the terminal; plan.csv has all.
GROUPS = 15
#: What is said under every plan.
LIMITS = (
    "For the department as a whole, and for people to approve: it says which kinds of case a slot helps most, and"
    " nothing of a person. Suitability, coverage and availability are for the department to confirm. A slot averts"
    " effective dose only where ultrasound succeeds; a failed attempt costs time and a second procedure."
)
_SEXES = {"F": "women", "M": "men"}


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """One way of giving out the slots."""

    name: str
    routed: str
    contested: str
    weighted: str
    averted: str
    failures: str
    later: str


@dataclass(frozen=True, slots=True)
class KindRow:
    """A procedure: how many of its cases are routed, and what that averts."""

    name: str
    contested: bool
    n: str
    routed: str
    first_come: str
    averted: str
    failures: str


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group in the order of routing."""

    place: int
    route: str
    name: str
    contested: bool
    n: str
    routed: str
    value: str
    dose: str
    success: str
    weight: str


@dataclass(frozen=True, slots=True)
class WaitsRow:
    """How much later routed cases come, in the plan and first come."""

    name: str
    n: str
    routed: str
    later: str
    first_come: str


@dataclass(frozen=True, slots=True)
class VariationRow:
    """The plan made again with one thing changed."""

    words: str
    candidates: str
    weighted: str
    averted: str
    shared: str


@dataclass(frozen=True, slots=True)
class ParameterRow:
    """A parameter with its source."""

    name: str
    value: str
    status: str
    note: str
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlanView:
    """All that is shown of a plan."""

    title: str
    headline: str
    guard: str
    one_more: str
    unplanned: str
    proposals: str
    exact: str
    limits: str
    outcomes: tuple[OutcomeRow, ...]
    kinds: tuple[KindRow, ...]
    kinds_left_out: int
    groups: tuple[GroupRow, ...]
    groups_left_out: int
    waits: tuple[WaitsRow, ...]
    variations: tuple[VariationRow, ...]
    parameters: tuple[ParameterRow, ...]


def plan_view(plan: Plan) -> PlanView:
    """The plan in words and numbers."""
    of_kind = kinds(plan.groups)
    large = [each for each in of_kind if each.n >= plan.small_group]
    return PlanView(
        title=f"{counted(plan.slots_per_week, 'ultrasound slot')} a week in {period_words(plan.period)}",
        headline=_headline(plan),
        guard=_guard(plan),
        one_more=_one_more(plan),
        unplanned=_unplanned(plan),
        proposals=_proposals(plan),
        exact=f"The choice: {plan.exact}.",
        limits=LIMITS,
        outcomes=tuple(
            _outcome(name, each)
            for name, each in (
                ("The plan", plan.best),
                (f"Young (under {_young_below(plan):g}) and central first", plan.young_central),
                ("First come, first served", plan.first_come),
            )
        ),
        kinds=tuple(_kind(each, plan.small_group) for each in large),
        kinds_left_out=len(of_kind) - len(large),
        groups=tuple(_group(place, each, plan) for place, each in enumerate(plan.groups[:GROUPS], start=1)),
        groups_left_out=max(0, len(plan.groups) - GROUPS),
        waits=tuple(_waits(plan)),
        variations=tuple(_variations(plan)),
        parameters=tuple(_parameters(plan)),
    )


def _young_below(plan: Plan) -> float:
    return next(one.value for one in plan.parameters if one.quantity is Quantity.YOUNG_BELOW)


def _headline(plan: Plan) -> str:
    best = plan.best
    contested = f", {numbers.count(best.contested)} of them contested" if best.contested else ""
    return (
        f"Of {counted(plan.procedures, 'procedure')} {numbers.count(plan.candidates)} may be routed to ultrasound "
        f"under {plan.policy}; {counted(plan.slots, 'slot')} take {numbers.count(best.routed)}{contested}. "
        f"That is expected to avert {_span(best.averted_msv)} person-mSv of effective dose in all, "
        f"{_span(best.weighted_msv)} when weighted {WEIGHTS[plan.weights]}, "
        f"with {_two(best.expected_failures)} expected failures of ultrasound."
    )


def _guard(plan: Plan) -> str:
    (limit,) = (one for one in plan.parameters if one.quantity is Quantity.WAIT_LIMIT_WEEKS)
    return (
        f"Nobody is put off for dose alone: who gets no slot keeps the day under fluoroscopy, and nobody comes more "
        f"than {counted(int(limit.value), 'week')} later. Of the routed cases {numbers.count(plan.best.later)} would "
        "come later than they did."
    )


def _one_more(plan: Plan) -> str:
    if plan.one_more_msv is None or plan.one_more_weighted_msv is None:
        return "The days are too few to say what one more slot a week averts."
    return (
        f"One more slot, with {numbers.count(plan.slots_per_week + 1)} a week, averts "
        f"{_span(plan.one_more_weighted_msv)} person-mSv more as weighted, {_span(plan.one_more_msv)} unweighted."
    )


def _unplanned(plan: Plan) -> str:
    parts = [f"{numbers.count(n)}: {why.words}" for why, n in plan.unplanned.items()]
    return f"Not among them: {'; '.join(parts)}." if parts else "All procedures are among them."


def _proposals(plan: Plan) -> str:
    waiting = [one.id for one in plan.parameters if one.status is Status.PROPOSAL]
    if not waiting:
        return ""
    return f"Assumed without a source, as proposals that await clinical sign-off: {', '.join(waiting)}."


def _outcome(name: str, each: Outcome) -> OutcomeRow:
    return OutcomeRow(
        name,
        numbers.count(each.routed),
        numbers.count(each.contested),
        _span(each.weighted_msv),
        _span(each.averted_msv),
        _two(each.expected_failures),
        numbers.count(each.later),
    )


def _kind(each: KindPlan, small_group: int) -> KindRow:
    return KindRow(
        each.procedure_name,
        each.contested,
        numbers.count(each.n),
        numbers.count(each.routed),
        numbers.count(each.routed_first_come),
        _span(each.averted_msv) if each.routed and each.dose_cases >= small_group else numbers.DASH,
        _two(each.expected_failures) if each.routed else numbers.DASH,
    )


def _group(place: int, each: GroupPlan, plan: Plan) -> GroupRow:
    group, shown = each.group, each.n >= plan.small_group
    dose, with_dose = group.effective_dose_msv, group.dose_cases >= plan.small_group
    who = ", ".join(filter(None, (_SEXES.get(group.sex, "sex unknown"), group.age_band or "age unknown")))
    return GroupRow(
        place,
        each.route,
        f"{group.procedure_name}, {who}",
        group.contested,
        numbers.count(each.n) if shown else numbers.FEW,
        numbers.count(each.routed) if shown else each.route,
        _two(each.value_per_slot_msv) if with_dose else numbers.DASH,
        numbers.dose_range(dose.low, dose.high) if with_dose else numbers.DASH,
        _two(group.success.central),
        _two(each.weight),
    )


def _waits(plan: Plan) -> Iterator[WaitsRow]:
    for row in plan.waits:
        if row.n < plan.small_group:
            yield WaitsRow(row.name, numbers.FEW, numbers.DASH, numbers.DASH, numbers.DASH)
            continue
        few = 0 < row.routed < plan.small_group
        routed = numbers.FEW if few else numbers.count(row.routed)
        yield WaitsRow(
            row.name, numbers.count(row.n), routed, _weeks(row.weeks_later), _weeks(row.weeks_later_first_come)
        )


def _weeks(later: tuple[float, float] | None) -> str:
    return numbers.DASH if later is None else f"{later[0]:g} ({later[1]:g})"


def _variations(plan: Plan) -> Iterator[VariationRow]:
    for each in plan.variations:
        outcome = each.outcome
        yield VariationRow(
            f"{each.words[0].upper()}{each.words[1:]}",
            numbers.count(each.candidates),
            _two(outcome.weighted_msv.central),
            _span(outcome.averted_msv),
            _shared(each.shared, plan.best.routed),
        )


def _shared(n: int, of: int) -> str:
    return f"all {numbers.count(of)}" if n == of else f"{numbers.count(n)} of {numbers.count(of)}"


def _parameters(plan: Plan) -> Iterator[ParameterRow]:
    for one in plan.parameters:
        span = "" if one.low is None or one.high is None else f" ({one.low:g} to {one.high:g})"
        unit = "" if one.unit == "1" else f" {one.unit}"
        yield ParameterRow(one.id, f"{one.value:g}{span}{unit}", STATUS_WORDS[one.status], one.note, one.cites)


def _span(of: Interval) -> str:
    return f"{_two(of.central)} ({_two(of.low)} to {_two(of.high)})"


def _two(value: float) -> str:
    return numbers.significant(value, 2)
