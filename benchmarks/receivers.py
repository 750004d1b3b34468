"""Nodes that take objects in, each in processes and a folder of its own, on a free port of the loopback address."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

STORESCP = "/usr/bin/storescp"
ORTHANC = "/usr/sbin/Orthanc"

#: Begins a node in a folder, with TCP_NODELAY or without; yields its port and its first process.
Receiver = Callable[[Path, bool], AbstractContextManager[tuple[int, int]]]


@contextmanager
def alara(root: Path, _no_delay: bool) -> Iterator[tuple[int, int]]:
    """``alara listen`` as a clinic runs it, the reading into the database beside it."""
    environment = os.environ | {
        "ALARA_DATA_DIR": str(root / "data"),
        "ALARA_KEY_FILE": str(root / "key"),
        "ALARA_SITE": "Benchmark",
    }
    port = _free_port()
    command = [sys.executable, "-m", "alara", "listen", "--host", "127.0.0.1", "--port", str(port)]
    with _running(command, root, port, environment) as pid:
        yield port, pid


@contextmanager
def storescp(root: Path, no_delay: bool) -> Iterator[tuple[int, int]]:
    """DCMTK's storescp, a process an association, writing what it receives as it is, without any sync."""
    port = _free_port()
    (root / "stored").mkdir()
    command = [STORESCP, "--fork", "+B", "+xa", "-od", str(root / "stored"), str(port)]
    with _running(command, root, port, dcmtk_environment(no_delay=no_delay)) as pid:
        yield port, pid


@contextmanager
def orthanc(root: Path, _no_delay: bool) -> Iterator[tuple[int, int]]:
    """Orthanc with its defaults: it reads each object into its own database, and syncs it."""
    port = _free_port()
    settings = {
        "StorageDirectory": str(root / "orthanc"),
        "IndexDirectory": str(root / "orthanc"),
        "DicomPort": port,
        "DicomAlwaysAllowStore": True,
        "HttpServerEnabled": False,
        "Plugins": [],
    }
    (root / "orthanc.json").write_text(json.dumps(settings))
    with _running([ORTHANC, str(root / "orthanc.json")], root, port, dict(os.environ)) as pid:
        yield port, pid


@contextmanager
def _running(command: list[str], root: Path, port: int, environment: dict[str, str]) -> Iterator[int]:
    with (root / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment)
    try:
        _await(port, process)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def dcmtk_environment(*, no_delay: bool) -> dict[str, str]:
    """DCMTK takes the option from its environment."""
    return {**os.environ, **({"TCP_NODELAY": "1"} if no_delay else {})}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def knock(port: int) -> None:
    """Connect and close, and give the receiver a moment to see it."""
    socket.create_connection(("127.0.0.1", port), timeout=1).close()
    time.sleep(0.1)


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            knock(port)
        except OSError:
            time.sleep(0.05)
        else:
            return
    sys.exit(f"a receiver did not come up: {process.args!r}")
