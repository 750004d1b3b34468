"""A synthetic month of a pain and joint clinic, as files, each with what was meant."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

from alara.errors import UnreadableReason
from alara.model import ReportKind
from alara.samples.apples import apples
from alara.samples.arcadis import radiation_summary
from alara.samples.broken import ct_dose_report, garbage, ordinary_report
from alara.samples.cases import Case, Clinic, routine
from alara.samples.days import slots
from alara.samples.exposures import accumulate
from alara.samples.meaning import meant, meant_of_other, unread
from alara.samples.rarities import rarities
from alara.samples.special import Special
from alara.sr.build import build

__all__ = ["Sample", "make_month", "write_month"]

MONTH = "2026-10"
SEED = 2026


@dataclass(frozen=True, slots=True)
class Sample:
    """A file of the month.

    Attributes
    ----------
    name
        ``0001-orbit.dcm``; the words are about the report, never about a person.
    expected
        What the builder meant: see the README of the samples.
    about
        What is particular, in words.
    """

    name: str
    data: bytes
    expected: dict[str, Any]
    about: str


def make_month(seed: int = SEED, month: str = MONTH) -> Iterator[Sample]:
    """The files of a month, the routine first, then rarities, then bad apples; equal for equal arguments."""
    made: list[Sample] = []
    for slug, about, data, expected in chain(_everything(Clinic(seed, month)), _copies(made)):
        made.append(Sample(f"{len(made) + 1:04d}-{slug}.dcm", data, expected | {"about": about}, about))
        yield made[-1]


def write_month(folder: Path, seed: int = SEED, month: str = MONTH) -> int:
    """Write the month's files into ``folder/<month>/`` and what they mean into ``folder/expected.json``.

    Returns the number of files. Files of an earlier making with other names stay where they are.
    """
    target = folder / month
    target.mkdir(parents=True, exist_ok=True)
    expected = {}
    for sample in make_month(seed, month):
        (target / sample.name).write_bytes(sample.data)
        expected[f"{month}/{sample.name}"] = sample.expected
    (folder / "expected.json").write_text(as_json(seed, month, expected), encoding="utf-8")
    return len(expected)


def as_json(seed: int, month: str, expected: Mapping[str, Any]) -> str:
    """The text of ``expected.json``: one line a file, so that a change of one is a change of one line."""
    lines = (f"    {json.dumps(name)}: {json.dumps(meant, ensure_ascii=False)}" for name, meant in expected.items())
    head = f'{{\n  "seed": {seed},\n  "month": {json.dumps(month)},\n  "files": {{\n'
    return head + ",\n".join(lines) + "\n  }\n}\n"


_Made = tuple[str, str, bytes, dict[str, Any]]


def _everything(clinic: Clinic) -> Iterator[_Made]:
    for case in routine(clinic):
        yield case.unit.slug, case.unit.about, _written(case), meant(case)
    times = iter(slots(clinic.days, range(6, 9)))
    for special in (*rarities(clinic, times), *apples(clinic, times)):
        yield special.slug, special.about, _written(special.case, special), meant(special.case, special)
    yield from _conflict(clinic, times)
    yield (
        "ct-dose-report",
        "a CT dose report: kept, told apart, never in the audit",
        ct_dose_report(clinic),
        meant_of_other(clinic, "ct", ReportKind.CT),
    )
    yield (
        "ordinary-report",
        "a structured report that has no dose",
        ordinary_report(clinic),
        meant_of_other(clinic, "ordinary", ReportKind.NOT_DOSE),
    )
    yield (
        "garbage",
        "bytes without meaning",
        garbage(clinic),
        unread(UnreadableReason.NOT_DICOM),
    )


def _copies(made: list[Sample]) -> Iterator[_Made]:
    """What is made of other samples: a duplicate, another content under one UID, files cut short."""
    first, second, third, *_ = (sample for sample in made if sample.name.endswith("-orbit.dcm"))
    yield "duplicate", f"the same bytes as {first.name}", first.data, first.expected | {"duplicate_of": first.name}
    yield (
        "truncated",
        f"the first two thirds of {second.name}",
        second.data[: len(second.data) * 2 // 3],
        unread(UnreadableReason.TRUNCATED),
    )
    yield (
        "truncated-by-one-byte",
        f"all but the last byte of {third.name}",
        third.data[:-1],
        unread(UnreadableReason.TRUNCATED),
    )


def _conflict(clinic: Clinic, times: Iterator[datetime]) -> Iterator[_Made]:
    """Two reports that say different things under one SOP Instance UID."""
    case = clinic.case("arc", "spine", next(times), events=3)
    yield "arc-uid-conflict-first", "the first of two contents of one SOP Instance UID", _written(case), meant(case)
    fewer = case.report.events[:2]
    other = case.but(events=fewer, accumulated=(accumulate(fewer, case.unit),))
    yield (
        "arc-uid-conflict-second",
        "the second of two contents of one SOP Instance UID",
        _written(other),
        meant(other),
    )


def _written(case: Case, special: Special | None = None) -> bytes:
    dialect = special.dialect if special and special.dialect else case.unit.dialect
    if case.unit.summary_only:
        return radiation_summary(case)
    return build(case.report, dialect, patient_name=case.patient_name)
