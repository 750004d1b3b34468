"""Abuse of ``alara listen`` itself: during each and after it a C-arm is served, and memory stays bounded.

The process, its limits and its deadlines are those that a clinic runs.
"""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from pathlib import Path

import psutil
import pytest
from hostile import (
    HTTP,
    TLS_HELLO,
    Caller,
    association_request,
    data,
    dataset,
    echo_command,
    fragments,
    item,
    pdu,
    say_on,
    store_command,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from node_support import report

from alara.inbox import Inbox
from alara.node import echo
from tests.whole.running import Node

pytestmark = pytest.mark.slow

#: Served within three seconds, say the requirements; the machine that tests is busy, and shared.
_SERVED_S = 10.0

#: What a flood may add to the memory of the process. Objects in flight may have 128 MiB, and twice
#: that while they are written; no attack but the one with the large objects comes near to it.
_FLAT_BYTES = 100 << 20

_uids = (f"1.2.826.0.1.{number}" for number in count())


class Guarded:
    """A node in a process of its own, and how a C-arm fares with it."""

    def __init__(self, node: Node) -> None:
        self.node, self.port = node, node.port
        self.process = psutil.Process(node.process.pid)
        self.inbox = Inbox(node.folder / "data" / "inbox")

    def serves(self) -> None:
        """A C-arm gets its echo and its store through."""
        began = time.monotonic()
        uid = next(_uids)
        echo("127.0.0.1", self.port, timeout_s=_SERVED_S)
        with Caller(self.port, timeout_s=_SERVED_S) as c_arm:
            assert c_arm.associate()
            assert c_arm.store(uid, dataset(1000, uid.encode())) == 0
            c_arm.release()
        assert time.monotonic() - began < _SERVED_S

    def objects(self) -> int:
        """How many objects the inbox has, whatever became of them."""
        self.node.wait_until_ingested()
        counts = self.inbox.counts()
        return counts.kept + counts.quarantined

    @contextmanager
    def stays_flat(self, within_bytes: int = _FLAT_BYTES) -> Iterator[None]:
        """Look at the memory of the process all the while."""
        before, most = self.process.memory_info().rss, 0
        over = threading.Event()

        def watch() -> None:
            nonlocal most
            while not over.wait(0.02):
                most = max(most, self.process.memory_info().rss)

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()
        assert most - before < within_bytes, f"{(most - before) >> 20} MiB more"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("ALARA_")]:
            patch.delenv(name)
        node = Node(tmp_path_factory.mktemp("guarded"))
    yield Guarded(node)
    assert node.process.poll() is None, "the node did not survive"
    assert "Traceback" not in node.log
    assert node.stop(signal.SIGTERM) == 0


def _connect(stack: ExitStack, port: int, number: int, say: bytes = b"") -> list[Caller]:
    callers = []
    for _ in range(number):
        caller = stack.enter_context(Caller(port))
        with suppress(OSError):
            caller.say(say)
        callers.append(caller)
    return callers


_HUGE = struct.pack(">BBL", 1, 0, 0xFFFFFFFF)
_HUGE_DATA = struct.pack(">BBL", 4, 0, 0xFFFFFFFF)


@pytest.mark.parametrize(
    ("number", "say"),
    [
        (500, b""),
        (300, b"\x01"),
        (300, association_request()[:20]),
        (200, HTTP),
        (200, TLS_HELLO),
        (200, b"SSH-2.0-OpenSSH_9.2\r\n"),
        (200, os.urandom(300)),
        (200, _HUGE),
        (200, _HUGE_DATA),
        (200, pdu(4, bytes(100))),
        (200, pdu(7, bytes(4))),
    ],
    ids=[
        "nothing",
        "a byte",
        "half a request",
        "HTTP",
        "TLS",
        "SSH",
        "noise",
        "a PDU of 4 GB",
        "data of 4 GB",
        "data at once",
        "an abort at once",
    ],
)
def test_it_serves_beside_hundreds_of_connections_that_say(guarded: Guarded, number: int, say: bytes) -> None:
    with guarded.stays_flat(), ExitStack() as stack:
        _connect(stack, guarded.port, number, say)
        guarded.serves()


def test_it_serves_through_a_port_scan(guarded: Guarded) -> None:
    with guarded.stays_flat():
        for number in range(500):
            socket.create_connection(("127.0.0.1", guarded.port)).close()
            if number % 100 == 50:
                guarded.serves()


def test_it_serves_beside_a_hundred_trickles(guarded: Guarded) -> None:
    request = association_request()
    with guarded.stays_flat(), ExitStack() as stack:
        callers = _connect(stack, guarded.port, 100)
        for second in range(3):
            for caller in callers:
                with suppress(OSError):
                    caller.say(request[second : second + 1])
            guarded.serves()
            time.sleep(1)


@pytest.mark.parametrize(
    "say",
    [b"", store_command() + data(0, b"x" * 1000), struct.pack(">BBL", 4, 0, 16_000) + b"x" * 8000],
    ids=["nothing more", "half an object", "half a PDU"],
)
def test_half_open_associations_from_everywhere_give_up_their_places(guarded: Guarded, say: bytes) -> None:
    with guarded.stays_flat(), ExitStack() as stack:
        for source in ("127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"):
            for _ in range(16):
                caller = stack.enter_context(Caller(guarded.port, source))
                assert caller.associate()
                caller.say(say)
        deadline = time.monotonic() + 30
        while True:  # a caller may be told to try again, as every C-arm does
            with Caller(guarded.port, timeout_s=_SERVED_S) as c_arm:
                if c_arm.associate():
                    break
            assert time.monotonic() < deadline
        guarded.serves()


def test_a_request_of_26_mb_is_cut_before_it_is_read(guarded: Guarded) -> None:
    with guarded.stays_flat(), ExitStack() as stack:
        callers = _connect(stack, guarded.port, 8)
        request = struct.pack(">BBL", 1, 0, 26_000_000) + bytes(26_000_000)
        for caller in callers:
            with suppress(OSError):
                caller.say(request)
        guarded.serves()
        assert all(caller.is_cut(_SERVED_S) for caller in callers)


@pytest.mark.parametrize(
    "filling",
    [item(0x20, bytes([5, 0, 0, 0])), item(0x50, item(0x51, bytes(4))), item(0x10, b""), b"\xff" * 16],
    ids=["contexts", "user items", "names", "noise"],
)
def test_a_request_as_long_as_it_may_be_holds_nobody_up(guarded: Guarded, filling: bytes) -> None:
    request = association_request(filling * ((250_000 - 500) // len(filling)))
    with guarded.stays_flat(), ExitStack() as stack:
        _connect(stack, guarded.port, 4, request)
        guarded.serves()


def test_endless_data_is_read_and_thrown_away(guarded: Guarded) -> None:
    def flood(source: str) -> None:
        with Caller(guarded.port, source) as caller:
            if caller.associate():
                caller.say(store_command())
                say_on(caller, data(0, bytes(100_000)), 2000)

    threads = [threading.Thread(target=flood, args=(f"127.0.0.{number}",)) for number in (2, 2, 3)]
    with guarded.stays_flat(within_bytes=400 << 20):
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            guarded.serves()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("say", [echo_command(), store_command() + fragments(dataset(10))], ids=["echoes", "stores"])
def test_an_association_that_floods_slows_itself_only(guarded: Guarded, say: bytes) -> None:
    with guarded.stays_flat(), ExitStack() as stack:
        callers = [stack.enter_context(Caller(guarded.port, "127.0.0.2", timeout_s=3)) for _ in range(4)]
        threads = []
        for caller in callers:
            assert caller.associate()
            # Never hears an answer: what the node cannot send any more, it stops reading for.
            threads.append(threading.Thread(target=say_on, args=(caller, say * 100, 100)))
            threads[-1].start()
        for _ in range(3):
            guarded.serves()
        for thread in threads:
            thread.join()


def test_three_hundred_pipelined_stores_have_three_hundred_answers(guarded: Guarded) -> None:
    before = guarded.objects()
    with guarded.stays_flat(), Caller(guarded.port) as caller:
        assert caller.associate()
        stores = [store_command(f"1.9.{n}", n) + fragments(dataset(5000, b"pipe%d" % n)) for n in range(300)]
        sender = threading.Thread(target=lambda: [caller.say(store) for store in stores])
        sender.start()
        assert [caller.status() for _ in stores] == [0] * 300
        sender.join()
        caller.release()
    assert guarded.objects() == before + 300
    guarded.serves()


def _aborted(caller: Caller) -> None:
    caller.say(pdu(7, bytes(4)))


@pytest.mark.parametrize(
    "end", [Caller.reset, _aborted, lambda caller: caller.socket.close()], ids=["reset", "abort", "close"]
)
def test_fifty_that_break_off_in_mid_store_leave_nothing(guarded: Guarded, end: Callable[[Caller], None]) -> None:
    before = guarded.objects()
    content = fragments(dataset(50_000, b"broken"), 10_000)
    with guarded.stays_flat():
        for number in range(50):
            with Caller(guarded.port) as caller:
                assert caller.associate()
                caller.say(store_command() + content[: 1000 * (number + 1)])
                end(caller)
    deadline = time.monotonic() + _SERVED_S
    while guarded.process.num_threads() > 8 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert guarded.process.num_threads() <= 8
    assert guarded.objects() == before
    assert list((guarded.inbox.root / "tmp").iterdir()) == []
    guarded.serves()


def test_a_silent_tls_client_is_one_of_the_silent(guarded: Guarded) -> None:
    with guarded.stays_flat(), ExitStack() as stack:
        _connect(stack, guarded.port, 40, TLS_HELLO[:5])
        guarded.serves()


@given(st.data())
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_a_request_with_any_bytes_wrong_hurts_nobody(guarded: Guarded, data: st.DataObject) -> None:
    request = bytearray(association_request())
    for at in data.draw(st.lists(st.integers(0, len(request) - 1), min_size=1, max_size=8)):
        request[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(6, len(request)))
    with Caller(guarded.port) as caller, suppress(OSError):
        caller.say(bytes(request[:cut]))
        caller.say(store_command())


def test_it_serves_after_all_those_requests(guarded: Guarded) -> None:
    guarded.serves()


def test_two_hundred_at_once_are_acknowledged_or_told_to_try_again_and_then_acknowledged(guarded: Guarded) -> None:
    statuses: list[int] = []

    def deliver(number: int) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with suppress(OSError, AssertionError), Caller(guarded.port) as c_arm:
                if c_arm.associate():
                    statuses.append(c_arm.store(f"1.8.{number}", dataset(20_000, b"crowd%d" % number)))
                    c_arm.release()
                    return
            time.sleep(0.2)

    with guarded.stays_flat():
        threads = [threading.Thread(target=deliver, args=(number,)) for number in range(200)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert statuses == [0] * 200


def test_large_objects_from_everywhere_find_room_or_are_told_to_try_again(guarded: Guarded) -> None:
    """Twelve unfinished objects of 30 MB are 360 MB; the node has 128 MiB for them, and twice that while it writes."""
    statuses: list[int] = []

    def deliver(number: int) -> None:
        content = memoryview(dataset(30_000_000, b"large%d" % number))
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            with suppress(OSError, AssertionError), Caller(guarded.port, f"127.0.0.{2 + number % 4}") as caller:
                if caller.associate():
                    caller.say(store_command(f"1.7.{number}"))
                    for start in range(0, len(content), 100_000):
                        last = start + 100_000 >= len(content)
                        caller.say(data(2 if last else 0, bytes(content[start : start + 100_000])))
                    statuses.append(caller.status())
                    if statuses[-1] == 0:
                        return

    threads = [threading.Thread(target=deliver, args=(number,)) for number in range(12)]
    with guarded.stays_flat(within_bytes=400 << 20):
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            guarded.serves()
            time.sleep(0.5)
    for thread in threads:
        thread.join()
    assert statuses.count(0) == 12
    assert set(statuses) <= {0, 0xA700}


def test_whoever_stops_is_cut_by_the_deadlines_of_a_clinic(guarded: Guarded) -> None:
    """15 s from a connection to its request, and from the first byte of a PDU to its last."""
    with ExitStack() as stack:
        callers = [
            *_connect(stack, guarded.port, 3),
            *_connect(stack, guarded.port, 3, b"\x01"),
            *_connect(stack, guarded.port, 3, association_request()[:100]),
        ]
        for _ in range(3):
            callers.append(stack.enter_context(Caller(guarded.port)))
            assert callers[-1].associate()
            callers[-1].say(store_command() + struct.pack(">BBL", 4, 0, 16_000) + b"x" * 8000)
        assert all(caller.is_cut(40.0) for caller in callers)
    guarded.serves()


@pytest.mark.peer
def test_two_hundred_storescu_at_once_are_all_acknowledged(
    guarded: Guarded, program: Callable[[str], str], tmp_path: Path
) -> None:
    def deliver(number: int) -> str:
        file = tmp_path / f"{number}.dcm"
        file.write_bytes(report(f"1.6.{number}", filler=20_000 + 2 * number))
        command = [program("storescu"), "-v", "-aec", "ALARA", "127.0.0.1", str(guarded.port), str(file)]
        told = ""
        for _ in range(10):
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
            told = done.stdout + done.stderr
            if "Received Store Response (Success)" in told:
                return "stored"
            time.sleep(0.5)
        return told

    with guarded.stays_flat(), ThreadPoolExecutor(200) as pool:
        assert set(pool.map(deliver, range(200))) == {"stored"}
