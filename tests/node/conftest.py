"""A node on a free port of the loopback address, and the real reports."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from node_support import Listening

from alara.inbox import Inbox
from alara.node import Node, NodeEvent, NodeSettings


@pytest.fixture
def listen(tmp_path: Path) -> Callable[..., Any]:
    """Start a node with settings of the test's choice."""

    @contextmanager
    def start(inbox: Inbox | None = None, **settings: Any) -> Iterator[Listening]:
        inbox = inbox or Inbox(tmp_path / "inbox")
        events: list[NodeEvent] = []
        chosen = {"host": "127.0.0.1", "port": 0, **settings}
        with Node(NodeSettings(**chosen), inbox, events.append) as node:
            yield Listening(node, inbox, events)
        assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("alara")]

    return start


@pytest.fixture
def listening(listen: Callable[..., Any]) -> Iterator[Listening]:
    with listen() as node:
        yield node


@pytest.fixture
def corpus() -> list[Path]:
    """The real reports."""
    folder = Path(os.environ.get("ALARA_CORPUS") or Path(__file__).parents[2] / "../shared/corpus")
    files = sorted(folder.glob("*.dcm"))
    if not files:
        pytest.skip("no corpus: set ALARA_CORPUS")
    return files
