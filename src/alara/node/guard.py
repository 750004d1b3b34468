"""What keeps the node serving when others misuse it.

pynetdicom alone waits for ever in the middle of a PDU, buffers whatever length
a PDU states, and counts a silent socket as one of its ten associations: twelve
connections that say nothing lock every C-arm out. Here

* a PDU has a length limit, and a deadline from its first byte to its last;
* a connection takes an association's place only when it has asked for one, and
  of those that say nothing the oldest is dropped when there are too many;
* a caller waits a little for a free place before it is told to try again, and
  who is idle meanwhile gives up its own;
* an address has only so many places;
* a dead connection gives up its place at once.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
import struct
import threading
import time
from collections import Counter, OrderedDict
from typing import TYPE_CHECKING, Final

from pynetdicom.transport import AssociationSocket

if TYPE_CHECKING:
    from alara.node.association import NodeAssociation
    from alara.node.settings import NodeSettings

__all__ = ["Door", "GuardedSocket", "prepare"]

_QUICKACK: Final = getattr(socket, "TCP_QUICKACK", None)
_HEADER: Final = struct.Struct(">BxL")  # of a PDU: type and length (PS3.8 section 9.3.1)
#: How often a caller that waits for a place looks whether somebody has become idle.
_LOOK_S: Final = 0.5

#: What a connection has for its PDUs before a larger one comes: those that only ask or echo need no more.
_SMALL_BYTES: Final = 4096
_Selector = getattr(selectors, "PollSelector", selectors.SelectSelector)


def prepare(connection: socket.socket, settings: NodeSettings) -> None:
    """Set the options of an accepted connection."""
    connection.settimeout(settings.pdu_timeout_s)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class GuardedSocket(AssociationSocket):
    """A connection with a limit on each PDU, on which one can wait without polling."""

    def __init__(self, association: NodeAssociation, connection: socket.socket, settings: NodeSettings) -> None:
        super().__init__(association, client_socket=connection)
        self._connection = connection
        self.failure = ""
        self._settings = settings
        self._deadline = 0.0
        self.last_pdu_at = time.monotonic()  # when the last PDU began
        self._waker, self._woken = socket.socketpair()
        self._waker.setblocking(False)
        self._woken.setblocking(False)
        self._buffer = memoryview(bytearray(_SMALL_BYTES))
        self._start = self._end = 0  # of what has come and is not read yet
        self._selector = _Selector()
        self._selector.register(connection, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)

    @property
    def ready(self) -> bool:
        """Whether there is something to read."""
        return self.socket is not None and self._is_connected and self.wait(0.0)

    @property
    def buffered(self) -> int:
        """How many bytes have come and are not read yet."""
        return self._end - self._start

    def wait(self, timeout_s: float) -> bool:
        """Wait until the peer sends or closes, or :meth:`wake` is called; true when there is something to read."""
        if isinstance(self._connection, ssl.SSLSocket) and self._connection.pending():
            return True  # decrypted already: the kernel knows nothing of it
        if self.buffered:
            return True
        is_readable = False
        for key, _ in self._selector.select(timeout_s):
            if key.fileobj is self._woken:
                with contextlib.suppress(BlockingIOError):
                    self._woken.recv(4096)
            else:
                is_readable = True
        return is_readable

    def wake(self) -> None:
        """End a :meth:`wait` in another thread, now or the next one."""
        with contextlib.suppress(OSError):
            self._waker.send(b"\0")

    def begin_pdu(self) -> None:
        """Start the clock: the whole PDU must be here before it runs out."""
        self.last_pdu_at = time.monotonic()
        self._deadline = self.last_pdu_at + self._settings.pdu_timeout_s

    def peek(self) -> int | None:
        """The type of the PDU that comes next; ``None`` when no header comes."""
        try:
            return self._buffer[self._start] if self._fill(_HEADER.size) else None
        except OSError:
            return None

    def read_pdu(self) -> memoryview:
        """The body of the data PDU that comes next, good until the next is read.

        Raises
        ------
        OSError
            When it is larger than a PDU may be, its time is over, or the peer closed before its end.
        """
        if not self._fill(_HEADER.size):
            raise ConnectionError("closed")
        _, length = _HEADER.unpack_from(self._buffer, self._start)
        self._start += _HEADER.size
        body = self._exactly(length, self._settings.max_pdu_bytes)
        if len(body) < length:
            raise ConnectionError("closed")
        return body

    def recv(self, nr_bytes: int) -> bytearray:
        """Exactly so many bytes of the current PDU, which is not data, or fewer when the peer closed.

        Raises
        ------
        OSError
            When that is more than a PDU may have, or the PDU's time is over.
        """
        return bytearray(self._exactly(nr_bytes, self._settings.max_request_bytes))

    def _exactly(self, count: int, most_bytes: int) -> memoryview:
        if count > most_bytes:
            self.failure = f"a PDU of {count} bytes is over the limit"
            raise OSError(self.failure)
        if count > len(self._buffer):
            larger = bytearray(max(count, _HEADER.size + self._settings.advertised_pdu_bytes))
            self._buffer, rest = memoryview(larger), self._buffer[self._start : self._end]
            self._buffer[: len(rest)] = rest
            self._start, self._end = 0, len(rest)
        self._fill(count)
        start, self._start = self._start, min(self._start + count, self._end)
        return self._buffer[start : self._start]

    def _fill(self, count: int) -> bool:
        """Have so many bytes in the buffer, taking all that the peer has sent; false when it closed before."""
        if self._start == self._end:
            self._start = self._end = 0
        elif self._start + count > len(self._buffer):
            rest = self.buffered
            self._buffer[:rest] = self._buffer[self._start : self._end]
            self._start, self._end = 0, rest
        while self.buffered < count:
            received = self._receive_into(self._buffer[self._end :])
            if not received:
                return False
            self._end += received
        return True

    def _receive_into(self, view: memoryview) -> int:
        if self.socket is None or time.monotonic() > self._deadline:
            raise self._late()
        try:
            count = self.socket.recv_into(view)
        except TimeoutError:
            raise self._late() from None
        if _QUICKACK is not None:
            # Most C-arms leave Nagle's algorithm on: an acknowledgement that is delayed costs
            # them 40 ms an object. The kernel forgets the option, so it is set after each read.
            self.socket.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
        return count

    def _late(self) -> TimeoutError:
        self.failure = "a PDU did not arrive in time"
        return TimeoutError(self.failure)

    def drop(self) -> None:
        """Cut the connection, from any thread; its own threads find it closed and end."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)

    def dispose(self) -> None:
        """Give back every descriptor, when the threads of the association have ended."""
        # pynetdicom does not close what it could not shut down first.
        self._connection.close()
        self._selector.close()
        self._waker.close()
        self._woken.close()


class Door:
    """Who waits outside, who sits inside, and who must go."""

    def __init__(self, settings: NodeSettings) -> None:
        self._settings = settings
        self._changed = threading.Condition()
        self._waiting: OrderedDict[NodeAssociation, None] = OrderedDict()  # oldest first
        self._seated: dict[NodeAssociation, str] = {}
        self._present: set[NodeAssociation] = set()
        self._closed = False

    def arrive(self, association: NodeAssociation) -> None:
        """Let a connection wait for its request; the one that waits longest goes when there are too many."""
        oldest = None
        with self._changed:
            self._present.add(association)
            self._waiting[association] = None
            if len(self._waiting) > self._settings.max_waiting:
                oldest, _ = self._waiting.popitem(last=False)
        if oldest is not None:
            oldest.end("it said nothing while others came")

    def seat(self, association: NodeAssociation, address: str) -> bool:
        """Give a caller a place, waiting a little for one; false when it must try again later."""
        patience_s = self._begin_to_ask(association)
        until = time.monotonic() + patience_s
        while True:
            with self._changed:
                if self._changed.wait_for(lambda: self._closed or self._has_room(address), min(patience_s, _LOOK_S)):
                    if self._closed or association not in self._present:
                        return False
                    self._seated[association] = address
                    return True
                idle = self._longest_idle(address)
            if time.monotonic() >= until:
                return False
            if idle is not None:
                idle.end("it was idle while others waited")

    def _begin_to_ask(self, association: NodeAssociation) -> float:
        with self._changed:
            self._waiting.pop(association, None)
            return self._patience_s()

    def _patience_s(self) -> float:
        """How long one more may wait: not at all when very many do, each of which holds two threads."""
        queue = len(self._present) - len(self._waiting) - len(self._seated)
        return self._settings.seat_timeout_s if queue <= 4 * self._settings.max_associations else 0.0

    def _has_room(self, address: str) -> bool:
        taken = Counter(self._seated.values())
        return (
            taken.total() < self._settings.max_associations
            and taken[address] < self._settings.max_associations_per_address
        )

    def _longest_idle(self, address: str) -> NodeAssociation | None:
        """Who must give up a place that is in the way of one more from an address; nobody when all are busy."""
        taken = Counter(self._seated.values())
        by_address = taken[address] >= self._settings.max_associations_per_address
        candidates = [one for one, where in self._seated.items() if where == address or not by_address]
        found = max(candidates, key=lambda one: one.idle_s, default=None)
        return found if found is not None and found.idle_s > self._settings.yield_after_s else None

    def leave(self, association: NodeAssociation) -> None:
        """Forget a connection that has ended."""
        with self._changed:
            self._present.discard(association)
            self._waiting.pop(association, None)
            self._seated.pop(association, None)
            self._changed.notify_all()

    def close(self, timeout_s: float) -> bool:
        """Send everybody home; stores in progress are finished first. True when all left in time."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            present = list(self._present)
        for association in present:
            association.finish()
        with self._changed:
            return self._changed.wait_for(lambda: not self._present, timeout_s)
