"""The node as a process: out of descriptors, and killed at any instant."""

from __future__ import annotations

import hashlib
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from node_support import report

from alara.errors import NetworkError
from alara.inbox import Inbox, part10
from alara.node import echo, send

_NODE = """
import pathlib, resource, sys, time
from alara.inbox import Inbox
from alara.node import Node, NodeSettings
inbox = Inbox(pathlib.Path(sys.argv[1]))
if limit := int(sys.argv[2]):
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
with inbox.lock(), Node(NodeSettings(host="127.0.0.1", port=0), inbox) as node:
    print(node.port, flush=True)
    time.sleep(600)
"""


@contextmanager
def _process(root: Path, descriptors: int = 0) -> Iterator[tuple[subprocess.Popen[str], int]]:
    node = subprocess.Popen(
        [sys.executable, "-c", _NODE, str(root), str(descriptors)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert node.stdout is not None
        yield node, int(node.stdout.readline())
    finally:
        node.kill()
        node.communicate()


def test_it_serves_again_when_it_has_descriptors_again(tmp_path: Path) -> None:
    with _process(tmp_path / "inbox", descriptors=60) as (node, port):
        with ExitStack() as stack:
            for _ in range(100):
                stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            time.sleep(0.5)
            assert node.poll() is None
        deadline = time.monotonic() + 5
        while True:
            try:
                echo("127.0.0.1", port, timeout_s=2)
                break
            except NetworkError:
                assert time.monotonic() < deadline
        assert [result.status for result in send([report()], "127.0.0.1", port)] == [0]


@pytest.mark.slow
def test_what_it_had_acknowledged_when_it_was_killed_is_there(tmp_path: Path) -> None:
    root = tmp_path / "inbox"
    acknowledged: set[str] = set()

    def deliver(port: int, items: list[bytes]) -> None:
        try:
            for item, result in zip(items, send(items, "127.0.0.1", port, timeout_s=5), strict=True):
                if result.status == 0:
                    parsed = part10.parse(item)
                    assert parsed is not None
                    acknowledged.add(hashlib.sha256(item[parsed[1] :]).hexdigest())
        except NetworkError:
            pass

    for turn in range(8):
        loads = [
            [report(f"1.{turn}.{thread}.{number}", filler=5000 * (number % 9)) for number in range(400)]
            for thread in range(3)
        ]
        with _process(root) as (node, port):
            before = len(acknowledged)
            senders = [threading.Thread(target=deliver, args=(port, load)) for load in loads]
            for sender in senders:
                sender.start()
            # Killed in the middle of its work, however slow the machine is: after so many acknowledgements.
            enough = before + random.Random(turn).randint(20, 600)
            while len(acknowledged) < enough and any(sender.is_alive() for sender in senders):
                time.sleep(0.001)
            node.kill()
            for sender in senders:
                sender.join()
    inbox = Inbox(root)
    assert len(acknowledged) > 100
    assert acknowledged <= set(inbox.pending())
    for digest in acknowledged:
        inbox.load(digest)
