"""The numbers that come first: sums over the groups of rows that occur."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import pandas as pd

from alara.audit.classify import UNCLASSIFIED
from alara.audit.ultrasound import UsReview

__all__ = ["Headline", "Share", "headline"]


@dataclass(frozen=True, slots=True)
class Share:
    """A count, and of how many."""

    count: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The numbers that come first, each with its denominator.

    ``procedures`` are the fluoroscopy procedures; radiography is counted apart and
    in nothing else. ``alternative`` is, for each policy, the procedures for which it
    grades ultrasound an alternative, contested ones among them, of those classified.
    ``contested_by_policy`` are these contested ones. ``contested`` and ``uncontested``
    part the number of the chosen policy; ``awaiting_sign_off`` are those uncontested
    ones whose grade is a proposal. ``implausible`` are the procedures whose P_KA and
    K_a,r do not fit together; nothing is estimated for them. ``substantial`` are
    those that reach a threshold of substantial dose, without the implausible.
    """

    procedures: int
    radiography: int
    not_classified: Share
    low_confidence: Share
    incomplete: Share
    implausible: Share
    substantial: Share
    dose_estimated: Share
    alternative: Mapping[str, Share]
    contested_by_policy: Mapping[str, Share]
    contested: Share
    uncontested: Share
    awaiting_sign_off: Share


def headline(
    groups: pd.DataFrame, alternative_grades: Mapping[str, Sequence[str]], proposals: Sequence[str]
) -> Headline:
    """The headline of the rows that these recognised groups stand for.

    Parameters
    ----------
    alternative_grades
        For each policy, the grades under which an alternative exists.
    proposals
        Ids of the procedures whose grade nobody has signed off.
    """
    is_radiography = groups["kind"] == "radiography"
    cases = groups[~is_radiography]
    classified = cases[cases["procedure_id"] != UNCLASSIFIED]
    uncontested = classified[classified["us_review"] == UsReview.ALTERNATIVE.value]
    alternative = {
        policy: classified[classified[f"grade_{policy}"].isin(list(grades))]
        for policy, grades in alternative_grades.items()
    }
    procedures, known = _n(cases), _n(classified)
    return Headline(
        procedures=procedures,
        radiography=_n(groups[is_radiography]),
        not_classified=Share(procedures - known, procedures),
        low_confidence=Share(_n(classified[~classified["certain"]]), known),
        incomplete=Share(_n(cases, "incomplete"), procedures),
        implausible=Share(_n(cases, "implausible"), procedures),
        substantial=Share(_n(cases, "substantial"), procedures),
        dose_estimated=Share(_n(cases[cases["k_central"] >= 0], "measurable"), procedures),
        alternative=MappingProxyType({policy: Share(_n(found), known) for policy, found in alternative.items()}),
        contested_by_policy=MappingProxyType(
            {policy: Share(_n(found[found["contested"] == "yes"]), _n(found)) for policy, found in alternative.items()}
        ),
        contested=Share(_n(classified[classified["us_review"] == UsReview.CONTESTED.value]), known),
        uncontested=Share(_n(uncontested), known),
        awaiting_sign_off=Share(_n(uncontested[uncontested["procedure_id"].isin(list(proposals))]), _n(uncontested)),
    )


def _n(groups: pd.DataFrame, counted: str = "n") -> int:
    return int(groups[counted].sum())
