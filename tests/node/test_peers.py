"""DCMTK as sender and as receiver, with real reports."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from node_support import Listening, report

from alara.errors import NetworkError
from alara.inbox import part10
from alara.node import EventKind, echo, send
from tests.free_ports import free_port

pytestmark = pytest.mark.peer


def _dcmtk(name: str, *args: str | Path) -> subprocess.CompletedProcess[str]:
    program = Path("/usr/bin") / name
    if not program.exists():
        pytest.skip(f"{name} of DCMTK is not installed")
    return subprocess.run([str(program), *map(str, args)], capture_output=True, text=True, timeout=60, check=False)


def test_echoscu_is_answered(listening: Listening) -> None:
    assert _dcmtk("echoscu", "-aec", "ALARA", "127.0.0.1", str(listening.port)).returncode == 0
    assert listening.waits_for(EventKind.RELEASED)


@pytest.mark.parametrize("offer", ["-x=", "-xi", "-xe", "-xb", "-xd"])
def test_storescu_stores_the_corpus(listening: Listening, corpus: list[Path], offer: str) -> None:
    run = _dcmtk("storescu", "-v", "-nh", offer, "-aec", "ALARA", "127.0.0.1", str(listening.port), *corpus)
    assert (run.stdout + run.stderr).count("Received Store Response (Success)") == len(corpus)
    assert listening.inbox.counts().new == len(corpus)


def test_dcmsend_stores_the_corpus(listening: Listening, corpus: list[Path]) -> None:
    run = _dcmtk("dcmsend", "-v", "-nh", "-nuc", "-aec", "ALARA", "127.0.0.1", str(listening.port), *corpus)
    sent = (run.stdout + run.stderr).count("Received C-STORE Response (Success)")
    assert sent == listening.inbox.counts().new >= len(corpus) - 1


def test_a_called_title_that_is_not_ours_is_told_to_storescu(listen: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "one.dcm").write_bytes(report())
    with listen(require_called_aet=True) as node:
        run = _dcmtk("storescu", "-v", "-aec", "WRONG", "127.0.0.1", str(node.port), tmp_path / "one.dcm")
        assert "Called AE Title Not Recognized" in run.stdout + run.stderr
        assert node.of(EventKind.REFUSED)


def test_what_we_send_is_what_storescp_has(corpus: list[Path], tmp_path: Path) -> None:
    port = free_port()
    if not Path("/usr/bin/storescp").exists():
        pytest.skip("storescp of DCMTK is not installed")
    # +B: bytes as received; +xa: every transfer syntax
    server = subprocess.Popen(["/usr/bin/storescp", "+B", "+xa", "-od", str(tmp_path), str(port)])
    try:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                echo("127.0.0.1", port)
                break
            except NetworkError:
                time.sleep(0.1)
        results = list(send(corpus, "127.0.0.1", port))
    finally:
        server.terminate()
        server.wait()
    assert all(result.ok for result in results)

    def datasets(files: list[Path]) -> set[bytes]:
        return {data[parsed[1] :] for data in map(Path.read_bytes, files) if (parsed := part10.parse(data))}

    assert datasets(list(tmp_path.iterdir())) == datasets(corpus)
