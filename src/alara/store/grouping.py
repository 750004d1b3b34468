"""Which objects of a study are one procedure: a pure function of their set, decided before anything is added up.

**Dose reports.** Reports of one device and kind are one procedure, and so are
reports that share an irradiation event, whatever they say of device and kind:
a room whose first report holds a single exposure, and whose later one repeats
it beside fluoroscopy, did one procedure. With fluoroscopy in any of its reports
it is fluoroscopy. So two devices in one study are two procedures, and a
dual-use room keeps exposures of its own apart from its fluoroscopy.

**Headers.** Images and performed procedure steps tell of the same irradiation
as the dose reports of their study, and name no event by which to join them. So
they *give way* to what tells better of what may be the same device: steps to
dose reports, images to steps, secondary captures to images. Fluoroscopy does
not give way to mere radiography. What gives way is listed with the procedure
that it gives way to, and its doses count nowhere; only where nothing better
came are headers a procedure of their own.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from alara import sop_classes
from alara.model import DoseReport, ReportKind

__all__ = ["Group", "Identity", "StoredReport", "Telling", "groups_of", "written"]

#: What makes a procedure: Study Instance UID, equipment key and kind.
Identity = tuple[str, str, str]

_LONG_AGO = datetime(1, 1, 1)


@dataclass(frozen=True, slots=True)
class StoredReport:
    """A report with what its delivery adds. ``uid_shared``: another content has the same SOP Instance UID."""

    digest: str
    site: str
    received_at: datetime
    patient_pseudonym: str
    report: DoseReport
    uid_shared: bool = False
    operator_codes: tuple[str, ...] = ()


class Telling(IntEnum):
    """How well an object tells of the dose of its study; the lower gives way to the higher."""

    CAPTURE = 0
    IMAGE = 1
    STEP = 2
    REPORT = 3

    @classmethod
    def of(cls, report: DoseReport) -> Telling:
        if report.sop_class_uid in sop_classes.STRUCTURED_REPORTS:
            return cls.REPORT
        if report.sop_class_uid == sop_classes.PERFORMED_PROCEDURE_STEP:
            return cls.STEP
        return cls.CAPTURE if report.sop_class_uid == sop_classes.SECONDARY_CAPTURE else cls.IMAGE


@dataclass(frozen=True, slots=True)
class Group:
    """The objects of one procedure that count, and those that gave way to them."""

    kind: ReportKind
    telling: Telling
    counting: tuple[StoredReport, ...]
    given_way: list[StoredReport] = field(default_factory=list)

    @property
    def identity(self) -> Identity:
        """The equipment key is that of the report written first, so that it stays when later ones differ."""
        reports = [stored.report for stored in self.counting]
        first = min(reports, key=lambda report: (written(report), report.sop_instance_uid, report.equipment.key))
        return first.study_instance_uid, first.equipment.key, self.kind.value


def written(report: DoseReport) -> datetime:
    """When a report was written by its device's clock; long ago where it does not say."""
    return report.content_written.local if report.content_written else _LONG_AGO


def groups_of(reports: Iterable[StoredReport]) -> list[Group]:
    """The procedures that reports amount to; those that are not for the audit take no part."""
    studies: dict[str, list[StoredReport]] = {}
    for stored in reports:
        if stored.report.is_audited:
            studies.setdefault(stored.report.study_instance_uid, []).append(stored)
    return [group for study in sorted(studies) for group in _of_study(studies[study])]


def _of_study(reports: list[StoredReport]) -> list[Group]:
    groups: list[Group] = []
    told: dict[Telling, list[StoredReport]] = {}
    for stored in reports:
        told.setdefault(Telling.of(stored.report), []).append(stored)
    for telling in sorted(told, reverse=True):
        alone: list[StoredReport] = []
        for stored in told[telling]:
            better = next((group for group in groups if _gives_way(stored.report, group)), None)
            (alone if better is None else better.given_way).append(stored)
        groups += [Group(kind, telling, tuple(members)) for kind, members in _joined(alone)]
        groups.sort(key=lambda group: group.identity)
    return groups


def _gives_way(report: DoseReport, group: Group) -> bool:
    loses_fluoroscopy = report.kind is ReportKind.FLUOROSCOPY and group.kind is not ReportKind.FLUOROSCOPY
    return not loses_fluoroscopy and any(report.equipment.may_be(one.report.equipment) for one in group.counting)


def _joined(reports: Sequence[StoredReport]) -> list[tuple[ReportKind, list[StoredReport]]]:
    """Reports with device and kind or an event in common, and the kind of all together."""
    kinds = [stored.report.kind for stored in reports]
    while True:
        parts = _linked([_links(stored.report, kind) for stored, kind in zip(reports, kinds, strict=True)])
        fluoroscopic = {index for part in parts if _has_fluoroscopy(part, kinds) for index in part}
        together = [ReportKind.FLUOROSCOPY if index in fluoroscopic else kind for index, kind in enumerate(kinds)]
        if together == kinds:
            return [(kinds[part[0]], [reports[index] for index in part]) for part in parts]
        kinds = together  # with its new kind a report may be of a kind and device with others


def _has_fluoroscopy(part: Iterable[int], kinds: Sequence[ReportKind]) -> bool:
    return any(kinds[index] is ReportKind.FLUOROSCOPY for index in part)


def _links(report: DoseReport, kind: ReportKind) -> Iterator[Hashable]:
    """What joins a report with another that has it too."""
    yield report.equipment.key, kind
    for event in report.events:
        yield event.uid


def _linked(links: Sequence[Iterable[Hashable]]) -> list[list[int]]:
    """The indices of what is linked, directly or through others."""
    part_of = [[index] for index in range(len(links))]
    first_with: dict[Hashable, int] = {}
    for index, names in enumerate(links):
        for name in names:
            mine, theirs = part_of[index], part_of[first_with.setdefault(name, index)]
            if mine is not theirs:
                theirs += mine
                for member in mine:
                    part_of[member] = theirs
    return list({id(part): part for part in part_of}.values())
