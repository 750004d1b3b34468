"""Misuse: whatever others do, a C-arm is served within three seconds."""

from __future__ import annotations

import random
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from node_support import Listening, report
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import AE

from alara.errors import NetworkError
from alara.node import EventKind, echo, send
from alara.node.association import NodeAssociation
from alara.node.scu import associated
from alara.sop_classes import X_RAY_RADIATION_DOSE_SR

_HALF_HEADER = b"\x01\x00\x00"
_HUGE = struct.pack(">BBL", 1, 0, 0xFFFFFFFF)
_HTTP = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
_TLS_HELLO = bytes.fromhex("16030100c8010000c40303") + bytes(100)


@contextmanager
def _connections(port: int, count: int, say: bytes = b"") -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        opened = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(count)]
        for connection in opened:
            connection.sendall(say)
        yield opened


def _serves(node: Listening) -> None:
    """A real sender gets through within three seconds."""
    began = time.monotonic()
    (result,) = send([report()], "127.0.0.1", node.port)
    assert result.status == 0
    assert time.monotonic() - began < 3


def _closed_by_peer(connection: socket.socket, within_s: float) -> bool:
    connection.settimeout(within_s)
    try:
        while connection.recv(4096):
            pass
    except TimeoutError:
        return False
    except OSError:
        pass
    return True


@pytest.mark.parametrize(
    ("count", "say"),
    [
        (12, b""),
        (12, b"\x01"),
        (12, _HALF_HEADER),
        (12, _HUGE),
        (12, _HTTP),
        (12, _TLS_HELLO),
        (12, b"\x04\x00\x00\x00\x10\x00abc"),
        (300, b""),
        (300, _HALF_HEADER),
    ],
    ids=["silence", "a byte", "half a header", "4 GB", "HTTP", "TLS", "half a PDU", "300 silent", "300 half headers"],
)
def test_a_sender_is_served_beside_connections_that_say(listening: Listening, count: int, say: bytes) -> None:
    with _connections(listening.port, count, say):
        _serves(listening)


def test_a_scan_does_not_lock_anybody_out(listen: Callable[..., Any]) -> None:
    with listen(max_associations=10) as node:
        for _ in range(30):
            socket.create_connection(("127.0.0.1", node.port)).close()
        _serves(node)
        assert len(node.waits_for(EventKind.DROPPED, 30)) == 30


@pytest.mark.parametrize("say", [b"", b"\x01", _HALF_HEADER, struct.pack(">BBL", 1, 0, 200) + b"x"], ids=range(4))
def test_a_connection_that_stops_is_cut_at_its_deadline(listen: Callable[..., Any], say: bytes) -> None:
    with listen(request_timeout_s=0.5, pdu_timeout_s=0.5) as node, _connections(node.port, 1, say) as (connection,):
        assert _closed_by_peer(connection, 3)
        assert node.waits_for(EventKind.DROPPED)


def test_a_trickle_is_cut_at_the_deadline_of_its_pdu(listen: Callable[..., Any]) -> None:
    with listen(pdu_timeout_s=0.6) as node, _connections(node.port, 1, _HALF_HEADER + b"\x00\x00\xff") as (connection,):
        began = time.monotonic()
        _say_until_cut(connection, b"x", every_s=0.1)
        assert time.monotonic() - began < 3
        assert node.waits_for(EventKind.DROPPED)[0].detail == "a PDU did not arrive in time"


def test_a_pdu_over_the_limit_is_cut_before_it_is_read(listening: Listening) -> None:
    with _connections(listening.port, 1, _HUGE) as (connection,):
        assert _closed_by_peer(connection, 3)
    assert "over the limit" in listening.waits_for(EventKind.DROPPED)[0].detail


def test_an_association_that_is_idle_ends(listen: Callable[..., Any]) -> None:
    entity = AE("CARM1")
    entity.add_requested_context(X_RAY_RADIATION_DOSE_SR)
    with listen(idle_timeout_s=0.5) as node:
        association = entity.associate("127.0.0.1", node.port)
        assert association.is_established
        assert node.waits_for(EventKind.ENDED)[0].detail == "it was idle for too long"
        association.join(5)


def test_one_address_does_not_take_every_place(listen: Callable[..., Any]) -> None:
    entity = AE("GREEDY")
    entity.add_requested_context(X_RAY_RADIATION_DOSE_SR)
    with listen(max_associations=4, max_associations_per_address=2, seat_timeout_s=0.2) as node:
        taken = [entity.associate("127.0.0.1", node.port, bind_address=("127.0.0.2", 0)) for _ in range(2)]
        more = entity.associate("127.0.0.1", node.port, bind_address=("127.0.0.2", 0))
        assert [a.is_established for a in taken] == [True, True]
        assert more.is_rejected
        assert more.acceptor.primitive is not None
        assert (more.acceptor.primitive.result, more.acceptor.primitive.diagnostic) == (2, 2)
        _serves(node)
        for association in taken:
            association.release()
        entity.associate("127.0.0.1", node.port, bind_address=("127.0.0.2", 0)).release()


def test_too_many_are_told_to_try_again_and_succeed_then(listen: Callable[..., Any]) -> None:
    entity = AE("CARM1")
    entity.add_requested_context(X_RAY_RADIATION_DOSE_SR)
    with listen(max_associations=2, seat_timeout_s=0.2) as node:
        taken = [entity.associate("127.0.0.1", node.port) for _ in range(2)]
        with pytest.raises(NetworkError, match="too many"):
            echo("127.0.0.1", node.port)
        for association in taken:
            association.release()
        echo("127.0.0.1", node.port)


def test_two_hundred_senders_at_once_are_all_acknowledged(listen: Callable[..., Any]) -> None:
    with listen(seat_timeout_s=30.0) as node:
        statuses: list[int | None] = []

        def deliver(number: int) -> None:
            statuses.extend(result.status for result in send([report(f"1.{number}")], "127.0.0.1", node.port))

        threads = [threading.Thread(target=deliver, args=(number,)) for number in range(200)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert statuses == [0] * 200
        assert node.inbox.counts().new == 200


def _established(port: int) -> Any:
    contexts = [(X_RAY_RADIATION_DOSE_SR, ExplicitVRLittleEndian)]
    return associated("127.0.0.1", port, "CARM1", "ALARA", 10.0, contexts)


def _pdata(control: int, data: bytes, context: int = 1) -> bytes:
    item = struct.pack(">LBB", len(data) + 2, context, control) + data
    return struct.pack(">BBL", 4, 0, len(item)) + item


def _say_until_cut(connection: socket.socket, say: bytes, *, every_s: float = 0.0) -> None:
    deadline = time.monotonic() + 5
    try:
        while time.monotonic() < deadline:
            connection.sendall(say)
            time.sleep(every_s)
    except OSError:
        return
    pytest.fail("the node did not cut the connection")


@pytest.mark.parametrize(
    "say",
    [
        _pdata(3, b"not a command"),
        _pdata(3, b""),
        _pdata(2, b"a dataset without a command"),
        _pdata(3, bytes.fromhex("00000001 02000000 ffff".replace(" ", ""))),
        _pdata(0, b"x", context=99),
        struct.pack(">BBLLBB", 4, 0, 6, 0, 1, 3),
        struct.pack(">BBL", 4, 0, 4) + b"\xff\xff\xff\xff",
        b"\x09\x00\x00\x00\x00\x04\x00\x00\x00\x00",
        struct.pack(">BBL", 1, 0, 4) + b"abcd",
    ],
    ids=range(9),
)
def test_nonsense_inside_an_association_ends_that_association_only(listen: Callable[..., Any], say: bytes) -> None:
    with listen(pdu_timeout_s=1.0, idle_timeout_s=1.0) as node, _established(node.port) as association:
        association.dul.socket.socket.sendall(say)
        _serves(node)
        assert node.waits_for(EventKind.ENDED)


def test_fuzzed_requests_for_an_association_hurt_nobody(listen: Callable[..., Any]) -> None:
    recorded: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        entity = AE("CARM1")
        entity.acse_timeout = 1
        entity.add_requested_context(X_RAY_RADIATION_DOSE_SR)
        caller = threading.Thread(target=entity.associate, args=("127.0.0.1", server.getsockname()[1]))
        caller.start()
        connection, _ = server.accept()
        recorded.append(connection.recv(4096))
        connection.close()
        caller.join()
    chance = random.Random(4)
    with listen(request_timeout_s=1.0, pdu_timeout_s=1.0, idle_timeout_s=1.0) as node:
        for _ in range(150):
            data = bytearray(recorded[0])
            for _ in range(chance.randrange(1, 6)):
                data[chance.randrange(6, len(data))] = chance.randrange(256)
            with socket.create_connection(("127.0.0.1", node.port)) as connection:
                connection.sendall(data)
        _serves(node)


def test_a_message_without_an_end_is_cut(listen: Callable[..., Any]) -> None:
    with listen(max_object_bytes=100_000) as node, _established(node.port) as association:
        before = psutil.Process().memory_info().rss
        chunk = _pdata(0, bytes(90_000))
        _say_until_cut(association.dul.socket.socket, chunk)
        assert node.waits_for(EventKind.ENDED)[0].detail == "a message did not come to its end"
        assert psutil.Process().memory_info().rss - before < 50_000_000


def test_a_message_that_never_ends_is_cut_at_its_deadline(listen: Callable[..., Any]) -> None:
    with listen(message_timeout_s=0.5) as node, _established(node.port) as association:
        _say_until_cut(association.dul.socket.socket, _pdata(0, b"x"), every_s=0.05)
        assert node.waits_for(EventKind.ENDED)[0].detail == "a message did not come to its end"


def test_a_connection_that_breaks_in_mid_store_leaves_nothing(listening: Listening) -> None:
    with _established(listening.port) as association:
        connection = association.dul.socket.socket
        connection.sendall(_pdata(0, bytes(1000)))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RDWR)
        assert listening.waits_for(EventKind.ENDED)
    assert listening.inbox.counts().new == 0
    assert list((listening.inbox.root / "tmp").iterdir()) == []
    assert not [thread for thread in threading.enumerate() if isinstance(thread, NodeAssociation)]


def test_idle_associations_cost_next_to_nothing(listening: Listening) -> None:
    entity = AE("CARM1")
    entity.add_requested_context(X_RAY_RADIATION_DOSE_SR)
    with ExitStack() as stack:
        # Raw connections: pynetdicom's own requestors would poll, and be measured too.
        for _ in range(12):
            stack.enter_context(socket.create_connection(("127.0.0.1", listening.port)))
        time.sleep(0.3)
        began = time.process_time()
        time.sleep(1.0)
        assert time.process_time() - began < 0.06


def test_the_node_says_no_more_than_one_line_an_event(
    listening: Listening, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for say in (_HTTP, _HUGE, _TLS_HELLO, _HALF_HEADER):
        with _connections(listening.port, 1, say):
            pass
    listening.waits_for(EventKind.DROPPED, 4)
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")
