"""What the headline counts, as expressions for any frame that Narwhals reads: cases in, a few rows of counts out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import narwhals as nw
from narwhals.typing import FrameT

from alara.audit.classify import UNCLASSIFIED, Confidence
from alara.audit.dose import NotEstimated
from alara.audit.ultrasound import UsReview

__all__ = ["headline_counts"]

_KEYS = ("procedure_id", "coefficient_id")


def headline_counts(
    cases: FrameT, review: object, alternative_grades: Mapping[str, Sequence[str]], proposals: Sequence[str]
) -> FrameT:
    """For each procedure and coefficient that occurs: how many cases are of radiography, are classified, and so on.

    The headline is their sum; what occurs is what is cited. ``alternative_POLICY`` and
    ``contested_POLICY`` are counted for each policy. All but ``radiography`` are of fluoroscopy.

    Parameters
    ----------
    cases
        The cases of the row stage, rounded or not.
    review
        What is the same for all cases of a procedure, by procedure_id, in the engine of the cases.
    alternative_grades
        For each policy, the grades under which an alternative exists.
    proposals
        Ids of the procedures whose grade nobody has signed off.
    """
    fluoroscopy = nw.col("kind") != "radiography"
    masks = {
        "radiography": nw.col("kind") == "radiography",
        "fluoroscopy": fluoroscopy,
        "low_confidence": fluoroscopy & (nw.col("match_confidence") == Confidence.LOW.value),
        "incomplete": fluoroscopy & (nw.col("complete") == "no"),
        "implausible": fluoroscopy & (nw.col("coefficient_status") == NotEstimated.IMPLAUSIBLE.value),
        "substantial": fluoroscopy & (nw.col("substantial_dose") != ""),
        "dose_estimated": fluoroscopy & (nw.col("effective_dose_msv") >= 0),
    }
    marks = [nw.when(mask).then(nw.lit(1)).otherwise(nw.lit(0)).alias(name) for name, mask in masks.items()]
    groups = cases.select(*_KEYS, *marks).group_by(*_KEYS).agg(*(nw.col(name).sum() for name in masks))
    groups = groups.join(nw.from_native(review), on="procedure_id", how="left")
    of_procedures = _of_procedures(alternative_grades, proposals)
    counts = [
        nw.when(mask).then(nw.col("fluoroscopy")).otherwise(0).alias(name) for name, mask in of_procedures.items()
    ]
    low = nw.when(of_procedures["classified"]).then(nw.col("low_confidence")).otherwise(0).alias("low_confidence")
    return groups.select(*_KEYS, *(nw.col(name) for name in masks if name != "low_confidence"), low, *counts)


def _of_procedures(alternative_grades: Mapping[str, Sequence[str]], proposals: Sequence[str]) -> dict[str, nw.Expr]:
    """What holds for all fluoroscopy cases of a procedure alike, so that no single one need be looked at."""
    classified = nw.col("procedure_id") != UNCLASSIFIED
    uncontested = classified & (nw.col("us_review") == UsReview.ALTERNATIVE.value)
    holds = {
        "classified": classified,
        "contested": classified & (nw.col("us_review") == UsReview.CONTESTED.value),
        "uncontested": uncontested,
        "awaiting_sign_off": uncontested & nw.col("procedure_id").is_in(list(proposals)),
    }
    for policy, grades in alternative_grades.items():
        counted = classified & nw.col(f"grade_{policy}").is_in(list(grades))
        holds[f"alternative_{policy}"] = counted
        holds[f"contested_{policy}"] = counted & (nw.col("contested") == "yes")
    return holds
