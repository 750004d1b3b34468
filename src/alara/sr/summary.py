"""Dose summaries of C-arms that are older than RDSR: cumulative values at the root of an Enhanced SR, no events."""

from __future__ import annotations

from dataclasses import replace

from alara.model import DoseReport, Moment, ReportKind
from alara.sr.accumulated import read_summed
from alara.sr.dataset import Dataset
from alara.sr.draft import Draft
from alara.sr.facts import Facts
from alara.sr.notes import Notes
from alara.sr.reading import Reader
from alara.sr.report import empty_report, with_doses

__all__ = ["read_report"]


def read_report(dataset: Dataset, facts: Facts, notes: Notes) -> DoseReport:
    """Read a radiation summary report: its cumulative values are the totals of a single plane."""
    notes.quirk("radiation_summary")
    content = dataset.content or []
    read, draft = Reader(notes, facts.offset_min), Draft(facts.equipment)
    draft.accumulated.append(read_summed(content, read))
    times: dict[str, Moment] = {}
    for item in content:
        if item.name in ("examination_started", "examination_ended"):
            moment = read.moment(item)
            if moment is not None:
                times.setdefault(item.name, moment)
    report = with_doses(empty_report(dataset, facts, notes, ReportKind.FLUOROSCOPY), draft, notes)
    started = times.get("examination_started", report.started)
    return replace(report, started=started, ended=times.get("examination_ended"))
