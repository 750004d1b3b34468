"""Peak skin dose as an interval from K_a,r, and the thresholds of substantial dose (docs/methods/skin-dose.md).

``PSD = K_a,r x display x distance x table x backscatter x tissue x overlap``. A
mobile C-arm does not say where the skin is, so each factor is an interval of
the knowledge, and the products of their ends bound the dose. Never one number,
and no map.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import narwhals as nw

from alara.audit.dose import NotEstimated
from alara.knowledge import Knowledge, Procedure, SkinDoseFactor, Threshold
from alara.quantities import AirKerma

__all__ = [
    "PSD_COLUMNS",
    "Alarm",
    "PeakSkinDose",
    "alarms",
    "next_step",
    "peak_skin_dose",
    "reached",
    "skin_columns",
    "skin_factors",
]

#: The columns that :func:`skin_columns` makes.
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


def skin_columns(factors: tuple[float, float], of: Iterable[Alarm]) -> tuple[list[nw.Expr], nw.Expr]:
    """Expressions for the interval, and, once that is there, for the thresholds that a case reaches.

    There is no interval where P_KA and K_a,r do not fit together: one of them may have a wrong unit.
    """
    fits = nw.col("coefficient_status") != NotEstimated.IMPLAUSIBLE.value
    low, high = PSD_COLUMNS[:2]
    interval: list[nw.Expr] = [
        nw.when(fits).then(nw.col("ka_r_mgy") * factor).alias(name)
        for name, factor in zip((low, high), factors, strict=True)
    ]
    known = (nw.col("p_ka_gycm2") >= 0) | (nw.col("ka_r_mgy") >= 0)
    words, reached_any = [], nw.lit(False)
    for alarm in of:
        over = nw.col(alarm.column) >= alarm.limit
        word = nw.when(over).then(nw.lit(f"{alarm.threshold.id} ")).otherwise(nw.lit(""))
        if alarm.threshold.id == _LAST_RESORT:
            word = nw.when(known).then(nw.lit("")).otherwise(word)
        words.append(word)
        reached_any = reached_any | over
    # Texts are put together only for the few cases that reach anything.
    text = nw.when(reached_any).then(nw.concat_str(words).str.strip_chars()).otherwise(nw.lit(""))
    return interval, text.alias(PSD_COLUMNS[2])
