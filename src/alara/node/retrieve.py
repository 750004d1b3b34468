"""Objects out of an archive by C-GET or C-MOVE (PS3.4 Annex C), one association for as long as it holds.

With C-GET the objects come on our own association, as their bytes are, and go
where ``take`` puts them. With C-MOVE the archive sends them to a node whose
address it knows by AE title, and this room only learns how many arrived.
"""

from __future__ import annotations

import ssl
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final, cast

from pydicom.dataset import Dataset
from pydicom.uid import ImplicitVRLittleEndian

from alara.errors import NetworkError, PeerUnavailable, StorageError
from alara.inbox import part10
from alara.node.archive import Found, Retrieved, Series, Take, Window
from alara.node.names import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION
from alara.node.query import FIND, Query
from alara.node.scp import TRANSFER_SYNTAXES
from alara.node.scu import associated
from alara.sop_classes import ACCEPTED, STRUCTURED_REPORTS

if TYPE_CHECKING:
    from pynetdicom.association import Association
    from pynetdicom.dimse_primitives import C_STORE
    from pynetdicom.events import Event

    from alara.peers import Peer

__all__ = ["DicomArchive"]

_MOVE: Final = "1.2.840.10008.5.1.4.1.2.2.2"
_GET: Final = "1.2.840.10008.5.1.4.1.2.2.3"

# Statuses of C-MOVE, C-GET (PS3.4 Tables C.4-2 and C.4-3) and C-STORE (Table B.2-1).
_SUCCESS: Final = 0x0000
_WARNING: Final = 0xB000
_DESTINATION_UNKNOWN: Final = 0xA801
_OUT_OF_RESOURCES: Final = (0xA701, 0xA702)
_STORE_OUT_OF_RESOURCES: Final = 0xA700
_STORE_NOT_UNDERSTOOD: Final = 0xC000


class DicomArchive:
    """An :class:`~alara.node.archive.Archive` that speaks DICOM.

    Parameters
    ----------
    peer
        Its AE title, host and port, and whether to ask by ``get`` or ``move``.
    calling
        Our AE title.
    take
        Where what comes by C-GET goes.
    destination
        AE title of the node that the archive is to send to, for C-MOVE.
    images
        Whether objects may be images too: their SOP classes are then offered.
    tls
        What it is called over TLS with; ``None`` for a plain connection.
    """

    def __init__(
        self,
        peer: Peer,
        *,
        calling: str,
        take: Take,
        destination: str = "",
        images: bool = False,
        timeout_s: float = 60.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._tls = tls
        self._peer, self._calling, self._take, self._destination = peer, calling, take, destination
        self._classes = ACCEPTED if images else STRUCTURED_REPORTS
        self._timeout_s = timeout_s
        self._query = Query(peer, calling, self._associated)
        self._stack = ExitStack()
        self._open: Association | None = None
        self._taken = 0
        self._not_taken: StorageError | None = None

    def check(self) -> None:
        """Open an association, and make sure that it offers to find and to get or move."""
        model, service = (_GET, "C-GET") if self._peer.retrieve == "get" else (_MOVE, "C-MOVE")
        accepted = {str(context.abstract_syntax) for context in self._associated().accepted_contexts}
        if FIND not in accepted:
            raise NetworkError(
                f"{self._peer.name} does not offer to be queried (C-FIND, Study Root).",
                hint="Switch query/retrieve on for this AE title at the archive.",
            )
        if model not in accepted:
            other = "move" if service == "C-GET" else "get"
            raise NetworkError(
                f"{self._peer.name} does not offer {service}.", hint=f"The same command with --retrieve {other}"
            )

    def studies(self, window: Window, modality: str) -> list[str]:
        return self._query.studies(window, modality)

    def series(self, study_uid: str, modality: str) -> list[Series]:
        return self._query.series(study_uid, modality)

    def objects(self, series: Series) -> list[Found]:
        return self._query.objects(series)

    def retrieve(self, found: Found) -> Retrieved:
        """Ask for an object, or for a series when its objects are not known.

        Raises
        ------
        PeerUnavailable
            When the association ended.
        NetworkError
            When nothing of this archive can come: it does not know the destination.
        StorageError
            When the inbox did not take what came.
        """
        identifier = Dataset()
        identifier.QueryRetrieveLevel = "IMAGE" if found.uid else "SERIES"
        identifier.StudyInstanceUID, identifier.SeriesInstanceUID = found.series.study_uid, found.series.uid
        if found.uid:
            identifier.SOPInstanceUID = found.uid
        self._taken, self._not_taken = 0, None
        association = self._associated()
        if self._peer.retrieve == "get":
            answers = association.send_c_get(identifier, _GET)
        else:
            answers = association.send_c_move(identifier, self._destination, _MOVE)
        status = [status for status, _ in answers][-1]
        if self._not_taken is not None:
            raise self._not_taken
        return self._outcome(status)

    def close(self) -> None:
        if self._open is not None and self._open.acse.is_aborted():
            # Nobody but us looks: without this it would wait for an answer of a peer that has gone.
            self._open.kill()
        self._open = None
        self._stack.close()

    def _associated(self) -> Association:
        if self._open is None or not self._open.is_established or self._open.acse.is_aborted():
            self.close()
            model = _GET if self._peer.retrieve == "get" else _MOVE
            contexts = [(FIND, str(ImplicitVRLittleEndian)), (model, str(ImplicitVRLittleEndian))]
            if model == _GET:
                contexts += [(uid, str(syntax)) for uid in self._classes for syntax in TRANSFER_SYNTAXES]
            peer = self._peer
            self._open = self._stack.enter_context(
                associated(
                    peer.host,
                    peer.port,
                    self._calling,
                    peer.aet,
                    self._timeout_s,
                    contexts,
                    tls=self._tls,
                    store=self._store if model == _GET else None,
                )
            )
        return self._open

    def _store(self, event: Event) -> int:
        """Answer the C-STORE of an object that was asked for."""
        request = cast("C_STORE", event.request)
        dataset = request.DataSet.getvalue() if request.DataSet is not None else b""
        if not dataset:
            return _STORE_NOT_UNDERSTOOD
        meta = part10.FileMeta(
            sop_class_uid=str(request.AffectedSOPClassUID),
            sop_instance_uid=str(request.AffectedSOPInstanceUID),
            transfer_syntax_uid=str(event.context.transfer_syntax),
            implementation_class_uid=IMPLEMENTATION_CLASS_UID,
            implementation_version=IMPLEMENTATION_VERSION,
            sending_ae=self._peer.aet,
            receiving_ae=self._calling,
            sending_address=self._peer.host,
        )
        try:
            self._take(part10.encode(meta) + dataset)
        except StorageError as error:
            self._not_taken = error
            return _STORE_OUT_OF_RESOURCES
        self._taken += 1
        return _SUCCESS

    def _outcome(self, status: Dataset) -> Retrieved:
        code = getattr(status, "Status", None)
        if code is None:
            raise PeerUnavailable(
                f"{self._peer.name} ended the association or did not send in time.",
                hint=f"Does it let {self._calling} retrieve? If so, the same command goes on where it stopped.",
            )
        if code == _DESTINATION_UNKNOWN and self._peer.retrieve == "move":
            raise NetworkError(
                f"{self._peer.name} does not know the AE title {self._destination} as a destination.",
                hint=f"Enter {self._destination}, this machine's address and the node's port there, or --retrieve get.",
            )
        moved = getattr(status, "NumberOfCompletedSuboperations", None) or 0
        failed = getattr(status, "NumberOfFailedSuboperations", None) or 0
        objects = self._taken if self._peer.retrieve == "get" else moved
        if code not in (_SUCCESS, _WARNING):
            return Retrieved(objects, f"the archive answered {code:#06x}", may_pass=code in _OUT_OF_RESOURCES)
        if failed:
            return Retrieved(objects, f"the archive could not send {failed} of {objects + failed} objects")
        return Retrieved(objects) if objects else Retrieved(0, "the archive sent nothing")
