from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from store_reports import case_id, event, incoming, report

from alara.errors import ConfigError, DatabaseError, SchemaTooNew
from alara.model import Device, EventDetails
from alara.store import Outcome, Store, schema, tables, upgrade
from alara.store.loading import load_reports
from alara.store.rows import accumulated_rows, equipment_row, event_row, patient_columns, report_row, stored_form

ITEM = incoming(report(1, [event(1)]))

NOW = schema.SCHEMA
NEXT = f"{int(NOW) + 1:04}"

_NEXT = f"""
import sqlalchemy as sa
from alembic import op

revision = "{NEXT}"
down_revision = "{NOW}"


def upgrade():
    with op.batch_alter_table("reports") as batch:
        batch.add_column(sa.Column("note", sa.Text(), nullable=False, server_default=""))
"""


@pytest.fixture
def next_schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Makes this alara one that has one more revision."""
    folder = tmp_path / "versions"
    folder.mkdir()
    (folder / f"{NEXT}_note.py").write_text(_NEXT, encoding="utf-8")

    def arrive() -> None:
        monkeypatch.setattr(schema, "SCHEMA", NEXT)
        monkeypatch.setattr(schema, "_VERSIONS", (*schema._VERSIONS, folder))

    return arrive


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "alara.sqlite"


def url(path: Path) -> str:
    return f"sqlite:///{path}"


def filled(path: Path) -> Path:
    with Store.open(url(path), case_id=case_id) as store:
        store.save([ITEM])
    return path


def set_version(url: str, version: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
    engine.dispose()


# --- the schema itself ---------------------------------------------------------------------------------


def test_the_migrations_make_the_tables_that_the_code_names(database_url: str):
    Store.open(database_url).close()
    engine = create_engine(database_url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.METADATA) == []
    engine.dispose()


def test_the_code_names_the_newest_migration():
    assert ScriptDirectory.from_config(schema._alembic_config()).get_heads() == [schema.SCHEMA]


# --- opening -------------------------------------------------------------------------------------------


def test_a_missing_file_becomes_a_database_that_only_its_owner_reads(path: Path):
    Store.open(url(path)).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_new_database_writes_ahead_and_syncs_fully(path: Path):
    with Store.open(url(path)) as store, store._engine.connect() as connection:
        pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in pragmas]
    assert found == ["wal", 2, 1, 30_000]


def test_an_empty_file_becomes_a_database(path: Path):
    path.parent.mkdir()
    path.touch()
    with Store.open(url(path), case_id=case_id) as store:
        assert store.save([ITEM]) == [Outcome.STORED]


def test_without_create_a_missing_file_stays_missing(path: Path):
    with pytest.raises(DatabaseError, match="There is no database at") as refusal:
        Store.open(url(path), create=False)
    assert refusal.value.hint
    assert not path.exists()


def test_without_create_nothing_can_be_written(path: Path):
    filled(path)
    with Store.open(url(path), create=False, case_id=case_id) as store:
        assert len(list(store.report_uids())) == 1
        with pytest.raises(DatabaseError, match="readonly"):
            store.save([incoming(report(2, [event(2)]))])


def test_reading_goes_on_while_another_writes(path: Path):
    filled(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with Store.open(url(path), create=False) as store:
            assert len(list(store.report_uids())) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_database_that_may_only_be_read_is_refused_for_writing_and_read_for_the_audit(path: Path):
    filled(path).chmod(0o400)
    with pytest.raises(DatabaseError, match="cannot be written"):
        Store.open(url(path))
    with Store.open(url(path), create=False) as store:
        assert store.info().rows["reports"] == 1


def test_what_is_no_database_is_refused_and_left_alone(path: Path):
    path.parent.mkdir()
    path.write_bytes(b"Dear diary, " * 1000)
    with pytest.raises(DatabaseError, match="not a database"):
        Store.open(url(path))
    assert path.read_bytes().startswith(b"Dear diary")


def test_a_folder_is_refused(tmp_path: Path):
    with pytest.raises(DatabaseError, match="is a folder"):
        Store.open(url(tmp_path))


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseError, match="cannot be made"):
        Store.open(url(tmp_path / "file" / "alara.sqlite"))


def test_another_programs_database_is_refused_and_left_alone(path: Path):
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    with pytest.raises(DatabaseError, match="belongs to another program"):
        Store.open(url(path))
    with pytest.raises(DatabaseError, match="belongs to another program"):
        upgrade(url(path))


@pytest.mark.parametrize("text", ["", "no url", "sqlite://", "sqlite:///:memory:"])
def test_what_names_no_database_is_refused(text: str):
    with pytest.raises(ConfigError) as refusal:
        Store.open(text)
    assert refusal.value.hint


def test_a_password_is_in_no_message():
    with pytest.raises(DatabaseError) as refusal:
        Store.open("postgresql+psycopg://me:secret@127.0.0.1:1/alara")
    assert "secret" not in refusal.value.message + refusal.value.hint


# --- versions ------------------------------------------------------------------------------------------


def test_a_newer_schema_is_refused_untouched(database_url: str):
    Store.open(database_url).close()
    set_version(database_url, "9999")
    for attempt in (lambda: Store.open(database_url), lambda: upgrade(database_url)):
        with pytest.raises(SchemaTooNew, match="9999"):
            attempt()


def test_an_older_schema_is_refused_until_it_is_upgraded(path: Path, next_schema: Callable[[], None]):
    filled(path)
    next_schema()
    with pytest.raises(DatabaseError, match=f"has schema {NOW}") as refusal:
        Store.open(url(path))
    assert "alara db upgrade" in refusal.value.hint
    done = upgrade(url(path))
    assert done[-1] == f"schema {NOW} -> {NEXT}"
    with Store.open(url(path)) as store:
        assert list(store.report_uids()) == [ITEM.report.sop_instance_uid]


def first_schema(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database as the first release made it, with a report in it."""
    with monkeypatch.context() as earlier:
        earlier.setattr(schema, "SCHEMA", "0001")
        upgrade(url(path))
    rows = {
        tables.equipment: [{"id": 1, **equipment_row(ITEM.report.equipment, "main")}],
        tables.reports: [
            {
                "id": 1,
                "equipment_id": 1,
                "procedure_id": None,
                "digest": ITEM.digest,
                "site": "main",
                "received_at": "2026-10-06 00:00:00.000000",
                "sending_ae": "",
                "receiving_ae": "",
                "address": "",
                **report_row(ITEM.report),
                **patient_columns(ITEM.report.patient, "k-patient"),
            }
        ],
        tables.accumulated: [{"report_id": 1, **row} for row in accumulated_rows(ITEM.report)],
        tables.events: [{"report_id": 1, "counted": 1, **event_row(ITEM.report.events[0], 0)}],
    }
    with closing(sqlite3.connect(path)) as connection:
        for table, made in rows.items():
            there = {row[1] for row in connection.execute(f"PRAGMA table_info({table.name})")}
            for row in made:
                kept = {name: _for_sqlite(value) for name, value in row.items() if name in there}
                marks = ", ".join("?" for _ in kept)
                connection.execute(
                    f"INSERT INTO {table.name} ({', '.join(kept)}) VALUES ({marks})", list(kept.values())
                )
        connection.commit()


def _for_sqlite(value: object) -> object:
    return value.isoformat(" ", "microseconds") if isinstance(value, datetime) else value


def test_a_database_of_the_first_release_keeps_its_reports_and_takes_new_fields(
    path: Path, monkeypatch: pytest.MonkeyPatch
):
    first_schema(path, monkeypatch)
    with pytest.raises(DatabaseError, match="has schema 0001"):
        Store.open(url(path))
    assert upgrade(url(path))[-1] == f"schema 0001 -> {NOW}"
    whole = event(2, average_tube_current_ma=8.5, grid="focused", details=EventDetails(label="2", repeated=False))
    later = incoming(report(2, [whole], study_instance_uid="1.2.3", devices=(Device("irradiating", serial="7"),)))
    with Store.open(url(path), case_id=case_id) as store:
        assert store.save([ITEM, later]) == [Outcome.DUPLICATE, Outcome.STORED]
        with store._engine.connect() as connection:
            uids = [ITEM.report.sop_instance_uid, later.report.sop_instance_uid]
            loaded = load_reports(connection, tables.reports.c.sop_instance_uid, uids)
    assert [one.report for one in loaded] == [stored_form(ITEM.report), stored_form(later.report)]
    assert loaded[1].report.events[0].details == EventDetails(label="2", repeated=False)


def test_upgrade_copies_a_file_with_data_first(path: Path, next_schema: Callable[[], None]):
    filled(path)
    next_schema()
    upgrade(url(path))
    (copy,) = path.parent.glob("*.backup")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(NOW,)]
        assert connection.execute("SELECT count(*) FROM events").fetchall() == [(1,)]


def test_upgrade_that_fails_changes_nothing(path: Path, tmp_path: Path, next_schema: Callable[[], None]):
    filled(path)
    next_schema()
    broken = _NEXT + '    op.execute("INSERT INTO nowhere VALUES (1)")\n'
    (tmp_path / "versions" / f"{NEXT}_note.py").write_text(broken, encoding="utf-8")
    with pytest.raises(DatabaseError, match="nowhere"):
        upgrade(url(path))
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(NOW,)]
        assert "note" not in [row[1] for row in connection.execute("PRAGMA table_info(reports)")]


def test_upgrade_of_what_is_new_enough_does_nothing(path: Path):
    filled(path)
    assert upgrade(url(path)) == []
    assert upgrade(url(path), dry_run=True) == []
    assert not list(path.parent.glob("*.backup"))


def test_upgrade_makes_a_missing_database(path: Path):
    assert upgrade(url(path)) == [f"made {path} with schema {schema.SCHEMA}"]
    assert upgrade(url(path)) == []


def test_dry_run_shows_the_sql_and_changes_nothing(path: Path, next_schema: Callable[[], None]):
    assert any("CREATE TABLE reports" in line for line in upgrade(url(path), dry_run=True))
    assert not path.exists()
    filled(path)
    (before,) = (path.read_bytes(),)
    assert upgrade(url(path), dry_run=True) == []
    assert path.read_bytes() == before
