"""Bad apples: reports with something wrong in what they say. Broken bytes are made in :mod:`alara.samples.broken`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from alara.errors import UnreadableReason
from alara.findings import FindingCode
from alara.model import Code
from alara.samples.cases import Clinic
from alara.samples.exposures import accumulate
from alara.samples.special import Special, with_p_ka
from alara.sr.writing.dialect import Unit

__all__ = ["apples"]


def apples(clinic: Clinic, times: Iterator[datetime]) -> Iterator[Special]:
    """Reports with something wrong in what they say; broken bytes are made elsewhere."""
    yield _unknown_unit(clinic, next(times))
    yield from _fluoroscopy_time_missing(clinic, times)
    yield _comma_decimals(clinic, next(times))
    yield _wrong_factor(clinic, next(times))
    yield _totals_disagree(clinic, next(times))
    yield _no_accumulated_dose(clinic, next(times))
    yield _event_twice(clinic, next(times))
    yield _whole_minutes(clinic, next(times))
    yield _private_codes(clinic, next(times))
    yield _no_study(clinic, next(times))
    yield from _two_contents(clinic, next(times))


def _unknown_unit(clinic: Clinic, when: datetime) -> Special:
    case = clinic.case("orbit", "spine", when)
    dialect = replace(case.unit.dialect, p_ka=Unit.of("R.cm2", "0.00876"))
    about = "kerma-area products in R.cm2, which no dose report may have"
    return Special(
        "orbit-unknown-unit",
        about,
        case,
        regular=False,
        findings=(FindingCode.UNKNOWN_UNIT, FindingCode.P_KA_MISSING),
        dialect=dialect,
        readable=with_p_ka(case.report, lambda _: None),
    )


def _fluoroscopy_time_missing(clinic: Clinic, times: Iterator[datetime]) -> Iterator[Special]:
    case = clinic.case("orbit", "joint", next(times), events=4)
    silent = (replace(case.report.accumulated[0], fluoroscopy_time=None),)
    yield Special(
        "orbit-fluoroscopy-time-only-in-events",
        "no total fluoroscopy time, but durations of events",
        case.but(accumulated=silent),
        regular=False,
        findings=(FindingCode.TOTAL_MISSING,),
    )
    case = clinic.case("orbit", "joint", next(times), events=4)
    silent = (replace(case.report.accumulated[0], fluoroscopy_time=None),)
    events = tuple(replace(event, duration=None) for event in case.report.events)
    yield Special(
        "orbit-no-fluoroscopy-time",
        "no fluoroscopy time anywhere",
        case.but(accumulated=silent, events=events),
        regular=False,
        findings=(FindingCode.FLUOROSCOPY_TIME_MISSING,),
    )


def _comma_decimals(clinic: Clinic, when: datetime) -> Special:
    case = clinic.case("unity", "spine", when)
    dialect = replace(case.unit.dialect, decimal_comma=True)
    about = "numbers with a decimal comma"
    return Special(
        "unity-decimal-comma", about, case, regular=False, findings=(FindingCode.COMMA_DECIMAL,), dialect=dialect
    )


def _wrong_factor(clinic: Clinic, when: datetime) -> Special:
    """Gy.cm2 labelled Gy.m2: the numbers are 10,000 times what was meant."""
    case = clinic.case("orbit", "spine", when)
    mislabelled = Unit(Code("Gy.m2", "UCUM", "Gy.m2"), Decimal(1))
    dialect = replace(case.unit.dialect, p_ka=mislabelled)
    about = "kerma-area products in Gy.cm2 labelled Gy.m2"
    return Special(
        "orbit-wrong-factor",
        about,
        case,
        regular=False,
        findings=(FindingCode.FIELD_AREA_IMPLAUSIBLE,),
        dialect=dialect,
        readable=with_p_ka(case.report, lambda p_ka: p_ka * 1e4),
    )


def _totals_disagree(clinic: Clinic, when: datetime) -> Special:
    case = clinic.case("arc", "spine", when, events=5)
    stated = case.report.accumulated[0]
    assert stated.p_ka is not None
    more = replace(stated, p_ka=stated.p_ka * 1.25)
    findings = (FindingCode.TOTAL_DISAGREES,)
    about = "the total of P_KA is a quarter above the sum of its events"
    return Special("arc-total-disagrees", about, case.but(accumulated=(more,)), regular=False, findings=findings)


def _no_accumulated_dose(clinic: Clinic, when: datetime) -> Special:
    case = clinic.case("arc", "joint", when, events=3)
    findings = (FindingCode.NO_ACCUMULATED, FindingCode.TOTAL_MISSING)
    about = "events without accumulated dose"
    return Special("arc-no-accumulated-dose", about, case.but(accumulated=()), regular=False, findings=findings)


def _event_twice(clinic: Clinic, when: datetime) -> Special:
    case = clinic.case("arc", "joint", when, events=3)
    events = (*case.report.events, case.report.events[0])
    findings = (FindingCode.DUPLICATE_EVENT,)
    return Special(
        "arc-event-twice", "one event stands twice", case.but(events=events), regular=False, findings=findings
    )


def _whole_minutes(clinic: Clinic, when: datetime) -> Special:
    """Legal, and misread elsewhere: 202610121011 is eleven minutes past ten."""
    case = clinic.case("arc", "joint", when, events=2)
    dialect = replace(case.unit.dialect, seconds=False)
    return Special(
        "arc-whole-minutes", "dates and times without seconds", case, dialect=dialect, quirks=("no_seconds",)
    )


def _private_codes(clinic: Clinic, when: datetime) -> Special:
    case = clinic.case("unity", "joint", when, events=3)
    private = {
        ("113722", "DCM"): Code("S-1", "99SAMPLE", "Dose Area Product Total"),
        ("122130", "DCM"): Code("S-2", "99SAMPLE", "Dose Area Product"),
    }
    return Special(
        "unity-private-codes",
        "kerma-area products under private codes that have the standard's meaning",
        case,
        regular=False,
        findings=(FindingCode.BY_MEANING,),
        dialect=replace(case.unit.dialect, codes=private),
        quirks=("by_meaning",),
    )


def _no_study(clinic: Clinic, when: datetime) -> Special:
    case = clinic.case("arc", "joint", when, events=2)
    return Special(
        "arc-no-study-uid",
        "no Study Instance UID",
        case.but(study_instance_uid=""),
        regular=False,
        quarantine=UnreadableReason.NO_STUDY_INSTANCE_UID,
    )


def _two_contents(clinic: Clinic, when: datetime) -> Iterator[Special]:
    """Two reports that say different things under one SOP Instance UID."""
    case = clinic.case("arc", "spine", when, events=3)
    fewer = case.report.events[:2]
    other = case.but(events=fewer, accumulated=(accumulate(fewer, case.unit),))
    for which, each in (("first", case), ("second", other)):
        about = f"the {which} of two contents of one SOP Instance UID"
        yield Special(f"arc-uid-conflict-{which}", about, each, procedure_findings=(FindingCode.UID_CONFLICT,))
