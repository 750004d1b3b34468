"""What P_KA would have been at the site's own better quartile of each lever: estimates, by procedure.

A lever is something that the room can set: beam time, field area, pulse rate,
pulsed in place of continuous, the share of acquisitions. For each procedure
the better quartile is the 25th percentile of the lever over its own cases;
every case above it is taken down to it, and everything else stays as it was.

================  ==================================================================
lever             P_KA that a case would have saved
================  ==================================================================
time              F * (1 - q/t): the fluoroscopy part F is proportional to time t
field area        P * (1 - q/A): P_KA is proportional to the area A at the same K_a,r
pulse rate        F * (1 - q/r): the same dose a pulse, fewer pulses a second
pulsed            F * c * (1 - q/d): c is the share of time without pulses, d the
                  case's P_KA a second, q the lower quartile of d in pulsed cases
acquisition       B - F * q/(1 - q): B is the part of acquisitions, q the lower
                  quartile of their share B/P
================  ==================================================================

Cases without the lever's value count for nothing. The estimates are not to be
added: shorter time at a lower rate saves less than both. A case may have had
reasons for its setting, so that they are upper bounds of what can be had.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from alara.audit.standing_out.insight import Kind

__all__ = ["MODELS", "Saving", "savings"]

_QUARTILE = 0.25
#: A case is pulsed, or continuous, when that much of its time with a known mode is.
_MOSTLY = 0.95

#: The model of each lever in words: what the estimate assumes.
MODELS: Mapping[Kind, str] = {
    Kind.LEVER_TIME: "fluoroscopy part of P_KA proportional to time; cases above the lower quartile of time at it",
    Kind.LEVER_FIELD: "P_KA proportional to P_KA/K_a,r; cases above the lower quartile of that area at it",
    Kind.LEVER_PULSE_RATE: "same dose a pulse; cases above the lower quartile of pulse rate at it",
    Kind.LEVER_PULSED: "continuous time at the lower quartile of P_KA a second of the pulsed cases",
    Kind.LEVER_ACQUISITION: "fluoroscopy part unchanged; cases above the lower quartile of the share of acquisitions"
    " at it",
}


@dataclass(frozen=True, slots=True)
class Saving:
    """What one lever would have saved over the cases of one procedure.

    ``cases`` have a value of the lever, ``above`` of them are above the better
    quartile ``quartile``; ``saved_gycm2`` is of their ``p_ka_gycm2`` in total.
    """

    kind: Kind
    procedure_id: str
    quartile: float
    saved_gycm2: float
    p_ka_gycm2: float
    cases: int
    above: int

    @property
    def share(self) -> float:
        return self.saved_gycm2 / self.p_ka_gycm2


def savings(cases: pd.DataFrame, *, enough: int) -> Iterator[Saving]:
    """Each lever of each procedure that would have saved something, where ``enough`` cases state it.

    Parameters
    ----------
    cases
        Comparable cases with ``procedure_id``, ``p_ka_gycm2``, ``field_area_cm2``,
        ``fluoroscopy_time_s``, ``p_ka_acquisition_gycm2``, ``pulse_rate_per_s`` and
        ``continuous_share`` (of the time whose mode is known).
    """
    for procedure_id, group in cases.sort_values("case_id").groupby("procedure_id"):
        for kind, lever in _LEVERS.items():
            if found := lever(group, enough):
                quartile, saved = found
                if (total := float(saved.sum())) > 0:
                    p_ka = float(group.loc[saved.index, "p_ka_gycm2"].sum())
                    yield Saving(kind, str(procedure_id), quartile, total, p_ka, len(saved), int((saved > 0).sum()))


_Found = tuple[float, "pd.Series[float]"] | None


def _fluoroscopy(group: pd.DataFrame) -> pd.Series:
    """The part of P_KA from fluoroscopy: all of it where none is stated to come from acquisitions."""
    part: pd.Series = (group["p_ka_gycm2"] - group["p_ka_acquisition_gycm2"].fillna(0.0)).clip(lower=0.0)
    return part


def _down_to_quartile(group: pd.DataFrame, lever: str, moved: pd.Series, enough: int) -> _Found:
    """Saved where what ``moved`` is proportional to the lever, and the lever goes down to its lower quartile."""
    values = group.loc[group[lever] > 0, lever]
    if len(values) < enough:
        return None
    quartile = float(values.quantile(_QUARTILE))
    return quartile, moved.loc[values.index] * (1.0 - quartile / values).clip(lower=0.0)


def _time(group: pd.DataFrame, enough: int) -> _Found:
    return _down_to_quartile(group, "fluoroscopy_time_s", _fluoroscopy(group), enough)


def _field(group: pd.DataFrame, enough: int) -> _Found:
    return _down_to_quartile(group, "field_area_cm2", group["p_ka_gycm2"], enough)


def _pulse_rate(group: pd.DataFrame, enough: int) -> _Found:
    return _down_to_quartile(group, "pulse_rate_per_s", _fluoroscopy(group), enough)


def _pulsed(group: pd.DataFrame, enough: int) -> _Found:
    known = group[(group["fluoroscopy_time_s"] > 0) & group["continuous_share"].notna()]
    rate = _fluoroscopy(known) / known["fluoroscopy_time_s"]
    pulsed = rate[known["continuous_share"] <= 1.0 - _MOSTLY]
    if len(known) < enough or len(pulsed) < enough // 4:
        return None
    quartile = float(pulsed.quantile(_QUARTILE))
    saved = _fluoroscopy(known) * known["continuous_share"] * (1.0 - quartile / rate).clip(lower=0.0)
    return quartile, saved.fillna(0.0)


def _acquisition(group: pd.DataFrame, enough: int) -> _Found:
    known = group[group["p_ka_acquisition_gycm2"].notna() & (group["p_ka_acquisition_gycm2"] <= group["p_ka_gycm2"])]
    if len(known) < enough:
        return None
    part = known["p_ka_acquisition_gycm2"]
    quartile = float((part / known["p_ka_gycm2"]).quantile(_QUARTILE))
    if quartile >= 1.0:
        return None
    return quartile, (part - _fluoroscopy(known) * quartile / (1.0 - quartile)).clip(lower=0.0)


_LEVERS: Mapping[Kind, Callable[[pd.DataFrame, int], _Found]] = {
    Kind.LEVER_PULSED: _pulsed,
    Kind.LEVER_PULSE_RATE: _pulse_rate,
    Kind.LEVER_FIELD: _field,
    Kind.LEVER_ACQUISITION: _acquisition,
    Kind.LEVER_TIME: _time,
}
