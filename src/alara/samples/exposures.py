"""The irradiation events of a case, around published medians, and the totals that go with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from math import exp
from typing import Final

from alara.model import AccumulatedDose, EventType, IrradiationEvent, Moment, Patient, Plane
from alara.quantities import AirKerma, Area, Duration, KermaAreaProduct
from alara.samples.carm import CArm
from alara.samples.chance import Chance
from alara.samples.procedures import Kind, Typed

__all__ = ["MEDIAN_BMI", "accumulate", "expose"]

MEDIAN_BMI: Final = 27.0
#: From the medians of CUSHMAN2016 over three classes of body mass index.
_LOG_DOSE_PER_BMI: Final = 0.05
_LOG_SPREAD_OF_DOSE: Final = 0.6
_LOG_SPREAD_OF_TIME: Final = 0.5
_LOG_SPREAD_OF_EVENTS: Final = 0.7
_LOG_SPREAD_OF_FIELD: Final = 0.15
_MOST_EVENTS: Final = 20
_SHARE_WITH_ACQUISITION: Final = 0.25
_PULSE_WIDTH_MS: Final = 8.0


@dataclass(frozen=True, slots=True)
class _Exposure:
    """One press of the pedal."""

    uid: str
    started: Moment
    p_ka_gycm2: float
    seconds: float
    field_cm2: float
    acquisition: bool


def expose(
    chance: Chance,
    unit: CArm,
    typed: Typed,
    patient: Patient,
    started: Moment,
    uid: Callable[[int], str],
    count: int | None = None,
) -> tuple[IrradiationEvent, ...]:
    """The events of one case, as many as its fluoroscopy time suggests unless ``count`` says; ``uid`` names each."""
    kind = typed.kind
    bmi = patient.bmi_kg_m2 or MEDIAN_BMI
    thickness = exp(_LOG_DOSE_PER_BMI * (bmi - MEDIAN_BMI)) if kind.site == "spine" else 1.0
    p_ka_gycm2 = chance.lognormal(kind.p_ka_gycm2 * thickness, _LOG_SPREAD_OF_DOSE)
    seconds = chance.lognormal(kind.fluoroscopy_time_s, _LOG_SPREAD_OF_TIME)
    count = count or min(2 + int(chance.share() ** 3 * (3 + seconds / 10)), _MOST_EVENTS)
    parts = [chance.lognormal(1, _LOG_SPREAD_OF_EVENTS) for _ in range(count)]
    field_cm2 = round(chance.lognormal(kind.field_area_cm2, _LOG_SPREAD_OF_FIELD), 1)
    acquires = chance.share() < _SHARE_WITH_ACQUISITION and not unit.filed_as_acquisition
    exposures = (
        _Exposure(
            uid=uid(index),
            started=Moment(started.local + timedelta(seconds=60 + 47 * index), started.utc_offset_min),
            p_ka_gycm2=p_ka_gycm2 * part / sum(parts),
            seconds=max(seconds * part / sum(parts), 0.4),
            field_cm2=field_cm2,
            acquisition=acquires and index == count - 1,
        )
        for index, part in enumerate(parts)
    )
    return tuple(_event(chance, unit, typed, exposure) for exposure in exposures)


def _event(chance: Chance, unit: CArm, typed: Typed, exposure: _Exposure) -> IrradiationEvent:
    kind, acquisition = typed.kind, exposure.acquisition
    pulsed = not unit.continuous and not acquisition
    seconds = 0.1 if acquisition else round(exposure.seconds, 1)
    pulses = max(round(seconds * unit.pulse_rate_per_s), 2) if pulsed else 1
    distance_mm = unit.reference_point.source_to_reference_point_mm
    hand = kind.site == "hand"
    event = IrradiationEvent(
        uid=exposure.uid,
        plane=Plane.SINGLE,
        type=EventType.STATIONARY_ACQUISITION if acquisition else EventType.FLUOROSCOPY,
        started=exposure.started,
        p_ka=KermaAreaProduct(round(exposure.p_ka_gycm2, 6)),
        ka_r=AirKerma(round(exposure.p_ka_gycm2 * 1000 / exposure.field_cm2, 5)),
        duration=Duration(seconds) if unit.says_duration else None,
        fluoro_mode="" if acquisition else "pulsed" if pulsed else "continuous",
        pulse_rate_per_s=unit.pulse_rate_per_s if pulsed else None,
        pulses=pulses if pulsed or acquisition else None,
        frames=pulses if unit.dialect.private_frames else None,
        pulse_width_ms=_PULSE_WIDTH_MS if pulsed else None,
        exposure_time_ms=round(pulses * _PULSE_WIDTH_MS if pulsed else seconds * 1000, 1),
        kvp=float(chance.whole(48, 60) if hand else chance.whole(62, 95)) if unit.says_kvp else None,
        tube_current_ma=0.09 if hand else float(chance.whole(3, 40)),
        filters=unit.filters,
        field_area=Area(exposure.field_cm2) if unit.says_field else None,
        source_to_detector_mm=1000.0 if unit.says_distances else None,
        source_to_reference_point_mm=distance_mm if unit.says_distances else None,
        reference_point=replace(unit.reference_point, source_to_reference_point_mm=None),
        protocol=f"{kind.site.upper()} {'SINGLE' if acquisition else 'LOW'}",
        target_region=kind.region,
        laterality=typed.laterality,
    )
    return _placed(chance, unit, kind, event)


def _placed(chance: Chance, unit: CArm, kind: Kind, event: IrradiationEvent) -> IrradiationEvent:
    """The event with where arm, table and patient are, as far as the C-arm says."""
    if unit.says_angles:
        event = replace(
            event,
            primary_angle_deg=float(chance.choose((0, 0, 25, -25, 90))),
            secondary_angle_deg=float(chance.choose((0, 0, 10, -15))),
        )
    if unit.says_table:
        event = replace(
            event,
            table_longitudinal_mm=float(chance.whole(100, 900)),
            table_lateral_mm=float(chance.whole(-80, 80)),
            table_height_mm=float(chance.whole(80, 200)),
        )
    if unit.says_orientation:
        lying = "prone" if kind.site == "spine" else "supine"
        event = replace(event, patient_orientation=f"recumbent, {lying}", patient_position="headfirst")
    return event


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
