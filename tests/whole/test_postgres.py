"""The same month through a PostgreSQL server and through a SQLite file: the same files come out."""

from __future__ import annotations

import json
import shutil
import signal
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy

from alara.node import send
from alara.samples.load import generate
from tests.conftest import SAMPLES
from tests.postgres_server import restart
from tests.whole.running import Alara, Node


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


@pytest.mark.peer
@pytest.mark.slow
def test_two_nodes_on_one_server_that_crashes_lose_none_and_double_none(
    schema: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two C-arms send to both, half of it the same; meanwhile the server is stopped hard and started again."""
    monkeypatch.setenv("ALARA_DATABASE", schema)
    nodes = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        if nodes:
            shutil.copy(tmp_path / "one" / "key", tmp_path / "two" / "key")
        nodes.append(Node(tmp_path / name))
    reports = list(generate(300, 2))
    shares = reports[:200], reports[100:]
    statuses: list[int | None] = []

    def deliver(node: Node, share: list[bytes]) -> None:
        for start in range(0, len(share), 20):
            statuses.extend(sent.status for sent in send(share[start : start + 20], "127.0.0.1", node.port))
            time.sleep(0.1)

    try:
        threads = [threading.Thread(target=deliver, args=pair) for pair in zip(nodes, map(list, shares), strict=True)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        restart(schema)
        for thread in threads:
            thread.join()
        assert statuses == [0] * 400
        for node in nodes:
            node.wait_until_ingested()
        rows = nodes[0].json("db", "info")["rows"]
        assert (rows["reports"], rows["procedures"]) == (300, 300)
        assert nodes[0].json("status")["inbox"]["kept"] == 200
        assert len(set(nodes[1].run("list", "--uids").stdout.split())) == 300
    finally:
        for node in nodes:
            node.stop(signal.SIGKILL)
