"""What a peer can do to a node with a bare socket, well-behaved or not."""

from __future__ import annotations

import contextlib
import socket
import struct
from types import TracebackType
from typing import Self

from pydicom.uid import ExplicitVRLittleEndian

from alara.sop_classes import X_RAY_RADIATION_DOSE_SR

HTTP = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
TLS_HELLO = bytes.fromhex("16030100c8010000c40303") + bytes(100)
VERIFICATION = "1.2.840.10008.1.1"

#: A-ASSOCIATE-AC, P-DATA-TF, A-RELEASE-RP (PS3.8 section 9.3).
_ACCEPTED, _DATA, _RELEASED = 2, 4, 6

_MODALITY = b"\x08\x00\x60\x00CS\x02\x00SR"


def item(kind: int, body: bytes) -> bytes:
    return struct.pack(">BBH", kind, 0, len(body)) + body


def pdu(kind: int, body: bytes) -> bytes:
    return struct.pack(">BBL", kind, 0, len(body)) + body


def association_request(*extra_items: bytes, calling: bytes = b"CARM1") -> bytes:
    """An A-ASSOCIATE-RQ for dose reports (context 1) and verification (context 3)."""
    contexts = b""
    for number, uid in ((1, X_RAY_RADIATION_DOSE_SR), (3, VERIFICATION)):
        body = bytes([number, 0, 0, 0]) + item(0x30, uid.encode()) + item(0x40, ExplicitVRLittleEndian.encode())
        contexts += item(0x20, body)
    user = item(0x51, struct.pack(">L", 1 << 17)) + item(0x52, b"1.2.826.0.1.9")
    titles = b"ALARA".ljust(16) + calling.ljust(16)
    body = struct.pack(">HH", 1, 0) + titles + bytes(32) + item(0x10, b"1.2.840.10008.3.1.1.1")
    return pdu(1, body + contexts + item(0x50, user) + b"".join(extra_items))


def data(control: int, fragment: bytes, context: int = 1) -> bytes:
    """A P-DATA-TF with one presentation data value."""
    return pdu(4, struct.pack(">LBB", len(fragment) + 2, context, control) + fragment)


def store_command(uid: str = "1.2.3", message_id: int = 1) -> bytes:
    """The command of a C-STORE, in a PDU of its own; its dataset is to follow."""
    fields = {0x0002: _uid(X_RAY_RADIATION_DOSE_SR), 0x0100: _us(1), 0x0110: _us(message_id), 0x0700: _us(0)}
    return data(3, _command(fields | {0x0800: _us(1), 0x1000: _uid(uid)}))


def echo_command(message_id: int = 1) -> bytes:
    fields = {0x0002: _uid(VERIFICATION), 0x0100: _us(0x30), 0x0110: _us(message_id), 0x0800: _us(0x0101)}
    return data(3, _command(fields), context=3)


def dataset(size: int = 0, tag: bytes = b"") -> bytes:
    """A dataset that says its modality, and as many bytes more in a private element."""
    filler = tag.ljust(size, b"x")
    filler += b"x" * (len(filler) % 2)
    return _MODALITY + b"\x42\x00\x11\x00OB\0\0" + struct.pack("<L", len(filler)) + filler


def fragments(content: bytes, size: int = 100_000) -> bytes:
    """A dataset in as many PDUs as it takes."""
    parts = [content[start : start + size] for start in range(0, len(content), size)]
    return b"".join(data(2 if number == len(parts) - 1 else 0, part) for number, part in enumerate(parts))


def _command(fields: dict[int, bytes]) -> bytes:
    body = b"".join(struct.pack("<HHL", 0, number, len(value)) + value for number, value in fields.items())
    return struct.pack("<HHLL", 0, 0, 4, len(body)) + body


def _us(value: int) -> bytes:
    return struct.pack("<H", value)


def _uid(text: str) -> bytes:
    return text.encode() + b"\0" * (len(text) % 2)


class Caller:
    """A connection to a node, from an address of the loopback network."""

    def __init__(self, port: int, source: str = "127.0.0.1", timeout_s: float = 30.0) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout_s, source_address=(source, 0))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()

    def say(self, content: bytes) -> None:
        self.socket.sendall(content)

    def associate(self) -> bool:
        """Ask for an association; false when it was refused."""
        self.say(association_request())
        return self.hear()[0] == _ACCEPTED

    def hear(self) -> tuple[int, bytes]:
        """The next PDU: its type and its body."""
        header = self._exactly(6)
        return header[0], self._exactly(int.from_bytes(header[2:], "big"))

    def status(self) -> int:
        """The status in the next response."""
        kind, body = self.hear()
        assert kind == _DATA, f"the node answered with PDU {kind}"
        at = body.index(struct.pack("<HHL", 0, 0x0900, 2)) + 8
        return int.from_bytes(body[at : at + 2], "little")

    def store(self, uid: str, content: bytes) -> int:
        self.say(store_command(uid) + fragments(content))
        return self.status()

    def reset(self) -> None:
        """End the connection with RST, as a machine does that lost its power and came back."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def release(self) -> None:
        self.say(pdu(5, bytes(4)))
        assert self.hear()[0] == _RELEASED

    def is_cut(self, within_s: float) -> bool:
        """Whether the node closes the connection, whatever it says before."""
        self.socket.settimeout(within_s)
        try:
            while self.socket.recv(65536):
                pass
        except TimeoutError:
            return False
        except OSError:
            pass
        return True

    def _exactly(self, count: int) -> bytes:
        content = b""
        while len(content) < count:
            part = self.socket.recv(count - len(content))
            if not part:
                raise ConnectionError("the node closed the connection")
            content += part
        return content


def say_on(caller: Caller, content: bytes, times: int) -> None:
    """Say it again and again, until the node has had enough."""
    with contextlib.suppress(OSError):
        for _ in range(times):
            caller.say(content)
