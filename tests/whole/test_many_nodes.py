"""Several nodes on one server, several workers on one inbox: none lost, none double, procedures as by one node."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from alara.inbox import Inbox
from alara.samples import generate
from tests.conftest import SAMPLES
from tests.postgres_server import Server, binaries, own_server
from tests.whole.running import Alara, Node
from tests.whole.tcp_proxy import Wire, wire_to

pytestmark = pytest.mark.slow


def test_workers_on_one_inbox_share_out_what_waits_and_store_each_object_once(alara: Alara, tmp_path: Path) -> None:
    assert alara("db", "upgrade").returncode == 0
    assert alara("ingest").stdout == "Nothing waits.\n"  # and the key is made
    inbox = Inbox(tmp_path / "data" / "inbox")
    inbox.put_many(list(generate(300, 2)))
    environ = os.environ | {"ALARA_DATA_DIR": str(tmp_path / "data"), "ALARA_KEY_FILE": str(tmp_path / "key")}
    command = [sys.executable, "-m", "alara", "ingest"]
    workers = [subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    told = [worker.communicate(timeout=120)[0] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0, 0]
    assert sum(int(count) for text in told for count in re.findall(r"(\d+) stored", text)) == 300
    assert not any("duplicate" in text or "quarantined" in text for text in told)
    assert (inbox.counts().new, inbox.counts().kept) == (0, 300)


# --- three nodes, one server ------------------------------------------------------------------------------


@pytest.fixture
def own() -> Iterator[Server]:
    if binaries() is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("PostgreSQL is not installed")
    with own_server() as server:
        yield server


@pytest.fixture
def wire(own: Server) -> Iterator[Wire]:
    with wire_to(own.port) as wire:
        yield wire


@pytest.fixture
def nodes(own: Server, wire: Wire, tmp_path: Path) -> Iterator[list[Node]]:
    """Three nodes with one key; the first reaches the database through the wire."""
    key = str(tmp_path / "key")
    through_wire = own.url.replace(str(own.port), str(wire.port))
    made: list[Node] = []
    try:
        for name, url in (("cut", through_wire), ("killed", own.url), ("calm", own.url)):
            (tmp_path / name).mkdir()
            made.append(Node(tmp_path / name, settings={"ALARA_DATABASE": url, "ALARA_KEY_FILE": key}))
        yield made
    finally:
        for node in made:
            if node.process.poll() is None:
                node.stop(signal.SIGKILL)


def _parts(tmp_path: Path) -> list[list[Path]]:
    """Nine folders by time and node; every fifth report goes to two nodes at about the same time."""
    files = sorted((SAMPLES / "2026-10").glob("*.dcm"))
    folders = [[tmp_path / f"part-{when}-{node}" for node in range(3)] for when in range(3)]
    for folder in (one for row in folders for one in row):
        folder.mkdir()
    for number, file in enumerate(files):
        when, node = number * 3 // len(files), number % 3
        shutil.copy(file, folders[when][node])
        if number % 5 == 0:
            shutil.copy(file, folders[when][(node + 1) % 3])
    return folders


def _send(node: Node, folder: Path) -> None:
    """Exit code 6: some of the samples are refused on purpose."""
    sent = node.run("send", "127.0.0.1", str(node.port), folder, check=False)
    assert sent.returncode in (0, 6), sent.stderr


@pytest.mark.peer
def test_three_nodes_one_cut_off_one_killed_and_the_server_restarted_make_the_procedures_of_one(
    own: Server, wire: Wire, nodes: list[Node], tmp_path: Path, alara: Alara
) -> None:
    cut, killed, calm = nodes
    first, second, third = _parts(tmp_path)
    for node, folder in zip(nodes, first, strict=True):
        _send(node, folder)

    wire.cut()
    for node, folder in zip(nodes, second, strict=True):
        _send(node, folder)  # the node that is cut off answers as before
    calm.wait_until_ingested()
    waiting = cut.json("status")["inbox"]["new"]
    assert waiting > 10
    assert "ingest_waits" in cut.log

    _send(calm, third[2])
    sender = subprocess.Popen(
        [sys.executable, "-m", "alara", "send", "127.0.0.1", str(killed.port), str(third[1])],
        env=killed.environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(1)
    killed.stop(signal.SIGKILL)
    own.stop()
    sender.wait(60)
    killed.start()
    own.start()
    _send(killed, third[1])  # a C-arm sends again what was not acknowledged
    wire.mend()
    _send(cut, third[0])
    for node in nodes:
        node.wait_until_ingested()
        assert "Traceback" not in node.log

    single = {"ALARA_SITE": "Test", "ALARA_KEY_FILE": str(tmp_path / "key")}
    # a procedure step saved to a file can be imported, but no C-STORE brings it
    sendable = [file for file in (SAMPLES / "2026-10").glob("*.dcm") if "procedure-step" not in file.name]
    imported = alara("import", *sendable, "--json", **single)
    assert json.loads(imported.stdout)["stored"] > 100
    for name, settings in (("one", single), ("three", single | {"ALARA_DATABASE": own.url})):
        audited = alara("audit", "2026-10", "--out", tmp_path / name, **settings)
        assert audited.returncode == 0, audited.stderr
    for file in ("procedures.csv", "summary.csv"):
        assert (tmp_path / "three" / file).read_bytes() == (tmp_path / "one" / file).read_bytes(), file
