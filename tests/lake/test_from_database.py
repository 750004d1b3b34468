"""Grouped statistics that DuckDB computes out of a database are those of pandas, and of the columns asked only."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy

from alara.app.generating import generate_database
from alara.audit.asked import GROUPS_ASK
from alara.config import Config
from alara.errors import UsageError
from alara.lake import open_engine
from alara.lake.from_database import rows_from
from alara.store import Store, texts
from alara.store.queries import FRAME
from tests.lake.conftest import POPULATION, Run

MONTH = (date(2026, 10, 1), date(2026, 11, 1))


@pytest.fixture(scope="module")
def on_a_server(postgres: str) -> Iterator[str]:
    """The URL of the same procedures as those of the file, on a server."""
    schema, engine = f"alara_{secrets.token_hex(6)}", sqlalchemy.create_engine(postgres)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
    url = f"{postgres}?options=-csearch_path%3D{schema}"
    generate_database(POPULATION, Config(database=url))
    yield url
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP SCHEMA {schema} CASCADE")
    engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.peer)])
def source(request: pytest.FixtureRequest, database: Path) -> str:
    """The same procedures in each database."""
    if request.param == "sqlite":
        return str(database)
    url: str = request.getfixturevalue("on_a_server")
    return url


def test_the_groups_are_those_of_pandas(run: Run, source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "_ROWS", 20)  # several texts
    common = ("audit", "2026-10", "--database", source, "--site", "site-001", "--groups-only")
    run(*common, "--out", tmp_path / "pandas")
    run(*common, "--engine", "duckdb", "--out", tmp_path / "duckdb")
    names = sorted(path.name for path in (tmp_path / "pandas").iterdir())
    assert names == ["columns.csv", "manifest.json", "summary.csv"]
    for name in names:
        assert (tmp_path / "pandas" / name).read_bytes() == (tmp_path / "duckdb" / name).read_bytes()


def test_sites_are_compared_alike(run: Run, source: str, tmp_path: Path) -> None:
    for engine in ("pandas", "duckdb"):
        run("compare", "2026", "--database", source, "--engine", engine, "--out", tmp_path / engine)
    assert (tmp_path / "pandas" / "sites.csv").read_bytes() == (tmp_path / "duckdb" / "sites.csv").read_bytes()


@pytest.mark.peer
def test_what_was_not_read_is_refused_and_never_empty(on_a_server: str) -> None:
    with Store.open(on_a_server, create=False) as store, open_engine("duckdb") as engine:
        rows = rows_from(store, engine, GROUPS_ASK, *MONTH, "site-001")
        unread = [name for name in FRAME if name not in GROUPS_ASK]
        assert rows.columns == [*GROUPS_ASK, *unread]
        for name in unread:
            with pytest.raises(Exception, match=f"{name} was not read"):
                rows.select(name).fetchall()


@pytest.mark.peer
def test_a_month_without_procedures_has_the_columns(on_a_server: str) -> None:
    with Store.open(on_a_server, create=False) as store, open_engine("duckdb") as engine:
        rows = rows_from(store, engine, GROUPS_ASK, date(2019, 1, 1), date(2019, 2, 1), None)
        assert rows.select(*GROUPS_ASK).fetchall() == []


def test_the_cases_of_a_database_are_for_pandas(run: Run, database: Path) -> None:
    result = run("audit", "2026-10", "--database", database, "--engine", "duckdb", exit_code=2)
    assert isinstance(result.exception, UsageError)
    assert "--groups-only" in result.exception.hint
    result = run("audit", "2026-10", "--database", database, "--engine", "spark", "--groups-only", exit_code=2)
    assert isinstance(result.exception, UsageError)
    assert "--from" in result.exception.hint
