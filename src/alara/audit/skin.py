"""Peak skin dose as an interval from K_a,r, and the thresholds of substantial dose (docs/methods/skin-dose.md).

``PSD = K_a,r x display x distance x table x backscatter x tissue x overlap``. A
mobile C-arm does not say where the skin is, so each factor is an interval of
the knowledge, and the products of their ends bound the dose. Never one number,
and no map.
"""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Iterable
from dataclasses import dataclass

import narwhals as nw

from alara.knowledge import Knowledge, Procedure, SkinDoseFactor, Threshold
from alara.quantities import AirKerma

__all__ = [
    "PSD_COLUMNS",
    "Alarm",
    "PeakSkinDose",
    "alarms",
    "interval",
    "is_substantial",
    "next_step",
    "peak_skin_dose",
    "reached",
    "skin_factors",
    "substantial_words",
]

#: The interval, and the thresholds that are reached.
PSD_COLUMNS = ("psd_low_mgy", "psd_high_mgy", "substantial_dose")

#: Threshold → the column that is held against it, and how many of its units are one of the threshold's.
_SUBSTANTIAL = {
    "substantial_ka_r": ("ka_r_mgy", "Gy", 1000.0),
    "substantial_peak_skin_dose": ("psd_high_mgy", "Gy", 1000.0),
    "substantial_p_ka": ("p_ka_gycm2", "Gy.cm2", 1.0),
    "substantial_fluoroscopy_time": ("fluoroscopy_time_s", "min", 60.0),
}
#: Time counts only where no dose is known.
_LAST_RESORT = "substantial_fluoroscopy_time"
_IF_RIGHT = "follow the patient's skin up, as the threshold's source asks."
_FOLLOW_UP = f"{_IF_RIGHT[0].upper()}{_IF_RIGHT[1:]}"


@dataclass(frozen=True, slots=True)
class PeakSkinDose:
    """An interval of peak skin dose in mGy, and the factors that it comes from."""

    low_mgy: float
    high_mgy: float
    factors: tuple[SkinDoseFactor, ...]


@dataclass(frozen=True, slots=True)
class Alarm:
    """A threshold of substantial dose in the unit of the column that is held against it."""

    threshold: Threshold
    column: str
    limit: float


def peak_skin_dose(ka_r: AirKerma, knowledge: Knowledge) -> PeakSkinDose:
    """The interval for one procedure; all planes may have met the same skin, or none."""
    low, high = skin_factors(knowledge)
    return PeakSkinDose(ka_r.amount * low, ka_r.amount * high, tuple(knowledge.skin_dose_factors.values()))


def skin_factors(knowledge: Knowledge) -> tuple[float, float]:
    """The smallest and the largest peak skin dose per K_a,r: every factor at its end."""
    factors = knowledge.skin_dose_factors.values()
    return math.prod(factor.low for factor in factors), math.prod(factor.high for factor in factors)


def alarms(knowledge: Knowledge) -> tuple[Alarm, ...]:
    """The thresholds of substantial dose.

    Raises
    ------
    ValueError
        When a threshold has another unit than the one that it is known in.
    """
    found = []
    for name, (column, unit, factor) in _SUBSTANTIAL.items():
        threshold = knowledge.thresholds[name]
        if threshold.unit != unit:
            raise ValueError(f"threshold {name} is in {threshold.unit}, not in {unit}")
        found.append(Alarm(threshold, column, threshold.value * factor))
    return tuple(found)


def reached(values: dict[str, float | None], of: Iterable[Alarm]) -> tuple[Threshold, ...]:
    """The thresholds that these values, by column, reach."""
    no_dose = values.get("p_ka_gycm2") is None and values.get("ka_r_mgy") is None
    return tuple(
        alarm.threshold
        for alarm in of
        if (value := values.get(alarm.column)) is not None
        and value >= alarm.limit
        and (no_dose or alarm.threshold.id != _LAST_RESORT)
    )


def next_step(procedure: Procedure | None) -> str:
    """What to do where a threshold is reached; of what is not known to reach one, a wrong unit is ruled out first."""
    if procedure is not None and procedure.high_dose:
        return _FOLLOW_UP
    return f"Look at the unit of the number first: an injection comes nowhere near it. If it is right: {_IF_RIGHT}"


def interval(factors: tuple[float, float], fits: nw.Expr) -> list[nw.Expr]:
    """Expressions for the interval; there is none where P_KA and K_a,r do not fit: one may have a wrong unit."""
    return [
        nw.when(fits).then(nw.col("ka_r_mgy") * factor).alias(name)
        for name, factor in zip(PSD_COLUMNS[:2], factors, strict=True)
    ]


def is_substantial(of: Iterable[Alarm]) -> nw.Expr:
    """Whether a case reaches any threshold, once the interval is there; unknown where nothing is known."""
    return functools.reduce(operator.or_, (_over(alarm) for alarm in of), nw.lit(False))


def substantial_words(of: Iterable[Alarm]) -> nw.Expr:
    """The thresholds that a case reaches, for the few that reach one: there is a column ``substantial``."""
    words = [nw.when(_over(alarm)).then(nw.lit(f"{alarm.threshold.id} ")).otherwise(nw.lit("")) for alarm in of]
    text = nw.when(nw.col("substantial")).then(nw.concat_str(words).str.strip_chars()).otherwise(nw.lit(""))
    return text.alias(PSD_COLUMNS[2])


def _over(alarm: Alarm) -> nw.Expr:
    over = nw.col(alarm.column) >= alarm.limit
    if alarm.threshold.id != _LAST_RESORT:
        return over
    return over & nw.col("p_ka_gycm2").is_null() & nw.col("ka_r_mgy").is_null()
