"""A database goes over whole, is proved equal, or nothing of it is there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from store_reports import case_id, event, incoming, report

from alara.errors import DatabaseError, UsageError
from alara.findings import Finding, FindingCode
from alara.store import Outcome, Store, content_of, move, moving, replacing

ITEMS = [
    incoming(report(1, [event(1), event(2, primary_angle_deg=-0.0)])),
    incoming(report(2, [event(3)], findings=(Finding(FindingCode.NEGATIVE, "none", "1.2"),))),
    incoming(report(3, [event(4)], study_instance_uid="1.2.3", study_description="Grün\t\\N \\. ; 'x'")),
    incoming(report(4, study_instance_uid="1.2.4", accumulated=())),
]


@pytest.fixture
def source(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/source.sqlite"
    with Store.open(url, case_id=case_id) as store:
        store.save(ITEMS)
    return url


def test_a_move_there_and_back_holds_the_same(source: str, database_url: str, tmp_path: Path):
    there = move(source, database_url)
    assert (there.tables["reports"].rows, there.tables["events"].rows) == (4, 4)
    assert content_of(database_url) == there.tables == content_of(source)
    back = f"sqlite:///{tmp_path}/back.sqlite"
    assert move(database_url, back).tables == there.tables == content_of(back)


def test_a_moved_database_goes_on_storing(source: str, database_url: str):
    move(source, database_url)
    later = incoming(report(9, [event(9)], study_instance_uid="1.2.9"))
    with Store.open(database_url, case_id=case_id) as store:
        assert store.save([*ITEMS, later]) == [Outcome.DUPLICATE] * 4 + [Outcome.STORED]


def test_a_target_with_anything_in_it_is_refused_and_left(source: str, database_url: str):
    with Store.open(database_url, case_id=case_id) as store:
        store.save(ITEMS[:1])
    before = content_of(database_url)
    for dry_run in (True, False):
        with pytest.raises(DatabaseError, match="is not empty: there are rows in equipment") as refusal:
            move(source, database_url, dry_run=dry_run)
        assert refusal.value.hint
    assert content_of(database_url) == before


def test_a_database_does_not_move_onto_itself(source: str):
    with pytest.raises(UsageError, match="both source and target"):
        move(source, source)


def test_a_missing_source_is_refused_and_no_target_is_made(tmp_path: Path):
    target = tmp_path / "target.sqlite"
    with pytest.raises(DatabaseError, match="There is no database"):
        move(f"sqlite:///{tmp_path}/nowhere.sqlite", f"sqlite:///{target}")
    assert not target.exists()


def test_a_dry_run_counts_and_makes_nothing(source: str, new_database_url: Callable[[], str]):
    url = new_database_url()
    done = move(source, url, dry_run=True)
    assert (done.tables["events"].rows, done.dry_run) == (4, True)
    with pytest.raises(DatabaseError, match=r"There is no database|has no tables"):
        Store.open(url, create=False)


def test_a_move_that_breaks_off_leaves_the_target_empty_and_can_be_done_again(source: str, database_url: str):
    def stop(table: str, rows: int, of: int) -> None:
        assert rows == of
        if table == "events":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        move(source, database_url, progress=stop)
    assert {content.rows for content in content_of(database_url).values()} == {0}
    assert move(source, database_url).tables == content_of(source)


def test_a_value_that_changes_on_the_way_undoes_the_move(
    source: str, database_url: str, monkeypatch: pytest.MonkeyPatch
):
    """As a damaged driver would: the copy writes another value than it says it has read."""
    insert = replacing.insert_tuples

    def wrong(connection, table, names, rows):
        if table.name == "planes":
            at = names.index("p_ka_gycm2")
            rows = [(*row[:at], (row[at] or 0) + 1e-9, *row[at + 1 :]) for row in rows]
        insert(connection, table, names, rows)

    monkeypatch.setattr(replacing, "insert_tuples", wrong)
    with pytest.raises(DatabaseError, match="planes did not arrive as it was sent"):
        move(source, database_url)
    assert {content.rows for content in content_of(database_url).values()} == {0}


def test_what_is_written_to_the_source_meanwhile_is_not_half_copied(source: str, new_database_url: Callable[[], str]):
    """From a database of the engine under test, into a file: the copy is of one instant."""
    busy = new_database_url()
    move(source, busy)
    before = content_of(busy)
    later = incoming(report(9, [event(9)], study_instance_uid="1.2.9"))

    def write(table: str, rows: int, of: int) -> None:
        if table == "equipment":
            with Store.open(busy, case_id=case_id) as store:
                assert store.save([later]) == [Outcome.STORED]

    target = source.replace("source", "target")
    assert move(busy, target, progress=write).tables == before == content_of(target)
    assert content_of(busy) != before


def test_a_digest_sees_each_value_and_not_the_order():
    def digest(*rows):
        summing = moving._Summing()
        summing.add(rows)
        return summing.content

    assert digest((1, 0.5), (2, None)) == digest((2, None), (1, 0.5))
    assert digest((1, -0.0)) == digest((1, 0.0))
    different = [digest((1, 0.5)), digest((1, 0.25)), digest((1, None)), digest((1, "0.5")), digest((1, 0.5), (1, 0.5))]
    assert len(set(different)) == len(different)


def test_a_server_numbers_on_after_the_last_that_came(source: str, database_url: str):
    move(source, database_url)
    with Store.open(database_url, case_id=case_id) as store:
        store.save([incoming(report(20, [event(20)], study_instance_uid="1.2.20"))])
    engine = create_engine(database_url)
    with engine.connect() as connection:
        ids = connection.exec_driver_sql("SELECT id FROM reports ORDER BY id").scalars().all()
    engine.dispose()
    assert ids == [1, 2, 3, 4, 5]
