"""What the operating system does when it is tried: a durable write, a port, the clock."""

from __future__ import annotations

import ctypes
import os
import socket
import time
from pathlib import Path
from typing import Final

__all__ = ["clock_is_synchronised", "durable_write", "why_no_port"]

#: adjtimex(2): the return value of a clock that nothing keeps.
_TIME_ERROR: Final = 5
#: Larger than ``struct timex`` on any Linux; its first member, ``modes``, stays 0: nothing is set.
_TIMEX_BYTES: Final = 512


def durable_write(folder: Path) -> float:
    """Write a small file, sync it and its folder, remove it; the seconds that it took.

    Raises
    ------
    OSError
        When the disk refuses any of it.
    """
    began = time.monotonic()
    path = folder / f"probe-{os.getpid()}"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, b"probe")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
        path.unlink()
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return time.monotonic() - began


def why_no_port(host: str, port: int) -> str:
    """Why a TCP port cannot be listened on; empty when it can."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        return error.strerror or str(error)
    return ""


def clock_is_synchronised() -> bool | None:
    """Whether the kernel's clock is kept by a time server (adjtimex(2)); ``None`` where that cannot be asked."""
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    except (AttributeError, OSError):
        return None
    return None if state < 0 else state != _TIME_ERROR
