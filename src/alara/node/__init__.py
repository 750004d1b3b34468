"""The DICOM node: the only room that speaks on the network, and it never reads a report.

``scp`` receives, ``scu`` calls others; ``association`` and ``guard`` are what
stands between pynetdicom and peers that are slow, broken or hostile.
"""

from __future__ import annotations

from alara.node.events import EventKind, NodeEvent
from alara.node.ports import try_port
from alara.node.scp import Node
from alara.node.scu import SendResult, ask, echo, send
from alara.node.settings import NodeSettings
from alara.node.tls import TlsFiles

__all__ = [
    "EventKind",
    "Node",
    "NodeEvent",
    "NodeSettings",
    "SendResult",
    "TlsFiles",
    "ask",
    "echo",
    "send",
    "try_port",
]
