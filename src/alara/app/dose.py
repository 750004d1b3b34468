"""One dose reading → effective dose and peak skin dose as intervals, with everything that they rest on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from alara.alike import did_you_mean
from alara.app.catalogue import knowledge_of, procedure
from alara.audit import (
    EffectiveDoseEstimate,
    NotEstimated,
    PeakSkinDose,
    alarms,
    background_days,
    estimate,
    peak_skin_dose,
    reached,
)
from alara.audit.dose import SMALLEST_MSV
from alara.audit.dose import background as background_level
from alara.audit.figures import ESTIMATED_FIGURES, significant
from alara.audit.skin import next_step
from alara.config import Config
from alara.errors import UsageError
from alara.knowledge import Background, Knowledge, Procedure, Threshold
from alara.quantities import AirKerma, KermaAreaProduct

__all__ = ["Reading", "Result", "dose"]

#: 1 Gy.cm2 / 1 mGy = 1,000 cm2.
_CM2_PER_GYCM2_PER_MGY = 1000.0
_PARTS = ("low", "central", "high")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What is known of one procedure; ``None`` and empty are unknown.

    Without P_KA the procedure may be left open: the skin dose is the same for all.
    """

    procedure_id: str = ""
    p_ka: KermaAreaProduct | None = None
    ka_r: AirKerma | None = None
    age_years: float | None = None
    region: str = ""
    entrance: str = ""
    coefficient_id: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """The estimates of a reading, the knowledge they come from, and the thresholds that are reached."""

    reading: Reading
    procedure: Procedure | None
    effective_dose: EffectiveDoseEstimate | NotEstimated
    peak_skin_dose: PeakSkinDose | None
    substantial: tuple[Threshold, ...]
    level: Background
    knowledge: Knowledge
    paediatric: bool

    @property
    def field_area_cm2(self) -> float | None:
        """P_KA / K_a,r, where both are known."""
        p_ka, ka_r = self.reading.p_ka, self.reading.ka_r
        if p_ka is None or ka_r is None or not ka_r.amount:
            return None
        return p_ka.amount / ka_r.amount * _CM2_PER_GYCM2_PER_MGY

    @property
    def entrance_used(self) -> bool | None:
        """Whether the coefficient is of the side of entry that was named; ``None`` without either."""
        found = self.effective_dose
        if not self.reading.entrance or isinstance(found, NotEstimated):
            return None
        return found.coefficient.projection == self.reading.entrance

    def effective_dose_msv(self) -> dict[str, float | None]:
        """Low, central and high in two figures; ``None`` each where there is no estimate."""
        found = self.effective_dose
        if isinstance(found, NotEstimated):
            return dict.fromkeys(_PARTS)
        return {part: significant(getattr(found, part).amount, ESTIMATED_FIGURES) for part in _PARTS}

    def background_days(self) -> dict[str, float | None]:
        """The same in days of natural background; none below 1 µSv, where they say only that a limb is no trunk."""
        found = self.effective_dose
        if isinstance(found, NotEstimated) or found.central.amount < SMALLEST_MSV:
            return dict.fromkeys(_PARTS)
        return {
            part: significant(background_days(getattr(found, part), self.level), ESTIMATED_FIGURES) for part in _PARTS
        }

    def psd_mgy(self) -> tuple[float, float] | None:
        """The interval of peak skin dose in two figures."""
        found = self.peak_skin_dose
        if found is None:
            return None
        return significant(found.low_mgy, ESTIMATED_FIGURES), significant(found.high_mgy, ESTIMATED_FIGURES)

    def as_dict(self) -> dict[str, Any]:
        """Everything, in values that JSON can hold; what is not known is ``None``."""
        found, psd = self.effective_dose, self.psd_mgy()
        return {
            "procedure_id": self.procedure.id if self.procedure else None,
            "procedure_name": self.procedure.name if self.procedure else None,
            "p_ka_gycm2": self.reading.p_ka.amount if self.reading.p_ka else None,
            "ka_r_mgy": self.reading.ka_r.amount if self.reading.ka_r else None,
            "age_years": self.reading.age_years,
            "paediatric": self.paediatric,
            "entrance": self.reading.entrance or None,
            "entrance_used": self.entrance_used,
            "effective_dose_msv": self.effective_dose_msv(),
            "below_1_usv": None if isinstance(found, NotEstimated) else found.high.amount < SMALLEST_MSV,
            "not_estimated": str(found) if isinstance(found, NotEstimated) else None,
            **_coefficient(found, self.knowledge),
            "background_days": self.background_days(),
            "background": _background(self.level, self.knowledge),
            "psd_low_mgy": psd[0] if psd else None,
            "psd_high_mgy": psd[1] if psd else None,
            "psd_assumptions": [_factor(entry) for entry in self.peak_skin_dose.factors] if self.peak_skin_dose else [],
            "field_area_cm2": None if self.field_area_cm2 is None else significant(self.field_area_cm2, 3),
            "substantial_dose": [entry.id for entry in self.substantial],
            "substantial_thresholds": [_threshold(entry) for entry in self.substantial],
            "substantial_next": next_step(self.procedure) if self.substantial else None,
            "knowledge_sha256": self.knowledge.digest,
        }


def dose(config: Config, reading: Reading) -> Result:
    """Estimate what a dose reading amounts to.

    Effective dose comes from P_KA alone; from K_a,r comes an interval of peak
    skin dose. Where the two do not fit together neither is estimated, since one
    of them may have a wrong unit.

    Raises
    ------
    UsageError
        When the procedure, coefficient, region or background level is not known, or there is no dose.
    """
    knowledge = knowledge_of(config)
    entry = procedure(knowledge, reading.procedure_id) if reading.procedure_id else None
    level = background_level(knowledge, config.background)
    if reading.p_ka is None and reading.ka_r is None:
        raise UsageError("There is no dose to start from.", hint="--p-ka in Gy.cm2, --ka-r in mGy, or both.")
    if reading.p_ka is not None and entry is None:
        raise UsageError(
            "Effective dose depends on the procedure, and none is named.",
            hint="--procedure ID; alara catalogue list shows all ids. Skin dose alone: --ka-r without --p-ka.",
        )
    regions = sorted({region for one in knowledge.coefficients.values() for region in one.regions})
    if reading.region and reading.region not in regions:
        meant = did_you_mean(reading.region, regions)
        raise UsageError(f"There is no region {reading.region!r}.", hint=f"{meant}There are {', '.join(regions)}.")
    fits = _fits(reading, knowledge)
    psd = peak_skin_dose(reading.ka_r, knowledge) if reading.ka_r is not None and fits else None
    found = NotEstimated.IMPLAUSIBLE if reading.p_ka is not None and not fits else _estimated(entry, reading, knowledge)
    values = {
        "p_ka_gycm2": reading.p_ka.amount if reading.p_ka else None,
        "ka_r_mgy": reading.ka_r.amount if reading.ka_r else None,
        "psd_high_mgy": psd.high_mgy if psd else None,
    }
    adult = knowledge.thresholds["child_age"].value
    paediatric = reading.age_years is not None and reading.age_years < adult
    return Result(reading, entry, found, psd, reached(values, alarms(knowledge)), level, knowledge, paediatric)


def _estimated(entry: Procedure | None, reading: Reading, knowledge: Knowledge) -> EffectiveDoseEstimate | NotEstimated:
    if entry is None:
        return NotEstimated.NO_P_KA
    return estimate(
        entry.id,
        reading.p_ka,
        knowledge=knowledge,
        age_years=reading.age_years,
        region=reading.region,
        projection=reading.entrance,
        coefficient_id=reading.coefficient_id,
    )


def _fits(reading: Reading, knowledge: Knowledge) -> bool:
    """Whether P_KA / K_a,r is a field that a C-arm can have; what is not known fits."""
    if not (reading.p_ka and reading.ka_r and reading.p_ka.amount and reading.ka_r.amount):
        return True
    area = reading.p_ka.amount / reading.ka_r.amount * _CM2_PER_GYCM2_PER_MGY
    limits = knowledge.thresholds
    return limits["field_area_low"].value <= area <= limits["field_area_high"].value


def _coefficient(found: EffectiveDoseEstimate | NotEstimated, knowledge: Knowledge) -> dict[str, Any]:
    if isinstance(found, NotEstimated):
        return dict.fromkeys(("coefficient", "weights", "citation", "status"))
    entry = found.coefficient
    return {
        "coefficient": {
            "id": entry.id,
            "unit": "mSv/(Gy.cm2)",
            **{part: getattr(entry, part) for part in _PARTS},
            "regions": list(entry.regions),
            "entrance": entry.projection or None,
            "age_from": entry.age_min,
            "age_below": entry.age_max,
            "method": entry.method,
            "note": entry.note or None,
        },
        "weights": entry.weights,
        "citation": [_cited(name, knowledge) for name in entry.cites],
        "status": str(entry.status),
    }


def _background(level: Background, knowledge: Knowledge) -> dict[str, Any]:
    return {
        "id": level.id,
        "name": level.name,
        "annual_msv": level.annual_msv,
        "scope": level.scope,
        "year": level.year,
        "status": str(level.status),
        "citation": [_cited(name, knowledge) for name in level.cites],
    }


def _cited(name: str, knowledge: Knowledge) -> str:
    return f"{name}: {knowledge.references[name].citation}"


def _threshold(entry: Threshold) -> dict[str, Any]:
    return {
        "id": entry.id,
        "quantity": entry.quantity,
        "value": entry.value,
        "unit": entry.unit,
        "status": str(entry.status),
        "cites": list(entry.cites),
    }


def _factor(entry: Any) -> dict[str, Any]:
    return {
        "id": entry.id,
        "name": entry.name,
        "low": entry.low,
        "high": entry.high,
        "status": str(entry.status),
        "cites": list(entry.cites),
    }
