"""The last step of every reader: what was read becomes one frozen report."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from alara.findings import FindingCode
from alara.model import DoseReport, IrradiationEvent, Moment, ReportKind
from alara.sr.dataset import Dataset
from alara.sr.draft import Draft
from alara.sr.facts import Facts
from alara.sr.notes import Notes
from alara.sr.quirks import note_totals
from alara.sr.times import LATEST
from alara.totals import all_planes, event_findings, plane_totals

__all__ = ["empty_report", "with_doses"]

#: By how much the clocks of a C-arm and of its console may differ before a time is odd.
_CLOCKS: Final = timedelta(days=1)


def empty_report(dataset: Dataset, facts: Facts, notes: Notes, kind: ReportKind) -> DoseReport:
    """A report that has no dose to read here: its kind, and what its header says."""
    if facts.complete is False:
        notes.add(FindingCode.NOT_FINAL)
    if dataset.decoder.invalid:
        notes.add(FindingCode.BAD_TEXT, f"{dataset.decoder.invalid} texts", dataset.decoder.declared)
    return DoseReport(
        sop_class_uid=facts.sop_class_uid,
        sop_instance_uid=facts.sop_instance_uid,
        study_instance_uid=facts.study_instance_uid,
        kind=kind,
        equipment=facts.equipment,
        patient=facts.patient,
        study_started=facts.study_started,
        content_written=facts.content_written,
        study_description=facts.study_description,
        performed_procedure_description=facts.performed_procedure_description,
        requested_procedure_description=facts.requested_procedure_description,
        protocol_names=facts.protocol_names,
        procedure_codes=facts.procedure_codes,
        operators=facts.performing_physicians,
        complete=facts.complete,
        started=facts.study_started or facts.content_written,
        quirks=tuple(notes.quirks),
        findings=notes.findings(),
    )


def with_doses(report: DoseReport, draft: Draft, notes: Notes) -> DoseReport:
    """A report with the doses of a draft, their totals, and when they were given."""
    planes, found = plane_totals(draft.accumulated, draft.events)
    note_totals(draft, found, notes)
    started, ended = _span(draft.events)
    written = report.content_written
    if started is not None and written is not None and started.local - written.local > _CLOCKS:
        notes.add(FindingCode.TIME_IMPLAUSIBLE, started.local.isoformat(" "), "events after the report was written")
    return replace(
        report,
        equipment=draft.equipment,
        protocol_names=tuple(
            dict.fromkeys((*report.protocol_names, *(e.protocol for e in draft.events if e.protocol)))
        ),
        accumulated=tuple(draft.accumulated),
        events=tuple(draft.events),
        planes=planes,
        totals=all_planes(planes),
        started=started or report.started,
        ended=ended,
        quirks=tuple(notes.quirks),
        findings=(*notes.findings(), *found, *event_findings(draft.events)),
    )


def _span(events: list[IrradiationEvent]) -> tuple[Moment | None, Moment | None]:
    """From the start of the first event to the end of the last, by the C-arm's clock."""
    started: Moment | None = None
    ended: Moment | None = None
    for event in events:
        start = event.started
        if start is None:
            continue
        if started is None or start.local < started.local:
            started = start
        end = event.ended.local if event.ended is not None else start.local
        if event.ended is None and event.duration is not None and end < LATEST:  # behind that the calendar may end
            end += timedelta(seconds=event.duration.amount)
        if ended is None or end > ended.local:
            ended = Moment(end, start.utc_offset_min)
    return started, ended
