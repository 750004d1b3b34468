"""Texts, times and ages in other character sets or that are none, one report each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from alara.findings import FindingCode
from alara.samples.cases import Case, Clinic
from alara.samples.procedures import Typed
from alara.samples.special import KINDS, Special

__all__ = ["odd_texts"]


def odd_texts(clinic: Clinic, times: Iterator[datetime]) -> Iterator[Special]:
    """Character sets that are right and wrong, then offsets, ages, dates and times that are none."""
    japanese = "hip inj lt 股関節注射"
    yield _in_character_set(clinic, next(times), "japanese", "\\ISO 2022 IR 87", "iso2022_jp", "hip_inj", japanese)
    yield _in_character_set(clinic, next(times), "chinese", "GB18030", "gb18030", "knee", "knee inj rt 膝关节注射")
    yield _wrong_character_set(clinic, next(times))
    yield _no_character_set(clinic, next(times))
    yield _in_header(clinic, next(times), "bad-timezone", "TimezoneOffsetFromUTC", "CEST", FindingCode.BAD_TIMEZONE)
    yield _in_header(clinic, next(times), "bad-age", "PatientAge", "57", FindingCode.BAD_AGE)
    yield _in_header(clinic, next(times), "bad-time", "StudyTime", "256100", FindingCode.BAD_TIME)
    yield _in_header(clinic, next(times), "time-implausible", "StudyDate", "19000101", FindingCode.TIME_IMPLAUSIBLE)
    yield _no_day_has_it(clinic, next(times))


def _in_character_set(
    clinic: Clinic, when: datetime, slug: str, character_set: str, codec: str, kind: str, description: str
) -> Special:
    case = clinic.case("orbit", "joint", when, events=2, typed=Typed(KINDS[kind], description))
    dialect = replace(case.unit.dialect, character_set=character_set, codec=codec)
    return Special(f"orbit-{slug}", f"texts in {character_set}", case, dialect=dialect)


def _german(clinic: Clinic, when: datetime) -> Case:
    return clinic.case("unity", "joint", when, events=2, typed=Typed(KINDS["hip_inj"], "Hüft-Infiltration links"))


def _wrong_character_set(clinic: Clinic, when: datetime) -> Special:
    case = _german(clinic, when)
    return Special(
        "unity-wrong-character-set",
        "Latin-1 that is declared as UTF-8",
        case,
        regular=False,
        findings=(FindingCode.BAD_TEXT,),
        dialect=replace(case.unit.dialect, character_set="ISO_IR 192"),
        readable=replace(case.report, study_description="H\ufffdft-Infiltration links"),
    )


def _no_character_set(clinic: Clinic, when: datetime) -> Special:
    """The text can be guessed, and is marked."""
    case = _german(clinic, when)
    return Special(
        "unity-no-character-set",
        "Latin-1 where no character set is declared",
        case,
        regular=False,
        findings=(FindingCode.BAD_TEXT,),
        dialect=replace(case.unit.dialect, character_set=""),
    )


def _in_header(clinic: Clinic, when: datetime, slug: str, keyword: str, text: str, finding: FindingCode) -> Special:
    case = clinic.case("orbit", "joint", when, events=2)
    return Special(
        f"orbit-{slug}",
        f"{keyword} written as {text!r}",
        case,
        regular=False,
        findings=(finding,),
        dialect=replace(case.unit.dialect, header=MappingProxyType({keyword: text})),
    )


def _no_day_has_it(clinic: Clinic, when: datetime) -> Special:
    """Events of a day that there is not; the study's date stands for them."""
    case = clinic.case("arc", "joint", when, events=2)
    events = tuple(replace(event, started=None) for event in case.report.events)
    return Special(
        "arc-no-such-day",
        "events on 31 November",
        case,
        regular=False,
        findings=(FindingCode.BAD_TIME,),
        dialect=replace(case.unit.dialect, written=MappingProxyType({"111526": "20261131101500"})),
        readable=replace(case.report, events=events),
    )
