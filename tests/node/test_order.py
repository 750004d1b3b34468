"""The order of system calls of the running node, as the kernel saw it."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hostile import Caller, dataset

from tests.whole.running import Node

pytestmark = [pytest.mark.peer, pytest.mark.slow]


def test_file_sync_then_rename_then_folder_sync_then_the_answer(program: Callable[[str], str], tmp_path: Path) -> None:
    log = tmp_path / "strace.log"
    calls = "trace=fsync,fdatasync,rename,renameat,renameat2,sendto,sendmsg"
    node = Node(tmp_path, under=[program("strace"), "-f", "-y", "-e", calls, "-o", str(log)])
    try:
        with Caller(node.port) as caller:
            assert caller.associate()
            for number in range(3):
                assert caller.store(f"1.2.{number}", dataset(3000, b"%d" % number)) == 0
            caller.release()
    finally:
        # To the node and not to strace, which would leave it alone.
        (child,) = Path(f"/proc/{node.process.pid}/task/{node.process.pid}/children").read_text().split()[:1]
        os.kill(int(child), signal.SIGTERM)
        node.process.wait(60)
    time.sleep(0.1)
    store = ["fsync tmp", "rename tmp new", "fsync new", "send"]
    # Whose site the inbox is stands on disk before its first object does: file, its folder, and the folder of that.
    note = ["fsync sites", "fsync sites", "fsync"]
    assert _steps_of_the_reading_thread(log.read_text().splitlines()) == ["send", *note, *store * 3, "send"]


def _steps_of_the_reading_thread(lines: list[str]) -> list[str]:
    """What the one thread did that renamed into new/: syncs, renames, and what it sent to the peer."""
    thread = next(line.split()[0] for line in lines if re.search(r"rename\w*\(.*/inbox/new/", line))
    steps = []
    for line in lines:
        number, call = line.split(None, 1)
        name = call.split("(")[0]
        if number != thread or not re.match(r"\w+\(", call):
            continue
        if name in ("sendto", "sendmsg"):
            if "TCP" in call or "socket:" in call:
                steps.append("send")
        else:
            steps.append(" ".join([name, *re.findall(r"/(?:inbox/(?=tmp|new)|(?=sites\b))(\w+)", call)]))
    return steps
