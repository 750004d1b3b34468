"""The port of a node: whether it can be had, and why not."""

from __future__ import annotations

import errno
import socket
from typing import Final

from alara.errors import NetworkError

__all__ = ["not_to_be_had", "try_port"]

_HINTS: Final = {
    errno.EADDRNOTAVAIL: "That address is not this machine's: --host names one that is, or 0.0.0.0 for all.",
    errno.EACCES: "Ports below 1024 need more rights: choose another with --port.",
}


def try_port(host: str, port: int) -> None:
    """See whether a node could listen there, before anything is made for it.

    Raises
    ------
    NetworkError
        When it could not.
    """
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        raise not_to_be_had(host, port, error) from error


def not_to_be_had(host: str, port: int, error: OSError) -> NetworkError:
    """The refusal of the operating system as one sentence, with what to do."""
    return NetworkError(
        f"The node cannot listen on {host}:{port}: {error.strerror or error}.",
        hint=_HINTS.get(error.errno or 0, "Stop the program that has the port, or choose another with --port."),
    )
