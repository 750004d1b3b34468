"""pynetdicom's association, waiting instead of polling, and serving each message where it was read.

pynetdicom runs two threads an association, and both look every millisecond
whether there is something to do. Here the thread that reads the connection
sleeps until there is, and serves a request as soon as it is complete. Nothing
more is read until it is answered, so a sender that does not wait for its
answers fills its own buffers, not ours. The other thread negotiates, and then
sleeps until the association ends.
"""

from __future__ import annotations

import contextlib
import queue
import struct
import threading
import time
from typing import TYPE_CHECKING, Any

from pynetdicom._globals import MODE_ACCEPTOR
from pynetdicom.association import Association
from pynetdicom.dimse import DIMSEServiceProvider
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.dul import DULServiceProvider
from pynetdicom.pdu_primitives import A_ABORT, A_P_ABORT, A_RELEASE, P_DATA

from alara.node.events import EventKind, NodeEvent
from alara.node.guard import GuardedSocket
from alara.node.tls import HandshakeRefused, handshake

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from pynetdicom import AE
    from pynetdicom.presentation import PresentationContext

    from alara.node.events import Reporter
    from alara.node.guard import Door
    from alara.node.settings import NodeSettings

__all__ = ["NodeAssociation"]

#: A message may be so many times larger than an object may be before its association is cut.
_DRAINED = 16

#: Message control header: the last fragment of a command (PS3.8 Annex E.2).
_LAST_OF_COMMAND = b"\x03"

#: How often the reading thread looks at the timer of the association's request and release, in s.
_TICK_S = 1.0


class _Provider(DULServiceProvider):
    """The upper layer provider, asleep while there is nothing to do."""

    def __init__(self, association: NodeAssociation) -> None:
        super().__init__(association)
        self._association = association
        self.daemon = True
        self._run_loop_delay = 0

    def run_reactor(self) -> None:
        try:
            super().run_reactor()
        except Exception as error:  # noqa: BLE001 - whatever a peer provokes ends its association, not the node
            self._association.end(f"{type(error).__name__} in the upper layer")
        finally:
            self._association.connection.drop()
            self.rouse()

    def rouse(self) -> None:
        """Wake who waits for a primitive; it would otherwise wait for its time-out."""
        self.to_user_queue.put(None)  # type: ignore[arg-type]

    def _is_transport_event(self) -> bool:
        # In state 13 pynetdicom itself closes a connection that has nothing more to read.
        if self.event_queue.empty() and self.state_machine.current_state != "Sta13":
            self._association.connection.wait(_TICK_S)
            if not self.to_provider_queue.empty():
                return False
        return bool(super()._is_transport_event())

    def _read_pdu_data(self) -> None:
        self._association.connection.begin_pdu()
        super()._read_pdu_data()

    def send_pdu(self, primitive: Any) -> None:
        super().send_pdu(primitive)
        if threading.current_thread() is not self:
            self._association.connection.wake()

    @property
    def idle_remaining_s(self) -> float:
        """How long the peer may still be silent, in s."""
        return float(self._idle_timer.remaining)

    def stop_dul(self) -> bool:
        if self.state_machine.current_state != "Sta1":
            return False
        self._kill_thread = True
        self._association.connection.wake()
        self.join()
        return True


class _Messages(DIMSEServiceProvider):
    """The message provider, with a limit on what one message may hold."""

    def __init__(self, association: NodeAssociation, settings: NodeSettings) -> None:
        super().__init__(association)
        self._association = association
        self._settings = settings
        self._deadline = 0.0
        #: Bytes of the dataset of the message that is being received or served.
        self.dataset_bytes = 0

    def receive_primitive(self, primitive: P_DATA) -> None:
        if self.message is None:
            self.dataset_bytes = 0
            self._deadline = time.monotonic() + self._settings.message_timeout_s
        fragments = primitive.presentation_data_value_list
        self.dataset_bytes += sum(len(data) - 1 for _, data in fragments if not data[0] & 1)
        limit = self._settings.max_object_bytes
        if self.dataset_bytes > _DRAINED * limit or time.monotonic() > self._deadline:
            self.message = None
            self._association.end("a message did not come to its end")
            return
        if self.dataset_bytes > limit:
            # Only the control bytes go on: the end is found, and the object is refused by its size.
            fragments[:] = [(context, data if data[0] & 1 else data[:1]) for context, data in fragments]
        super().receive_primitive(primitive)
        with contextlib.suppress(queue.Empty):
            while True:
                self._association.serve(*self.msg_queue.get_nowait())


class NodeAssociation(Association):
    """One association of the node, from the connection to its end.

    ``store`` answers each C-STORE request with a status; it is called in the
    reading thread, and nothing else is read meanwhile.
    """

    def __init__(
        self,
        ae: AE,
        connection: socket.socket,
        *,
        settings: NodeSettings,
        door: Door,
        report: Reporter,
        store: Callable[[NodeAssociation, C_STORE, PresentationContext], int],
    ) -> None:
        super().__init__(ae, MODE_ACCEPTOR)
        self.provider = self.dul = _Provider(self)
        self.messages = self.dimse = _Messages(self, settings)
        self.acse_timeout = settings.request_timeout_s
        self.network_timeout = settings.idle_timeout_s
        self.connection = GuardedSocket(self, connection, settings)
        self.set_socket(self.connection)
        self._raw = connection
        self._settings, self._door, self._report, self._store = settings, door, report, store
        self._open = threading.Event()
        self._serving = threading.Lock()
        self._finishing = False
        self._reason = ""

    @property
    def address(self) -> str:
        """The peer's IP address."""
        return str(self.requestor.address)

    @property
    def calling(self) -> str:
        """The AE title that the peer gave itself; empty before its request."""
        return str(getattr(self.requestor.primitive, "calling_ae_title", "")).strip()

    @property
    def called(self) -> str:
        """The AE title that the peer called; empty before its request."""
        return str(getattr(self.requestor.primitive, "called_ae_title", "")).strip()

    def tell(self, kind: EventKind, **values: Any) -> None:
        """Report an event of this association."""
        self._report(NodeEvent(kind=kind, address=self.address, calling=self.calling, called=self.called, **values))

    def end(self, reason: str) -> None:
        """Cut the connection for a reason, from any thread."""
        self._reason = self._reason or reason
        self.connection.drop()

    def finish(self) -> None:
        """Abort as soon as the request that is being served has its answer."""
        self._finishing = True
        self._reason = self._reason or "the node stopped"
        if self.is_established:
            self.provider.rouse()
        else:
            self.connection.drop()

    def refuse(self, result: int, source: int, diagnostic: int, why: str) -> None:
        """Answer the request for an association with A-ASSOCIATE-RJ (PS3.8 section 9.3.4)."""
        self.tell(EventKind.REFUSED, detail=why)
        self.acse.send_reject(result, source, diagnostic)
        self.kill()

    def serve(self, context_id: int | None, message: Any) -> None:
        """Answer one request, in the reading thread."""
        if message is None or context_id is None:
            return
        # The peer may send before the other thread has come round to calling this established.
        self._open.wait(self._settings.pdu_timeout_s)
        with self._serving:
            if self._finishing or not self.is_established:
                return
            context = self._accepted_cx.get(context_id)
            if isinstance(message, C_STORE) and context is not None:
                self._answer(message, context_id, self._store(self, message, context))
            else:
                self._serve_request(message, context_id)

    def _answer(self, request: C_STORE, context_id: int, status: int) -> None:
        response = P_DATA()
        response.presentation_data_value_list.append((context_id, _LAST_OF_COMMAND + _store_response(request, status)))
        self.dul.send_pdu(response)

    def run_reactor(self) -> None:
        try:
            if self._is_secured():
                super().run_reactor()
        except Exception as error:  # noqa: BLE001 - as in the reading thread
            self._reason = self._reason or f"{type(error).__name__} in the association"
        finally:
            self.connection.drop()
            if self.dul.ident is not None:
                self.dul.join()
            self.connection.dispose()
            self._door.leave(self)
            self._tell_end()

    def _is_secured(self) -> bool:
        """Agree on TLS where the node wants it, in this caller's own thread; false when there is no agreeing."""
        try:
            handshake(self._raw, self._settings.request_timeout_s)
        except HandshakeRefused as refused:
            self.tell(EventKind.REFUSED, detail=str(refused))
            self.is_rejected = True
        except OSError as error:
            late = isinstance(error, TimeoutError)
            why = "it did not agree on TLS in time" if late else "it left before TLS was agreed"
            self._reason = self._reason or why
        else:
            return True
        return False

    def _run_reactor(self) -> None:
        """Wait for the end; requests are served in the reading thread meanwhile."""
        self._open.set()
        while True:
            primitive = self.dul.receive_pdu(wait=True, timeout=max(self.provider.idle_remaining_s, _TICK_S))
            if isinstance(primitive, A_RELEASE):
                self.acse.send_release(is_response=True)
                self.is_released = True
                break
            if isinstance(primitive, A_ABORT | A_P_ABORT):
                self.is_aborted = True
                break
            if self._finishing or self.dul.idle_timer_expired():
                self._reason = self._reason or "it was idle for too long"
                # Not between a store and its answer.
                with self._serving:
                    self.abort()
                break
            if not self.dul.is_alive():
                break
        self.kill()

    def _abort_blocking(self, block: bool = True) -> None:
        # The reading thread must not wait for its own end.
        super()._abort_blocking(block and threading.current_thread() is not self.dul)

    def _tell_end(self) -> None:
        why = self._reason or self.connection.failure
        if self.is_rejected:
            return
        if self.is_released:
            self.tell(EventKind.RELEASED)
        elif self.requestor.primitive is None:
            self.tell(EventKind.DROPPED, detail=why or "it asked for no association")
        else:
            self.tell(EventKind.ENDED, detail=why or "the peer ended it without a release")


def _store_response(request: C_STORE, status: int) -> bytes:
    """The command set of a C-STORE-RSP (PS3.7 section 9.3.1.2), implicit VR little endian.

    pynetdicom builds it through a pydicom dataset, at a third of the cost of the whole store.
    """
    body = b"".join(
        [
            _command_element(0x0002, str(request.AffectedSOPClassUID or "").encode("ascii", "replace")),
            _command_element(0x0100, struct.pack("<H", 0x8001)),
            _command_element(0x0120, struct.pack("<H", request.MessageID or 0)),
            _command_element(0x0800, struct.pack("<H", 0x0101)),
            _command_element(0x0900, struct.pack("<H", status)),
            _command_element(0x1000, str(request.AffectedSOPInstanceUID or "").encode("ascii", "replace")),
        ]
    )
    return _command_element(0x0000, struct.pack("<L", len(body))) + body


def _command_element(number: int, value: bytes) -> bytes:
    value += b"\0" * (len(value) % 2)
    return struct.pack("<HHL", 0, number, len(value)) + value
