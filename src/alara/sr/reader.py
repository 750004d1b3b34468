"""The three questions that the rest of alara asks of bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from alara import sop_classes
from alara.errors import UnreadableReason, UnreadableReport
from alara.findings import FindingCode
from alara.model import DoseReport, Provenance, ReportKind
from alara.sr import header, part10, rdsr, summary
from alara.sr.dataset import Dataset
from alara.sr.elements import UNDEFINED, header_at, skip_value
from alara.sr.facts import SOP_CLASS_UID, SOP_INSTANCE_UID, Facts, read_facts, usable_uid
from alara.sr.limits import MAX_BYTES, Budget
from alara.sr.notes import Notes
from alara.sr.part10 import Part10, open_part10
from alara.sr.quirks import ConceptNames
from alara.sr.report import empty_report

__all__ = ["Peek", "peek", "read_bytes", "read_provenance"]

#: What may hold a dose report of any generation; the root's concept says which.
_DOCUMENTS: Final = (sop_classes.BASIC_TEXT_SR, sop_classes.ENHANCED_SR, sop_classes.COMPREHENSIVE_SR)
_DOSE_REPORTS: Final = (sop_classes.X_RAY_RADIATION_DOSE_SR, sop_classes.ENHANCED_X_RAY_RADIATION_DOSE_SR)


@dataclass(frozen=True, slots=True)
class Peek:
    """What an object says that it is."""

    sop_class_uid: str
    sop_instance_uid: str


def read_bytes(data: bytes) -> DoseReport:
    """Read one DICOM object: a Part 10 file or a bare dataset.

    Returns
    -------
    A report of any kind. One that is not of projection X-rays (CT, mammography,
    no dose at all) has its kind and what the header says, and no doses.

    Raises
    ------
    UnreadableReport
        With a reason from the closed list, and nothing else, for any bytes
        (but ``MemoryError``, which says something of the process and not of them).
    """
    try:
        return _read(bytes(data))
    except (UnreadableReport, MemoryError):
        raise
    except Exception as error:
        # what makes reading total when alara itself is wrong; tests hold that it is never met
        raise UnreadableReport(UnreadableReason.READER_FAILED, type(error).__name__) from error


def _read(data: bytes) -> DoseReport:
    part = open_part10(data)
    notes = Notes()
    dataset = Dataset(part, ConceptNames(notes))
    sop_class_uid, sop_instance_uid = dataset.text(SOP_CLASS_UID), dataset.text(SOP_INSTANCE_UID)
    if not sop_class_uid and _is_step(part):
        # the message that brings a step names it, its dataset need not
        sop_class_uid = sop_classes.PERFORMED_PROCEDURE_STEP
        sop_instance_uid = sop_instance_uid or part.meta_text(part10.MEDIA_SOP_INSTANCE)
    facts = read_facts(dataset, notes, sop_class_uid, sop_instance_uid)
    _check_identity(part, facts)
    if part.mislabelled:
        notes.add(FindingCode.WRONG_TRANSFER_SYNTAX, part.meta_text(part10.TRANSFER_SYNTAX))
    return _read_class(dataset, facts, notes)


def _read_class(dataset: Dataset, facts: Facts, notes: Notes) -> DoseReport:
    sop_class = facts.sop_class_uid
    if sop_class in _DOSE_REPORTS:
        if dataset.content is None:
            raise UnreadableReport(UnreadableReason.NO_CONTENT)
        return rdsr.read_report(dataset, facts, notes)
    if sop_class in _DOCUMENTS:
        root = dataset.root_concept()
        if root == "x_ray_radiation_dose_report":
            return rdsr.read_report(dataset, facts, notes)
        if root == "radiation_summary_report":
            return summary.read_report(dataset, facts, notes)
        return empty_report(dataset, facts, notes, ReportKind.NOT_DOSE)
    if sop_class == sop_classes.RADIOPHARMACEUTICAL_RADIATION_DOSE_SR:
        return empty_report(dataset, facts, notes, ReportKind.RADIOPHARMACEUTICAL)
    if sop_class == sop_classes.PATIENT_RADIATION_DOSE_SR:
        # TID 10030: organ doses that someone computed, often from a report that alara reads itself
        notes.add(FindingCode.DOSES_NOT_READ, "Patient Radiation Dose")
        return empty_report(dataset, facts, notes, ReportKind.PATIENT_DOSE)
    if sop_class in sop_classes.IMAGES:
        return header.read_image(dataset, facts, notes)
    if sop_class == sop_classes.PERFORMED_PROCEDURE_STEP:
        return header.read_step(dataset, facts, notes)
    raise UnreadableReport(UnreadableReason.UNEXPECTED_SOP_CLASS, sop_class if usable_uid(sop_class) else "")


def _is_step(part: Part10) -> bool:
    return part.meta_text(part10.MEDIA_SOP_CLASS) == sop_classes.PERFORMED_PROCEDURE_STEP


def _check_identity(part: Part10, facts: Facts) -> None:
    """Hold the class that a message or file said it brings against what it brought.

    The SOP Instance UID is not held against it: files that were made anonymous
    often keep an older one in their meta information.
    """
    named = part.meta_text(part10.MEDIA_SOP_CLASS)
    if named and named != facts.sop_class_uid:
        raise UnreadableReport(UnreadableReason.SOP_CLASS_MISMATCH)


def read_provenance(data: bytes) -> Provenance:
    """Who brought an object, from its file meta information; empty where it does not say."""
    try:
        meta, _ = part10.read_meta(data) if data else ({}, 0)
    except UnreadableReport:
        return Provenance()
    texts = (
        meta.get(number, b"").decode("ascii", "replace").strip(" \0")
        for number in (part10.SENDING_AE, part10.RECEIVING_AE, part10.SENDING_ADDRESS)
    )
    return Provenance(*texts)


def peek(data: bytes) -> Peek | None:
    """What an object says that it is, from its first elements; ``None`` when it is not DICOM.

    The beginning of a file is enough.
    """
    try:
        return _first_uids(open_part10(data[:MAX_BYTES]))
    except UnreadableReport:
        return None


def _first_uids(part: Part10) -> Peek | None:
    found: dict[int, str] = {}
    position, limit, budget = part.start, len(part.data), Budget()
    while position < limit and SOP_INSTANCE_UID not in found:
        element = header_at(part.data, position, limit, part.implicit)
        position = skip_value(part.data, element, limit, part.implicit, budget)
        if element.tag in (SOP_CLASS_UID, SOP_INSTANCE_UID) and element.length != UNDEFINED:
            found[element.tag] = part.data[element.start : position].decode("ascii", "replace").strip(" \0")
        elif element.tag & 0xFFFF > 0x0008:
            break
    if not found and _is_step(part):
        return Peek(sop_classes.PERFORMED_PROCEDURE_STEP, part.meta_text(part10.MEDIA_SOP_INSTANCE))
    sop_class_uid = found.get(SOP_CLASS_UID, "")
    return Peek(sop_class_uid, found.get(SOP_INSTANCE_UID, "")) if usable_uid(sop_class_uid) else None
