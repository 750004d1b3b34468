"""The node as a provider: C-ECHO and C-STORE, and what :mod:`steps` and :mod:`commitment` serve.

A store is answered 0x0000 only when the inbox has made its bytes durable. The
dataset is neither read nor changed here: a file header goes before it, and
everything else is for the reader, in another process.
"""

from __future__ import annotations

import errno
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path
from socketserver import BaseServer
from typing import TYPE_CHECKING, Any, Final, cast

from pydicom.dataset import Dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)
from pynetdicom import AE, evt
from pynetdicom.transport import AddressInformation, AssociationServer

from alara.errors import StorageError
from alara.inbox import Inbox, part10
from alara.inbox.disk import create_folders
from alara.node import tls
from alara.node.access import TOO_MANY, Access, takes_nothing
from alara.node.association import NodeAssociation
from alara.node.events import EventKind, NodeEvent, Reporter
from alara.node.guard import Door, prepare
from alara.node.memory import InFlight, give_large_blocks_back
from alara.node.names import (
    IMPLEMENTATION_CLASS_UID,
    IMPLEMENTATION_VERSION,
    STORAGE_COMMITMENT,
    VERIFICATION,
    tame_pynetdicom,
)
from alara.node.ports import not_to_be_had
from alara.node.refusals import Refusals
from alara.node.reports import Reports
from alara.node.settings import NodeSettings
from alara.node.steps import Steps
from alara.node.unstored import UnstoredTable
from alara.sop_classes import ACCEPTED, PERFORMED_PROCEDURE_STEP

if TYPE_CHECKING:
    from pynetdicom.pdu_primitives import A_ASSOCIATE
    from pynetdicom.presentation import PresentationContext

    from alara.node.messages import StoreRequest

__all__ = ["TRANSFER_SYNTAXES", "Node"]

#: In the order of our choice: the first that a sender offers is taken. Explicit
#: comes first, or senders would write explicit reports anew as implicit ones.
TRANSFER_SYNTAXES: Final = (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
)

#: What is taken as a SOP Instance UID. Devices and anonymisers send other characters than
#: digits and points, and a refused report is often lost; no UID ever becomes a path here.
_UID: Final = re.compile(r"[!-~]{1,64}")

# Statuses of C-STORE (PS3.4 Table B.2-1) and results of A-ASSOCIATE-RJ (PS3.8 Table 9-21).
_SUCCESS: Final = 0x0000
_OUT_OF_RESOURCES: Final = 0xA700
_CLASS_MISMATCH: Final = 0xA900
_CANNOT_UNDERSTAND: Final = 0xC000

#: Of an Error Comment (0000,0902), whose value representation is LO.
_LONGEST_COMMENT: Final = 64


class _Server(AssociationServer):
    """Accepts connections for a :class:`Node`."""

    request_queue_size = 128

    def __init__(self, node: Node, ae: AE, address: tuple[str, int]) -> None:
        self._node = node
        super().__init__(ae, address, ae.ae_title, ae.supported_contexts)

    def get_request(self) -> tuple[socket.socket, Any]:
        try:
            connection, address = super().get_request()
        except OSError:
            # Out of descriptors, most likely. The connection still waits: do not spin on it.
            time.sleep(0.05)
            raise
        try:
            prepare(connection, self._node.settings)
        except OSError:
            connection.close()
            raise
        return connection, address

    def service_actions(self) -> None:
        # pynetdicom collects garbage here; our associations are disposed of as they end.
        pass

    def process_request(self, request: Any, client_address: Any) -> None:
        self._node.receive(self, request, client_address)

    def shutdown(self) -> None:
        # Not pynetdicom's, which wants to be on a list of its AE.
        BaseServer.shutdown(self)
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        self._node.report(
            NodeEvent(kind=EventKind.FAULT, address=str(client_address[0]), detail="not enough resources")
        )


class Node:
    """A DICOM node that puts what it is sent into an inbox.

    Parameters
    ----------
    settings
        Where to listen, who may call, and the limits.
    inbox
        Where objects go. The caller holds its lock.
    folder
        Where the node keeps its steps, its reports to come and whom it refused; beside the inbox without one.
    on_event
        Called with each event, from several threads, between a store and its answer: it must be quick.
    """

    def __init__(
        self,
        settings: NodeSettings,
        inbox: Inbox,
        on_event: Callable[[NodeEvent], None] | None = None,
        *,
        folder: Path | None = None,
    ) -> None:
        self.settings = settings
        self.folder = folder or inbox.root.with_name(f"{inbox.root.name}-node")
        self._refusals = Refusals(self.folder)
        self._unstored = UnstoredTable(self.folder)
        self._on_event = on_event
        self.report = Reporter(self._hear)
        self._access = Access(settings)
        self._steps = Steps(self.folder, inbox)
        self._reports = Reports(settings, self.folder, inbox, self.report)
        self._tls: ssl.SSLContext | None = None
        self._inbox = inbox
        self._door = Door(settings)
        self._in_flight = InFlight(settings.max_bytes_in_flight, settings.seat_timeout_s)
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port that the node listens on; the actual one when the settings say 0."""
        return int(self._server.server_address[1]) if self._server is not None else self.settings.port

    def start(self) -> None:
        """Listen, and serve in threads of their own.

        Raises
        ------
        NetworkError
            When the address cannot be had.
        ConfigError
            When the files of TLS cannot be used.
        StorageError
            When the folder of the node cannot be made.
        """
        tame_pynetdicom()
        give_large_blocks_back()
        settings = self.settings
        self._tls = tls.server_context(settings.tls) if settings.tls is not None else None
        try:
            server = _Server(self, self._entity(), (settings.host, settings.port))
        except OSError as error:
            raise not_to_be_had(settings.host, settings.port, error) from error
        try:
            self._prepare_folder()
        except BaseException:
            server.server_close()
            raise
        self._server = server
        self._door = Door(settings)
        self._refusals.start()
        self._unstored.start()
        self._reports.start()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="alara-node", daemon=True)
        self._thread.start()
        self.report(NodeEvent(kind=EventKind.STARTED, address=f"{settings.host}:{self.port}", called=settings.aet))

    def stop(self) -> None:
        """Accept no more, answer the stores in progress, abort every association and return."""
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        everybody = self._door.close(self.settings.stop_timeout_s)
        self._reports.stop(self.settings.stop_timeout_s)
        self._refusals.stop()
        self._unstored.stop()
        self._server = self._thread = None
        self.report(NodeEvent(kind=EventKind.STOPPED, detail="" if everybody else "associations were still busy"))

    def __enter__(self) -> Node:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _hear(self, event: NodeEvent) -> None:
        self._refusals.note(event)
        self._unstored.note(event)
        if self._on_event is not None:
            self._on_event(event)

    def _prepare_folder(self) -> None:
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            create_folders(self.folder.parent, [self.folder.name])
            self._steps.prepare()
            self._reports.commitment.prepare()
        except OSError as error:
            raise StorageError(
                f"The folder {self.folder} of the node cannot be made: {error.strerror or error}.",
                hint="Free space on its disk."
                if error.errno in (errno.ENOSPC, errno.EDQUOT)
                else "Check that its parent exists, is yours and can be written.",
            ) from error

    def _entity(self) -> AE:
        entity = AE(self.settings.aet)
        entity.implementation_class_uid = IMPLEMENTATION_CLASS_UID
        entity.implementation_version_name = IMPLEMENTATION_VERSION
        entity.maximum_pdu_size = self.settings.advertised_pdu_bytes
        # The door counts, not pynetdicom: it would count the silent ones too.
        entity.maximum_associations = 1 << 20
        entity.add_supported_context(VERIFICATION, list(TRANSFER_SYNTAXES))
        for sop_class_uid in ACCEPTED:
            entity.add_supported_context(sop_class_uid, list(TRANSFER_SYNTAXES))
        for sop_class_uid in (PERFORMED_PROCEDURE_STEP, STORAGE_COMMITMENT):
            # The one syntax that every sender offers: see node.attributes.
            entity.add_supported_context(sop_class_uid, [ImplicitVRLittleEndian])
        return entity

    def receive(self, server: _Server, connection: socket.socket, address: Any) -> None:
        """Begin with a connection that was accepted."""
        is_local = address[0] == connection.getsockname()[0]
        if not is_local and (why := self._access.refuses_address(str(address[0]))):
            connection.close()
            self.report(NodeEvent(kind=EventKind.REFUSED, address=str(address[0]), detail=why))
            return
        if self._tls is not None:
            connection = tls.wrap(self._tls, connection)
        association = NodeAssociation(
            server.ae,
            connection,
            settings=self.settings,
            door=self._door,
            in_flight=self._in_flight,
            report=self.report,
            store=self._store,
            is_local=is_local,
        )
        association.acceptor.maximum_length = server.ae.maximum_pdu_size
        association.acceptor.ae_title = server.ae_title
        association.acceptor.address_info = AddressInformation.from_tuple(server.server_address)
        association.acceptor.implementation_class_uid = server.ae.implementation_class_uid
        association.acceptor.implementation_version_name = server.ae.implementation_version_name
        association.acceptor.supported_contexts = server.contexts
        association.requestor.address_info = AddressInformation.from_tuple(address)
        association.bind(evt.EVT_REQUESTED, self._admit)
        association.bind(evt.EVT_C_ECHO, self._echo)
        association.bind(evt.EVT_N_CREATE, self._steps.on_create)
        association.bind(evt.EVT_N_SET, self._steps.on_set)
        association.bind(evt.EVT_N_ACTION, self._reports.commitment.on_action)
        self._door.arrive(association)
        try:
            association.start()
        except RuntimeError:
            self._door.leave(association)
            association.connection.dispose()
            raise

    def _admit(self, event: evt.Event) -> None:
        """Decide on a request for an association."""
        caller = cast("NodeAssociation", event.assoc)
        titles = caller.calling, caller.called
        rejection = self._access.refuses(caller.address, *titles, is_local=caller.is_local)
        if rejection is None and not self._door.seat(caller, caller.address):
            rejection = TOO_MANY.rejection()
        if rejection is not None:
            caller.refuse(rejection.result, rejection.source, rejection.diagnostic, rejection.why)
            return
        caller.tell(EventKind.ASSOCIATED, detail=self._access.remarks(caller.called))
        asked = cast("A_ASSOCIATE", caller.requestor.primitive).presentation_context_definition_list
        if nothing := takes_nothing(asked, caller.acceptor.supported_contexts):
            caller.tell(EventKind.REFUSED, detail=nothing)

    def _echo(self, event: evt.Event) -> int | Dataset:
        """Answer a C-ECHO: others with success, the node's own machine also with why nothing can be stored."""
        caller = cast("NodeAssociation", event.assoc)
        why = self._why_not_stored() if self._access.is_own(caller.calling, caller.called, caller.is_local) else ""
        caller.tell(EventKind.ECHO, status=_OUT_OF_RESOURCES if why else _SUCCESS, detail=why)
        if not why:
            return _SUCCESS
        answer = Dataset()
        answer.Status, answer.ErrorComment = _OUT_OF_RESOURCES, why[:_LONGEST_COMMENT]
        return answer

    def _why_not_stored(self) -> str:
        """Why the inbox takes nothing, or what it did not take and no file could say; empty when all is well."""
        try:
            self._inbox.try_to_put()
        except StorageError as error:
            return self._unstored.untold or f"the inbox: {getattr(error.__cause__, 'strerror', None) or error.message}"
        return self._unstored.untold

    def _store(self, caller: NodeAssociation, request: StoreRequest, context: PresentationContext) -> int:
        """The status of a C-STORE; 0x0000 only for what is durable in the inbox."""
        known: dict[str, Any] = {
            "sop_class_uid": str(context.abstract_syntax),
            "size_bytes": request.size_bytes,
        }
        if refusal := self._refusal(request, context):
            status, why = refusal
            caller.tell(EventKind.NOT_STORED, status=status, detail=why, **known)
            return status
        try:
            assert request.dataset is not None
            receipt = self._inbox.put_received(self._header(caller, request, context), request.dataset)
        except StorageError as error:
            caller.tell(EventKind.NOT_STORED, status=_OUT_OF_RESOURCES, detail=error.message, **known)
            return _OUT_OF_RESOURCES
        except Exception as error:  # noqa: BLE001 - a fault of ours: the sender keeps the object and tries again
            caller.tell(EventKind.FAULT, status=_OUT_OF_RESOURCES, detail=type(error).__name__, **known)
            return _OUT_OF_RESOURCES
        kind = EventKind.STORED if receipt.fresh else EventKind.DUPLICATE
        caller.tell(kind, status=_SUCCESS, digest=receipt.digest, **known)
        return _SUCCESS

    def _refusal(self, request: StoreRequest, context: PresentationContext) -> tuple[int, str] | None:
        """Why an object cannot be taken: the status and the reason; ``None`` when it can."""
        if request.sop_class_uid != context.abstract_syntax:
            return _CLASS_MISMATCH, "the SOP class is not that of the presentation context"
        if not _UID.fullmatch(request.sop_instance_uid):
            return _CANNOT_UNDERSTAND, "the SOP Instance UID is absent, too long or not printable"
        if request.size_bytes > self.settings.max_object_bytes:
            return _CANNOT_UNDERSTAND, f"the object is larger than {self.settings.max_object_bytes} bytes"
        if not request.size_bytes:
            return _CANNOT_UNDERSTAND, "there is no dataset"
        if request.dataset is None:
            return _OUT_OF_RESOURCES, "too many unfinished objects are in memory"
        return None

    @staticmethod
    def _header(caller: NodeAssociation, request: StoreRequest, context: PresentationContext) -> bytes:
        return part10.encode(
            part10.FileMeta(
                sop_class_uid=request.sop_class_uid,
                sop_instance_uid=request.sop_instance_uid,
                transfer_syntax_uid=str(context.transfer_syntax[0]),
                implementation_class_uid=IMPLEMENTATION_CLASS_UID,
                implementation_version=IMPLEMENTATION_VERSION,
                sending_ae=caller.calling,
                receiving_ae=caller.called,
                sending_address=caller.address,
            )
        )
