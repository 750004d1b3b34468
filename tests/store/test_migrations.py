"""Every earlier schema, with data in it, becomes this version's on both engines, and nothing is lost on the way."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from sqlite3 import complete_statement
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, create_engine, insert, select, text
from store_reports import case_id, event, incoming, report

from alara.errors import DatabaseError, SchemaTooNew
from alara.findings import Finding, FindingCode
from alara.store import Outcome, Store, schema, tables, upgrade
from alara.store.engine import parse_url, writing

EARLIER = sorted(
    script.revision
    for script in ScriptDirectory.from_config(schema._alembic_config()).walk_revisions()
    if script.revision != schema.SCHEMA
)
ITEMS = [
    incoming(report(1, [event(1), event(2, kvp=70.5)])),
    incoming(report(2, [event(2), event(3)], findings=(Finding(FindingCode.NEGATIVE, "-1", "1.2"),))),
    incoming(report(3, [event(4)], study_instance_uid="1.2.3"), operator_codes=("op-a",)),
]
COPY = incoming(ITEMS[0].report, digest="c" * 64)


def _rows(url: str, names: dict[str, list[str]] | None = None) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of every table in the columns named, or in all; sorted."""
    engine, there = create_engine(url), MetaData()
    there.reflect(engine)
    with engine.connect() as connection:
        found = {
            name: connection.execute(select(*(table.c[column] for column in (names or {}).get(name, table.c.keys()))))
            for name, table in there.tables.items()
            if name != "alembic_version"
        }
        rows = {name: sorted(map(tuple, result), key=repr) for name, result in found.items()}
    engine.dispose()
    return rows


def _statements(script: str, *, sqlite: bool) -> Iterator[str]:
    """The statements of a script; the body of a trigger or of a function has semicolons of its own."""
    statement = ""
    for part in re.split(r"(?<=;)", script):
        statement += part
        if complete_statement(statement) if sqlite else statement.count("$$") % 2 == 0:
            yield statement.strip()
            statement = ""


def _columns(url: str) -> dict[str, list[str]]:
    engine, there = create_engine(url), MetaData()
    there.reflect(engine)
    engine.dispose()
    return {name: table.c.keys() for name, table in there.tables.items() if name != "alembic_version"}


@pytest.fixture
def earlier(new_database_url: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Makes a database as an earlier version did, with its part of what this version's would hold."""

    def make(version: str) -> str:
        full, old = new_database_url(), new_database_url()
        with Store.open(full, case_id=case_id) as store:
            assert store.save([*ITEMS, COPY]) == [Outcome.STORED] * 3 + [Outcome.REENCODED]
        with monkeypatch.context() as then:
            then.setattr(schema, "SCHEMA", version)
            upgrade(old)
        source, target, there = create_engine(full), create_engine(old), MetaData()
        there.reflect(target)
        with source.connect() as reader, target.begin() as writer:
            for table in there.sorted_tables:
                if table.name != "alembic_version":
                    kept = [column for column in tables.METADATA.tables[table.name].c if column.name in table.c]
                    rows = [dict(row) for row in reader.execute(select(*kept)).mappings()]
                    if rows:
                        writer.execute(insert(table), rows)
            if writer.dialect.name == "postgresql":
                for table in there.sorted_tables:
                    if "id" in table.c:
                        writer.execute(
                            text(
                                f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), 1000)"
                            )  # as it was there
                        )
        source.dispose()
        target.dispose()
        return old

    return make


@pytest.mark.parametrize("version", EARLIER)
def test_an_earlier_schema_keeps_every_value_and_goes_on_storing(earlier: Callable[[str], str], version: str):
    url = earlier(version)
    with pytest.raises(DatabaseError, match=f"has schema {version}"):
        Store.open(url)
    columns, before = _columns(url), _rows(url)
    assert all(before[table] for table in ("reports", "events", "procedures", "planes", "findings", "copies"))
    assert upgrade(url)[-1] == f"schema {version} -> {schema.SCHEMA}"
    after = _rows(url, columns)
    assert {name: after[name] for name in before} == before
    late = incoming(report(4, [event(3), event(9, average_tube_current_ma=8.5)]))
    with Store.open(url, case_id=case_id) as store:
        assert store.save([*ITEMS, COPY, late]) == [Outcome.DUPLICATE] * 4 + [Outcome.STORED]


@pytest.mark.parametrize("version", EARLIER)
def test_an_upgraded_schema_is_the_one_that_is_made_new(earlier: Callable[[str], str], version: str):
    url = earlier(version)
    upgrade(url)
    engine = create_engine(url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.METADATA) == []
    engine.dispose()


@pytest.mark.parametrize("version", EARLIER)
def test_the_sql_of_a_dry_run_is_what_an_upgrade_does(earlier: Callable[[str], str], version: str):
    """Run by hand, as an owner of a server does who lets no program change tables."""
    url = earlier(version)
    before = _rows(url)
    shown = upgrade(url, dry_run=True)
    assert _rows(url) == before
    engine = create_engine(url)
    with engine.begin() as connection:
        script = "\n".join(line for line in shown if not line.startswith("--"))
        for statement in _statements(script, sqlite=url.startswith("sqlite")):
            if statement not in ("BEGIN;", "COMMIT;"):
                connection.exec_driver_sql(statement)
        assert compare_metadata(MigrationContext.configure(connection), tables.METADATA) == []
    engine.dispose()
    with Store.open(url, case_id=case_id) as store:
        assert store.save(ITEMS) == [Outcome.DUPLICATE] * 3


def test_a_store_that_was_open_before_an_upgrade_writes_nothing_after_it(database_url: str):
    """An old node that goes on running: what it receives waits in its inbox for the new version."""
    with Store.open(database_url, case_id=case_id) as old:
        assert old.save(ITEMS[:1]) == [Outcome.STORED]
        engine = create_engine(database_url)
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        engine.dispose()
        before = _rows(database_url)
        with pytest.raises(SchemaTooNew, match="9999"):
            old.save(ITEMS[1:])
    assert _rows(database_url) == before


def test_a_store_waits_for_an_upgrade_that_runs(database_url: str):
    url, outcomes, begun = parse_url(database_url), [], threading.Event()
    with Store.open(database_url, case_id=case_id) as store:

        def save() -> None:
            begun.set()
            outcomes.extend(store.save(ITEMS[:1]))

        with writing(store._engine, url):  # as an upgrade does
            thread = threading.Thread(target=save)
            thread.start()
            begun.wait(10)
            thread.join(0.3)
            assert thread.is_alive()
            assert outcomes == []
        thread.join(30)
        assert outcomes == [Outcome.STORED]
