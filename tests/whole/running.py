"""A real node in a process of its own, and the command line as a user calls it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Alara = Callable[..., subprocess.CompletedProcess[str]]


@dataclass
class Node:
    """``alara listen`` on a free port, with its data below one folder."""

    folder: Path
    under: Sequence[str] = ()  # a command that runs the node, strace for instance
    settings: Mapping[str, str] = field(default_factory=dict)  # of the environment
    process: subprocess.Popen[bytes] = field(init=False)
    port: int = 0

    def __post_init__(self) -> None:
        self.environ = os.environ | {
            "ALARA_DATA_DIR": str(self.folder / "data"),
            "ALARA_KEY_FILE": str(self.folder / "key"),
            "ALARA_SITE": "Test",
            **self.settings,
        }
        self.start()

    @property
    def log(self) -> str:
        return (self.folder / "node.log").read_text()

    def start(self) -> None:
        command = [
            *self.under,
            sys.executable,
            "-m",
            "alara",
            "listen",
            "--host",
            "127.0.0.1",
            "--port",
            str(self.port),
        ]
        with (self.folder / "node.log").open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=self.environ)
        until = time.monotonic() + 30
        while not (found := re.search(r"^ +Port +(\d+)$", self.log, re.MULTILINE)):
            assert time.monotonic() < until, self.log
            assert self.process.poll() is None, self.log
            time.sleep(0.05)
        self.port = int(found[1])

    def run(self, *arguments: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "alara", *map(str, arguments)]
        return subprocess.run(
            command, capture_output=True, text=True, check=check, env=self.environ, cwd=self.folder, timeout=300
        )

    def json(self, *arguments: str | Path) -> Any:
        return json.loads(self.run(*arguments, "--json").stdout)

    def wait_until_ingested(self) -> None:
        until = time.monotonic() + 60
        while self.json("status")["inbox"]["new"]:
            assert time.monotonic() < until, self.log
            time.sleep(0.1)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)
