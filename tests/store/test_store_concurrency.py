"""Several processes on one database: none lost, none double, procedures right."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from datetime import date

from store_reports import STUDY, case_id, event, incoming, report

from alara.store import Store

STUDIES = 12


def _items(seed: int):
    """Three overlapping reports of each study, in another order for each process."""
    items = []
    for number in range(STUDIES):
        uid = f"{STUDY}.{number}"
        events = [event(n, n / 4, uid=f"{uid}.9.{n}") for n in range(1, 9)]
        for part, some in enumerate((events[:4], events[4:], events), 1):
            items.append(incoming(report(part, some, study_instance_uid=uid, sop_instance_uid=f"{uid}.5.{part}")))
    return sorted(items, key=lambda item: case_id(item.digest, str(seed)))


def _deliver(url: str, seed: int, start, outcomes) -> None:
    items = _items(seed)
    start.wait(30)
    with Store.open(url, case_id=case_id) as store:
        outcomes.put([outcome.value for at in range(0, len(items), 5) for outcome in store.save(items[at : at + 5])])


def test_processes_that_save_the_same_and_overlapping_reports_at_once_make_right_procedures(database_url: str):
    context = multiprocessing.get_context("spawn")
    start, outcomes = context.Barrier(3), context.Queue()
    workers = [context.Process(target=_deliver, args=(database_url, seed, start, outcomes)) for seed in range(3)]
    for worker in workers:
        worker.start()
    told = Counter(outcome for _ in workers for outcome in outcomes.get(timeout=60))
    for worker in workers:
        worker.join(30)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert told == {"stored": 3 * STUDIES, "duplicate": 6 * STUDIES}
    with Store.open(database_url, create=False) as store:
        frame = store.procedures(date(2026, 10, 1), date(2026, 11, 1))
    assert len(frame) == STUDIES
    assert set(frame.p_ka_gycm2) == {9.0}
    assert set(frame.events) == {8}
    assert set(frame.reports) == {3}
