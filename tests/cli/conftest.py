"""The commands as a user calls them, on a database of a few synthetic reports."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from alara.app.importing import import_paths
from alara.cli import cli
from alara.config import Config
from tests.conftest import SAMPLES

Run = Callable[..., Result]

#: What two of the synthetic operators typed.
UNCLEAR = re.compile(rb"C-ARM USE IN OR|see notes")


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with some of the synthetic month: classified cases, and two that name no procedure."""
    folder = tmp_path_factory.mktemp("database")
    files = sorted((SAMPLES / "2026-10").iterdir())
    wanted = [*files[:25], *(file for file in files if UNCLEAR.search(file.read_bytes()))]
    import_paths(Config(data_dir=folder / "data", key_file=folder / "key", site="Test"), wanted)
    return folder / "data" / "alara.sqlite"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A command that ends well, in an empty folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALARA_DATA_DIR", str(tmp_path / "data"))

    def call(*arguments: object, **options: Any) -> Result:
        result = CliRunner().invoke(cli, [str(argument) for argument in arguments], **options)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return call
