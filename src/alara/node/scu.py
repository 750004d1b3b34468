"""The node as a user: C-ECHO and C-STORE to somebody else's port.

A file's dataset goes out as it is on disk, byte for byte, in its own transfer
syntax. pynetdicom's ``send_c_store`` would decode and write it anew.
"""

from __future__ import annotations

import itertools
import socket
import ssl
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from pydicom.filereader import read_partial
from pynetdicom import AE, build_role, evt
from pynetdicom.dimse_primitives import C_STORE

from alara.errors import NetworkError, PeerUnavailable
from alara.inbox import part10
from alara.node.names import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION, VERIFICATION, tame_pynetdicom
from alara.sop_classes import ACCEPTED

if TYPE_CHECKING:
    from pynetdicom.association import Association
    from pynetdicom.events import Event
    from pynetdicom.pdu_primitives import SCP_SCU_RoleSelectionNegotiation
    from pynetdicom.transport import AssociationSocket

__all__ = ["SendResult", "ask", "associated", "echo", "send"]

#: Objects of one association; they have at most so many pairs of SOP class and
#: transfer syntax, and an association has room for 128.
_BATCH: Final = 100

#: What to do about a peer that answers, and not well.
_LOG: Final = "Look into the peer's log."

_SOP_INSTANCE_UID: Final = 0x00080018

_REJECTIONS: Final = {
    (1, 3): ("it does not know the calling AE title", "Enter this AE title at the peer, or use one that it knows."),
    (1, 7): ("it does not know the called AE title", "Ask for the peer's own AE title; capitals matter."),
    (3, 1): ("it is congested", "Try again later."),
    (3, 2): ("it has too many associations", "Try again later."),
}

_TRANSIENT: Final = 2  # result of an A-ASSOCIATE-RJ (PS3.8 Table 9-21)


@dataclass(frozen=True, slots=True)
class SendResult:
    """What became of one object: the peer's status, or ``None`` when it was not sent, and why."""

    name: str
    status: int | None
    detail: str = ""

    @property
    def ok(self) -> bool:
        """Whether the peer has taken the object: success, or a warning (PS3.7 Annex C)."""
        return self.status is not None and (self.status == 0 or self.status >> 12 == 0xB)


@dataclass(frozen=True, slots=True)
class _Object:
    name: str
    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    dataset: bytes

    @property
    def context(self) -> tuple[str, str]:
        return self.sop_class_uid, self.transfer_syntax_uid


def echo(
    host: str,
    port: int,
    *,
    calling: str = "ALARA",
    called: str = "ANY-SCP",
    timeout_s: float = 10.0,
    tls: ssl.SSLContext | None = None,
) -> None:
    """Ask a peer whether it is there (C-ECHO).

    Raises
    ------
    NetworkError
        When it cannot be reached, refuses the association or the request; the hint says what to change.
    """
    if said := ask(host, port, calling=calling, called=called, timeout_s=timeout_s, tls=tls):
        raise NetworkError(f"{called} at {host}:{port} answers, and not with success: {said}.", hint=_LOG)


def ask(host: str, port: int, *, calling: str, called: str, timeout_s: float, tls: ssl.SSLContext | None = None) -> str:
    """As :func:`echo`, of one who may say in its answer that all is not well; what it says, empty for success.

    Raises
    ------
    NetworkError
        When it cannot be reached, refuses the association or does not answer.
    """
    contexts = [(VERIFICATION, "1.2.840.10008.1.2")]
    with associated(host, port, calling, called, timeout_s, contexts, tls=tls) as association:
        answer = association.send_c_echo()
        status = getattr(answer, "Status", None)
        if status is None:
            raise NetworkError(f"{called} at {host}:{port} did not answer the echo.", hint=_LOG)
        return str(getattr(answer, "ErrorComment", "") or f"status 0x{status:04X}") if status else ""


def send(
    items: Iterable[Path | bytes],
    host: str,
    port: int,
    *,
    calling: str = "ALARA",
    called: str = "ANY-SCP",
    timeout_s: float = 60.0,
    tls: ssl.SSLContext | None = None,
) -> Iterator[SendResult]:
    """Send DICOM files, or the bytes of such, and yield what became of each, in order.

    Raises
    ------
    NetworkError
        When the peer cannot be reached or refuses the association. An
        association that ends early is a result of the objects that it held.
    """
    tame_pynetdicom()
    numbered = enumerate(items, start=1)
    while batch := list(itertools.islice(numbered, _BATCH)):
        objects = [_object(number, item) for number, item in batch]
        yield from _send_batch(objects, host, port, calling, called, timeout_s, tls)


def _object(number: int, item: Path | bytes) -> _Object | SendResult:
    name = str(item) if isinstance(item, Path) else f"object {number}"
    try:
        data = item.read_bytes() if isinstance(item, Path) else item
    except OSError as error:
        return SendResult(name, None, f"it cannot be read: {error.strerror or error}")
    parsed = part10.parse(data)
    if parsed is None:
        return SendResult(name, None, "it is not a DICOM file")
    meta, offset = parsed
    sop_class_uid, sop_instance_uid = _identity(data, meta)
    if not (sop_class_uid and sop_instance_uid and meta.transfer_syntax_uid):
        return SendResult(name, None, "it does not say its SOP class, instance or transfer syntax")
    return _Object(name, sop_class_uid, sop_instance_uid, meta.transfer_syntax_uid, data[offset:])


def _identity(data: bytes, meta: part10.FileMeta) -> tuple[str, str]:
    """SOP Class and Instance UID of the dataset, which peers compare with the command; else those of the meta."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what pydicom finds odd is the peer's to judge
            header = read_partial(BytesIO(data), stop_when=lambda tag, _vr, _length: tag > _SOP_INSTANCE_UID)
        dataset = str(header.get("SOPClassUID", "")), str(header.get("SOPInstanceUID", ""))
    except Exception:  # noqa: BLE001 - pydicom raises whatever it likes on what it cannot read
        dataset = "", ""
    return dataset[0] or meta.sop_class_uid, dataset[1] or meta.sop_instance_uid


def _send_batch(
    objects: list[_Object | SendResult],
    host: str,
    port: int,
    calling: str,
    called: str,
    timeout_s: float,
    tls: ssl.SSLContext | None,
) -> Iterator[SendResult]:
    contexts = list(dict.fromkeys(item.context for item in objects if isinstance(item, _Object)))
    if not contexts:
        yield from (item for item in objects if isinstance(item, SendResult))
        return
    with associated(host, port, calling, called, timeout_s, contexts, tls=tls) as association:
        accepted = {
            (str(context.abstract_syntax), str(context.transfer_syntax[0])): cast("int", context.context_id)
            for context in association.accepted_contexts
        }
        for message_id, item in enumerate(objects, start=1):
            if isinstance(item, SendResult):
                yield item
            elif not association.is_established:
                yield SendResult(item.name, None, "the peer ended the association")
            elif (context_id := accepted.get(item.context)) is None:
                yield SendResult(item.name, None, "the peer does not take its SOP class or transfer syntax")
            else:
                yield _store(association, item, context_id, message_id)


def _store(association: Association, item: _Object, context_id: int, message_id: int) -> SendResult:
    request = C_STORE()
    request.MessageID = message_id
    request.AffectedSOPClassUID = item.sop_class_uid
    request.AffectedSOPInstanceUID = item.sop_instance_uid
    request.Priority = 2
    request.DataSet = BytesIO(item.dataset) if item.dataset else None
    association.dimse.send_msg(request, context_id)
    _, response = association.dimse.get_msg(block=True)
    if not isinstance(response, C_STORE) or response.Status is None:
        association.abort()
        return SendResult(item.name, None, "the peer did not answer")
    detail = "" if response.Status == 0 else str(response.ErrorComment or "")
    return SendResult(item.name, response.Status, detail)


class _Caller(AE):
    """An application entity that calls, and does all of it in the thread that called.

    pynetdicom starts a second thread for what the peer might ask, and that one
    now and then takes the answer that the first waits for. Nor does pynetdicom
    close a socket that could not connect. With ``tls`` the connection speaks it
    from its first byte.
    """

    tls: ssl.SSLContext | None = None
    connection: socket.socket | None = None

    def close(self) -> None:
        """Close the socket, whatever became of the association."""
        if self.connection is not None:
            self.connection.close()

    def _create_socket(self, assoc: Association, *args: Any) -> AssociationSocket:
        assoc.start = lambda: None  # type: ignore[method-assign]
        assoc._is_paused = True
        wrapped = super()._create_socket(assoc, *args)
        assert wrapped.socket is not None
        self.connection = wrapped.socket
        # Nagle's algorithm and a delayed acknowledgement would cost 40 ms an object.
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.tls is not None:
            self.connection = wrapped.socket = self.tls.wrap_socket(self.connection)
        return wrapped


@contextmanager
def associated(
    host: str,
    port: int,
    calling: str,
    called: str,
    timeout_s: float,
    contexts: Sequence[tuple[str, str]],
    *,
    roles: Sequence[SCP_SCU_RoleSelectionNegotiation] = (),
    tls: ssl.SSLContext | None = None,
    store: Callable[[Event], int] | None = None,
) -> Iterator[Association]:
    """An association with a peer, released at the end.

    Parameters
    ----------
    contexts
        Pairs of abstract and transfer syntax, each a presentation context.
    store
        Answers a C-STORE of the peer, as it comes with C-GET, with a status;
        the SOP classes of storage among the contexts are then offered in the role of SCP.

    Raises
    ------
    PeerUnavailable
        When the peer cannot be reached, is busy, or ends what has not begun.
    NetworkError
        When it refuses for good.
    """
    tame_pynetdicom()
    entity = _Caller(calling)
    entity.tls = tls
    entity.implementation_class_uid = IMPLEMENTATION_CLASS_UID
    entity.implementation_version_name = IMPLEMENTATION_VERSION
    entity.connection_timeout = entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = timeout_s
    for sop_class_uid, transfer_syntax_uid in contexts:
        entity.add_requested_context(sop_class_uid, transfer_syntax_uid)
    offered: dict[str, Any] = {"ext_neg": list(roles)}
    if store is not None:
        kept = [uid for uid in dict.fromkeys(uid for uid, _ in contexts) if uid in ACCEPTED]
        offered["ext_neg"] += [build_role(uid, scp_role=True) for uid in kept]
        offered["evt_handlers"] = [(evt.EVT_C_STORE, store)]
    try:
        association = entity.associate(host, port, ae_title=called, **offered)
    except OSError as error:
        raise _unreachable(host, port, error) from error
    except ValueError:  # a title that is none: pynetdicom has opened the socket before it looks
        entity.close()
        raise
    try:
        if not association.is_established:
            raise _refused(association, host, port, called)
        yield association
        if association.is_established:
            association.release()
    finally:
        if association.is_established:
            association.abort()
        entity.close()


def _refused(association: Association, host: str, port: int, called: str) -> NetworkError:
    answer = association.acceptor.primitive
    if association.is_rejected and answer is not None:
        reason = answer.result_source or 0, answer.diagnostic or 0
        unknown = f"reason {reason[0]}/{reason[1]}", "Look into the peer's log."
        why, hint = _REJECTIONS.get(reason, unknown)
        kind = PeerUnavailable if answer.result == _TRANSIENT else NetworkError
        return kind(f"{called} at {host}:{port} refused the association: {why}.", hint=hint)
    # pynetdicom does not say why a connection failed: knock once more to learn it.
    try:
        socket.create_connection((host, port), timeout=association.connection_timeout).close()
    except OSError as error:
        return _unreachable(host, port, error)
    return PeerUnavailable(
        f"{called} at {host}:{port} ended the association before it began.",
        hint="Is that a DICOM port, with TLS on both sides or on none? Does the peer take these SOP classes?",
    )


def _unreachable(host: str, port: int, error: OSError) -> PeerUnavailable:
    return PeerUnavailable(
        f"{host}:{port} cannot be reached: {error.strerror or error}.",
        hint="Check address and port, that the peer listens, and the firewalls between.",
    )
