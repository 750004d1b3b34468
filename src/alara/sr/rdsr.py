"""The X-ray radiation dose report (PS3.16 TID 10001) from its content tree.

Of the enhanced report (TID 10040) the accumulated dose data (TID 10041) and the
summaries of the events (TID 10042) are read, where fluoroscopy is stated and
the X-ray sources are certain: they hold the same concepts in containers of
their own. Its irradiation details (TID 10043 and what it includes) are not:
they run by time and source and not by event, and state air kerma at a point of
their own. Without fluoroscopy (cone-beam CT, breasts) nothing is read.
"""

from __future__ import annotations

from dataclasses import replace

from alara.findings import FindingCode
from alara.model import DoseReport, ReportKind
from alara.sop_classes import ENHANCED_X_RAY_RADIATION_DOSE_SR
from alara.sr.dataset import Dataset
from alara.sr.draft import Draft
from alara.sr.facts import Facts
from alara.sr.identity import identify_events
from alara.sr.kind import is_fluoroscopy_for_certain, kind_of, other_kind
from alara.sr.notes import Notes
from alara.sr.quirks import mend_events
from alara.sr.reading import Reader
from alara.sr.report import empty_report, with_doses
from alara.sr.root import read_root
from alara.sr.sources import planes_of_sources

__all__ = ["read_report"]


def read_report(dataset: Dataset, facts: Facts, notes: Notes) -> DoseReport:
    """Read an X-ray radiation dose report; of CT and mammography only the kind and the header."""
    content = dataset.content or []
    other = other_kind(content)
    if other is not None:
        return empty_report(dataset, facts, notes, other)
    read, draft = Reader(notes, facts.offset_min), Draft(facts.equipment)
    sources = planes_of_sources(content)
    if sources is None:
        return _told_apart(dataset, facts, notes)
    root = read_root(content, read, draft, sources)
    if facts.sop_class_uid == ENHANCED_X_RAY_RADIATION_DOSE_SR and not is_fluoroscopy_for_certain(draft):
        return _told_apart(dataset, facts, notes)
    identify_events(draft, facts.study_instance_uid, notes)
    mend_events(draft, notes)
    _note_what_is_missing(dataset, draft, notes)
    report = empty_report(dataset, facts, notes, kind_of(draft, notes))
    report = replace(
        report,
        procedure_reported=root.procedure_reported,
        intent=root.intent,
        scope=root.scope,
        sources_of_dose=tuple(root.sources),
        person_roles=tuple(draft.person_roles),
        operators=tuple(draft.operators) or report.operators,
        devices=tuple(draft.devices),
        device_type=draft.device_type,
        detector_data_available=root.available.get("detector_data_available"),
        source_data_available=root.available.get("source_data_available"),
        mechanical_data_available=root.available.get("mechanical_data_available"),
    )
    return with_doses(report, draft, notes)


def _told_apart(dataset: Dataset, facts: Facts, notes: Notes) -> DoseReport:
    notes.add(FindingCode.DOSES_NOT_READ, "Enhanced X-Ray Radiation Dose")
    return empty_report(dataset, facts, notes, ReportKind.OTHER_X_RAY)


def _note_what_is_missing(dataset: Dataset, draft: Draft, notes: Notes) -> None:
    if not dataset.template():
        notes.add(FindingCode.NO_TEMPLATE)
    if not draft.events:
        notes.add(FindingCode.NO_EVENTS)
    if not draft.accumulated:
        notes.add(FindingCode.NO_ACCUMULATED)
