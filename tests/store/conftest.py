"""Every store test runs on SQLite, and on PostgreSQL too when ``ALARA_TEST_POSTGRES`` names a server's URL."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy
from store_reports import case_id

from alara.store import Store

_POSTGRES = os.environ.get("ALARA_TEST_POSTGRES", "")
_ENGINES = ["sqlite", *(["postgresql"] if _POSTGRES else [])]


@pytest.fixture(params=_ENGINES)
def new_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Makes URLs of databases that do not exist or are empty."""
    made: list[str] = []

    def make() -> str:
        made.append(f"alara_{secrets.token_hex(6)}")
        if request.param == "sqlite":
            return f"sqlite:///{tmp_path / made[-1]}.sqlite"
        _on_server(f"CREATE SCHEMA {made[-1]}")
        return f"{_POSTGRES}?options=-csearch_path%3D{made[-1]}"

    yield make
    if request.param == "postgresql":
        for name in made:
            _on_server(f"DROP SCHEMA {name} CASCADE")


def _on_server(statement: str) -> None:
    engine = sqlalchemy.create_engine(_POSTGRES)
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
