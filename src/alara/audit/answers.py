"""The answer of the classifier: which procedure, how it was recognised, how sure that is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from alara.findings import FindingCode

__all__ = ["UNCLASSIFIED", "Classification", "Confidence", "capped"]

#: The procedure id of what is not classified.
UNCLASSIFIED = "unclassified"


class Confidence(StrEnum):
    """How sure a classification is; ``none`` when there is none."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NONE = "none"

    def at_most(self, other: Confidence) -> Confidence:
        """The less sure of the two."""
        order = list(Confidence)
        return max(self, other, key=order.index)


@dataclass(frozen=True, slots=True)
class Classification:
    """The answer: which procedure, in which region, by which rule, and what else it may be.

    ``conflicts`` are findings: where code and text say different procedures, where the C-arm's
    target region or laterality is not that of the text, and where the text names ultrasound.
    """

    procedure_id: str = UNCLASSIFIED
    region: str = ""
    matched_by: str = ""
    confidence: Confidence = Confidence.NONE
    others: tuple[str, ...] = ()
    conflicts: tuple[FindingCode, ...] = ()

    @property
    def conflict(self) -> bool:
        """Whether the code and the text say different procedures."""
        return FindingCode.CODE_TEXT_CONFLICT in self.conflicts

    @property
    def answered(self) -> bool:
        return self.procedure_id != UNCLASSIFIED


def capped(answer: Classification, confidence: Confidence) -> Classification:
    """The answer with no more confidence than this."""
    return replace(answer, confidence=answer.confidence.at_most(confidence)) if answer.answered else answer
