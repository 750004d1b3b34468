"""A report as the rows that it becomes, but for the keys that only a database gives: made where it was read.

Most reports are all that there is of their study. Their procedure is made here
too, so that storing them is no more than inserting rows. Where a study has
several reports the procedure is assembled from all of them while they are
stored, and what was made of each alone is not used.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from alara.model import DoseReport, Equipment, EventType, IrradiationEvent, Plane, ReportKind
from alara.store.assemble import Assembled, StoredReport, assemble
from alara.store.bulk import as_driver_takes_it
from alara.store.derived import finding_rows, identity_of, plane_rows, procedure_row
from alara.store.grouping import Identity
from alara.store.rows import (
    accumulated_rows,
    equipment_row,
    event_row,
    finding_row,
    patient_columns,
    report_from_rows,
    report_row,
)

__all__ = ["EVENT_COLUMNS", "Derived", "ReadyReport", "derived", "ready"]

Row = dict[str, Any]

#: The columns of an event's values in :attr:`ReadyReport.events`.
EVENT_COLUMNS: Final = tuple(event_row(IrradiationEvent(uid="", plane=Plane.SINGLE, type=EventType.FLUOROSCOPY), 0))
_EVENT_TIMES: Final = ("started_local", "ended_local")
#: Stands for the time of arrival, which is not known yet; a procedure that starts then has no other time.
_ARRIVAL: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Derived:
    """A procedure as rows; what it lacks are its case id and the keys of its equipment and of itself."""

    key: str
    identity: Identity
    equipment: Equipment
    procedure: Row
    planes: list[Row]
    findings: list[Row]


@dataclass(frozen=True, slots=True)
class ReadyReport:
    """A report as rows.

    Attributes
    ----------
    patient_id, operators
        What the pseudonym and the operators' codes are made of; they are in no row.
    header
        The row of ``reports``, without what the delivery adds.
    events
        A tuple an event, in the order of :data:`EVENT_COLUMNS`; times are text, as every driver takes them.
    alone
        Its procedure where it is the only report of its study, without site, pseudonym and operators;
        ``None`` when it makes none, or one that has no time but that of its arrival.
    counted
        Positions of the events that count in that procedure.
    """

    kind: ReportKind
    equipment: Equipment
    patient_id: str = field(repr=False)
    operators: tuple[str, ...] = field(repr=False)
    header: Row
    accumulated: list[Row]
    events: list[tuple[Any, ...]]
    findings: list[Row]
    alone: Derived | None
    counted: frozenset[int]

    @property
    def is_audited(self) -> bool:
        return self.kind.audited

    @property
    def sop_instance_uid(self) -> str:
        return str(self.header["sop_instance_uid"])

    @property
    def study_instance_uid(self) -> str:
        return str(self.header["study_instance_uid"])

    def restored(self) -> DoseReport:
        """The report as it would come back from the database."""
        events = [_event_row(values) for values in self.events]
        unit = equipment_row(self.equipment, site="")
        return report_from_rows(self.header, unit, self.accumulated, events, self.findings)


def ready(report: DoseReport) -> ReadyReport:
    """The rows of a report."""
    alone, counted = _alone(report)
    return ReadyReport(
        kind=report.kind,
        equipment=report.equipment,
        patient_id=report.patient.patient_id,
        operators=report.operators,
        header={**report_row(report), **patient_columns(report.patient, pseudonym="")},
        accumulated=accumulated_rows(report),
        events=[_event_values(event, at) for at, event in enumerate(report.events)],
        findings=[finding_row(finding, at) for at, finding in enumerate(report.findings)],
        alone=alone,
        counted=counted,
    )


def _event_values(event: IrradiationEvent, position: int) -> tuple[Any, ...]:
    row = event_row(event, position)
    for name in _EVENT_TIMES:
        row[name] = as_driver_takes_it(row[name])
    return tuple(row.values())


def _event_row(values: tuple[Any, ...]) -> Row:
    row = dict(zip(EVENT_COLUMNS, values, strict=True))
    for name in _EVENT_TIMES:
        row[name] = None if row[name] is None else datetime.fromisoformat(row[name])
    return row


def derived(assembled: Assembled) -> Derived:
    """The rows of a procedure."""
    return Derived(
        key=identity_of(assembled.identity),
        identity=assembled.identity,
        equipment=assembled.procedure.equipment,
        procedure=procedure_row(assembled),
        planes=plane_rows(assembled.procedure),
        findings=finding_rows(assembled.procedure),
    )


def _alone(report: DoseReport) -> tuple[Derived | None, frozenset[int]]:
    made = assemble([StoredReport("", "", _ARRIVAL, "", report)]) if report.is_audited else ()
    if len(made) != 1:
        return None, frozenset()
    (one,) = made
    assert one.procedure.started is not None
    if one.procedure.started.local == _ARRIVAL.replace(tzinfo=None):
        return None, frozenset()
    return derived(one), frozenset(position for _, position in one.counted)
