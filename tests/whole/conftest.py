"""A node on a free port, and the command line, each with data of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.whole.running import Alara, Node


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    node = Node(tmp_path)
    yield node
    if node.process.poll() is None:
        node.stop(signal.SIGKILL)


@pytest.fixture
def alara(tmp_path: Path) -> Alara:
    """Run a command as a user does, in an empty folder, with data of its own."""
    environ = os.environ | {"ALARA_DATA_DIR": str(tmp_path / "data"), "ALARA_KEY_FILE": str(tmp_path / "key")}

    def run(*arguments: str | Path, **extra: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "alara", *map(str, arguments)]
        return subprocess.run(
            command, capture_output=True, text=True, check=False, env=environ | extra, cwd=tmp_path, timeout=300
        )

    return run
