"""Which procedures ultrasound could have guided, in the eyes of three policies, and the reason in words.

An alternative exists when the chosen policy grades ultrasound ``preferred`` or
``equivalent`` (the policy names the grades). It is contested when the catalogue
says so: the policies grade it differently, and each side has a source. Whether
ultrasound was at hand is a fact of the site, and is not assumed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from alara.alike import did_you_mean
from alara.errors import UsageError
from alara.knowledge import Comparator, Evidence, Grade, Knowledge, Policy, Procedure, Side, Status

__all__ = ["REASON_RADIOGRAPHY", "REASON_UNCLASSIFIED", "Review", "UsReview", "phrase", "policy", "review"]

REASON_UNCLASSIFIED = "The description does not say which procedure this was, so nothing is said about ultrasound."
REASON_RADIOGRAPHY = "Radiography is not part of the ultrasound review."

_AVAILABILITY_UNKNOWN = "whether ultrasound was available is not known here."
_PROPOSAL = "The grade is a proposal that waits for clinical sign-off."
_PROPER_NAMES = frozenset({"Baker"})
#: Letters whose name begins with a vowel, for the article before an abbreviation.
_VOWEL_NAMES = frozenset("AEFHILMNORSX")


class UsReview(StrEnum):
    """What the review says of a case; ``no`` also where there is nothing to review, and the reason says so."""

    ALTERNATIVE = "alternative exists"
    CONTESTED = "contested"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Review:
    """The review of one procedure under one policy."""

    outcome: UsReview
    reason: str
    cites: tuple[str, ...]


def policy(knowledge: Knowledge, policy_id: str) -> Policy:
    """A policy by id.

    Raises
    ------
    UsageError
        When there is none; the message names all there are.
    """
    if policy_id not in knowledge.policies:
        meant = did_you_mean(policy_id, knowledge.policies)
        raise UsageError(
            f"There is no policy {policy_id!r}.", hint=f"{meant}There are {', '.join(knowledge.policies)}."
        )
    return knowledge.policies[policy_id]


def review(procedure: Procedure, chosen: Policy, knowledge: Knowledge) -> Review:
    """What a policy says of ultrasound for a procedure, with the reason in words."""
    grade = procedure.grade(chosen.id)
    if grade not in chosen.alternative_grades:
        return _no_alternative(procedure, chosen, knowledge)
    if procedure.contested:
        return _contested(procedure, chosen, knowledge)
    reason = f"{_graded(chosen, grade)} for {phrase(procedure.name)} ({', '.join(procedure.cites)}). "
    reason += f"An alternative exists; {_AVAILABILITY_UNKNOWN}"
    return Review(UsReview.ALTERNATIVE, _with_status(reason, procedure), procedure.cites)


def _contested(procedure: Procedure, chosen: Policy, knowledge: Knowledge) -> Review:
    reason, cites = _both_sides(procedure, chosen, knowledge)
    reason += f" An alternative is described; {_AVAILABILITY_UNKNOWN}"
    return Review(UsReview.CONTESTED, _with_status(reason, procedure), cites)


def _no_alternative(procedure: Procedure, chosen: Policy, knowledge: Knowledge) -> Review:
    if procedure.contested:
        reason, cites = _both_sides(procedure, chosen, knowledge)
    else:
        cites = procedure.cites
        reason = f"{_graded(chosen, procedure.grade(chosen.id))} for {phrase(procedure.name)} ({', '.join(cites)})."
    return Review(UsReview.NO, _with_status(reason, procedure), cites)


def _both_sides(procedure: Procedure, chosen: Policy, knowledge: Knowledge) -> tuple[str, tuple[str, ...]]:
    """What a contested grade says, who grades otherwise, and what each side cites."""
    grade = procedure.grade(chosen.id)
    dissent = " and ".join(
        f"{other.id} grades it {procedure.grade(other.id).words}"
        for other in knowledge.policies.values()
        if procedure.grade(other.id) is not grade
    )
    pro, contra = _side(procedure, Side.FOR_ULTRASOUND), _side(procedure, Side.FOR_FLUOROSCOPY)
    reason = (
        f"{_graded(chosen, grade)} for {phrase(procedure.name)}. This is contested: {dissent}; "
        f"for ultrasound {', '.join(pro.values())}, for fluoroscopy {', '.join(contra.values())}."
    )
    return reason, tuple(dict.fromkeys((*pro, *contra)))


def _graded(chosen: Policy, grade: Grade) -> str:
    return f"{chosen.id} grades ultrasound {grade.words}"


def _side(procedure: Procedure, side: Side) -> dict[str, str]:
    """The references of a side and how to print them: a comparison with landmark must say so, as must no evidence."""
    return {
        name: f"{name}{_qualified(item)}" for item in procedure.evidence if item.side is side for name in item.cites
    }


def _qualified(item: Evidence) -> str:
    if item.status is Status.STARTING_DOCUMENT:
        return " (a starting document, not evidence)"
    return " (against landmark)" if item.comparator is Comparator.LANDMARK else ""


def _with_status(reason: str, procedure: Procedure) -> str:
    return f"{reason} {_PROPOSAL}" if procedure.status is Status.PROPOSAL else reason


def phrase(name: str) -> str:
    """A procedure's name inside a sentence: ``a glenohumeral joint injection``."""
    first = name.split()[0]
    abbreviation = re.fullmatch(r"[A-Z0-9]{2,}", first) is not None
    if not abbreviation and first not in _PROPER_NAMES:
        name = name[0].lower() + name[1:]
    vowel = first[0] in _VOWEL_NAMES if abbreviation else name[0] in "aeiou" and not name.startswith(("eu", "ureter"))
    return f"{'an' if vowel else 'a'} {name}"
