"""The same month through a PostgreSQL server and through a SQLite file: the same files come out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy

from tests.conftest import SAMPLES
from tests.whole.running import Alara


@pytest.fixture
def schema(postgres: str) -> str:
    """A database of this test's own."""
    engine = sqlalchemy.create_engine(postgres)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA IF EXISTS month CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA month")
    engine.dispose()
    return f"{postgres}?options=-csearch_path%3Dmonth"


@pytest.mark.peer
def test_a_month_on_postgresql_is_the_month_on_sqlite(alara: Alara, schema: str, tmp_path: Path) -> None:
    """One key and one site, so that case ids agree; each database has an inbox of its own."""
    for name, database in (("sqlite", {}), ("postgresql", {"ALARA_DATABASE": schema})):
        settings = {"ALARA_DATA_DIR": str(tmp_path / f"data-{name}"), "ALARA_SITE": "Test", **database}
        imported = alara("import", SAMPLES / "2026-10", "--json", **settings)
        assert json.loads(imported.stdout)["stored"] > 100, imported.stderr
        audited = alara("audit", "2026-10", "--out", tmp_path / name, **settings)
        assert audited.returncode == 0, audited.stderr
    files = sorted(file.name for file in (tmp_path / "sqlite").iterdir())
    assert "procedures.csv" in files
    for file in files:
        assert (tmp_path / "sqlite" / file).read_bytes() == (tmp_path / "postgresql" / file).read_bytes(), file
