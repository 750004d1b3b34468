"""Reading all again shows what changes first, changes it at once, and ends where a fresh ingest would."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import alara
from alara import config as configuration
from alara.app import reingest as module
from alara.app.importing import import_paths
from alara.app.ingest import Ingest
from alara.app.reingest import Plan, Reingest
from alara.config import Config
from alara.errors import StorageError
from alara.inbox import Inbox
from alara.store import Store

MONTH = Path(__file__).resolve().parents[2] / "sample_rdsr" / "2026-10"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    config = configuration.load(
        {"data_dir": tmp_path / "data", "key_file": tmp_path / "key", "site": "North"}, environ={}
    )
    import_paths(config, [MONTH])
    return config


def _sql(config: Config, *statements: str) -> Any:
    with closing(sqlite3.connect(config.data_dir / "alara.sqlite")) as database:
        found = [database.execute(statement).fetchall() for statement in statements]
        database.commit()
    return found[-1]


def _plan(config: Config) -> Plan:
    with Reingest(config) as reingest:
        return reingest.plan()


def _apply(config: Config, **how: Any) -> Plan:
    with Reingest(config) as reingest:
        plan = reingest.plan()
        reingest.apply(plan, **how)
    return plan


def _is_fresh(config: Config, tmp_path: Path) -> bool:
    """Whether the database is what an ingest of the same inbox into a new one gives."""
    import dataclasses

    fresh = dataclasses.replace(config, database=str(tmp_path / "fresh.sqlite"))
    with Ingest(fresh) as ingest:
        for _ in ingest.run(ingest.inbox.kept_in_order()):
            pass
    with (
        Store.open(config.database_url, create=False) as live,
        Store.open(fresh.database_url, create=False) as other,
    ):
        return live.difference(other).is_none


def test_the_same_version_changes_nothing(config: Config, tmp_path: Path) -> None:
    counts = _plan(config).counts()
    assert counts.pop("reports_same") == len(Inbox(config.inbox_dir).kept_in_order())
    assert set(counts.values()) == {0}
    assert _is_fresh(config, tmp_path)


def test_every_kind_of_change_is_named_with_old_and_new_and_then_made(config: Config, tmp_path: Path) -> None:
    first, second, third, *_ = (row[0] for row in _sql(config, "SELECT case_id FROM procedures ORDER BY case_id"))
    _sql(
        config,
        "UPDATE planes SET p_ka_gycm2 = 123.5"
        f" WHERE procedure_id = (SELECT id FROM procedures WHERE case_id = '{first}')",
        f"UPDATE procedures SET study_description = 'x', sex = '?' WHERE case_id = '{second}'",
        f"UPDATE procedures SET case_id = 'gone' WHERE case_id = '{third}'",
        "UPDATE events SET kvp = 1 WHERE report_id = 5 AND position = 0",
        "UPDATE findings SET text = 'other' WHERE report_id = (SELECT min(report_id) FROM findings)",
    )
    plan = _plan(config)
    cases = {case.case_id: case for case in plan.difference.cases}
    assert cases[first].changes == ("dose",)
    assert cases[first].columns["p_ka_gycm2"][0] == 123.5
    assert 0 < cases[first].columns["p_ka_gycm2"][1] != 123.5
    assert cases[second].changes == ("words", "patient")
    assert (cases[third].changes, cases["gone"].changes) == (("added",), ("removed",))
    assert plan.counts()["reports_changed"] == 2
    assert _sql(config, "SELECT count(*) FROM procedures WHERE case_id = 'gone'") == [(1,)]
    _apply(config)
    assert _plan(config).difference.is_none
    assert _is_fresh(config, tmp_path)


def test_a_run_that_stopped_goes_on_where_it_was(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stopped(Exception):
        pass

    def stop(done: int, total: int) -> None:
        if done > 0:
            raise Stopped

    monkeypatch.setattr(module, "BATCH", 16)
    with Reingest(config) as reingest, pytest.raises(Stopped):
        reingest.plan(stop)
    seen: list[tuple[int, int]] = []
    with Reingest(config) as reingest:
        plan = reingest.plan(lambda done, total: seen.append((done, total)))
    assert seen[0][0] == 16
    assert seen[-1][0] == seen[-1][1]
    assert plan.difference.is_none


def test_nothing_is_lost_unasked(config: Config) -> None:
    inbox = Inbox(config.inbox_dir)
    digest = next(inbox.kept())
    (inbox.root / "kept" / digest[:2] / f"{digest}.dcm.zst").unlink()
    with Reingest(config) as reingest:
        plan = reingest.plan()
        assert plan.losses == {digest}
        with pytest.raises(StorageError, match="would be lost"):
            reingest.apply(plan)
        assert digest in Store.open(config.database_url, create=False).digests()
        reingest.apply(plan, accept_losses=True)
    assert digest not in Store.open(config.database_url, create=False).digests()


def test_an_original_that_is_damaged_on_disk_is_not_forgotten(config: Config) -> None:
    inbox = Inbox(config.inbox_dir)
    digest = next(inbox.kept())
    (inbox.root / "kept" / digest[:2] / f"{digest}.dcm.zst").write_bytes(b"rust")
    plan = _plan(config)
    assert plan.unreadable == {digest: "not_loaded"}
    assert plan.losses == {digest}


def test_what_a_better_reader_reads_leaves_quarantine(config: Config) -> None:
    inbox = Inbox(config.inbox_dir)
    digest = next(inbox.kept())
    from alara.errors import UnreadableReason

    data = inbox.load(digest)
    (inbox.root / "kept" / digest[:2] / f"{digest}.dcm.zst").unlink()
    inbox.put(data)
    inbox.quarantine(digest, UnreadableReason.MALFORMED, "as an earlier reader said")
    number = _sql(config, f"SELECT id FROM reports WHERE digest = '{digest}'")[0][0]
    for table in ("accumulated", "events", "findings"):
        _sql(config, f"DELETE FROM {table} WHERE report_id = {number}")
    _sql(config, f"DELETE FROM copies WHERE report_id = {number}", f"DELETE FROM reports WHERE id = {number}")
    plan = _plan(config)
    assert plan.recovered == (digest,)
    assert digest in plan.difference.added
    assert inbox.why_quarantined(digest) is UnreadableReason.MALFORMED
    _apply(config)
    assert inbox.why_quarantined(digest) is None
    assert digest in set(inbox.kept())


def test_what_arrives_between_showing_and_changing_is_in_it(config: Config) -> None:
    _sql(config, "UPDATE planes SET p_ka_gycm2 = 1")
    first = sorted(MONTH.glob("*.dcm"))[0]
    uid = alara.read(first).sop_instance_uid
    late = config.data_dir / "late.dcm"
    late.write_bytes(first.read_bytes().replace(uid.encode(), f"{uid[:-1]}{(int(uid[-1]) + 1) % 10}".encode()))
    with Reingest(config) as reingest:
        plan = reingest.plan()
        import_paths(config, [late])
        with Store.open(config.database_url, create=False) as store:
            before = store.digests()
        assert len(before) == plan.counts()["reports_same"] + 1
        reingest.apply(plan)
    with Store.open(config.database_url, create=False) as store:
        assert store.digests() == before
    assert _sql(config, "SELECT count(*) FROM planes WHERE p_ka_gycm2 = 1") == [(0,)]


def test_a_site_that_only_the_database_knows_stays(config: Config) -> None:
    import dataclasses

    elsewhere = dataclasses.replace(config, site="South")
    assert _plan(elsewhere).difference.is_none


def test_a_run_of_another_version_is_not_gone_on_with(config: Config) -> None:
    (config.data_dir / ".reingest-0000000000000000.sqlite").write_bytes(b"of another version")
    assert _plan(config).difference.is_none
    assert len(list(config.data_dir.glob(".reingest-*.sqlite"))) == 1
