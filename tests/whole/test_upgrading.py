"""A real node goes on storing while its database has an older schema, is being upgraded, and after."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
import sqlalchemy

from alara.samples import generate
from alara.store import schema, upgrade
from alara.store.engine import open_engine, parse_url, writing
from tests.whole.running import Node

pytestmark = pytest.mark.slow

_ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.peer)]


@pytest.fixture(params=_ENGINES)
def first_schema(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a database as the first release made it."""
    url = f"sqlite:///{tmp_path}/old.sqlite"
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres")
        engine = sqlalchemy.create_engine(server)
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP SCHEMA IF EXISTS upgrading CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA upgrading")
        engine.dispose()
        url = f"{server}?options=-csearch_path%3Dupgrading"
    with monkeypatch.context() as then:
        then.setattr(schema, "SCHEMA", "0001")
        upgrade(url)
    return url


def test_a_node_keeps_storing_while_its_database_is_upgraded(
    first_schema: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALARA_DATABASE", first_schema)
    folder = tmp_path / "reports"
    folder.mkdir()
    files = [folder / f"{number}.dcm" for number in range(3)]
    for file, data in zip(files, generate(3), strict=True):
        file.write_bytes(data)
    node = Node(tmp_path)
    try:
        node.run("send", "127.0.0.1", str(node.port), files[0])
        refused = node.run("db", "info", check=False)
        assert "has schema 0001" in refused.stderr
        url = parse_url(first_schema)
        engine = open_engine(url)
        with writing(engine, url):  # the transaction that an upgrade takes, held open
            node.run("send", "127.0.0.1", str(node.port), files[1])
        engine.dispose()
        assert node.json("status")["inbox"]["new"] == 2
        upgraded = node.run("db", "upgrade")
        assert f"schema 0001 -> {schema.SCHEMA}" in upgraded.stdout
        node.run("send", "127.0.0.1", str(node.port), files[2])
        node.wait_until_ingested()
        assert node.json("db", "info")["rows"]["reports"] == 3
        assert "Traceback" not in node.log
    finally:
        node.stop(signal.SIGKILL)
