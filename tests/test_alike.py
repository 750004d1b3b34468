"""An id that is not there is answered with the one that was meant."""

from __future__ import annotations

import pytest

from alara.alike import alike, did_you_mean
from alara.cli import COMMANDS
from alara.errors import UsageError
from alara.knowledge import load

PROCEDURES = {entry.id: entry.name for entry in load().procedures.values()}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("hip", "hip_inj"),  # a word of the id
        ("hip_joint_injection", "hip_inj"),  # the printed name
        ("Sacroiliac joint injection", "sij"),
        ("esi_il_lumber", "esi_il_lumbar"),  # a slip
        ("esi_lumbar_il", "esi_il_lumbar"),  # another order
        ("itb", "itp"),
        ("vertebroplasti", "vertebroplasty"),
        ("arthrogram", "arthrogram_hip"),  # a beginning
    ],
)
def test_the_first_suggestion_is_what_was_meant(typed: str, meant: str) -> None:
    assert alike(typed, PROCEDURES)[0] == meant


@pytest.mark.parametrize("name", sorted(PROCEDURES.values()))
def test_every_printed_name_leads_to_its_id(name: str) -> None:
    assert PROCEDURES[alike(name, PROCEDURES)[0]] == name


@pytest.mark.parametrize("typed", ["zzz", "", "___", "1", "œ"])
def test_what_is_like_nothing_gets_no_suggestion(typed: str) -> None:
    assert alike(typed, PROCEDURES) == []
    assert did_you_mean(typed, PROCEDURES) == ""


def test_hip_is_no_slip_of_itp() -> None:
    assert "itp" not in alike("hip", PROCEDURES)


@pytest.mark.parametrize(
    ("typed", "meant"), [("audti", "audit"), ("lst", "list"), ("stat", "status"), ("expalin", "explain")]
)
def test_a_slip_in_a_command_is_known(typed: str, meant: str) -> None:
    assert alike(typed, list(COMMANDS))[0] == meant


def test_several_suggestions_are_a_sentence() -> None:
    assert did_you_mean("ab", ["abc", "abd", "abe"]) == "Did you mean abc, abd or abe? "
    assert did_you_mean("us_foward", load().policies) == "Did you mean us_forward? "


def test_wherever_an_id_is_not_there_one_is_suggested() -> None:
    from alara.audit.dose import background, estimate
    from alara.audit.plan.weights import weight
    from alara.audit.ultrasound import policy

    known = load()
    for asked, meant in (
        (lambda: policy(known, "us_foward"), "us_forward"),
        (lambda: background(known, "unscear_2008"), "world_unscear_2008"),
        (lambda: estimate("hip", None, knowledge=known), "hip_inj"),
        (lambda: estimate("hip_inj", None, knowledge=known, coefficient_id="lumbar_defualt"), "lumbar_default"),
        (lambda: weight(known, "agesex", "F", 40), "age-sex"),
    ):
        with pytest.raises(UsageError) as raised:
            asked()
        assert f"Did you mean {meant}" in raised.value.hint
