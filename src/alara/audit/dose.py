"""Effective dose from P_KA through a cited coefficient, and what that is in days of natural background.

``E = P_KA x k`` with a low, central and high ``k`` of the region, projection and
age (docs/methods/effective-dose.md). Never from K_a,r or time alone: neither
knows the field area. The result is the dose of a reference person, for audits.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from alara.alike import did_you_mean
from alara.errors import UsageError
from alara.knowledge import Background, Coefficient, Knowledge
from alara.quantities import EffectiveDose, KermaAreaProduct

__all__ = [
    "DAYS_PER_YEAR",
    "SMALLEST_MSV",
    "EffectiveDoseEstimate",
    "NotEstimated",
    "age_edges",
    "background",
    "background_days",
    "choose_coefficient",
    "estimate",
]

DAYS_PER_YEAR = 365.25
#: Below this effective dose nothing is expressed in days.
SMALLEST_MSV = 0.001


class NotEstimated(StrEnum):
    """Why there is no effective dose."""

    NO_P_KA = "not estimated: no P_KA"
    REGION_UNKNOWN = "not estimated: region unknown"
    CHILD = "not estimated: no coefficient for a child"
    IMPLAUSIBLE = "not estimated: P_KA or K_a,r may have a wrong unit"
    UNCERTAIN = "not estimated: the procedure is uncertain"


@dataclass(frozen=True, slots=True)
class EffectiveDoseEstimate:
    """An interval of effective dose, and the coefficient that it comes from."""

    low: EffectiveDose
    central: EffectiveDose
    high: EffectiveDose
    coefficient: Coefficient


def estimate(
    procedure_id: str,
    p_ka: KermaAreaProduct | None,
    *,
    knowledge: Knowledge,
    age_years: float | None = None,
    region: str = "",
    projection: str = "",
    coefficient_id: str = "",
) -> EffectiveDoseEstimate | NotEstimated:
    """The effective dose of one procedure.

    Parameters
    ----------
    procedure_id
        A procedure of the catalogue.
    p_ka
        The kerma-area product, or ``None`` when the report has none.
    age_years
        ``None`` is taken for an adult.
    region
        Where the catalogue's region is general, the region that the description names.
    projection
        ``anterior``, ``posterior`` or ``lateral``, where the beam enters; empty for the usual mix.
    coefficient_id
        One coefficient of the knowledge instead of the chosen one.

    Raises
    ------
    UsageError
        When the procedure or the coefficient is not in the knowledge.
    """
    if procedure_id not in knowledge.procedures:
        names = {entry.id: entry.name for entry in knowledge.procedures.values()}
        meant = did_you_mean(procedure_id, names)
        raise UsageError(f"There is no procedure {procedure_id!r}.", hint=f"{meant}The ids are in the catalogue.")
    if coefficient_id and coefficient_id not in knowledge.coefficients:
        meant = did_you_mean(coefficient_id, knowledge.coefficients)
        raise UsageError(
            f"There is no coefficient {coefficient_id!r}.", hint=f"{meant}The ids are in coefficients.csv."
        )
    if p_ka is None:
        return NotEstimated.NO_P_KA
    found: Coefficient | NotEstimated = (
        knowledge.coefficients[coefficient_id]
        if coefficient_id
        else choose_coefficient(
            knowledge, procedure_id, region or knowledge.procedures[procedure_id].region, age_years, projection
        )
    )
    if isinstance(found, NotEstimated):
        return found
    low, central, high = (EffectiveDose(p_ka.amount * k) for k in (found.low, found.central, found.high))
    return EffectiveDoseEstimate(low, central, high, found)


def choose_coefficient(
    knowledge: Knowledge, procedure_id: str, region: str, age_years: float | None = None, projection: str = ""
) -> Coefficient | NotEstimated:
    """The coefficient that fits: of the procedure before one of the region, then of the side before the usual mix.

    Where there is none of the side, the ``projection`` of what is found is empty.
    """
    adult_age = knowledge.thresholds["child_age"].value
    age = adult_age if age_years is None else age_years
    of_region = [
        entry
        for entry in knowledge.coefficients.values()
        if region in entry.regions and (not entry.procedures or procedure_id in entry.procedures)
    ]
    fitting = [entry for entry in of_region if entry.age_min <= age < entry.age_max]
    candidates = [entry for entry in fitting if entry.projection in ("", projection)]
    if candidates:
        return max(candidates, key=lambda entry: (bool(entry.procedures), bool(entry.projection), entry.id))
    return NotEstimated.CHILD if of_region and age < adult_age else NotEstimated.REGION_UNKNOWN


def age_edges(coefficients: Iterable[Coefficient]) -> tuple[float, ...]:
    """The ages at which another coefficient may apply, from the youngest."""
    return tuple(sorted({edge for entry in coefficients for edge in (entry.age_min, entry.age_max)}))


def background(knowledge: Knowledge, background_id: str) -> Background:
    """A background level by id.

    Raises
    ------
    UsageError
        When there is none; the message names all there are.
    """
    if background_id not in knowledge.backgrounds:
        meant = did_you_mean(background_id, {entry.id: entry.name for entry in knowledge.backgrounds.values()})
        raise UsageError(
            f"There is no background level {background_id!r}.",
            hint=f"{meant}There are {', '.join(knowledge.backgrounds)}.",
        )
    return knowledge.backgrounds[background_id]


def background_days(dose: EffectiveDose, level: Background) -> float:
    """The days in which natural background gives the same effective dose: ``E / B x 365.25``."""
    return dose.amount / level.annual_msv * DAYS_PER_YEAR
