"""Ports for servers that tests start: below those that the system gives to callers.

A port that the system chose for a probe may be gone by the time that it is used: any outgoing connection takes
from the same numbers. These come from the numbers under them, and a process gives each one once.
"""

from __future__ import annotations

import os
import random
import socket

_FIRST = 15_000
_LAST = 32_000  # Linux gives 32768 and above to callers, others 49152 and above
_chosen: set[int] = set()
_random = random.Random(os.getpid())


def free_port() -> int:
    """A port of the loopback address on which nobody listens, and that no outgoing connection gets."""
    for _ in range(1000):
        port = _random.randrange(_FIRST, _LAST)
        if port not in _chosen and _is_free(port):
            _chosen.add(port)
            return port
    raise AssertionError(f"no free port between {_FIRST} and {_LAST}")


def _is_free(port: int) -> bool:
    try:
        with socket.create_server(("127.0.0.1", port)):
            return True
    except OSError:
        return False
