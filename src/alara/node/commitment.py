"""Storage commitment, push model, as a provider: the request, and the queue of reports that it makes (PS3.4 Annex J).

A C-arm asks whether objects are safe (N-ACTION) and deletes them when it hears
that they are. The request becomes a job on disk before it is answered; the
report (N-EVENT-REPORT) follows on an association of its own, see
:mod:`alara.node.reports`. States are folders: ``due/`` is to be reported,
``refused/`` was reported and not accepted.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from pydicom.dataset import Dataset
from pynetdicom import evt

from alara.inbox.disk import NewFile, clear_stale, create_folders, sync_folder, write_all
from alara.node.attributes import BrokenList, items, split, tag, text
from alara.node.events import EventKind
from alara.node_records import DUE_REPORTS

if TYPE_CHECKING:
    from alara.node.association import NodeAssociation

__all__ = ["Commitment", "Job", "Reference"]

TRANSACTION_UID: Final = tag(0x0008, 0x1195)
REFERENCED_SEQUENCE: Final = tag(0x0008, 0x1199)
REFERENCED_CLASS: Final = tag(0x0008, 0x1150)
REFERENCED_INSTANCE: Final = tag(0x0008, 0x1155)

#: The one instance of the class (PS3.4 section J.3.5), and its one action (Table J.3-1).
COMMITMENT_INSTANCE: Final = "1.2.840.10008.1.20.1.1"
_REQUEST: Final = 1

_UID: Final = re.compile(r"[!-~]{1,64}")
_MOST_BYTES: Final = 4 << 20

# PS3.7 Annex C.
_SUCCESS: Final = 0x0000
_NO_SUCH_INSTANCE: Final = 0x0112
_INVALID_ARGUMENT: Final = 0x0115
_NO_SUCH_ACTION: Final = 0x0123
_RESOURCE_LIMITATION: Final = 0x0213


@dataclass(frozen=True, slots=True)
class Reference:
    """One object that a C-arm asks for."""

    sop_class_uid: str
    sop_instance_uid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One request: who asked, as whom it knows this node, when and for what; ``refusals`` of the report so far."""

    transaction_uid: str
    requester: str
    address: str
    called: str
    asked: str
    references: tuple[Reference, ...]
    refusals: int = 0

    @property
    def name(self) -> str:
        """What the job is called on disk: the same request again is the same job."""
        return hashlib.sha256(f"{self.requester}\n{self.transaction_uid}".encode()).hexdigest()


class Commitment:
    """The jobs of a node, in ``commitment/`` in its folder. ``on_job`` is called after each that is new."""

    def __init__(self, folder: Path, on_job: Callable[[], None]) -> None:
        self._due = folder / DUE_REPORTS
        self._root = self._due.parent
        self._tmp, self._refused = self._root / "tmp", self._root / "refused"
        self._on_job = on_job
        self._lock = threading.Lock()

    def prepare(self) -> None:
        """Make the folders, and clear what a crash has left."""
        create_folders(self._root.parent, [self._root.name])
        create_folders(self._root, [self._tmp.name, self._due.name, self._refused.name])
        clear_stale(self._tmp)

    def due(self) -> list[Job]:
        """What has still to be reported, the oldest first. A file that is no job is left alone."""
        found = []
        for path in self._due.glob("*.json"):
            with suppress(OSError, ValueError, TypeError, KeyError):
                found.append(_job(json.loads(path.read_bytes())))
        return sorted(found, key=lambda job: (job.asked, job.name))

    def save(self, job: Job) -> None:
        """Make a job durable; OSError when the disk refuses."""
        with self._lock:
            write_all([NewFile(self._due / f"{job.name}.json", json.dumps(asdict(job)).encode())], self._tmp)

    def finish(self, job: Job, *, accepted: bool) -> None:
        """Take a job out of what is due: delivered, or refused for good and set aside."""
        path = self._due / f"{job.name}.json"
        if accepted:
            path.unlink(missing_ok=True)
        else:
            path.replace(self._refused / path.name)
            sync_folder(self._refused)
        sync_folder(self._due)

    def on_action(self, event: evt.Event) -> tuple[Any, Dataset | None]:
        """Answer an N-ACTION request: success when the job is durable."""
        caller, request = cast("NodeAssociation", event.assoc), event.request
        try:
            status, why = self._take(caller, request)
        except BrokenList as error:
            status, why = _INVALID_ARGUMENT, f"the action information cannot be read: {error}"
        except OSError as error:
            status, why = _RESOURCE_LIMITATION, error.strerror or type(error).__name__
        kind = EventKind.COMMITMENT_REFUSED if status else EventKind.COMMITMENT
        caller.tell(kind, status=status, detail=why)
        if not status:
            self._on_job()
            return _SUCCESS, None
        answer = Dataset()
        answer.Status, answer.ErrorComment = status, why[:64]
        return answer, None

    def _take(self, caller: NodeAssociation, request: Any) -> tuple[int, str]:
        if str(request.RequestedSOPInstanceUID or "") != COMMITMENT_INSTANCE:
            return _NO_SUCH_INSTANCE, "it is not the instance of the storage commitment class"
        if request.ActionTypeID != _REQUEST:
            return _NO_SUCH_ACTION, "the one action is to request commitment"
        data = request.ActionInformation.getvalue() if request.ActionInformation is not None else b""
        if len(data) > _MOST_BYTES:
            return _RESOURCE_LIMITATION, f"the request is larger than {_MOST_BYTES} bytes"
        information = split(data)
        transaction = text(information, TRANSACTION_UID)
        references = tuple(
            Reference(text(item, REFERENCED_CLASS), text(item, REFERENCED_INSTANCE))
            for item in items(information.get(REFERENCED_SEQUENCE, b""))
        )
        uids = [transaction, *(uid for one in references for uid in (one.sop_class_uid, one.sop_instance_uid))]
        if not references or not all(_UID.fullmatch(uid) for uid in uids):
            return _INVALID_ARGUMENT, "the transaction or a reference has no usable UID"
        self.save(
            Job(
                transaction_uid=transaction,
                requester=caller.calling,
                address=caller.address,
                called=caller.called,
                asked=datetime.now(UTC).isoformat(),
                references=references,
            )
        )
        return _SUCCESS, f"{len(references)} objects"


def _job(row: dict[str, Any]) -> Job:
    return Job(**{**row, "references": tuple(Reference(**one) for one in row["references"])})
