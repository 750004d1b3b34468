"""A database of made-up procedures of two sites, and what is asked of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from alara.app.exporting import export_parquet
from alara.app.generating import Population, generate_database
from alara.cli import cli
from alara.config import Config

Run = Callable[..., Result]

POPULATION = Population(procedures=1500, sites=2, years=1)


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the procedures of two sites in one year."""
    file = tmp_path_factory.mktemp("made-up") / "alara.sqlite"
    generate_database(POPULATION, Config(database=str(file)))
    return file


@pytest.fixture(scope="session")
def dataset(database: Path) -> Path:
    """The same as a dataset."""
    folder = database.parent / "lake"
    export_parquet(Config(database=str(database)), folder)
    return folder


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A command in an empty folder of its own; it ends well unless ``exit_code`` says otherwise."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALARA_DATA_DIR", str(tmp_path / "data"))

    def call(*arguments: object, exit_code: int = 0, **options: Any) -> Result:
        result = CliRunner().invoke(cli, [str(argument) for argument in arguments], **options)
        code = result.exit_code if not result.exception else getattr(result.exception, "exit_code", result.exit_code)
        assert code == exit_code, result.output
        return result

    return call
