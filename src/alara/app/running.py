"""The node that runs on an inbox: who it is, where it listens, whether it answers."""

from __future__ import annotations

import json

from alara.app.receive import NODE_NOTE, tls_files
from alara.config import Config
from alara.inbox import Inbox
from alara.report.status_view import NodeRow

__all__ = ["ask", "running_node"]


def running_node(config: Config, inbox: Inbox) -> NodeRow:
    """The node that holds the inbox, as far as it has said of itself."""
    pid = inbox.holder()
    if not pid:
        return NodeRow()
    try:
        note = json.loads((config.data_dir / NODE_NOTE).read_bytes())
        return NodeRow(pid=pid, aet=str(note["aet"]), host=str(note["host"]), port=int(note["port"]))
    except (OSError, ValueError, KeyError, TypeError):  # it is just starting, or just ending
        return NodeRow(pid=pid)


def ask(config: Config, node: NodeRow, timeout_s: float = 5.0) -> str:
    """Ask the node to answer a C-ECHO, over TLS where it speaks that; why it can store nothing, empty when it can.

    Raises
    ------
    NetworkError
        When it does not.
    """
    from alara.node import ask as ask_node
    from alara.node.tls import own_context

    files = tls_files(config)
    tls = own_context(files) if files is not None else None
    host = "127.0.0.1" if node.host in ("0.0.0.0", "::") else node.host  # noqa: S104 - compared, not bound
    return ask_node(host, node.port or 0, calling=node.aet, called=node.aet, timeout_s=timeout_s, tls=tls)
