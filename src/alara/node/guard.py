"""What keeps the node serving when others misuse it.

pynetdicom alone waits for ever in the middle of a PDU, buffers whatever length
a PDU states, and counts a silent socket as one of its ten associations: twelve
connections that say nothing lock every C-arm out. Here

* a PDU has a length limit, and a deadline from its first byte to its last;
* a connection takes an association's place only when it has asked for one, and
  of those that say nothing the oldest is dropped when there are too many;
* a caller waits a little for a free place before it is told to try again;
* an address has only so many places;
* a dead connection gives up its place at once.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
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
        self._waker, self._woken = socket.socketpair()
        self._waker.setblocking(False)
        self._woken.setblocking(False)
        self._selector = _Selector()
        self._selector.register(connection, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)

    @property
    def ready(self) -> bool:
        """Whether there is something to read."""
        return self.socket is not None and self._is_connected and self.wait(0.0)

    def wait(self, timeout_s: float) -> bool:
        """Wait until the peer sends or closes, or :meth:`wake` is called; true when there is something to read."""
        if isinstance(self._connection, ssl.SSLSocket) and self._connection.pending():
            return True  # decrypted already: the kernel knows nothing of it
        found = {key.fileobj for key, _ in self._selector.select(timeout_s)}
        if self._woken in found:
            with contextlib.suppress(BlockingIOError):
                self._woken.recv(4096)
        return bool(found - {self._woken})

    def wake(self) -> None:
        """End a :meth:`wait` in another thread, now or the next one."""
        with contextlib.suppress(OSError):
            self._waker.send(b"\0")

    def begin_pdu(self) -> None:
        """Start the clock: the whole PDU must be here before it runs out."""
        self._deadline = time.monotonic() + self._settings.pdu_timeout_s

    def recv(self, nr_bytes: int) -> bytearray:
        """Exactly so many bytes of the current PDU, or fewer when the peer closed.

        Raises
        ------
        OSError
            When that is more than a PDU may have, or the PDU's time is over.
        """
        if nr_bytes > self._settings.max_pdu_bytes:
            self.failure = f"a PDU of {nr_bytes} bytes is over the limit"
            raise OSError(self.failure)
        buffer = bytearray(nr_bytes)
        view = memoryview(buffer)
        received = 0
        while received < nr_bytes:
            count = self._receive_into(view[received:])
            if not count:
                return bytearray(view[:received])
            received += count
        return buffer

    def _receive_into(self, view: memoryview) -> int:
        assert self.socket is not None
        try:
            count = self.socket.recv_into(view)
        except TimeoutError:
            self.failure = "a PDU did not arrive in time"
            raise
        if time.monotonic() > self._deadline:
            self.failure = "a PDU did not arrive in time"
            raise TimeoutError(self.failure)
        if _QUICKACK is not None:
            # Most C-arms leave Nagle's algorithm on: an acknowledgement that is delayed costs
            # them 40 ms an object. The kernel forgets the option, so it is set after each read.
            self.socket.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
        return count

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
        with self._changed:
            self._waiting.pop(association, None)
            if not self._changed.wait_for(lambda: self._closed or self._has_room(address), self._patience_s()):
                return False
            if self._closed or association not in self._present:
                return False
            self._seated[association] = address
            return True

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
