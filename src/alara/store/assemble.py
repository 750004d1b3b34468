"""All reports of one study on one device become one procedure: a pure function of their set.

The order in which reports arrive, and how often, changes nothing: reports are
put into one canonical order (time of writing, then SOP Instance UID), sums are
exactly rounded (:func:`math.fsum`), and ties are broken by content.

**Which procedure** an object belongs to, :mod:`alara.store.grouping` says: one
study on one device, and of one kind unless its events say otherwise. Where no
dose report came, the headers of images and of performed procedure steps are
added up by :mod:`alara.store.headers`.

**Which report, when one SOP Instance UID has two contents.** The later written
one; the finding ``uid_conflict`` says so. Where the two lie in different
procedures each stands in its own, and both procedures carry the finding.

**Which events.** Each irradiation event UID counts once. Where reports differ
about its dose, the one that states more of the dose quantities counts, then the
later report (``event_conflict``): a later report that leaves a value out does
not erase it.

**Which totals**, for each acquisition plane by itself (so that one report a
plane needs no rule of its own). A report *states* a total over a set of events:

1. A report whose events are all in another's is superseded by it: a cumulative
   report replaces what it repeats, and the later of two with the same events
   replaces the earlier. A report that has events of a plane and no total of it
   supersedes too, for an earlier total does not cover its events.
2. Of reports without events, the latest of each scope of accumulation stands;
   different scopes (performed procedure steps) add to each other and to reports
   with events. One that runs over the study, over an unknown scope, or over the
   scope of a report with events gives way to that report. Totals over the study
   and over its steps do not add: the larger stands.
3. If still several with events stand, the events tell what each total runs over.
   The largest total *speaks for all* when it is within 5 % of the sum over all
   events, and nearer to it than to the sum of its own: then it is the total,
   once. This is the study total that continued (1–4, 5–8) or overlapping (1–5,
   4–8) reports repeat. C-arms state up to a third more or less than their
   events: that far it still speaks for all where all repeat it, or the totals
   are in one proportion to the running sum of events, and it is half as far from
   the sum over all as from that of its own. Unequal totals that are all in one
   proportion to the sums of their own events are each report's own, whatever
   they are near to.
4. Reports with no event in common add their totals, unless nothing can be told
   from the events and all repeat one total, not as different performed procedure
   steps: then it is taken once.
5. Totals over overlapping events cannot be added. If nothing can be told from
   the events and all repeat one total, it is taken once. Otherwise no total is
   stated, the sum over the distinct events is used, and ``total_disagrees``
   names the totals set aside.

Where the events carry no value to sum in place of a total that is missing, that
cannot be added, or that a superseding report leaves out, what is stated is a
lower bound (``total_incomplete``).

The choice between a stated total and the sum of events is not made here but in
:mod:`alara.totals`, for a procedure as for a report.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import TypeVar

from alara.findings import Finding, FindingCode
from alara.model import (
    AccumulatedDose,
    DoseReport,
    IrradiationEvent,
    Moment,
    Patient,
    Plane,
    Procedure,
)
from alara.store.combine import Statement, combine
from alara.store.grouping import Group, Identity, StoredReport, Telling, groups_of, written
from alara.store.headers import added_headers
from alara.totals import all_planes, plane_of, plane_totals

__all__ = ["Assembled", "StoredReport", "assemble"]

H = TypeVar("H", bound=Hashable)
#: What a report says of an event, and the row where it says so: (digest, position).
_Telling = tuple[IrradiationEvent, tuple[str, int]]

#: Findings that the procedure's own totals answer again; a report's own answer would mislead.
_OF_TOTALS = frozenset(
    {
        FindingCode.TOTAL_MISSING,
        FindingCode.TOTAL_ROUNDED_AWAY,
        FindingCode.TOTAL_DISAGREES,
        FindingCode.TOTAL_INCOMPLETE,
        FindingCode.TIME_UNDER_ACQUISITION,
        FindingCode.FLUOROSCOPY_TIME_MISSING,
        FindingCode.P_KA_MISSING,
        FindingCode.FIELD_AREA_IMPLAUSIBLE,
        FindingCode.UNKNOWN_PLANE,
    }
)
_LONG_AGO = datetime(1, 1, 1)


@dataclass(frozen=True, slots=True)
class Assembled:
    """A procedure, its stated totals one a plane, and which event rows count: (digest, position).

    ``members`` are the digests of its objects; those of ``given_way`` tell of
    the same irradiation as the others and are not counted.
    """

    identity: Identity
    procedure: Procedure
    accumulated: tuple[AccumulatedDose, ...]
    site: str
    patient_pseudonym: str
    operator_codes: tuple[str, ...]
    members: frozenset[str]
    given_way: frozenset[str]
    counted: frozenset[tuple[str, int]]


def assemble(reports: Iterable[StoredReport]) -> tuple[Assembled, ...]:
    """The procedures that these reports amount to, whatever their order and however often each comes.

    Reports that are not for the audit take no part.
    """
    return tuple(_assemble_one(group) for group in groups_of(reports))


def _assemble_one(group: Group) -> Assembled:
    distinct = _in_canonical_order(group.counting)
    standing, uid_findings = _one_a_uid(distinct)
    reports = [stored.report for stored in standing]
    # what gave way fills in words that the others leave out
    described = [*(stored.report for stored in _in_canonical_order(group.given_way)), *reports]
    events, counted, event_findings = _distinct_events(standing)
    accumulated, combine_findings = _accumulated(reports, events, group.telling)
    planes, total_findings = plane_totals(accumulated, events)
    planes = tuple(sorted(planes, key=lambda totals: totals.plane.value))
    started, time_findings = _started(distinct, events)
    pseudonym, patient_findings = _pseudonym(distinct)
    latest = reports[-1]
    procedure = Procedure(
        study_instance_uid=latest.study_instance_uid,
        equipment=latest.equipment,
        kind=group.kind,
        patient=_patient(described),
        started=started,
        ended=max((r.ended for r in reports if r.ended), key=_instant, default=None),
        study_description=_latest(r.study_description for r in described),
        performed_procedure_description=_latest(r.performed_procedure_description for r in described),
        requested_procedure_description=_latest(r.requested_procedure_description for r in described),
        protocol_names=_any_of(reports, described, lambda report: report.protocol_names),
        procedure_codes=_any_of(reports, described, lambda report: report.procedure_codes),
        planes=planes,
        totals=all_planes(planes),
        events=events,
        report_uids=tuple(stored.report.sop_instance_uid for stored in distinct),
        quirks=_unique(quirk for r in reports for quirk in r.quirks),
        findings=_unique(
            [
                *(finding for r in reports for finding in r.findings if not _of_totals(finding)),
                *uid_findings,
                *event_findings,
                *combine_findings,
                *total_findings,
                *time_findings,
                *patient_findings,
            ]
        ),
    )
    given_way = frozenset(stored.digest for stored in group.given_way)
    return Assembled(
        identity=group.identity,
        procedure=procedure,
        accumulated=accumulated,
        site=standing[-1].site,
        patient_pseudonym=pseudonym,
        operator_codes=_operators(distinct) or _operators(group.given_way),
        members=given_way.union(stored.digest for stored in group.counting),
        given_way=given_way,
        counted=counted,
    )


# --- which reports ---------------------------------------------------------------------------------


def _in_canonical_order(delivered: Iterable[StoredReport]) -> list[StoredReport]:
    """Each content once, by time of writing, then UID, then content (which is asked only when it must be)."""
    by_uid: dict[str, list[StoredReport]] = {}
    for stored in sorted(delivered, key=lambda stored: stored.digest):
        same_uid = by_uid.setdefault(stored.report.sop_instance_uid, [])
        if all(stored.report != other.report for other in same_uid):
            same_uid.append(stored)
    for same_uid in by_uid.values():
        if len(same_uid) > 1:
            same_uid.sort(key=lambda stored: repr(stored.report))
    contents = [stored for same_uid in by_uid.values() for stored in same_uid]
    return sorted(contents, key=lambda stored: (written(stored.report), stored.report.sop_instance_uid))


def _one_a_uid(distinct: list[StoredReport]) -> tuple[list[StoredReport], list[Finding]]:
    last = {stored.report.sop_instance_uid: stored for stored in distinct}
    shared = _unique(
        stored.report.sop_instance_uid
        for stored in distinct
        if stored.uid_shared or last[stored.report.sop_instance_uid] is not stored
    )
    standing = [stored for stored in distinct if last[stored.report.sop_instance_uid] is stored]
    return standing, [Finding(FindingCode.UID_CONFLICT, uid) for uid in shared]


# --- which events ----------------------------------------------------------------------------------


def _distinct_events(
    standing: list[StoredReport],
) -> tuple[tuple[IrradiationEvent, ...], frozenset[tuple[str, int]], list[Finding]]:
    """Each event once, in the order of time; the rows that count; and where reports disagreed."""
    tellings: dict[str, list[_Telling]] = {}
    for stored in standing:
        for position, event in enumerate(stored.report.events):
            tellings.setdefault(event.uid, []).append((event, (stored.digest, position)))
    chosen = [told[0] if len(told) == 1 else _fullest(told) for told in tellings.values()]
    chosen.sort(key=lambda telling: (_event_time(telling[0]), telling[0].uid))
    events = tuple(event for event, _ in chosen)
    findings = [
        Finding(FindingCode.EVENT_CONFLICT, _differences(told), event.uid)
        for event in events
        if len(told := [telling for telling, _ in tellings[event.uid]]) > 1 and len({_dose(e) for e in told}) > 1
    ]
    return events, frozenset(row for _, row in chosen), findings


def _fullest(told: list[_Telling]) -> _Telling:
    """The telling with the most dose quantities, the last of equals (max() returns the first it sees)."""
    return max(reversed(told), key=lambda telling: _doses_stated(telling[0]))


def _dose(event: IrradiationEvent) -> tuple[object, ...]:
    return event.plane, event.p_ka, event.ka_r, event.duration


def _doses_stated(event: IrradiationEvent) -> int:
    return sum(quantity is not None for quantity in (event.p_ka, event.ka_r, event.duration))


def _event_time(event: IrradiationEvent) -> datetime:
    return event.started.local if event.started else _LONG_AGO


def _differences(told: Sequence[IrradiationEvent]) -> str:
    """Which values differ, and what each report says; in canonical order."""
    parts: list[str] = []
    for name, values in (
        ("plane", [event.plane.value for event in told]),
        ("P_KA", [str(event.p_ka or "absent") for event in told]),
        ("K_a,r", [str(event.ka_r or "absent") for event in told]),
        ("duration", [str(event.duration or "absent") for event in told]),
    ):
        if len(set(values)) > 1:
            parts.append(f"{name} {' and '.join(_unique(values))}")
    return "; ".join(parts)


# --- which totals ----------------------------------------------------------------------------------


def _accumulated(
    reports: list[DoseReport], events: tuple[IrradiationEvent, ...], telling: Telling
) -> tuple[tuple[AccumulatedDose, ...], list[Finding]]:
    if telling is not Telling.REPORT:
        return added_headers(reports, telling)
    if len(reports) == 1:
        return reports[0].accumulated, []
    planes = sorted({dose.plane for report in reports for dose in report.accumulated}, key=lambda plane: plane.value)
    accumulated: list[AccumulatedDose] = []
    findings: list[Finding] = []
    for plane in planes:
        statements = [
            Statement(dose, frozenset(event.uid for event in report.events), report.scope)
            for report in reports
            if (dose := _stated(report, plane, planes)) is not None
        ]
        on_plane = [event for event in events if plane_of(event.plane, planes) is plane]
        dose, found = combine(statements, on_plane)
        accumulated.append(dose)
        findings.extend(found)
    return tuple(accumulated), findings


def _stated(report: DoseReport, plane: Plane, planes: list[Plane]) -> AccumulatedDose | None:
    """What a report states of a plane: nothing, but as a statement, where it has events of it and no total."""
    stated = next((dose for dose in report.accumulated if dose.plane is plane), None)
    if stated is None and any(plane_of(event.plane, planes) is plane for event in report.events):
        return AccumulatedDose(plane)
    return stated


def _of_totals(finding: Finding) -> bool:
    """Whether the procedure's totals answer a finding again; that a plane is stated twice they do not see."""
    if finding.where.endswith("stated twice"):
        return False
    return finding.code in _OF_TOTALS and (finding.where == "totals" or "plane " in finding.where)


# --- the facts of the header -----------------------------------------------------------------------


def _instant(moment: Moment) -> tuple[datetime, int]:
    return moment.local, moment.utc_offset_min or 0


def _started(distinct: list[StoredReport], events: tuple[IrradiationEvent, ...]) -> tuple[Moment, list[Finding]]:
    """The first irradiation, else what the reports say, else when they were written or came.

    Never nothing: a procedure without a date would be in no month's audit.
    """
    sources: tuple[Callable[[DoseReport], Moment | None], ...] = (
        lambda report: report.started,
        lambda report: report.study_started,
        lambda report: report.content_written,
    )
    first = min((event.started for event in events if event.started), key=_instant, default=None)
    for source in sources:
        if first is None:
            first = min((m for stored in distinct if (m := source(stored.report))), key=_instant, default=None)
    if first is not None:
        return first, []
    came = min(stored.received_at for stored in distinct)
    finding = Finding(FindingCode.BAD_TIME, "no time is known; the time of arrival (UTC) stands for the start")
    return Moment(came.replace(tzinfo=None), 0), [finding]


def _pseudonym(distinct: list[StoredReport]) -> tuple[str, list[Finding]]:
    named = [stored.patient_pseudonym for stored in distinct if stored.patient_pseudonym]
    if len(set(named)) > 1:
        return named[-1], [Finding(FindingCode.PATIENT_CONFLICT, f"{len(set(named))} different patients")]
    return (named[-1] if named else ""), []


def _operators(told: Iterable[StoredReport]) -> tuple[str, ...]:
    """The codes of all who are said to have administered it, in their order: of several no report makes one."""
    return tuple(sorted({code for stored in told for code in stored.operator_codes}))


def _patient(reports: list[DoseReport]) -> Patient:
    """Field by field what the latest report that states it says."""
    patient = Patient()
    for report in reports:
        stated = {
            f.name: value
            for f in fields(Patient)
            if f.name != "patient_id" and (value := getattr(report.patient, f.name)) not in (None, "")
        }
        patient = replace(patient, **stated)
    return patient


def _latest(texts: Iterable[str]) -> str:
    return next((text for text in reversed(list(texts)) if text), "")


def _any_of(
    reports: list[DoseReport], described: list[DoseReport], what: Callable[[DoseReport], tuple[H, ...]]
) -> tuple[H, ...]:
    """Each once, of the reports that count, and only where they have none of all that describes the procedure."""
    return _unique(item for r in reports for item in what(r)) or _unique(item for r in described for item in what(r))


def _unique(items: Iterable[H]) -> tuple[H, ...]:
    return tuple(dict.fromkeys(items))
