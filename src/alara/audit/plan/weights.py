"""What the same effective dose counts at an age and sex: ratios of BEIR VII, and no more than ratios.

``w = T(age, sex) / T(reference age, M)``, with ``T`` the totals of
``weights.csv``, straight between the ages of the table and flat beyond them.
Sex-blind, ``T`` is the mean of both sexes, above and below the line. A sex that
is not known counts as the mean of both.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from alara.alike import did_you_mean
from alara.errors import UsageError
from alara.knowledge import Knowledge, Quantity

__all__ = ["WEIGHTS", "age_of_band", "parameter", "weight"]

#: The weightings there are, in words.
WEIGHTS: Mapping[str, str] = MappingProxyType(
    {
        "age-sex": "by age and sex (ratios of BEIR VII)",
        "sex-blind": "by age alone (ratios of BEIR VII, mean of both sexes)",
        "unit": "all alike (every weight is 1)",
    }
)


def weight(knowledge: Knowledge, weights: str, sex: str, age_years: float) -> float:
    """The relative weight of an age and sex; 1 is that of the reference.

    Raises
    ------
    UsageError
        When there is no such weighting.
    """
    if weights not in WEIGHTS:
        raise UsageError(
            f"There is no weighting {weights!r}.",
            hint=f"{did_you_mean(weights, WEIGHTS)}There are {', '.join(WEIGHTS)}.",
        )
    if weights == "unit":
        return 1.0
    reference_age = parameter(knowledge, Quantity.REFERENCE_AGE)
    if weights == "sex-blind":
        return _total(knowledge, "", age_years) / _total(knowledge, "", reference_age)
    return _total(knowledge, sex, age_years) / _total(knowledge, "M", reference_age)


def _total(knowledge: Knowledge, sex: str, age_years: float) -> float:
    if sex not in ("F", "M"):
        return (_total(knowledge, "F", age_years) + _total(knowledge, "M", age_years)) / 2
    points = sorted((entry.age_years, entry.total) for entry in knowledge.weights.values() if entry.sex == sex)
    ages, totals = zip(*points, strict=True)
    return float(np.interp(age_years, ages, totals))


def age_of_band(band: str, unknown: float) -> float:
    """The age in the middle of a band of ``procedures.csv``: 25 for 20-29; the given one when it is empty."""
    if not band:
        return unknown
    if band.endswith("+"):
        return float(band[:-1]) + 5
    first, last = map(float, band.split("-"))
    return (first + last + 1) / 2


def parameter(knowledge: Knowledge, quantity: Quantity) -> float:
    """A parameter of the plan that stands once for all procedures."""
    (entry,) = (one for one in knowledge.plan_parameters.values() if one.quantity is quantity)
    return entry.value
