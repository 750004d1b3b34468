"""Several processes on one database: none lost, none double, procedures right."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from datetime import date

import pytest
from store_reports import STUDY, case_id, event, incoming, report

from alara.errors import DatabaseBusy, DatabaseError
from alara.store import Incoming, Outcome, Store
from alara.store.engine import parse_url, writing


def _items(seed: int, studies: int):
    """Three overlapping reports of each study, study by study, in another order within it for each process."""
    items = []
    for number in range(studies):
        uid = f"{STUDY}.{number}"
        events = [event(n, n / 4, uid=f"{uid}.9.{n}") for n in range(1, 9)]
        for part, some in enumerate((events[:4], events[4:], events), 1):
            items.append(incoming(report(part, some, study_instance_uid=uid, sop_instance_uid=f"{uid}.5.{part}")))

    def order(item):
        return item.report.study_instance_uid, case_id(item.digest, str(seed))

    return sorted(items, key=order)


def _deliver(url: str, seed: int, studies: int, batch: int, start, outcomes) -> None:
    items = _items(seed, studies)
    start.wait(30)
    with Store.open(url, case_id=case_id) as store:
        told = [outcome.value for at in range(0, len(items), batch) for outcome in store.save(items[at : at + batch])]
    outcomes.put(Counter(told))


def _save_at_once(url: str, *, processes: int, studies: int, batch: int) -> None:
    """Save the same and overlapping reports of every study by several processes, and hold what became of them."""
    context = multiprocessing.get_context("spawn")
    start, outcomes = context.Barrier(processes), context.Queue()
    workers = [
        context.Process(target=_deliver, args=(url, seed, studies, batch, start, outcomes)) for seed in range(processes)
    ]
    for worker in workers:
        worker.start()
    told = sum((outcomes.get(timeout=300) for _ in workers), Counter())
    for worker in workers:
        worker.join(30)
    assert [worker.exitcode for worker in workers] == [0] * processes
    assert told == {"stored": 3 * studies, "duplicate": 3 * studies * (processes - 1)}
    with Store.open(url, create=False) as store:
        frame = store.procedures(date(2026, 10, 1), date(2026, 11, 1))
    assert len(frame) == studies
    assert set(frame.p_ka_gycm2) == {9.0}
    assert set(frame.events) == {8}
    assert set(frame.reports) == {3}


def test_processes_that_save_the_same_and_overlapping_reports_at_once_make_right_procedures(database_url: str):
    _save_at_once(database_url, processes=3, studies=12, batch=5)


@pytest.mark.slow
def test_a_thousand_studies_saved_by_two_nodes_at_the_same_instant_are_right(database_url: str):
    """Report by report and in one order, so that both nodes hold the reports of one study at a time."""
    _save_at_once(database_url, processes=2, studies=1000, batch=1)


# --- one that holds the others up, on a server ----------------------------------------------------------


#: A file is written by the processes of one machine, and their locks end with them.
_on_a_server = pytest.mark.parametrize(
    "new_database_url", [pytest.param("postgresql", marks=pytest.mark.peer)], indirect=True
)


def _one() -> list[Incoming]:
    return [incoming(report(1, [event(1)]))]


@_on_a_server
def test_a_node_that_falls_silent_while_it_writes_is_cut_off_and_another_goes_on(
    database_url: str, monkeypatch: pytest.MonkeyPatch
):
    """Its machine is frozen or cut off: nothing says so to the server, on which it holds the turn to write."""
    monkeypatch.setattr("alara.store.engine._IDLE_LIMIT_S", 0.5)
    with Store.open(database_url, case_id=case_id) as silent, Store.open(database_url, case_id=case_id) as other:
        silently = writing(silent._engine, parse_url(database_url), may_pause=False)
        with pytest.raises(DatabaseError), silently as held:  # noqa: PT012 - told when it speaks again
            assert other.save(_one()) == [Outcome.STORED]  # waits for its turn, and gets it
            held.exec_driver_sql("SELECT 1")
        assert silent.save(_one()) == [Outcome.DUPLICATE]  # awake again, by a new connection


@_on_a_server
def test_a_turn_that_does_not_come_is_told_as_busy(database_url: str, monkeypatch: pytest.MonkeyPatch):
    with Store.open(database_url, case_id=case_id) as first, Store.open(database_url, case_id=case_id) as second:
        with writing(first._engine, parse_url(database_url)):
            monkeypatch.setattr("alara.store.engine._BUSY_TIMEOUT_S", 0.2)
            with pytest.raises(DatabaseBusy, match="lock timeout"):
                second.save(_one())
        assert second.save(_one()) == [Outcome.STORED]


@_on_a_server
def test_a_server_that_does_not_answer_is_not_waited_for_without_end(database_url: str):
    with Store.open(database_url) as store, store._engine.connect() as connection:
        told = connection.connection.driver_connection.info.get_parameters()
    assert (told["connect_timeout"], told["tcp_user_timeout"]) == ("10", "30000")
    with Store.open(f"{database_url}&connect_timeout=3") as store, store._engine.connect() as connection:
        assert connection.connection.driver_connection.info.get_parameters()["connect_timeout"] == "3"
