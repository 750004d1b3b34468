"""Reports made for the store's tests: small, exact (doses are multiples of 1/64), and cut in every manner."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from alara import sop_classes
from alara.model import (
    AccumulatedDose,
    DoseReport,
    Equipment,
    EventType,
    IrradiationEvent,
    Moment,
    Patient,
    Plane,
    Provenance,
    ReportKind,
    Scope,
    ScopeKind,
)
from alara.quantities import AirKerma, Duration, KermaAreaProduct
from alara.store import Incoming
from alara.store.assemble import StoredReport

START = datetime(2026, 10, 5, 9, 0)
STUDY = "1.2.826.0.1.3680043.10.1.1"
C_ARM = Equipment("GE OEC", "Elite", "SN1", "C-ARM-3")


def event(number: int, dose: float = 1.0, plane: Plane = Plane.SINGLE, **fields: Any) -> IrradiationEvent:
    """Event ``number`` of the study: P_KA ``dose`` Gy.cm2, K_a,r four times that in mGy, twice that in s."""
    return IrradiationEvent(
        **{
            "uid": f"{STUDY}.9.{number}",
            "plane": plane,
            "type": EventType.FLUOROSCOPY,
            "started": Moment(START + timedelta(minutes=number)),
            "p_ka": KermaAreaProduct(dose),
            "ka_r": AirKerma(4 * dose),
            "duration": Duration(2 * dose),
        }
        | fields
    )


def stated(dose: float, plane: Plane = Plane.SINGLE, **fields: Any) -> AccumulatedDose:
    """A total in the same proportions as :func:`event`."""
    return AccumulatedDose(
        **{
            "plane": plane,
            "p_ka": KermaAreaProduct(dose),
            "ka_r": AirKerma(4 * dose),
            "fluoroscopy_time": Duration(2 * dose),
        }
        | fields
    )


def sums(events: Iterable[IrradiationEvent]) -> tuple[AccumulatedDose, ...]:
    """The totals of events, plane by plane."""
    by_plane: dict[Plane, float] = {}
    for one in events:
        by_plane[one.plane] = by_plane.get(one.plane, 0.0) + (one.p_ka_gycm2 or 0.0)
    return tuple(stated(dose, plane) for plane, dose in by_plane.items())


def report(
    number: int,
    events: Sequence[IrradiationEvent] = (),
    accumulated: Sequence[AccumulatedDose] | None = None,
    **fields: Any,
) -> DoseReport:
    """Report ``number`` of the study, written that many minutes after its start; totals are the events' sums."""
    started = min((one.started for one in events if one.started), key=lambda m: m.local, default=Moment(START))
    return DoseReport(
        **{
            "sop_class_uid": "1.2.840.10008.5.1.4.1.1.88.67",
            "sop_instance_uid": f"{STUDY}.5.{number}",
            "study_instance_uid": STUDY,
            "kind": ReportKind.FLUOROSCOPY,
            "equipment": C_ARM,
            "patient": Patient(patient_id="MRN-1", birth_year=1961, age_years=65.0, sex="F"),
            "content_written": Moment(START + timedelta(hours=1, minutes=number)),
            "study_description": "Hip injection",
            "scope": Scope(ScopeKind.STUDY, STUDY),
            "accumulated": tuple(sums(events) if accumulated is None else accumulated),
            "events": tuple(events),
            "started": started,
        }
        | fields
    )


def step(number: int) -> Scope:
    return Scope(ScopeKind.PERFORMED_PROCEDURE_STEP, f"{STUDY}.7.{number}")


def digest_of(report: DoseReport, encoding: str = "") -> str:
    return hashlib.sha256(f"{encoding}{report!r}".encode()).hexdigest()


def stored(report: DoseReport, **fields: Any) -> StoredReport:
    made = StoredReport(digest_of(report), "main", datetime(2026, 10, 6, tzinfo=UTC), "k-patient", report)
    return replace(made, **fields)


def incoming(report: DoseReport, **fields: Any) -> Incoming:
    made = Incoming(
        digest_of(report),
        report,
        Provenance("CARM3", "ALARA", "10.0.0.3"),
        datetime(2026, 10, 6, tzinfo=UTC),
        "main",
        "k-patient",
    )
    return replace(made, **fields)


def case_id(*parts: str) -> str:
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:12]


# --- one procedure, cut into reports -----------------------------------------------------------------


@dataclass(frozen=True)
class Cut:
    """How a procedure became reports, and whether its stated totals can still be told (else the events' sum is)."""

    manner: str
    reports: tuple[DoseReport, ...]
    told: bool = True


doses = st.integers(0, 640).map(lambda n: n / 64)


@st.composite
def procedures(draw: st.DrawFn) -> list[IrradiationEvent]:
    """The events of one procedure, on one plane or two, in time."""
    planes = draw(st.sampled_from([[Plane.SINGLE], [Plane.A, Plane.B]]))
    amounts = draw(st.lists(doses, min_size=1, max_size=9))
    return [event(i, dose, draw(st.sampled_from(planes))) for i, dose in enumerate(amounts, 1)]


def whole(events: list[IrradiationEvent], draw: Any) -> Cut:
    return Cut("whole", (report(1, events),))


def one_a_plane(events: list[IrradiationEvent], draw: Any) -> Cut:
    planes = sorted({one.plane for one in events}, reverse=True)
    return Cut(
        "one a plane",
        tuple(report(i, [one for one in events if one.plane is plane]) for i, plane in enumerate(planes)),
    )


def cumulative(events: list[IrradiationEvent], draw: Any) -> Cut:
    ends = sorted({*draw(st.lists(st.integers(1, len(events)), max_size=3)), len(events)})
    return Cut("cumulative", tuple(report(end, events[:end]) for end in ends))


def _parts(events: list[IrradiationEvent], draw: Any) -> list[list[IrradiationEvent]]:
    edges = sorted({0, *draw(st.lists(st.integers(0, len(events)), max_size=3)), len(events)})
    return [events[low:high] for low, high in pairwise(edges)]


def continued(events: list[IrradiationEvent], draw: Any) -> Cut:
    return Cut("continued", tuple(report(i, part) for i, part in enumerate(_parts(events, draw))))


def one_a_step(events: list[IrradiationEvent], draw: Any) -> Cut:
    parts = _parts(events, draw)
    return Cut("one a step", tuple(report(i, part, scope=step(i)) for i, part in enumerate(parts)))


def steps_without_events(events: list[IrradiationEvent], draw: Any) -> Cut:
    parts = _parts(events, draw)
    cut = tuple(report(i, (), sums(part), scope=step(i)) for i, part in enumerate(parts))
    return Cut("steps without events", cut)


def continued_repeating_one_total(events: list[IrradiationEvent], draw: Any) -> Cut:
    cut = tuple(report(i, part, sums(events)) for i, part in enumerate(_parts(events, draw)))
    return Cut("continued, one total", cut)


def overlapping(events: list[IrradiationEvent], draw: Any) -> Cut:
    low, high = sorted((draw(st.integers(0, len(events))), draw(st.integers(0, len(events)))))
    cut = tuple(report(i, part) for i, part in enumerate((events[:high], events[low:])) if part)
    return Cut("overlapping", cut, told=False)


def overlapping_repeating_one_total(events: list[IrradiationEvent], draw: Any) -> Cut:
    cut = tuple(replace(one, accumulated=sums(events)) for one in overlapping(events, draw).reports)
    return Cut("overlapping, one total", cut)


def under_two_uids(events: list[IrradiationEvent], draw: Any) -> Cut:
    return Cut("two SOP UIDs", (report(1, events), report(2, events)))


def cumulative_and_continued(events: list[IrradiationEvent], draw: Any) -> Cut:
    parts = continued(events, draw).reports
    return Cut("cumulative and continued", (*parts, report(50, events)))


MANNERS = (
    whole,
    one_a_plane,
    cumulative,
    continued,
    one_a_step,
    continued_repeating_one_total,
    overlapping,
    overlapping_repeating_one_total,
    under_two_uids,
    cumulative_and_continued,
)


@st.composite
def deliveries(draw: st.DrawFn, manners: Sequence[Any] = MANNERS) -> tuple[list[IrradiationEvent], Cut, list[int]]:
    """A procedure's events, the reports it was cut into, and an order of arrival with repeats."""
    events = draw(procedures())
    cut = draw(st.sampled_from(manners))(events, draw)
    order = draw(st.permutations(range(len(cut.reports))))
    repeats = draw(st.lists(st.sampled_from(range(len(cut.reports))), max_size=3))
    return events, cut, draw(st.permutations([*order, *repeats]))


# --- anything that devices may send ------------------------------------------------------------------

_maybe_doses = st.none() | doses
_HEADERS = (sop_classes.PERFORMED_PROCEDURE_STEP, *sop_classes.IMAGES)


def _dose_fields(draw: st.DrawFn) -> dict[str, Any]:
    p_ka, ka_r = draw(_maybe_doses), draw(_maybe_doses)
    return {
        "plane": draw(st.sampled_from([Plane.SINGLE, Plane.A, Plane.B, Plane.UNKNOWN])),
        "p_ka": None if p_ka is None else KermaAreaProduct(p_ka),
        "ka_r": None if ka_r is None else AirKerma(ka_r),
    }


@st.composite
def any_report(draw: st.DrawFn) -> DoseReport:
    """A report out of few UIDs, studies, devices, events and times, so that everything collides with everything."""
    sop_class = draw(st.sampled_from([sop_classes.X_RAY_RADIATION_DOSE_SR] * 3 + [*_HEADERS]))
    # a header names no events
    numbers = [] if sop_class in _HEADERS else draw(st.lists(st.integers(1, 4), max_size=4))
    fluoroscopy_time = draw(_maybe_doses)
    events = [
        event(
            n,
            uid=f"{STUDY}.9.{n}",
            type=draw(st.sampled_from(EventType)),
            started=draw(st.none() | st.just(Moment(START + timedelta(minutes=n)))),
            duration=draw(st.none() | st.just(Duration(float(n)))),
            **_dose_fields(draw),
        )
        for n in numbers
    ]
    time = None if fluoroscopy_time is None else Duration(fluoroscopy_time)
    stated = [AccumulatedDose(fluoroscopy_time=time, **_dose_fields(draw)) for _ in range(draw(st.integers(0, 2)))]
    return report(
        draw(st.integers(1, 3)),
        events,
        stated,
        sop_class_uid=sop_class,
        equipment=draw(st.sampled_from([C_ARM, C_ARM, Equipment(station="C-ARM-3"), Equipment("Ziehm", serial="SN9")])),
        study_instance_uid=f"{STUDY}.{draw(st.integers(1, 2))}",
        kind=draw(st.sampled_from([ReportKind.FLUOROSCOPY, ReportKind.RADIOGRAPHY, ReportKind.CT])),
        content_written=draw(st.sampled_from([None, Moment(START), Moment(START + timedelta(hours=1), 60)])),
        scope=draw(st.sampled_from([Scope(), Scope(ScopeKind.STUDY, STUDY), step(1), step(2)])),
        study_description=draw(st.sampled_from(["", "Hip", "Knee"])),
    )
