"""Review entries in the database, on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError
from store_reports import C_ARM, STUDY, case_id, event, incoming, report

from alara.errors import UsageError
from alara.model import Equipment, ReportKind
from alara.reviews import Action, ReviewEntry, Verdict, in_order
from alara.store import Store, tables

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
CASE = case_id(STUDY, C_ARM.key, "fluoroscopy")
OF_EXPOSURES = case_id(STUDY, C_ARM.key, "radiography")
FIRST = incoming(report(1, [event(1)]))


def said(verdict: Verdict | None = Verdict.OPTIMISE, case: str = CASE, minute: int = 0, by: str = "R2") -> ReviewEntry:
    action = Action.CLOSED if verdict is not None else Action.REOPENED
    at = NOON + timedelta(minutes=minute)
    return ReviewEntry(
        case_id=case, at=at, action=action, verdict=verdict, by=by, note="pulse rate", reasons="contested"
    )


def test_what_was_said_is_there_as_it_was_said(store: Store) -> None:
    store.save([FIRST])
    history = store.add_review(said())
    assert history == (said(),)
    assert store.reviews().by_case == {CASE: (said(),)}
    assert store.reviews().unplaced == ()
    assert store.place_of(CASE) == ("main", date(2026, 10, 5))


def test_later_entries_go_behind_earlier_ones_also_from_a_slow_clock(store: Store) -> None:
    store.save([FIRST])
    store.add_review(said(minute=5))
    store.add_review(said(None, minute=1))
    _, _, last = store.add_review(said(Verdict.TRAINING, minute=3))
    history = store.reviews().of(CASE)
    assert [entry.verdict for entry in history] == [Verdict.OPTIMISE, None, Verdict.TRAINING]
    assert last == history[-1]


def test_an_open_case_cannot_be_opened_and_nothing_is_written(store: Store) -> None:
    store.save([FIRST])
    with pytest.raises(UsageError, match="open already"):
        store.add_review(said(None))
    assert store.reviews().every == ()


def test_two_people_who_close_a_case_at_once_are_both_in_its_history(store: Store, database_url: str) -> None:
    store.save([FIRST])
    start = threading.Barrier(4)

    def close(number: int) -> None:
        with Store.open(database_url) as own:
            start.wait()
            own.add_review(said(by=f"R{number}"))

    people = [threading.Thread(target=close, args=(number,)) for number in range(4)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    history = store.reviews().of(CASE)
    assert {entry.by for entry in history} == {"R0", "R1", "R2", "R3"}
    assert len({entry.at for entry in history}) == 4


def test_a_larger_procedure_keeps_what_was_said(store: Store) -> None:
    store.save([FIRST])
    store.add_review(said())
    store.save([incoming(report(2, [event(1), event(2)]))])
    assert store.reviews().by_case == {CASE: (said(),)}


def test_a_case_that_gets_another_id_takes_its_entries_along(store: Store) -> None:
    exposure = report(1, [event(1)], kind=ReportKind.RADIOGRAPHY)
    store.save([incoming(exposure)])
    store.add_review(said(case=OF_EXPOSURES))
    store.save([incoming(report(2, [event(1), event(2)]))])
    assert store.place_of(OF_EXPOSURES) is None
    assert store.reviews().by_case == {CASE: (said(case=OF_EXPOSURES),)}
    store.add_review(said(Verdict.TRAINING, minute=1))
    assert [entry.verdict for entry in store.reviews().of(CASE)] == [Verdict.OPTIMISE, Verdict.TRAINING]


def test_an_entry_that_may_be_of_either_case_is_shown_with_neither(store: Store) -> None:
    store.save([incoming(report(1, [event(1)], kind=ReportKind.RADIOGRAPHY))])
    store.add_review(said(case=OF_EXPOSURES))
    other = Equipment("Ziehm", "Vision", "SN2", "OR2")
    store.save([incoming(report(2, [event(1), event(2)])), incoming(report(3, [event(3)], equipment=other))])
    assert store.reviews().by_case == {}
    assert store.reviews().unplaced == (said(case=OF_EXPOSURES),)


def test_an_entry_goes_to_the_one_case_of_its_study_that_has_none_of_its_own(store: Store) -> None:
    other = Equipment("Ziehm", "Vision", "SN2", "OR2")
    elsewhere = case_id(STUDY, other.key, "fluoroscopy")
    exposure = report(1, [event(1)], kind=ReportKind.RADIOGRAPHY)
    store.save([incoming(exposure), incoming(report(3, [event(3)], equipment=other))])
    store.add_review(said(case=OF_EXPOSURES))
    store.add_review(said(case=elsewhere))
    store.save([incoming(report(2, [event(1), event(2)]))])
    assert store.reviews().by_case == {CASE: (said(case=OF_EXPOSURES),), elsewhere: (said(case=elsewhere),)}


def test_a_database_made_anew_from_its_reports_keeps_what_was_said(
    store: Store, new_database_url: Callable[[], str]
) -> None:
    store.save([FIRST])
    store.add_review(said())
    with Store.open(new_database_url(), case_id=case_id) as fresh:
        fresh.save([FIRST, incoming(report(2, [event(2)]))])
        store.replace_with(fresh, lambda _: None)
    assert store.reviews().by_case == {CASE: (said(),)}
    assert len(store.add_review(said(None, minute=1))) == 2


def test_entries_taken_in_twice_and_in_any_order_are_there_once(store: Store) -> None:
    entries = [said(minute=minute) for minute in range(3)]
    assert store.import_reviews(entries[1:]) == 2
    assert store.import_reviews(entries[::-1]) == 1
    assert store.import_reviews(entries) == 0
    assert store.reviews().unplaced == in_order(entries)
    store.save([FIRST])
    assert store.reviews().by_case == {CASE: in_order(entries)}


def test_the_database_itself_lets_nobody_change_an_entry(store: Store) -> None:
    store.save([FIRST])
    store.add_review(said())
    for change in (update(tables.reviews).values(verdict="justified"), delete(tables.reviews)):
        with store._engine.connect() as connection, pytest.raises(DBAPIError, match="only added to"):
            connection.execute(change)
    assert store.reviews().every == (said(),)


def test_case_ids_are_found_by_their_beginning_and_by_nothing_else(store: Store) -> None:
    store.save([FIRST])
    store.import_reviews([said(case="lost-case")])
    assert store.cases_like(CASE[:5]) == [CASE]
    assert store.cases_like("lost") == ["lost-case"]
    assert store.cases_like("%") == store.cases_like("_") == []


def test_a_copy_is_written_with_every_entry(store: Store) -> None:
    store.save([FIRST])
    store.add_review(said())
    store.import_reviews([said(case="lost-case", minute=9)])
    seen: list[ReviewEntry] = []
    store.copy_reviews(seen.extend)
    assert seen == [said(), said(case="lost-case", minute=9)]
