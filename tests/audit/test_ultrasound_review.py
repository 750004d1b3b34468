from __future__ import annotations

import re

import pytest

from alara.audit import UsReview, review
from alara.audit.ultrasound import phrase, policy
from alara.errors import UsageError
from alara.knowledge import Knowledge

BANNED = re.compile(
    r"\b(avoidabl[ey]|unjustified|unnecessary|unnecessarily|safe|safely|unsafe|harm\w*)\b", re.IGNORECASE
)


def test_an_alternative_has_its_grade_its_sources_and_no_claim_of_availability(knowledge: Knowledge) -> None:
    result = review(knowledge.procedures["shoulder_gh"], knowledge.policies["capacity_aware"], knowledge)
    assert result.outcome is UsReview.ALTERNATIVE
    assert result.reason == (
        "capacity_aware grades ultrasound preferred for a glenohumeral joint injection (S001, GHJ2009). "
        "An alternative exists; whether ultrasound was available is not known here."
    )


def test_a_contested_alternative_cites_both_sides(knowledge: Knowledge) -> None:
    result = review(knowledge.procedures["esi_tf_lumbar"], knowledge.policies["us_forward"], knowledge)
    assert result.outcome is UsReview.CONTESTED
    assert "for ultrasound KIMURA2023, S002, for fluoroscopy S003" in result.reason
    assert {"KIMURA2023", "S003"} <= set(result.cites)


def test_a_contested_procedure_that_the_policy_does_not_grade_an_alternative_says_who_does(
    knowledge: Knowledge,
) -> None:
    result = review(knowledge.procedures["sij"], knowledge.policies["fluoro_standard"], knowledge)
    assert result.outcome is UsReview.NO
    assert "us_forward grades it equivalent" in result.reason


def test_a_figure_against_landmark_is_never_cited_as_if_against_fluoroscopy(knowledge: Knowledge) -> None:
    result = review(knowledge.procedures["hip_inj"], knowledge.policies["capacity_aware"], knowledge)
    assert "HOEBER2016 (against landmark)" in result.reason


def test_a_proposed_grade_says_so(knowledge: Knowledge) -> None:
    result = review(knowledge.procedures["wrist"], knowledge.policies["capacity_aware"], knowledge)
    assert "waits for clinical sign-off" in result.reason


def test_every_reason_is_a_sentence_with_a_source_and_without_a_word_too_many(knowledge: Knowledge) -> None:
    for procedure in knowledge.procedures.values():
        for chosen in knowledge.policies.values():
            result = review(procedure, chosen, knowledge)
            assert result.reason.endswith(".")
            assert result.cites
            assert set(result.cites) <= set(knowledge.references)
            assert not BANNED.search(result.reason)
            graded = procedure.grade(chosen.id) in chosen.alternative_grades
            assert (result.outcome is UsReview.NO) == (not graded)


def test_names_stand_in_a_sentence_with_their_article() -> None:
    assert [phrase(name) for name in ("PICC placement", "ERCP", "Ankle arthrogram", "Baker cyst aspiration")] == [
        "a PICC placement",
        "an ERCP",
        "an ankle arthrogram",
        "a Baker cyst aspiration",
    ]


def test_an_unknown_policy_is_refused_with_those_there_are(knowledge: Knowledge) -> None:
    with pytest.raises(UsageError) as caught:
        policy(knowledge, "mine")
    assert "capacity_aware" in caught.value.hint
