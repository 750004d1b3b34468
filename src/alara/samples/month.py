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
from alara.findings import FindingCode
from alara.model import ReportKind
from alara.samples.broken import ct_dose_report, garbage, ordinary_report, other_header
from alara.samples.cases import Case, Clinic, accumulate, routine, slots
from alara.samples.fleet import summary_root
from alara.samples.special import Special, apples, rarities
from alara.sop_classes import ENHANCED_SR
from alara.sr.build import build, document
from alara.sr.writing.header import header
from alara.sr.writing.items import datetime_text

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
        yield case.unit.slug, case.unit.about, _written(case), _meant(case)
    times = iter(slots(clinic.days, range(6, 9)))
    for special in (*rarities(clinic, times), *apples(clinic, times)):
        yield special.slug, special.about, _written(special.case, special), _meant(special.case, special)
    yield from _conflict(clinic, times)
    yield (
        "ct-dose-report",
        "a CT dose report: kept, told apart, never in the audit",
        ct_dose_report(clinic),
        _other(clinic, "ct", ReportKind.CT),
    )
    yield (
        "ordinary-report",
        "a structured report that has no dose",
        ordinary_report(clinic),
        _other(clinic, "ordinary", ReportKind.NOT_DOSE),
    )
    yield (
        "garbage",
        "bytes without meaning",
        garbage(clinic),
        _unread(UnreadableReason.NOT_DICOM),
    )


def _copies(made: list[Sample]) -> Iterator[_Made]:
    """What is made of other samples: a duplicate, another content under one UID, files cut short."""
    first, second, third, *_ = (sample for sample in made if sample.name.endswith("-orbit.dcm"))
    yield "duplicate", f"the same bytes as {first.name}", first.data, first.expected | {"duplicate_of": first.name}
    yield (
        "truncated",
        f"the first two thirds of {second.name}",
        second.data[: len(second.data) * 2 // 3],
        _unread(UnreadableReason.TRUNCATED),
    )
    yield (
        "truncated-by-one-byte",
        f"all but the last byte of {third.name}",
        third.data[:-1],
        _unread(UnreadableReason.TRUNCATED),
    )


def _conflict(clinic: Clinic, times: Iterator[datetime]) -> Iterator[_Made]:
    """Two reports that say different things under one SOP Instance UID."""
    case = clinic.case("arc", "spine", next(times), events=3)
    yield "arc-uid-conflict-first", "the first of two contents of one SOP Instance UID", _written(case), _meant(case)
    fewer = case.report.events[:2]
    other = case.but(events=fewer, accumulated=(accumulate(fewer, case.unit),))
    yield (
        "arc-uid-conflict-second",
        "the second of two contents of one SOP Instance UID",
        _written(other),
        _meant(other),
    )


def _written(case: Case, special: Special | None = None) -> bytes:
    dialect = special.dialect if special and special.dialect else case.unit.dialect
    if case.unit.summary_only:
        return _summary(case)
    return build(case.report, dialect, patient_name=case.patient_name)


def _summary(case: Case) -> bytes:
    """The radiation summary of a C-arm that knows no dose report; it states no air kerma on every other day."""
    report, total = case.report, case.report.accumulated[0]
    assert report.study_started is not None
    assert report.content_written is not None
    assert total.fluoroscopy_time is not None
    assert total.p_ka is not None
    assert total.ka_r is not None
    root = summary_root(
        fluoroscopy_time_s=total.fluoroscopy_time.amount,
        p_ka_gycm2=total.p_ka.amount,
        ka_r_mgy=total.ka_r.amount if _states_kerma(case) else None,
        started=datetime_text(report.study_started.local, case.unit.dialect),
        ended=datetime_text(report.content_written.local, case.unit.dialect),
        exposures=total.radiographic_frames or 0,
    )
    elements = header(report, case.unit.dialect, case.patient_name)
    elements |= {"SOPClassUID": ENHANCED_SR, "SeriesDescription": "Radiation Summary Report"}
    return document(elements, root, case.unit.dialect)


def _states_kerma(case: Case) -> bool:
    return (
        not case.unit.summary_only or case.report.study_started is None or case.report.study_started.local.day % 2 == 0
    )


def _meant(case: Case, special: Special | None = None) -> dict[str, Any]:
    """What a reader must find in a report."""
    if special and special.quarantine:
        return _unread(special.quarantine)
    report, unknown = case.report, bool(special and FindingCode.UNKNOWN_UNIT in special.findings)
    return {
        "outcome": "report",
        "regular": case.unit.regular and (special is None or special.regular),
        "make": case.unit.slug,
        "kind": str(report.kind),
        "sop_instance_uid": report.sop_instance_uid,
        "study_instance_uid": report.study_instance_uid,
        "description": report.study_description or report.requested_procedure_description,
        "procedure": case.procedure,
        "planes": _planes(case, p_ka_known=not unknown, factor=_factor(special)),
        "events": 0 if case.unit.summary_only else len({event.uid for event in report.events}),
        "findings": sorted(special.findings) if special else [],
        "quirks": sorted(case.unit.quirks + (special.quirks if special else ())),
    }


def _factor(special: Special | None) -> float:
    """How many times too large the kerma-area products stand in the file."""
    return 1e4 if special and FindingCode.FIELD_AREA_IMPLAUSIBLE in special.findings else 1.0


def _planes(case: Case, *, p_ka_known: bool, factor: float) -> list[dict[str, Any]]:
    report = case.report
    planes = report.accumulated or (accumulate(report.events, case.unit),)
    rows = []
    for stated in planes:
        events = [event for event in report.events if event.plane is stated.plane]
        summed = accumulate(events, case.unit, stated.plane)
        p_ka = stated.p_ka if stated.p_ka and stated.p_ka.amount else summed.p_ka
        ka_r = stated.ka_r if stated.ka_r and stated.ka_r.amount else summed.ka_r
        time = stated.acquisition_time if case.unit.filed_as_acquisition else stated.fluoroscopy_time
        if time is None and any(event.duration for event in events):
            time = summed.fluoroscopy_time
        rows.append(
            {
                "plane": str(stated.plane),
                "p_ka_gycm2": round(p_ka.amount * factor, 6) if p_ka and p_ka_known else None,
                "ka_r_mgy": ka_r.amount if ka_r and _states_kerma(case) else None,
                "fluoroscopy_time_s": time.amount if time else None,
            }
        )
    return rows


def _other(clinic: Clinic, name: str, kind: ReportKind) -> dict[str, Any]:
    elements = other_header(clinic, name, "")
    return {
        "outcome": "report",
        "regular": False,
        "kind": str(kind),
        "sop_instance_uid": elements["SOPInstanceUID"],
        "study_instance_uid": elements["StudyInstanceUID"],
        "planes": [],
        "events": 0,
        "findings": [],
        "quirks": [],
    }


def _unread(reason: UnreadableReason) -> dict[str, Any]:
    return {"outcome": "quarantine", "regular": False, "quarantine": str(reason)}
