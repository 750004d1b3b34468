"""Numbers that cannot be taken as they are written, one report each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from alara.findings import FindingCode
from alara.model import DoseReport
from alara.quantities import Duration
from alara.samples.cases import Case, Clinic
from alara.samples.special import Special

__all__ = ["odd_numbers"]

_P_KA_TOTAL, _KA_R_TOTAL, _TIME_TOTAL, _KA_R, _KVP = "113722", "113725", "113730", "113738", "113733"


def odd_numbers(clinic: Clinic, times: Iterator[datetime]) -> Iterator[Special]:
    """Reports whose numbers are none, none that a C-arm can give, or not written as the standard asks."""
    yield _lost_total(clinic, next(times), _KA_R_TOTAL, "N/A", FindingCode.NOT_A_NUMBER)
    yield _lost_total(clinic, next(times), _P_KA_TOTAL, "NaN", FindingCode.NOT_FINITE)
    yield _infinite_voltage(clinic, next(times))
    yield _lost_total(clinic, next(times), _TIME_TOTAL, "-1", FindingCode.NEGATIVE)
    yield _below_limit(clinic, next(times))
    yield _lost_total(clinic, next(times), _P_KA_TOTAL, "0.0001\\0.0002", FindingCode.SEVERAL_VALUES)
    yield _overlong(clinic, next(times))
    yield _lost_total(clinic, next(times), _KA_R_TOTAL, "3.4E+38", FindingCode.IMPLAUSIBLE)
    yield _lost_total(clinic, next(times), _P_KA_TOTAL, "", FindingCode.NO_VALUE)
    yield _incomplete_sum(clinic, next(times))
    yield _durations_of_zero(clinic, next(times))


_FIELDS = {
    _P_KA_TOTAL: ("p_ka", "P_KA"),
    _KA_R_TOTAL: ("ka_r", "K_a,r"),
    _TIME_TOTAL: ("fluoroscopy_time", "fluoroscopy time"),
}


def _written(case: Case, concept: str, text: str) -> MappingProxyType[str, str]:
    return MappingProxyType({**case.unit.dialect.written, concept: text})


def _lost_total(clinic: Clinic, when: datetime, concept: str, text: str, finding: FindingCode) -> Special:
    """A total that cannot be used, so that the sum of the events is."""
    case = clinic.case("orbit", "joint", when, events=2)
    field, words = _FIELDS[concept]
    return Special(
        f"orbit-{finding.value.replace('_', '-')}",
        f"a {words} total written as {text!r}",
        case,
        regular=False,
        findings=(finding, FindingCode.TOTAL_MISSING),
        dialect=replace(case.unit.dialect, written=_written(case, concept, text)),
        readable=_without_total(case.report, field),
    )


def _without_total(report: DoseReport, field: str) -> DoseReport:
    nothing: dict[str, Any] = {field: None}
    return replace(report, accumulated=tuple(replace(dose, **nothing) for dose in report.accumulated))


def _infinite_voltage(clinic: Clinic, when: datetime) -> Special:
    case = clinic.case("arc", "joint", when, events=2)
    events = tuple(replace(event, kvp=None) for event in case.report.events)
    return Special(
        "arc-infinite-voltage",
        "tube voltages written as 'inf'",
        case,
        regular=False,
        findings=(FindingCode.NOT_FINITE,),
        dialect=replace(case.unit.dialect, written=_written(case, _KVP, "inf")),
        readable=replace(case.report, events=events),
    )


def _below_limit(clinic: Clinic, when: datetime) -> Special:
    case = clinic.case("arc", "joint", when, events=2)
    events = tuple(replace(event, ka_r=None) for event in case.report.events)
    return Special(
        "arc-below-limit",
        "air kermas of events written as '<5'",
        case,
        regular=False,
        findings=(FindingCode.BELOW_LIMIT,),
        dialect=replace(case.unit.dialect, written=_written(case, _KA_R, "<5")),
        readable=replace(case.report, events=events),
    )


def _overlong(clinic: Clinic, when: datetime) -> Special:
    """Twenty digits, of which the first say what is meant."""
    case = clinic.case("arc", "joint", when, events=2)
    total = case.report.accumulated[0].p_ka
    assert total is not None
    text = f"{Decimal(repr(total.amount)) / case.unit.dialect.p_ka.size:.18f}"
    return Special(
        "arc-overlong",
        f"a P_KA total of {len(text)} characters, where 16 are allowed",
        case,
        regular=False,
        findings=(FindingCode.OVERLONG,),
        dialect=replace(case.unit.dialect, written=_written(case, _P_KA_TOTAL, text)),
    )


def _incomplete_sum(clinic: Clinic, when: datetime) -> Special:
    case = clinic.case("unity", "joint", when, events=3)
    first, *rest = case.report.events
    events = (replace(first, p_ka=None), *rest)
    return Special(
        "unity-total-incomplete",
        "no P_KA total, and no P_KA of the first of three events",
        replace(case, report=_without_total(replace(case.report, events=events), "p_ka")),
        regular=False,
        findings=(FindingCode.TOTAL_MISSING, FindingCode.TOTAL_INCOMPLETE),
    )


def _durations_of_zero(clinic: Clinic, when: datetime) -> Special:
    """How two makes say that they do not know the duration of an event."""
    case = clinic.case("arc", "joint", when, events=2)
    events = tuple(replace(event, duration=Duration(0)) for event in case.report.events)
    return Special("arc-durations-of-zero", "durations of zero beside a fluoroscopy time", case.but(events=events))
