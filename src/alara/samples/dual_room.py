"""A room that does fluoroscopy and radiography, and rounds its K_a,r totals to 0.1 mGy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from alara.findings import FindingCode
from alara.model import AccumulatedDose, EventType, IrradiationEvent, ReportKind
from alara.quantities import AirKerma
from alara.samples.cases import Case, Clinic
from alara.samples.exposures import accumulate
from alara.samples.procedures import Typed
from alara.samples.special import KINDS, Special

__all__ = ["continued_dual_room", "dual_room"]


def dual_room(clinic: Clinic, when: datetime) -> Iterator[Special]:
    """Fluoroscopy and radiography in one study, the K_a,r totals rounded to 0."""
    case = clinic.case("fluorospot", "joint", when, events=3, typed=Typed(KINDS["shoulder_gh"], "shoulder inj lt"))
    screened = _screened(case)
    total = replace(accumulate(screened, case.unit), ka_r=AirKerma(0), ka_r_fluoroscopy=AirKerma(0))
    fluoroscopy = case.but(events=screened, accumulated=(total,))
    rounded = (FindingCode.TOTAL_ROUNDED_AWAY,)
    about = "dual room: K_a,r total rounded to 0"
    yield Special("fluorospot-fluoroscopy", f"{about}, fluoroscopy", fluoroscopy, regular=False, findings=rounded)

    film = _radiograph(clinic, case)
    total = replace(accumulate((film,), case.unit), ka_r=AirKerma(0), ka_r_acquisition=AirKerma(0))
    radiography = _filmed(clinic, case, (film,), total)
    yield Special("fluorospot-radiography", f"{about}, radiography", radiography, regular=False, findings=rounded)


def continued_dual_room(clinic: Clinic, when: datetime) -> Iterator[Special]:
    """Fluoroscopy in two reports that each add their own, and two radiographs in a third, all of one study."""
    case = clinic.case("fluorospot", "spine", when, events=4)
    whole = case.but(events=_screened(case))
    for first, last in ((1, 2), (3, 4)):
        events = whole.report.events[first - 1 : last]
        part = whole.but(
            sop_instance_uid=clinic.uid("dual part", whole.report.sop_instance_uid, first),
            content_written=events[-1].started,
            events=events,
            accumulated=(_rounded(accumulate(events, whole.unit)),),
        )
        about = f"dual room, continued: fluoroscopy, events {first} to {last}"
        yield Special("fluorospot-continued", about, part, regular=False)
    films = (_radiograph(clinic, whole, 1), _radiograph(clinic, whole, 2))
    filmed = _filmed(clinic, whole, films, _rounded(accumulate(films, whole.unit)))
    yield Special("fluorospot-continued", "dual room, continued: two radiographs", filmed, regular=False)


def _screened(case: Case) -> tuple[IrradiationEvent, ...]:
    """The events of a case, all of them pulsed fluoroscopy."""
    events = (replace(event, type=EventType.FLUOROSCOPY, fluoro_mode="pulsed") for event in case.report.events)
    return tuple(replace(event, pulse_rate_per_s=event.pulse_rate_per_s or 3.0) for event in events)


def _rounded(total: AccumulatedDose) -> AccumulatedDose:
    assert total.ka_r is not None
    return replace(total, ka_r=AirKerma(round(total.ka_r.amount, 1)))


def _filmed(clinic: Clinic, case: Case, films: Sequence[IrradiationEvent], total: AccumulatedDose) -> Case:
    return case.but(
        sop_instance_uid=clinic.uid("film", case.report.sop_instance_uid),
        kind=ReportKind.RADIOGRAPHY,
        events=tuple(films),
        accumulated=(total,),
    )


def _radiograph(clinic: Clinic, case: Case, *number: int) -> IrradiationEvent:
    return replace(
        case.report.events[-1],
        uid=clinic.uid("film event", case.report.sop_instance_uid, *number),
        type=EventType.STATIONARY_ACQUISITION,
        fluoro_mode="",
        pulse_rate_per_s=None,
        pulses=1,
        pulse_width_ms=None,
        exposure_time_ms=20.0,
        protocol="Shoulder ap",
    )
