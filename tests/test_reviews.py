"""What may be said of a case, and what is true of it after any number of entries."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alara.errors import UsageError
from alara.reviews import (
    Action,
    ReviewEntry,
    Verdict,
    check_code,
    check_note,
    closing,
    could_be_a_name,
    in_order,
    next_entry,
)

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
CLOSED = ReviewEntry(case_id="a", at=NOON, action=Action.CLOSED, verdict=Verdict.OPTIMISE, by="R2", reasons="contested")
REOPENED = ReviewEntry(case_id="a", at=NOON, action=Action.REOPENED, by="R2")

deeds = st.lists(
    st.tuples(st.sampled_from([*Verdict, None]), st.sampled_from(["R1", "R2"]), st.integers(-90, 90)), max_size=8
)


def lived(deeds: list[tuple[Verdict | None, str, int]]) -> tuple[ReviewEntry, ...]:
    """The history of a case by what people did, whose clocks may be off; what may not be done is left out."""
    history: tuple[ReviewEntry, ...] = ()
    for verdict, by, off_s in deeds:
        action = Action.CLOSED if verdict is not None else Action.REOPENED
        at = NOON + timedelta(seconds=off_s)
        try:
            entry = ReviewEntry(case_id="a", at=at, action=action, verdict=verdict, by=by)
            history = (*history, next_entry(history, entry))
        except UsageError:
            assert verdict is None
            assert closing(history) is None
    return history


@given(deeds, st.randoms(use_true_random=False))
def test_a_history_in_any_order_and_twice_is_the_same_history(deeds, chance) -> None:
    history = lived(deeds)
    mixed = [*history, *history]
    chance.shuffle(mixed)
    assert in_order(mixed) == history


@given(deeds)
def test_what_was_done_last_counts_whatever_the_clocks_say(deeds) -> None:
    history = lived(deeds)
    verdict = None
    for entry in history:
        verdict = entry.verdict if entry.action is Action.CLOSED else None
    closed = closing(history)
    assert (closed.verdict if closed is not None else None) == verdict


@given(deeds)
def test_nothing_that_was_said_is_lost(deeds) -> None:
    said = [verdict for verdict, _, _ in deeds if verdict is not None]
    assert [entry.verdict for entry in lived(deeds) if entry.verdict is not None] == said


def test_a_case_that_is_open_cannot_be_opened() -> None:
    with pytest.raises(UsageError, match="open already") as refusal:
        next_entry((), REOPENED)
    assert refusal.value.hint == "alara review show a"


@pytest.mark.parametrize(
    "other",
    [
        replace(CLOSED, case_id="b"),
        replace(CLOSED, at=NOON + timedelta(microseconds=1)),
        replace(CLOSED, verdict=Verdict.TRAINING),
        replace(CLOSED, by="R3"),
        replace(CLOSED, note="x"),
        replace(CLOSED, reasons=""),
        replace(CLOSED, action=Action.REOPENED, verdict=None),
    ],
    ids=["case", "time", "finding", "code", "note", "reasons", "action"],
)
def test_an_entry_that_says_anything_else_is_another_entry(other: ReviewEntry) -> None:
    assert other.entry_id != CLOSED.entry_id


def test_an_entry_is_the_same_in_every_time_zone() -> None:
    there = replace(CLOSED, at=NOON.astimezone(timezone(timedelta(hours=5, minutes=45))))
    assert there.entry_id == CLOSED.entry_id


@pytest.mark.parametrize("code", ["R2", "MP", "ABCD", "phys-1", "r.2", "Room3", "7", "abc1"])
def test_a_code_is_kept(code: str) -> None:
    assert check_code(f" {code} ") == code


@pytest.mark.parametrize(
    "code",
    [
        "",
        "Jane Doe",
        "margaret",
        "Meier1",
        "anna1",
        "Otto",
        "ANNA-1",
        "r2-miller",
        "Doe^Jane",
        "a" * 13,
        "1234567",
        "MRN123456",
        "r2!",
        "-r2",
        "=1+1",
    ],
)
def test_what_could_be_a_person_is_no_code_and_is_not_repeated(code: str) -> None:
    with pytest.raises(UsageError) as refusal:
        check_code(code)
    assert not code or code not in refusal.value.message
    assert "R2" in refusal.value.hint


@pytest.mark.parametrize(("code", "could"), [("ANNA", True), ("kim", True), ("R2", False), ("PHYS-1", False)])
def test_a_code_that_reads_as_a_short_name_is_pointed_out(code: str, could: bool) -> None:
    assert could_be_a_name(check_code(code)) is could


@pytest.mark.parametrize(
    "note",
    [
        "pulse rate was left at 15",
        "P_KA in the wrong unit, ticket 4411; see 2026-10",
        "obese, BMI 41: 3.2 mGy in 95 s at 110 kV is what it takes",
        "hohe Dosis wegen Kontrastmittel, 2 Ebenen",
        "Last image hold was not used",
        "C-arm 3: service asked on 12 May",
        "x 2.8 Gy.cm2",
        "mr arthrogram next time",
        "pulse width 8 ms. then lower",
        "DR detector exchanged, SR was complete",
        "do not miss last image hold",
        "genou dr sans contraste",
        "professional service asked",
    ],
)
def test_a_note_on_the_work_is_kept(note: str) -> None:
    assert check_note(f"  {note}\n") == note


@pytest.mark.parametrize(
    "note",
    [
        "patient Doe^Jane",
        "talked to Dr. Miller",
        "Frau Huber war unruhig",
        "spoke with mrs. miller",
        "spoke with mrs miller",
        "MRS MILLER moved",
        "asked dr miller",
        "dr. miller was there",
        "ms. miller moved",
        "frau huber war unruhig",
        "appel de mme dupont",
        "hablado con sra. garcia",
        "Jane Doe moved",
        "Doe, Jane moved",
        "it was Ludwig van Beethoven",
        "born in spring",
        "DOB known",
        "seen on 1962-03-14",
        "seen on 14.03.1962",
        "seen on 3/14/62",
        "ID 12345678",
        "no 123 456 789",
        "study 1.2.840.10008.5.1",
        "=HYPERLINK()",
        "bell \x07 rings",
        "x" * 501,
    ],
)
def test_a_note_that_looks_like_a_person_is_refused_and_not_repeated(note: str) -> None:
    with pytest.raises(UsageError) as refusal:
        check_note(note)
    assert note not in refusal.value.message
    assert refusal.value.hint


def test_what_was_written_before_the_rules_on_names_is_kept_and_still_one_line() -> None:
    assert check_code("Meier1", written=True) == "Meier1"
    assert check_note("spoke with mrs. miller", written=True) == "spoke with mrs. miller"
    for refused in ("bell \x07 rings", "x" * 501):
        with pytest.raises(UsageError):
            check_note(refused, written=True)
