"""What an ingest that waits leaves for ``alara status``, and what becomes a problem of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alara import config as configuration
from alara.app.importing import import_paths
from alara.app.ingest import follow
from alara.app.ingest_notes import RestartsNote, WaitsNote
from alara.app.keys import load_key
from alara.app.problems import problems
from alara.app.status import status
from alara.config import Config
from alara.errors import DatabaseError, StorageError
from alara.inbox import Inbox
from alara.node_records import IngestTrouble, NodeRecords, Unstored, read_records
from alara.report.status_view import NodeRow, StatusView
from alara.store import upgrade

MONTH = Path(__file__).resolve().parents[2] / "sample_rdsr" / "2026-10"
FIRST = sorted(MONTH.glob("*.dcm"))[0]
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    config = configuration.load({"data_dir": tmp_path / "data", "key_file": tmp_path / "key"}, environ={})
    Inbox(config.inbox_dir)
    config.node_dir.mkdir()
    return config


@contextmanager
def _following(config: Config) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=follow, args=(config,), kwargs={"stop": stop.is_set})
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _until(config: Config, wanted: Callable[[tuple[IngestTrouble, ...]], bool]) -> tuple[IngestTrouble, ...]:
    deadline = time.monotonic() + 60
    while not wanted(found := read_records(config.node_dir).ingest):
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    return found


def _kinds(view: StatusView, config: Config) -> list[str]:
    running = replace(view, node=NodeRow(pid="1", aet="ALARA", host="127.0.0.1", port=1))
    return [problem.kind for problem in problems(running, config, check=False)]


def test_a_database_that_was_lost_and_made_anew_is_a_problem_until_it_knows_all_that_is_kept(config: Config) -> None:
    import_paths(config, [FIRST])
    assert "database" not in [problem.kind for problem in status(config, check=True).problems]
    for file in config.data_dir.glob("alara.sqlite*"):
        file.unlink()
    upgrade(config.database_url)
    (lost,) = [problem for problem in status(config, check=True).problems if problem.kind == "database"]
    assert lost.text.startswith("1 kept object is not in the database")
    assert lost.next.startswith("alara ingest --")
    assert "--again" in lost.next


def test_ingest_says_what_it_waits_for_and_that_it_goes_on(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alara.app.ingest._RETRY_S", 0.2)
    load_key(config)
    database = config.data_dir / "alara.sqlite"
    database.write_bytes(b"this was a database" * 1000)
    Inbox(config.inbox_dir).put(FIRST.read_bytes())
    with _following(config):
        (trouble,) = _until(config, lambda found: bool(found) and found[0].count > 1)
        assert trouble.kind == "database"
        database.unlink()
        assert _until(config, lambda found: not found) == ()
    assert Inbox(config.inbox_dir).pending() == []


def test_a_trouble_of_ingest_is_a_problem_at_once(config: Config) -> None:
    view = status(config)
    assert _kinds(view, config) == []
    note = WaitsNote(config.node_dir)
    note.waits(DatabaseError("It is locked."))
    assert _kinds(status(config), config) == ["database"]
    assert "ingest" not in {problem.kind for problem in status(config).problems}  # no node runs: that is the problem
    note.clear()
    note.waits(StorageError("The disk refuses."))
    assert _kinds(status(config), config) == ["ingest"]
    note.clear()
    note.close()
    assert _kinds(status(config), config) == []


def test_an_ingest_that_ended_once_is_no_problem_and_one_that_keeps_ending_is(config: Config) -> None:
    note = RestartsNote(config.node_dir)
    note.ended("it ended")
    assert _kinds(status(config), config) == []
    note.ended("it ended")
    assert _kinds(status(config), config) == ["ingest"]
    note.clear()
    note.close()


@pytest.mark.parametrize(
    ("row", "kinds"),
    [({}, ["not_stored"]), ({"again": NOW}, []), ({"last": NOW - timedelta(days=8)}, [])],
    ids=["still", "over", "given up"],
)
def test_what_was_not_stored_is_a_problem_until_its_caller_is_served_or_gives_up(
    config: Config, row: dict[str, datetime], kinds: list[str]
) -> None:
    values = {"address": "10.1.2.3", "calling": "CARM1", "reason": "full", "status": 0xA700, "count": 3}
    unstored = Unstored(**{**values, "first": NOW - timedelta(days=9), "last": NOW, **row})
    view = replace(status(config), records=NodeRecords(unstored=(unstored,)))
    assert _kinds(view, config) == kinds
