"""One case after another: who, when, what, on which C-arm, with what dose."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from math import exp
from statistics import NormalDist
from typing import Final, TypeVar

from alara.model import (
    AccumulatedDose,
    DoseReport,
    EventType,
    IrradiationEvent,
    Moment,
    Patient,
    Plane,
    ReportKind,
    Scope,
    ScopeKind,
)
from alara.quantities import AirKerma, Area, Duration, KermaAreaProduct
from alara.samples.fleet import FLEET, CArm
from alara.samples.procedures import PROCEDURES, Kind, Typed
from alara.sop_classes import X_RAY_RADIATION_DOSE_SR
from alara.sr.build import derived_uid

__all__ = ["ROUND", "Case", "Clinic", "accumulate", "routine", "slots"]

#: C-arms and what they do, in turn, so that every make comes up.
ROUND: Final = (
    ("orbit", "spine"),
    ("arc", "spine"),
    ("unity", "joint"),
    ("ge-oec", "spine"),
    ("orbit", "joint"),
    ("palm", "hand"),
    ("arc", "spine"),
    ("siemens-zee", "spine"),
    ("unity", "spine"),
    ("orbit", "spine"),
    ("canon-ultimax", "joint"),
    ("arc", "joint"),
    ("palm", "hand"),
    ("unity", "joint"),
    ("philips-allura", "chest"),
    ("orbit", "joint"),
    ("philips-veradius", "spine"),
    ("arc", "spine"),
    ("orbit", "spine"),
    ("siemens-arcadis", "spine"),
    ("unity", "joint"),
    ("orbit", "joint"),
    ("ge-miniview", "hand"),
    ("philips-azurion", "spine"),
    ("arc", "spine"),
    ("eurocolumbus", "joint"),
    ("unity", "spine"),
    ("orbit", "spine"),
    ("canon-alphenix", "spine"),
)
_SITES: Final = {site: tuple(kind for kind in PROCEDURES if kind.site == site) for _, site in ROUND}
_NORMAL: Final = NormalDist()
_LOG_SPREAD_OF_DOSE: Final = 0.6
_LOG_SPREAD_OF_TIME: Final = 0.5
#: From the medians of CUSHMAN2016 over three classes of body mass index.
_LOG_DOSE_PER_BMI: Final = 0.05
_MEDIAN_BMI: Final = 27.0

#: The share of cases whose patient was here before.
_COMES_BACK: Final = 0.05

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Case:
    """A report as meant, the C-arm that writes it, the name on it, and the procedure behind it."""

    report: DoseReport
    unit: CArm
    patient_name: str
    procedure: str

    def but(self, **changes: object) -> Case:
        """The same case with other values in its report."""
        return replace(self, report=replace(self.report, **changes))  # type: ignore[arg-type]


class Clinic:
    """Deals out cases; the same seed and month deal the same ones."""

    def __init__(self, seed: int, month: str) -> None:
        self.seed = f"{seed}/{month}"
        self._random = random.Random(self.seed)  # noqa: S311 - samples, not secrets
        first = date.fromisoformat(f"{month}-01")
        days = (first + timedelta(days=offset) for offset in range(31))
        self.days = [day for day in days if day.month == first.month and day.weekday() < 5]
        self._known: list[Patient] = []
        self._cases = 0

    def uid(self, *of: object) -> str:
        return derived_uid("sample", self.seed, *of)

    def choose(self, options: Sequence[T], weights: Sequence[int] | None = None) -> T:
        """One of the options; built on ``random()`` alone, which Python keeps the same from version to version."""
        shares = weights or [1] * len(options)
        mark = self._random.random() * sum(shares)
        for option, share in zip(options, shares, strict=True):
            mark -= share
            if mark < 0:
                return option
        return options[-1]

    def lognormal(self, median: float, spread: float) -> float:
        return median * exp(spread * self.normal())

    def normal(self) -> float:
        return _NORMAL.inv_cdf(min(max(self._random.random(), 1e-6), 1 - 1e-6))

    def whole(self, low: int, high: int) -> int:
        return low + int(self._random.random() * (high - low + 1))

    def case(
        self,
        unit: str,
        site: str,
        when: datetime,
        *,
        events: int | None = None,
        typed: Typed | None = None,
        patient: Patient | None = None,
    ) -> Case:
        """A case of that kind of site on that C-arm; ``events``, ``typed`` and ``patient`` where they matter."""
        self._cases += 1
        arm = FLEET[unit]
        typed = typed or self._typed(site, arm)
        patient = patient or self.patient(arm)
        study_uid = self.uid("study", self._cases)
        started = self._moment(when, arm)
        step_uid = study_uid if arm.scope is ScopeKind.STUDY else self.uid("step", self._cases)
        exposures = self._events(arm, typed, patient, started, events)
        codes = typed.kind.codes if self._random.random() < 0.4 else ()
        report = DoseReport(
            sop_class_uid=X_RAY_RADIATION_DOSE_SR,
            sop_instance_uid=self.uid("report", self._cases),
            study_instance_uid=study_uid,
            kind=ReportKind.FLUOROSCOPY,
            equipment=arm.equipment,
            patient=patient,
            study_started=started,
            content_written=Moment(started.local + timedelta(minutes=35), started.utc_offset_min),
            study_description=typed.description,
            performed_procedure_description=typed.description if arm.performed_description else "",
            procedure_codes=codes,
            scope=Scope(arm.scope, step_uid),
            sources_of_dose=(arm.source,),
            complete=arm.complete,
            accumulated=(accumulate(exposures, arm),),
            events=exposures,
        )
        return Case(report, arm, f"Sample^Patient {patient.patient_id[-4:]}", typed.kind.id)

    def patient(self, unit: CArm, *, age_years: int | None = None, sex: str = "", pregnancy: str = "") -> Patient:
        """The next patient: a new one, or now and then one who was here before in this month."""
        if age_years is None and self._known and self._random.random() < _COMES_BACK:
            return _as_said(self.choose(self._known), unit)
        age = age_years if age_years is not None else round(min(max(58 + 15 * self.normal(), 18), 94))
        sex = sex or self.choose("FM", (58, 42))
        size_m = round((1.63 if sex == "F" else 1.77) + 0.07 * self.normal(), 2)
        bmi = self.lognormal(_MEDIAN_BMI, 0.18)
        if age < 16:
            size_m, bmi = round(0.78 + 0.058 * age, 2), 14 + 0.4 * age
        self._known.append(
            Patient(
                patient_id=f"SAMPLE-{len(self._known) + 1:04d}",
                birth_year=self.days[0].year - age,
                age_years=float(age),
                sex=sex,
                size_m=size_m,
                weight_kg=round(bmi * size_m**2, 1),
                pregnancy_status=pregnancy or self._pregnancy_status(age, sex),
            )
        )
        return _as_said(self._known[-1], unit)

    def _pregnancy_status(self, age: int, sex: str) -> str:
        return self.choose(("not pregnant", "unknown", ""), (6, 1, 3)) if sex == "F" and 12 <= age <= 55 else ""

    def _typed(self, site: str, unit: CArm) -> Typed:
        kind = self.choose(_SITES[site], [kind.weight for kind in _SITES[site]])
        ascii_only = unit.dialect.codec == "ascii"
        texts = [each for each in kind.descriptions if each.isascii() or not ascii_only]
        return Typed(kind, self.choose(texts))

    def _moment(self, when: datetime, unit: CArm) -> Moment:
        return Moment(when, _utc_offset_min(when) if unit.says_utc_offset else None)

    def _events(
        self, unit: CArm, typed: Typed, patient: Patient, started: Moment, count: int | None
    ) -> tuple[IrradiationEvent, ...]:
        kind = typed.kind
        bmi = patient.bmi_kg_m2 or _MEDIAN_BMI
        thickness = exp(_LOG_DOSE_PER_BMI * (bmi - _MEDIAN_BMI)) if kind.site == "spine" else 1.0
        p_ka = self.lognormal(kind.p_ka_gycm2 * thickness, _LOG_SPREAD_OF_DOSE)
        seconds = self.lognormal(kind.fluoroscopy_time_s, _LOG_SPREAD_OF_TIME)
        count = count or min(2 + int(self._random.random() ** 3 * (3 + seconds / 10)), 20)
        shares = [self.lognormal(1, 0.7) for _ in range(count)]
        field_cm2 = self.lognormal(kind.field_area_cm2, 0.15)
        acquisition = count - 1 if self._random.random() < 0.25 and not unit.filed_as_acquisition else -1
        return tuple(
            self._event(
                unit,
                typed,
                number=index,
                started=Moment(started.local + timedelta(seconds=60 + 47 * index), started.utc_offset_min),
                p_ka_gycm2=p_ka * share / sum(shares),
                seconds=max(seconds * share / sum(shares), 0.4),
                field_cm2=field_cm2,
                acquisition=index == acquisition,
            )
            for index, share in enumerate(shares)
        )

    def _event(
        self,
        unit: CArm,
        typed: Typed,
        *,
        number: int,
        started: Moment,
        p_ka_gycm2: float,
        seconds: float,
        field_cm2: float,
        acquisition: bool,
    ) -> IrradiationEvent:
        kind = typed.kind
        field_cm2 = round(field_cm2, 1)
        pulsed = not unit.continuous and not acquisition
        seconds = 0.1 if acquisition else round(seconds, 1)
        pulses = max(round(seconds * unit.pulse_rate_per_s), 2) if pulsed else 1
        width_ms = 8.0 if pulsed else None
        on_ms = pulses * 8.0 if pulsed else seconds * 1000
        distance_mm = unit.reference_point.source_to_reference_point_mm
        hand = kind.site == "hand"
        return IrradiationEvent(
            uid=self.uid("event", self._cases, number),
            plane=Plane.SINGLE,
            type=EventType.STATIONARY_ACQUISITION if acquisition else EventType.FLUOROSCOPY,
            started=started,
            p_ka=KermaAreaProduct(round(p_ka_gycm2, 6)),
            ka_r=AirKerma(round(p_ka_gycm2 * 1000 / field_cm2, 5)),
            duration=Duration(seconds) if unit.says_duration else None,
            fluoro_mode="" if acquisition else "pulsed" if pulsed else "continuous",
            pulse_rate_per_s=unit.pulse_rate_per_s if pulsed else None,
            pulses=pulses if pulsed or acquisition else None,
            frames=pulses if unit.dialect.private_frames else None,
            pulse_width_ms=width_ms,
            exposure_time_ms=round(on_ms, 1),
            kvp=float(self.whole(48, 60) if hand else self.whole(62, 95)) if unit.says_kvp else None,
            tube_current_ma=0.09 if hand else float(self.whole(3, 40)),
            filters=unit.filters,
            field_area=Area(field_cm2) if unit.says_field else None,
            primary_angle_deg=float(self.choose((0, 0, 25, -25, 90))) if unit.says_angles else None,
            secondary_angle_deg=float(self.choose((0, 0, 10, -15))) if unit.says_angles else None,
            source_to_detector_mm=1000.0 if unit.says_distances else None,
            source_to_reference_point_mm=distance_mm if unit.says_distances else None,
            table_longitudinal_mm=float(self.whole(100, 900)) if unit.says_table else None,
            table_lateral_mm=float(self.whole(-80, 80)) if unit.says_table else None,
            table_height_mm=float(self.whole(80, 200)) if unit.says_table else None,
            patient_orientation=_lying(kind) if unit.says_orientation else "",
            patient_position="headfirst" if unit.says_orientation else "",
            reference_point=replace(unit.reference_point, source_to_reference_point_mm=None),
            protocol=f"{kind.site.upper()} {'SINGLE' if acquisition else 'LOW'}",
            target_region=kind.region,
            laterality=typed.laterality,
        )


def _as_said(patient: Patient, unit: CArm) -> Patient:
    return patient if unit.says_body_size else replace(patient, size_m=None, weight_kg=None)


def _lying(kind: Kind) -> str:
    return f"recumbent, {'prone' if kind.site == 'spine' else 'supine'}"


def accumulate(events: Sequence[IrradiationEvent], unit: CArm, plane: Plane = Plane.SINGLE) -> AccumulatedDose:
    """The totals that agree with the events, filed as the C-arm files them."""
    screened = [event for event in events if event.type is EventType.FLUOROSCOPY and not unit.filed_as_acquisition]
    acquired = [event for event in events if event not in screened]
    return AccumulatedDose(
        plane=plane,
        p_ka=_p_ka(events),
        p_ka_fluoroscopy=_p_ka(screened),
        p_ka_acquisition=_p_ka(acquired),
        ka_r=_ka_r(events),
        ka_r_fluoroscopy=_ka_r(screened),
        ka_r_acquisition=_ka_r(acquired),
        fluoroscopy_time=Duration(_beam_time_s(screened)),
        acquisition_time=Duration(_beam_time_s(acquired)),
        radiographic_frames=sum(event.pulses or 0 for event in acquired),
        reference_point=unit.reference_point,
    )


def _p_ka(events: Sequence[IrradiationEvent]) -> KermaAreaProduct:
    return KermaAreaProduct(round(sum(event.p_ka_gycm2 or 0 for event in events), 6))


def _ka_r(events: Sequence[IrradiationEvent]) -> AirKerma:
    return AirKerma(round(sum(event.ka_r_mgy or 0 for event in events), 5))


def _beam_time_s(events: Sequence[IrradiationEvent]) -> float:
    """Of durations or, where the C-arm says none, of pulses and their rate, else of exposure times."""
    return round(sum(_seconds(event) for event in events), 1)


def _seconds(event: IrradiationEvent) -> float:
    if event.duration is not None:
        return event.duration.amount
    if event.pulses and event.pulse_rate_per_s:
        return event.pulses / event.pulse_rate_per_s
    return (event.exposure_time_ms or 0) / 1000


def _utc_offset_min(when: datetime) -> int:
    """Central European time: summer time from the last Sunday of March to that of October."""
    return 120 if _last_sunday(when.year, 3) <= when.date() < _last_sunday(when.year, 10) else 60


def _last_sunday(year: int, month: int) -> date:
    last = date(year, month, 31)
    return last - timedelta(days=(last.weekday() + 1) % 7)


def slots(days: Sequence[date], a_day: range, minutes_between: int = 55) -> list[datetime]:
    """Start times in ascending order: the given places of each day, from eight in the morning."""
    return [
        datetime.combine(day, time(8)) + timedelta(minutes=place * minutes_between) for day in days for place in a_day
    ]


def routine(clinic: Clinic) -> list[Case]:
    """The ordinary cases of the month, six on each working day, in order of time."""
    times = slots(clinic.days, range(6))
    return [clinic.case(*ROUND[index % len(ROUND)], when) for index, when in enumerate(times)]
