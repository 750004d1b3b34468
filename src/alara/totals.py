"""Totals of one report, plane by plane, and of all planes together.

The stated value is used, unless it is absent, or zero while the events carry
dose: then the sum of the events is. Both are kept, and where they disagree by
more than rounding explains, a finding says both.

Where every event is fluoroscopy and yet no fluoroscopy time is stated or summed,
a stated acquisition time is the time of that fluoroscopy, and a finding says so.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from typing import TypeVar

from alara.findings import Finding, FindingCode
from alara.model import AccumulatedDose, Basis, EventType, IrradiationEvent, Plane, PlaneTotals, Total
from alara.quantities import AirKerma, Duration, KermaAreaProduct, Quantity

__all__ = ["FIELD_AREA_CM2", "all_planes", "event_findings", "plane_of", "plane_totals"]

Q = TypeVar("Q", bound=Quantity)

#: P_KA over K_a,r is the field at the reference point; no C-arm has one outside of this.
FIELD_AREA_CM2 = (5.0, 1000.0)
#: What the totals of a C-arm may differ from its events beyond the rounding of their digits.
_RELATIVE_TOLERANCE = 0.01


def plane_totals(
    accumulated: Sequence[AccumulatedDose], events: Sequence[IrradiationEvent]
) -> tuple[tuple[PlaneTotals, ...], tuple[Finding, ...]]:
    """The totals of each acquisition plane, and what is odd about them.

    Parameters
    ----------
    accumulated
        What the report states, one a plane, in the report's order.
    events
        Its irradiation events, each once.

    Returns
    -------
    Planes in the report's order, then planes that only events name.
    """
    findings: list[Finding] = []
    stated = _by_plane(accumulated, findings)
    sharing = _share(tuple(stated), events, findings)
    planes = tuple(
        _plane(plane, stated.get(plane, AccumulatedDose(plane)), sharing.get(plane, []), findings)
        for plane in dict.fromkeys((*stated, *sharing))
    )
    return planes, tuple(findings)


def all_planes(planes: Iterable[PlaneTotals]) -> PlaneTotals:
    """The planes of one report together; each quantity is the sum of what its planes use."""
    parts = tuple(planes)
    # a report may state a total over all planes beside the planes themselves
    whole = [part for part in parts if part.plane is Plane.ALL]
    parts = tuple(whole[:1]) or parts
    return PlaneTotals(
        Plane.ALL,
        _sum_of_totals([part.p_ka for part in parts]),
        _sum_of_totals([part.ka_r for part in parts]),
        _sum_of_totals([part.fluoroscopy_time for part in parts]),
    )


def _sum_of_totals(totals: list[Total[Q]]) -> Total[Q]:
    bases = {total.basis for total in totals}
    return Total(
        _sum(total.stated for total in totals),
        _sum(total.summed for total in totals),
        _sum(total.value for total in totals),
        bases.pop() if len(bases) == 1 else Basis.MIXED if bases else Basis.ABSENT,
    )


def _sum(parts: Iterable[Q | None]) -> Q | None:
    known = [part for part in parts if part is not None]
    return type(known[0]).total(known) if known else None


def _by_plane(accumulated: Sequence[AccumulatedDose], findings: list[Finding]) -> dict[Plane, AccumulatedDose]:
    """What is stated by plane; of two statements for one plane the first counts, and a finding says so."""
    stated: dict[Plane, AccumulatedDose] = {}
    for dose in accumulated:
        first = stated.setdefault(dose.plane, dose)
        if first != dose:
            both = f"{_amount(first.p_ka)} and {_amount(dose.p_ka)}; the first is used"
            findings.append(Finding(FindingCode.TOTAL_DISAGREES, both, f"plane {dose.plane}, stated twice"))
    return stated


def _share(
    stated: tuple[Plane, ...], events: Sequence[IrradiationEvent], findings: list[Finding]
) -> dict[Plane, list[IrradiationEvent]]:
    """The events of each plane; where only one plane is stated, events that name none of two belong to it."""
    shares: dict[Plane, list[IrradiationEvent]] = {}
    unplaced = 0
    for event in events:
        plane = plane_of(event.plane, stated)
        unplaced += plane is not event.plane
        if plane is not None:
            shares.setdefault(plane, []).append(event)
    if unplaced:
        where = "counted to the one that is" if len(stated) == 1 else "in no plane's sum"
        text = f"{unplaced} events name a plane that is not accumulated; {where}"
        findings.append(Finding(FindingCode.UNKNOWN_PLANE, text, "totals"))
    return shares


def plane_of(named: Plane, stated: Collection[Plane]) -> Plane | None:
    """To which plane's sum an event counts that names a plane; ``None`` when it cannot be told.

    An event whose plane is not stated is that of the only plane that is; but A
    beside a stated B, and B beside a stated A, are the other plane of a biplane unit.
    """
    if not stated or named in stated:
        return named
    biplane = (Plane.A, Plane.B)
    if named in biplane and any(plane in biplane for plane in stated):
        return named
    return next(iter(stated)) if len(stated) == 1 else None


def _plane(
    plane: Plane, stated: AccumulatedDose, events: list[IrradiationEvent], findings: list[Finding]
) -> PlaneTotals:
    where = f"plane {plane}"
    fluoroscopy = [event for event in events if event.type is EventType.FLUOROSCOPY]
    p_ka = _total(stated.p_ka, [event.p_ka for event in events], f"P_KA, {where}", findings)
    ka_r = _total(stated.ka_r, [event.ka_r for event in events], f"K_a,r, {where}", findings)
    durations = [event.duration for event in fluoroscopy]
    if not any(duration.amount for duration in durations if duration is not None):
        durations = []  # some consoles send zero for a duration that they do not know
    time = _total(stated.fluoroscopy_time, durations, f"fluoroscopy time, {where}", findings)
    all_fluoroscopy = fluoroscopy and len(fluoroscopy) == len(events)
    if all_fluoroscopy and not time.amount and stated.acquisition_time is not None and stated.acquisition_time.amount:
        text = f"stated {_amount(stated.fluoroscopy_time)}, acquisition time {stated.acquisition_time}"
        findings.append(Finding(FindingCode.TIME_UNDER_ACQUISITION, text, f"fluoroscopy time, {where}"))
        time = Total(stated.fluoroscopy_time, time.summed, stated.acquisition_time, Basis.STATED)
    if p_ka.value is None:
        findings.append(Finding(FindingCode.P_KA_MISSING, "", where))
    if time.value is None and (fluoroscopy or not events):
        findings.append(Finding(FindingCode.FLUOROSCOPY_TIME_MISSING, "", where))
    _check_field_area(p_ka.value, ka_r.value, where, findings)
    return PlaneTotals(plane, p_ka, ka_r, time)


def _total(stated: Q | None, parts: Sequence[Q | None], where: str, findings: list[Finding]) -> Total[Q]:
    """One quantity by the choice rule, with what there is to say about it."""
    known = [part for part in parts if part is not None]
    summed = _sum(known)
    if summed is None:
        return Total(stated, None, stated, Basis.STATED if stated is not None else Basis.ABSENT)

    def find(code: FindingCode, text: str) -> None:
        findings.append(Finding(code, text, where))

    if stated is None:
        find(FindingCode.TOTAL_MISSING, f"sum of {len(known)} events: {summed}")
    elif stated.amount == 0 < summed.amount:
        find(FindingCode.TOTAL_ROUNDED_AWAY, f"stated {stated}, sum of {len(known)} events: {summed}")
    else:
        above = summed.amount > stated.amount
        if (above or len(known) == len(parts)) and not _agree(stated, summed, known):
            find(FindingCode.TOTAL_DISAGREES, f"stated {stated}, sum of {len(known)} events: {summed}")
        return Total(stated, summed, stated, Basis.STATED)
    if len(known) < len(parts):
        find(FindingCode.TOTAL_INCOMPLETE, f"{len(known)} of {len(parts)} events carry it")
    return Total(stated, summed, summed, Basis.SUMMED)


def _agree(stated: Q, summed: Q, parts: Sequence[Q]) -> bool:
    """Whether two totals differ by no more than their digits and their events' digits explain."""
    difference = abs(stated.amount - summed.amount)
    if difference <= _RELATIVE_TOLERANCE * max(stated.amount, summed.amount):
        return True
    steps = [_step(part) for part in parts]
    finest = min((step for step in steps if step), default=0.0)
    rounding = (_step(stated) + math.fsum(step or finest for step in steps)) / 2
    return difference <= rounding * 1.000001


def _step(quantity: Quantity) -> float:
    """The last decimal place of a number as it was written, 0.01 for 2.52; 0 when it does not say.

    A whole number says nothing of its digits, but times are often in whole seconds.
    """
    digits = f"{quantity.amount:.9g}"
    mantissa, _, exponent = digits.partition("e")
    decimals = len(mantissa.partition(".")[2]) - int(exponent or 0)
    if decimals > 0:
        return 10.0**-decimals
    return 1.0 if isinstance(quantity, Duration) and quantity.amount else 0.0


def _check_field_area(
    p_ka: KermaAreaProduct | None, ka_r: AirKerma | None, where: str, findings: list[Finding]
) -> None:
    if p_ka is None or ka_r is None or not p_ka.amount or not ka_r.amount:
        return
    area_cm2 = p_ka.amount / ka_r.amount * 1000
    smallest, largest = FIELD_AREA_CM2
    if not smallest <= area_cm2 <= largest:
        findings.append(Finding(FindingCode.FIELD_AREA_IMPLAUSIBLE, f"{p_ka} / {ka_r} is {area_cm2:.3g} cm2", where))


def event_findings(events: Sequence[IrradiationEvent]) -> tuple[Finding, ...]:
    """A finding for the events whose P_KA over K_a,r is no field that a C-arm can have.

    Events whose numbers have a single digit are left out: rounding alone explains them.
    """
    smallest, largest = FIELD_AREA_CM2
    odd: list[tuple[int, float]] = []
    for number, event in enumerate(events, start=1):
        p_ka, ka_r = event.p_ka, event.ka_r
        if p_ka is None or ka_r is None or not ka_r.amount:
            continue
        area_cm2 = p_ka.amount / ka_r.amount * 1000
        if not smallest <= area_cm2 <= largest and _has_digits(p_ka) and _has_digits(ka_r):
            odd.append((number, area_cm2))
    if not odd:
        return ()
    number, area_cm2 = odd[0]
    text = f"{len(odd)} of {len(events)} events, the first is event {number} with {area_cm2:.3g} cm2"
    return (Finding(FindingCode.FIELD_AREA_IMPLAUSIBLE, text, "events"),)


def _has_digits(quantity: Quantity) -> bool:
    return quantity.amount > 10 * _step(quantity)


def _amount(quantity: Quantity | None) -> str:
    return str(quantity) if quantity is not None else "nothing"
