"""The reports of storage commitment, delivered until they arrive (PS3.4 section J.3.3).

One thread looks up what is asked for, calls the one who asked, and says what is
safe and what is not. Who cannot be reached is tried again, ever later, up to
once an hour; the jobs are files, so a restart forgets none. What is not known to
be safe is reported as failed: a C-arm then keeps it.
"""

from __future__ import annotations

import struct
import threading
import time
from collections.abc import Iterable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pynetdicom import build_role
from pynetdicom.dimse_primitives import N_EVENT_REPORT

from alara.errors import AlaraError, NetworkError
from alara.inbox import Inbox
from alara.inbox.uids import UidIndex
from alara.node.attributes import element, sequence, tag
from alara.node.commitment import (
    COMMITMENT_INSTANCE,
    REFERENCED_CLASS,
    REFERENCED_INSTANCE,
    REFERENCED_SEQUENCE,
    TRANSACTION_UID,
    Commitment,
    Job,
    Reference,
)
from alara.node.events import EventKind, NodeEvent, Reporter
from alara.node.names import IMPLEMENTATION_CLASS_UID, STORAGE_COMMITMENT
from alara.node.scu import associated
from alara.node.settings import NodeSettings
from alara.node.tls import peer_context
from alara.peers import Peer

if TYPE_CHECKING:
    from pynetdicom.association import Association

__all__ = ["Reports", "event_information"]

_FAILED_SEQUENCE: Final = tag(0x0008, 0x1198)
_FAILURE_REASON: Final = tag(0x0008, 0x1197)

# Event types (PS3.4 Table J.3-2) and failure reasons (PS3.3 section C.14.1.1).
_ALL_SAFE: Final = 1
_SOME_FAILED: Final = 2
_NO_SUCH_OBJECT: Final = 0x0112
_CLASS_CONFLICT: Final = 0x0119

_LONGEST_PAUSE_S: Final = 3600.0
_TIMEOUT_S: Final = 20.0
#: So often a requester may refuse a report that it received before it is set aside.
_REFUSALS: Final = 5


class Reports:
    """Delivers the reports of a running node, from :meth:`start` to :meth:`stop`."""

    def __init__(self, settings: NodeSettings, folder: Path, inbox: Inbox, report: Reporter) -> None:
        self._settings, self._inbox, self._report = settings, inbox, report
        self.commitment = Commitment(folder, self._wake)
        self._index = UidIndex(inbox)
        self._changed = threading.Condition()
        self._woken = self._stopping = False
        #: For each requester that could not be reached: when to try again (monotonic), and the pause before.
        self._pauses: dict[Peer, tuple[float, float]] = {}
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Deliver what is due, in a thread of its own."""
        self._stopping = False
        self._woken = True
        self._thread = threading.Thread(target=self._run, name="alara-reports", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """End; a delivery in progress may go on for so long."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout_s)
            self._thread = None

    def _wake(self) -> None:
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def _run(self) -> None:
        try:
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: self._woken or self._stopping, self._until_next_s())
                    if self._stopping:
                        return
                    self._woken = False
                self._deliver_due()
        finally:
            self._index.close()

    def _until_next_s(self) -> float | None:
        times = [at for at, _ in self._pauses.values()]
        return max(0.0, min(times) - time.monotonic()) if times else None

    def _deliver_due(self) -> None:
        due: dict[Peer, list[Job]] = {}
        for job in self.commitment.due():
            due.setdefault(self._requester(job), []).append(job)
        self._pauses = {peer: pause for peer, pause in self._pauses.items() if peer in due}
        for peer, jobs in due.items():
            if self._stopping:
                return
            if self._pauses.get(peer, (0.0, 0.0))[0] <= time.monotonic():
                self._deliver_to(peer, jobs)

    def _deliver_to(self, peer: Peer, jobs: list[Job]) -> None:
        try:
            self._index.refresh()
            with associated(
                peer.host,
                peer.port,
                jobs[0].called,
                peer.aet,
                _TIMEOUT_S,
                [(STORAGE_COMMITMENT, "1.2.840.10008.1.2")],
                roles=[build_role(STORAGE_COMMITMENT, scp_role=True)],
                tls=peer_context(peer, self._settings.tls),
            ) as association:
                refused = [job for job in jobs if not self._deliver(association, peer, job)]
        except Exception as error:  # noqa: BLE001 - what goes wrong with one must not hold up the others
            self._tell(
                EventKind.NOT_REPORTED, peer, error.message if isinstance(error, AlaraError) else type(error).__name__
            )
            self._pauses[peer] = self._longer_pause(peer)
            return
        if refused:
            self._pauses[peer] = self._longer_pause(peer)
        else:
            self._pauses.pop(peer, None)

    def _deliver(self, association: Association, peer: Peer, job: Job) -> bool:
        """Send one report; false when the requester has it and does not accept it.

        Raises
        ------
        NetworkError
            When there is no answer.
        """
        failed = [(one, reason) for one in job.references if (reason := self._failure(one)) is not None]
        safe = [one for one in job.references if one not in {one for one, _ in failed}]
        status = _send(association, event_information(job.transaction_uid, safe, failed), bool(failed))
        if status is None:
            raise NetworkError(
                f"{peer.aet} at {peer.host}:{peer.port} did not answer the report.",
                hint=f"alara echo {peer.host} {peer.port} --called {peer.aet} asks whether it listens.",
            )
        detail = f"{len(safe)} safe, {len(failed)} not"
        if status == 0:
            self.commitment.finish(job, accepted=True)
            self._tell(EventKind.REPORTED, peer, detail, status)
            return True
        self._tell(EventKind.NOT_REPORTED, peer, f"{detail}: it refused the report", status)
        if job.refusals + 1 < _REFUSALS:
            self.commitment.save(replace(job, refusals=job.refusals + 1))
        else:
            self.commitment.finish(job, accepted=False)
        return False

    def _failure(self, reference: Reference) -> int | None:
        """Why an object cannot be committed to; ``None`` when every one that came under its UID is safe."""
        found = [
            one
            for one in self._index.find(reference.sop_instance_uid)
            # What was imported from files may name its UID wrongly: only what a node received counts.
            if one.implementation_class_uid == IMPLEMENTATION_CLASS_UID
        ]
        if not found or not all(self._inbox.is_safe(one.digest) for one in found):
            return _NO_SUCH_OBJECT
        if any(one.sop_class_uid != reference.sop_class_uid for one in found):
            return _CLASS_CONFLICT
        return None

    def _requester(self, job: Job) -> Peer:
        """Where the one who asked listens: as the settings say, else at the address that it called from."""
        known = next((peer for peer in self._settings.peers if peer.aet == job.requester), None)
        return known or Peer(name=job.requester, aet=job.requester, host=job.address, port=self._settings.report_port)

    def _longer_pause(self, peer: Peer) -> tuple[float, float]:
        _, before_s = self._pauses.get(peer, (0.0, 0.0))
        pause_s = min(2 * before_s or self._settings.report_pause_s, _LONGEST_PAUSE_S)
        return time.monotonic() + pause_s, pause_s

    def _tell(self, kind: EventKind, peer: Peer, detail: str, status: int | None = None) -> None:
        address = f"{peer.host}:{peer.port}"
        self._report(NodeEvent(kind=kind, address=address, called=peer.aet, status=status, detail=detail))


def event_information(
    transaction_uid: str, safe: Iterable[Reference], failed: Iterable[tuple[Reference, int]]
) -> bytes:
    """The event information of a report (PS3.4 Table J.3-2), implicit VR little endian, without empty sequences."""
    dataset = element(TRANSACTION_UID, transaction_uid.encode(), b"\0")
    refused = [_names(one) + element(_FAILURE_REASON, struct.pack("<H", reason)) for one, reason in failed]
    kept = [_names(one) for one in safe]
    if refused:
        # An item is in the order of its tags too: (0008,1150), (0008,1155), (0008,1197).
        dataset += sequence(_FAILED_SEQUENCE, refused)
    if kept:
        dataset += sequence(REFERENCED_SEQUENCE, kept)
    return dataset


def _names(reference: Reference) -> bytes:
    return element(REFERENCED_CLASS, reference.sop_class_uid.encode(), b"\0") + element(
        REFERENCED_INSTANCE, reference.sop_instance_uid.encode(), b"\0"
    )


def _send(association: Association, information: bytes, has_failures: bool) -> int | None:
    """Send an N-EVENT-REPORT; the status of its answer, ``None`` without one."""
    context_id = association.accepted_contexts[0].context_id
    assert context_id is not None
    request = N_EVENT_REPORT()
    request.MessageID = 1
    request.AffectedSOPClassUID = STORAGE_COMMITMENT
    request.AffectedSOPInstanceUID = COMMITMENT_INSTANCE
    request.EventTypeID = _SOME_FAILED if has_failures else _ALL_SAFE
    request.EventInformation = BytesIO(information)
    association.dimse.send_msg(request, context_id)
    _, response = association.dimse.get_msg(block=True)
    if not isinstance(response, N_EVENT_REPORT) or response.Status is None:
        association.abort()
        return None
    return int(response.Status)
