"""A C-STORE sender on a bare socket, so that a benchmark measures the receiver and not the sender."""

from __future__ import annotations

import socket
import struct
import time
from types import TracebackType
from typing import Self

_APPLICATION_CONTEXT = b"1.2.840.10008.3.1.1.1"
_PDV_BYTES = 16_000


class RawSender:
    """One association with one presentation context."""

    def __init__(
        self, host: str, port: int, sop_class_uid: str, syntax_uid: str, *, no_delay: bool, source: str = ""
    ) -> None:
        self._sop_class_uid = sop_class_uid.encode()
        self._message_id = 0
        self._socket = socket.create_connection((host, port), source_address=(source, 0))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, int(no_delay))
        self._socket.sendall(_request(self._sop_class_uid, syntax_uid.encode()))
        kind, body = self._receive()
        if kind != 2 or b"\x21\x00" not in body:
            raise RuntimeError("the association was refused")

    def store(self, sop_instance_uid: str, dataset: bytes) -> float:
        """Send one object; the seconds from its first byte to the response, which must be a success."""
        began = time.perf_counter()
        self._message_id = self._message_id % 0xFFFF + 1
        command = _command(self._sop_class_uid, sop_instance_uid.encode(), self._message_id)
        self._socket.sendall(_pdata(3, command))
        for start in range(0, len(dataset), _PDV_BYTES):
            last = start + _PDV_BYTES >= len(dataset)
            self._socket.sendall(_pdata(2 if last else 0, dataset[start : start + _PDV_BYTES]))
        kind, body = self._receive()
        seconds = time.perf_counter() - began
        at = body.index(b"\x00\x00\x00\x09\x02\x00\x00\x00") + 8
        if kind != 4 or body[at : at + 2] != b"\0\0":
            raise RuntimeError("an object was refused")
        return seconds

    def _receive(self) -> tuple[int, bytes]:
        header = self._exactly(6)
        return header[0], self._exactly(int.from_bytes(header[2:], "big"))

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            part = self._socket.recv(count - len(data))
            if not part:
                raise RuntimeError("the receiver closed the connection")
            data += part
        return data

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._socket.sendall(struct.pack(">BBLL", 5, 0, 4, 0))
            self._receive()
        self._socket.close()


def _item(kind: int, body: bytes) -> bytes:
    return struct.pack(">BBH", kind, 0, len(body)) + body


def _request(sop_class_uid: bytes, syntax_uid: bytes) -> bytes:
    context = bytes([1, 0, 0, 0]) + _item(0x30, sop_class_uid) + _item(0x40, syntax_uid)
    user = _item(0x51, struct.pack(">L", 1 << 17)) + _item(0x52, b"1.2.826.0.1.9")
    titles = b"ALARA".ljust(16) + b"BENCH".ljust(16)
    body = struct.pack(">HH", 1, 0) + titles + bytes(32)
    body += _item(0x10, _APPLICATION_CONTEXT) + _item(0x20, context) + _item(0x50, user)
    return struct.pack(">BBL", 1, 0, len(body)) + body


def _command(sop_class_uid: bytes, sop_instance_uid: bytes, message_id: int) -> bytes:
    def element(number: int, value: bytes) -> bytes:
        value += b"\0" * (len(value) % 2)
        return struct.pack("<HHL", 0, number, len(value)) + value

    def us(number: int, value: int) -> bytes:
        return element(number, struct.pack("<H", value))

    body = element(0x0002, sop_class_uid) + us(0x0100, 1) + us(0x0110, message_id) + us(0x0700, 0) + us(0x0800, 1)
    body += element(0x1000, sop_instance_uid)
    return element(0x0000, struct.pack("<L", len(body))) + body


def _pdata(control: int, data: bytes) -> bytes:
    return struct.pack(">BBLLBB", 4, 0, len(data) + 6, len(data) + 2, 1, control) + data
