"""One dose read off a screen → a DICOM dose report that says of itself that it was typed.

From there on nothing is special: it is kept byte for byte, read, and stored
as what a C-arm sends.

**UIDs are functions of what was typed**, so that the same row again is the same
object. The study is the C-arm and the minute; the object is the study, the
plane and when the row was typed. So two rows of one minute, one a plane, are
one procedure; a row typed later replaces an earlier one; and two rows that say
different things of the same, typed at the same time, are a conflict.

**The patient ID is in no UID.** UIDs and digests are in the database, and an ID
could be found there by trying them all. The digest is over bytes that hold the
ID, so these also hold a *seal*: a word that nobody can make without the key.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from alara.model import (
    AccumulatedDose,
    Code,
    DoseReport,
    Equipment,
    Moment,
    Patient,
    ReportKind,
    Scope,
    ScopeKind,
)
from alara.pseudonym import Pseudonymiser
from alara.sop_classes import X_RAY_RADIATION_DOSE_SR
from alara.sr.build import CONFORMING, build, derived_uid
from alara.sr.writing.items import text

__all__ = ["MANUAL_ENTRY", "ManualEntry", "as_bytes", "as_report"]

#: Source of dose information (PS3.16 CID 10020).
MANUAL_ENTRY: Final = Code("113857", "DCM", "Manual Entry")
_COMMENT: Final = Code("121106", "DCM", "Comment")
_SEAL: Final = Code("SEAL", "99ALARA", "Keyed seal")


@dataclass(frozen=True, slots=True)
class ManualEntry:
    """What one line of the file says. ``entered`` is when it was typed, the start when that is not said."""

    line: int
    started: datetime
    entered: datetime
    equipment: Equipment
    patient: Patient
    dose: AccumulatedDose
    description: str = ""
    comment: str = ""

    @property
    def study_instance_uid(self) -> str:
        return derived_uid("manual entry", self.equipment.key, self.started.isoformat())

    @property
    def sop_instance_uid(self) -> str:
        return derived_uid(self.study_instance_uid, self.dose.plane.value, self.entered.isoformat())


def as_report(entry: ManualEntry) -> DoseReport:
    """The entry in the model's words: totals of one plane over one study, without events."""
    return DoseReport(
        sop_class_uid=X_RAY_RADIATION_DOSE_SR,
        sop_instance_uid=entry.sop_instance_uid,
        study_instance_uid=entry.study_instance_uid,
        kind=ReportKind.FLUOROSCOPY,
        equipment=entry.equipment,
        patient=entry.patient,
        study_started=Moment(entry.started),
        content_written=Moment(entry.entered),
        study_description=entry.description,
        scope=Scope(ScopeKind.STUDY, entry.study_instance_uid),
        sources_of_dose=(MANUAL_ENTRY,),
        complete=True,
        accumulated=(entry.dose,),
    )


def as_bytes(entry: ManualEntry, pseudonyms: Pseudonymiser | None = None) -> bytes:
    """The entry as a DICOM file; without pseudonyms it has no seal and is not for keeping."""
    report = as_report(entry)
    said = [text(_COMMENT, entry.comment)] if entry.comment else []
    if pseudonyms is not None and entry.patient.patient_id:
        seal = pseudonyms.case(report.sop_instance_uid, entry.patient.patient_id, "manual entry")
        said.append(text(_SEAL, seal))
    return build(report, replace(CONFORMING, root_items=tuple(said)))
