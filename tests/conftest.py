"""What every test may ask for: the real reports, other people's programs, and a settings file of its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.postgres_server import binaries, server

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "sample_rdsr"
#: Read before any test takes the settings of whoever runs it away.
NAMED_SERVER = os.environ.get("ALARA_TEST_POSTGRES", "")


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real dose reports; they are never part of the project."""
    folder = Path(os.environ.get("ALARA_CORPUS") or ROOT.parent / "shared" / "corpus")
    if not folder.is_dir():
        pytest.skip(f"no real reports: set ALARA_CORPUS ({folder} is not there)")
    return folder


@pytest.fixture(scope="session")
def program() -> Callable[[str], str]:
    """The path of another program, by full path so that a virtual environment does not shadow it.

    Where it is missing the test is skipped, but not in CI, which installs it.
    """

    def find(name: str) -> str:
        path = shutil.which(name, path="/usr/bin:/usr/local/bin:/opt/homebrew/bin")
        if path is None:
            (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{name} is not installed")
        return path

    return find


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a database on a PostgreSQL server: the tests' own, or that of ``ALARA_TEST_POSTGRES``."""
    if not NAMED_SERVER and binaries() is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("PostgreSQL is not installed")
    with server(NAMED_SERVER) as url:
        yield url


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test sees the settings, keys or data of whoever runs it."""
    for name in [name for name in os.environ if name.startswith("ALARA_") and name != "ALARA_CORPUS"]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("COLUMNS", raising=False)  # readline sets it for the workers of pytest-xdist
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
