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
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from pynetdicom._globals import MODE_ACCEPTOR
from pynetdicom.association import Association
from pynetdicom.dul import DULServiceProvider
from pynetdicom.pdu_primitives import A_ABORT, A_P_ABORT, A_RELEASE

from alara.node.events import EventKind, NodeEvent
from alara.node.guard import GuardedSocket
from alara.node.messages import BrokenMessage, Messages, StoreRequest, store_response
from alara.node.tls import HandshakeRefused, handshake

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from pynetdicom import AE
    from pynetdicom.presentation import PresentationContext

    from alara.node.events import Reporter
    from alara.node.guard import Door
    from alara.node.memory import InFlight
    from alara.node.settings import NodeSettings

__all__ = ["NodeAssociation"]

#: How often the reading thread looks at the timer of the association's request and release, in s.
_TICK_S = 1.0

#: PS3.8 section 9.2: the state "association established and ready for data transfer".
_DATA_TRANSFER: Final = "Sta6"

_P_DATA_TF: Final = 4


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
        if self.state_machine.current_state == "Sta13" or not self.event_queue.empty():
            return bool(super()._is_transport_event())
        # Not back to pynetdicom's loop, which sleeps, before there is something for it to do.
        while self._association.connection.wait(_TICK_S) and self.to_provider_queue.empty():
            self._read_pdu_data()
            if not self.event_queue.empty():
                return True
        return False

    def _read_pdu_data(self) -> None:
        """Read one PDU; data goes to the messages without pynetdicom's queues and its state machine between."""
        connection = self._association.connection
        connection.begin_pdu()
        if self.state_machine.current_state != _DATA_TRANSFER or connection.peek() != _P_DATA_TF:
            super()._read_pdu_data()
            return
        self._idle_timer.restart()
        try:
            self._association.messages.take(connection.read_pdu())
        except OSError:
            self.event_queue.put("Evt17")  # the transport connection is closed
        except BrokenMessage as error:
            connection.failure = str(error)
            self.event_queue.put("Evt19")  # an invalid PDU: pynetdicom aborts

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


class NodeAssociation(Association):
    """One association of the node, from the connection to its end.

    ``store`` answers each C-STORE request with a status; it is called in the
    reading thread, and nothing else is read meanwhile. ``is_local`` says that
    the caller is on this machine.
    """

    def __init__(
        self,
        ae: AE,
        connection: socket.socket,
        *,
        settings: NodeSettings,
        door: Door,
        in_flight: InFlight,
        report: Reporter,
        store: Callable[[NodeAssociation, StoreRequest, PresentationContext], int],
        is_local: bool = False,
    ) -> None:
        super().__init__(ae, MODE_ACCEPTOR)
        self.is_local = is_local
        self.provider = self.dul = _Provider(self)
        self.messages = self.dimse = Messages(self, settings, in_flight)
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

    @property
    def idle_s(self) -> float:
        """For how long the peer has begun no PDU, in s; 0 while it is being served."""
        return 0.0 if self._serving.locked() else time.monotonic() - self.connection.last_pdu_at

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

    def serve_store(self, request: StoreRequest) -> None:
        """Answer a C-STORE request, in the reading thread."""
        with self._serving_in_turn() as may_serve:
            if not may_serve:
                return
            context = self._accepted_cx.get(request.context_id)
            if context is None:
                self.abort()
                return
            self.connection.send(store_response(request, self._store(self, request, context)))

    def serve(self, context_id: int | None, message: Any) -> None:
        """Answer any other request, in the reading thread."""
        with self._serving_in_turn() as may_serve:
            if may_serve and message is not None and context_id is not None:
                self._serve_request(message, context_id)

    @contextlib.contextmanager
    def _serving_in_turn(self) -> Iterator[bool]:
        """Keep the end of the association waiting; false when it has come already."""
        # The peer may send before the other thread has come round to calling this established.
        self._open.wait(self._settings.pdu_timeout_s)
        with self._serving:
            yield self.is_established and not self._finishing

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
            self.messages.forget()
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
