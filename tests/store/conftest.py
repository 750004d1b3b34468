"""Every store test runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy
from store_reports import case_id

from alara.store import Store

_ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.peer)]


@pytest.fixture(params=_ENGINES)
def new_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Makes URLs of databases that do not exist or are empty."""
    made: list[str] = []
    url = request.getfixturevalue("postgres") if request.param == "postgresql" else ""

    def make() -> str:
        made.append(f"alara_{secrets.token_hex(6)}")
        if not url:
            return f"sqlite:///{tmp_path / made[-1]}.sqlite"
        _on_server(url, f"CREATE SCHEMA {made[-1]}")
        return f"{url}?options=-csearch_path%3D{made[-1]}"

    yield make
    if url:
        for name in made:
            _on_server(url, f"DROP SCHEMA {name} CASCADE")


def _on_server(url: str, statement: str) -> None:
    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


@pytest.fixture
def database_url(new_database_url: Callable[[], str]) -> str:
    return new_database_url()


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with Store.open(database_url, case_id=case_id) as store:
        yield store
