"""What several reports state of one plane becomes one statement: rules 1 to 5 of :mod:`alara.store.assemble`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any

from alara.findings import Finding, FindingCode
from alara.model import AccumulatedDose, EventType, IrradiationEvent, Scope, ScopeKind
from alara.quantities import Quantity

__all__ = ["Statement", "combine"]

#: Own totals are in one proportion to the sums of their events, within this factor. Real reports state up to
#: a third more or less than their events add up to, but one device does so alike.
_ONE_PROPORTION = 1.10
#: A total that runs over all events is this near to their sum,
_SPEAKS_FOR_ALL = 0.05
#: or this near where the other totals say so too: they repeat it, or are the earlier values of one that runs on.
_SPEAKS_FOR_ALL_BACKED = 1 / 3
_WIDE = (ScopeKind.STUDY, ScopeKind.UNKNOWN)

#: The totals that events can tell of, with their symbols and what an event carries of each.
_MAIN = {"p_ka": "P_KA", "ka_r": "K_a,r", "fluoroscopy_time": "fluoroscopy time"}
_PARTS = ("p_ka_fluoroscopy", "p_ka_acquisition", "ka_r_fluoroscopy", "ka_r_acquisition", "acquisition_time")


@dataclass(frozen=True, slots=True)
class Statement:
    """What one report states of a plane, the UIDs of all events it lists, and over what it accumulates."""

    dose: AccumulatedDose
    events: frozenset[str]
    scope: Scope

    @property
    def totals(self) -> tuple[Quantity | None, ...]:
        return tuple(getattr(self.dose, name) for name in _MAIN)


class _Reach(Enum):
    """What totals run over, as far as the events tell."""

    OWN_EVENTS = auto()
    ALL_EVENTS = auto()
    UNKNOWN = auto()


def combine(
    statements: Sequence[Statement], events: Sequence[IrradiationEvent]
) -> tuple[AccumulatedDose, list[Finding]]:
    """One plane's stated totals over all reports.

    Parameters
    ----------
    statements
        At least one, all of the same plane, in canonical order.
    events
        The distinct irradiation events of that plane.
    """
    standing, findings = _not_superseded(statements)
    dose, more = _of_standing(standing, events)
    dose, kept = _not_erased(dose, statements, events)
    return dose, [*findings, *more, *kept]


def _of_standing(
    standing: Sequence[Statement], events: Sequence[IrradiationEvent]
) -> tuple[AccumulatedDose, list[Finding]]:
    """What the statements that stand amount to. Events tell nothing of a statement that lists none: it adds."""
    listed = [statement for statement in standing if statement.events]
    doses = [statement.dose for statement in standing]
    addable = _disjoint(listed)
    reach, speaker = _reach(listed, events) if len(listed) > 1 else (_Reach.UNKNOWN, standing[-1])
    if reach is _Reach.UNKNOWN and _repeat_one_total(standing):
        return speaker.dose, []
    if reach is _Reach.ALL_EVENTS:
        doses = [speaker.dose, *(statement.dose for statement in standing if not statement.events)]
        addable = True
    if len(doses) == 1:
        return doses[0], []
    return _merge(doses, events, addable=addable)


def _not_erased(
    dose: AccumulatedDose, statements: Sequence[Statement], events: Sequence[IrradiationEvent]
) -> tuple[AccumulatedDose, list[Finding]]:
    """A total that only a superseded report states is a lower bound where the events carry none."""
    findings: list[Finding] = []
    for name, symbol in _MAIN.items():
        stated = [value for s in statements if (value := getattr(s.dose, name)) is not None]
        if getattr(dose, name) is None and stated and not _carried(name, events):
            dose = replace(dose, **{name: max(stated)})
            text = f"{symbol} {max(stated)} is stated by a superseded report alone: a lower bound"
            findings.append(Finding(FindingCode.TOTAL_INCOMPLETE, text, f"plane {dose.plane.value}"))
    return dose, findings


# --- which statements stand ------------------------------------------------------------------------


def _not_superseded(statements: Sequence[Statement]) -> tuple[list[Statement], list[Finding]]:
    findings: list[Finding] = []
    standing: list[Statement] = []
    with_events = [statement for statement in statements if statement.events]
    for position, statement in enumerate(with_events):
        same = next((other for other in with_events[position + 1 :] if other.events == statement.events), None)
        if same is not None:
            findings.extend(_replaced(statement, same))
        elif not any(statement.events < other.events for other in with_events):
            standing.append(statement)
    latest = {_part(statement.scope): statement for statement in statements if not statement.events}
    without = [s for s in latest.values() if not any(_gives_way(s.scope, other.scope) for other in standing)]
    return standing + _whole_or_parts(without), findings


def _part(scope: Scope) -> str:
    """The part of the study that a total runs over; empty for the whole, and where that is not told."""
    return "" if scope.kind in _WIDE else scope.uid


def _gives_way(scope: Scope, other: Scope) -> bool:
    """Whether a total without events may run over what a report with events already covers."""
    return not _part(scope) or not _part(other) or _part(scope) == _part(other)


def _whole_or_parts(without: list[Statement]) -> list[Statement]:
    """A total over the study is never added to those of its parts: the larger stands, the dose was no less."""
    whole = [statement for statement in without if not _part(statement.scope)]
    parts = [statement for statement in without if _part(statement.scope)]
    if not whole or not parts:
        return without
    for index in range(len(_MAIN)):
        study = _amount(whole[0].totals[index])
        summed = math.fsum(_amount(part.totals[index]) for part in parts)
        if not math.isnan(study + summed):
            return whole if study >= summed else parts
    return whole


def _replaced(earlier: Statement, later: Statement) -> list[Finding]:
    return [
        Finding(
            FindingCode.TOTAL_DISAGREES,
            f"{symbol} {before} in an earlier and {after} in a later report of the same events; the later is used",
            f"plane {later.dose.plane.value}",
        )
        for symbol, before, after in zip(_MAIN.values(), earlier.totals, later.totals, strict=True)
        if before is not None and after is not None and before != after
    ]


# --- what the totals run over ----------------------------------------------------------------------


def _reach(standing: Sequence[Statement], events: Sequence[IrradiationEvent]) -> tuple[_Reach, Statement]:
    """What the first quantity that tells tells of the totals, and the statement that speaks for all if one does."""
    for index, name in enumerate(_MAIN):
        stated = [_amount(statement.totals[index]) for statement in standing]
        carried = {event.uid: _amount(_of_event(name, event)) for event in events if _concerns(name, event)}
        everything = math.fsum(carried.values())
        if math.isnan(math.fsum(stated)) or not everything > 0.0:
            continue
        own = [math.fsum(carried.get(uid, 0.0) for uid in statement.events) for statement in standing]
        speaker = max(i for i, total in enumerate(stated) if total == max(stated))
        runs_on = _in_one_proportion(stated, _running_sums(standing, carried))
        reach = _Reach.ALL_EVENTS if _speaks_for_all(stated, own, everything, runs_on) else _Reach.OWN_EVENTS
        return reach, standing[speaker]
    return _Reach.UNKNOWN, standing[-1]


def _speaks_for_all(stated: Sequence[float], own: Sequence[float], everything: float, runs_on: bool) -> bool:
    """Whether the largest total runs over all events rather than over those of its own report."""
    largest = max(stated)
    far = abs(largest - everything)
    own_far = max(abs(largest - summed) for total, summed in zip(stated, own, strict=True) if total == largest)
    repeated = min(stated) == largest
    if not repeated and _in_one_proportion(stated, own):
        return False
    if far <= _SPEAKS_FOR_ALL * everything:
        return far < own_far or (repeated and far == own_far)
    return (repeated or runs_on) and far <= _SPEAKS_FOR_ALL_BACKED * everything and 2 * far <= own_far


def _running_sums(standing: Sequence[Statement], carried: Mapping[str, float]) -> list[float]:
    """For each statement the sum over its events and those of all before it."""
    seen: set[str] = set()
    sums: list[float] = []
    for statement in standing:
        seen |= statement.events
        sums.append(math.fsum(carried.get(uid, 0.0) for uid in seen))
    return sums


def _concerns(name: str, event: IrradiationEvent) -> bool:
    return name != "fluoroscopy_time" or event.type is EventType.FLUOROSCOPY


def _of_event(name: str, event: IrradiationEvent) -> Quantity | None:
    return {"p_ka": event.p_ka, "ka_r": event.ka_r, "fluoroscopy_time": event.duration}[name]


def _carried(name: str, events: Sequence[IrradiationEvent]) -> bool:
    return any(_of_event(name, event) is not None for event in events if _concerns(name, event))


def _amount(quantity: Quantity | None) -> float:
    """The amount; NaN, which taints every sum, when there is none."""
    return math.nan if quantity is None else quantity.amount


def _in_one_proportion(stated: Sequence[float], own: Sequence[float]) -> bool:
    if any((total > 0.0) is not (summed > 0.0) for total, summed in zip(stated, own, strict=True)):
        return False
    ratios = [total / summed for total, summed in zip(stated, own, strict=True) if summed > 0.0]
    return not ratios or max(ratios) <= _ONE_PROPORTION * min(ratios)


def _repeat_one_total(standing: Sequence[Statement]) -> bool:
    steps = {s.scope.uid for s in standing if s.scope.kind is ScopeKind.PERFORMED_PROCEDURE_STEP and s.scope.uid}
    return len({statement.totals for statement in standing}) == 1 and len(steps) < len(standing)


def _disjoint(standing: Sequence[Statement]) -> bool:
    union = frozenset[str]().union(*(statement.events for statement in standing))
    return sum(len(statement.events) for statement in standing) == len(union)


# --- one statement of several ----------------------------------------------------------------------


def _merge(
    doses: Sequence[AccumulatedDose], events: Sequence[IrradiationEvent], *, addable: bool
) -> tuple[AccumulatedDose, list[Finding]]:
    """The sum of the totals where it can be told, else nothing stated, or a lower bound where nothing can be summed."""
    where = f"plane {doses[0].plane.value}"
    merged: dict[str, Any] = {"plane": doses[0].plane, "reference_point": doses[-1].reference_point}
    findings: list[Finding] = []
    for name in (*_MAIN, *_PARTS, "radiographic_frames"):
        stated = [value for dose in doses if (value := getattr(dose, name)) is not None]
        if addable and len(stated) == len(doses):
            merged[name] = _total(stated)
        elif name in _MAIN and stated:
            told = " and ".join(str(value) for value in dict.fromkeys(stated))
            if _carried(name, events):
                why = "of overlapping events" if not addable else f"in {len(stated)} of {len(doses)} reports"
                text = f"{_MAIN[name]} {told} {why}: the sum of the events is used"
                findings.append(Finding(FindingCode.TOTAL_DISAGREES, text, where))
            else:
                merged[name] = _total(stated) if addable else max(stated)
                text = f"{_MAIN[name]} {told}: the events carry none, {merged[name]} is a lower bound"
                findings.append(Finding(FindingCode.TOTAL_INCOMPLETE, text, where))
    return AccumulatedDose(**merged), findings


def _total(stated: Sequence[Any]) -> Any:
    return sum(stated) if isinstance(stated[0], int) else type(stated[0]).total(list(stated))
