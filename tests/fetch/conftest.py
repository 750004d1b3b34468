"""Settings of a fetch with data of its own, and archives to fetch from."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from archives import PLUGIN, Running, dcmqrscp, orthanc, which

from alara.app.fetch import fetch
from alara.app.fetch_summary import FetchSummary, Wanted
from alara.app.peers import find_peer
from alara.config import Config

Fetch = Callable[..., FetchSummary]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(data_dir=tmp_path / "data", key_file=tmp_path / "key", host="127.0.0.1")


@pytest.fixture
def run(config: Config) -> Fetch:
    """Fetch ten days of October 2026 from an address, with settings of the test's choice."""

    def start(address: str, wait: Callable[[float], bool] | None = None, **wanted: Any) -> FetchSummary:
        whole = {"since": date(2026, 10, 1), "until": date(2026, 10, 10)} | wanted
        return fetch(config, find_peer(config, address), Wanted(**whole), wait=wait or (lambda _: False))

    return start


def _program(name: str) -> str:
    path = which(name)
    if path is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{name} is not installed")
    return path


@pytest.fixture(scope="module")
def an_orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    if not PLUGIN.exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)("orthanc-dicomweb is not installed")
    with orthanc(_program("Orthanc"), tmp_path_factory.mktemp("orthanc") / "one") as running:
        yield running


@pytest.fixture
def limited_orthanc(tmp_path: Path) -> Iterator[Running]:
    """Orthanc that answers with at most three results a query, and asks for a user and a password."""
    limits = {
        "LimitFindResults": 3,
        "AuthenticationEnabled": True,
        "RegisteredUsers": {"alara": "correct horse"},
    }
    with orthanc(_program("Orthanc"), tmp_path / "orthanc", **limits) as running:
        yield running


@pytest.fixture(scope="module")
def a_dcmqrscp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with dcmqrscp(_program("dcmqrscp"), tmp_path_factory.mktemp("dcmqrscp") / "one") as running:
        yield running
