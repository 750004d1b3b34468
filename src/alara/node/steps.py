"""Modality performed procedure steps as a provider: N-CREATE and N-SET (PS3.4 section F.7).

A C-arm creates a step when it begins, changes it while it runs, and sets it to
COMPLETED or DISCONTINUED at its end. What the lists say is put together as
bytes, and nothing of it is read but the status of the step. States are folders:
``open/`` has each step as its lists so far have made it, ``ended/`` the names
of those that may no longer change. A step that has ended goes into the inbox as
one object, as if it had been stored.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from pydicom.dataset import Dataset
from pydicom.uid import ImplicitVRLittleEndian, generate_uid
from pynetdicom import evt

from alara.errors import StorageError
from alara.inbox import Inbox, part10
from alara.inbox.disk import NewFile, clear_stale, create_folders, sync_folder, write_all
from alara.node.attributes import BrokenList, element, join, split, tag, text
from alara.node.events import EventKind
from alara.node.names import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION
from alara.node_records import OPEN_STEPS
from alara.sop_classes import PERFORMED_PROCEDURE_STEP

if TYPE_CHECKING:
    from io import BytesIO

    from pynetdicom.dimse_primitives import N_CREATE, N_SET

    from alara.node.association import NodeAssociation

__all__ = ["Steps"]

_STATUS: Final = tag(0x0040, 0x0252)  # Performed Procedure Step Status
_CHARACTER_SET: Final = tag(0x0008, 0x0005)
_SOP_CLASS_UID: Final = tag(0x0008, 0x0016)
_SOP_INSTANCE_UID: Final = tag(0x0008, 0x0018)
_RUNNING: Final = "IN PROGRESS"
_OVER: Final = ("COMPLETED", "DISCONTINUED")

_UID: Final = re.compile(r"[!-~]{1,64}")
_MOST_BYTES: Final = 1 << 20

# PS3.7 Annex C, PS3.4 section F.7.2.
_SUCCESS: Final = 0x0000
_PROCESSING_FAILURE: Final = 0x0110
_DUPLICATE: Final = 0x0111
_NO_SUCH_INSTANCE: Final = 0x0112
_INVALID_INSTANCE: Final = 0x0117
_RESOURCE_LIMITATION: Final = 0x0213
#: Error ID of PS3.4 section F.7.2.2.4: the step may no longer be updated.
_MAY_NOT_CHANGE: Final = 0xA710


class _Refused(Exception):
    """A request that cannot be served: the status of its answer, and why."""

    def __init__(self, status: int, why: str, error_id: int | None = None) -> None:
        super().__init__(why)
        self.status, self.why, self.error_id = status, why, error_id

    def answer(self) -> Dataset:
        status = Dataset()
        status.Status, status.ErrorComment = self.status, self.why[:64]
        if self.error_id is not None:
            status.ErrorID = self.error_id
        return status


class Steps:
    """The steps that a node knows, in ``steps/`` in its folder."""

    def __init__(self, folder: Path, inbox: Inbox) -> None:
        self._open = folder / OPEN_STEPS
        self._root = self._open.parent
        self._tmp, self._ended = self._root / "tmp", self._root / "ended"
        self._inbox = inbox
        self._lock = threading.Lock()

    def prepare(self) -> None:
        """Make the folders, and finish what a crash has left half done."""
        create_folders(self._root.parent, [self._root.name])
        create_folders(self._root, [self._tmp.name, self._open.name, self._ended.name])
        clear_stale(self._tmp)
        for path in self._open.glob("*.dcm"):
            if (self._ended / path.stem).exists():
                path.unlink()

    def on_create(self, event: evt.Event) -> tuple[Any, Dataset | None]:
        """Answer an N-CREATE request."""
        caller, request = cast("NodeAssociation", event.assoc), cast("N_CREATE", event.request)
        given = str(request.AffectedSOPInstanceUID or "")
        uid = given or str(generate_uid(prefix=None))
        answer = self._serve(caller, uid, lambda: self._create(caller, uid, _bytes_of(request.AttributeList)))
        if answer != _SUCCESS or given:
            return answer, None
        # The SCP names what the SCU left without a name (PS3.7 section 10.1.5.1.4).
        named = Dataset()
        named.AffectedSOPInstanceUID = uid
        return answer, named

    def on_set(self, event: evt.Event) -> tuple[Any, Dataset | None]:
        """Answer an N-SET request."""
        caller, request = cast("NodeAssociation", event.assoc), cast("N_SET", event.request)
        uid = str(request.RequestedSOPInstanceUID or "")
        return self._serve(caller, uid, lambda: self._set(uid, _bytes_of(request.ModificationList))), None

    def _serve(self, caller: NodeAssociation, uid: str, do: Any) -> int | Dataset:
        try:
            _check_uid(uid)
            with self._lock, _disk():
                status, digest = do()
        except _Refused as refused:
            caller.tell(EventKind.STEP_REFUSED, status=refused.status, detail=refused.why)
            return refused.answer()
        # Only words of the standard go into the log: a sender may write anything in place of them.
        known = status in (_RUNNING, *_OVER)
        caller.tell(
            EventKind.STEP, status=_SUCCESS, digest=digest, detail=status.lower() if known else "no known status"
        )
        return _SUCCESS

    def _create(self, caller: NodeAssociation, uid: str, data: bytes) -> tuple[str, str]:
        if self._has_ended(uid) or self._open_path(uid).exists():
            raise _Refused(_DUPLICATE, "there is a step of this SOP Instance UID")
        meta = part10.FileMeta(
            sop_class_uid=PERFORMED_PROCEDURE_STEP,
            sop_instance_uid=uid,
            transfer_syntax_uid=str(ImplicitVRLittleEndian),
            implementation_class_uid=IMPLEMENTATION_CLASS_UID,
            implementation_version=IMPLEMENTATION_VERSION,
            sending_ae=caller.calling,
            receiving_ae=caller.called,
            sending_address=caller.address,
        )
        return self._write(uid, part10.encode(meta), _split(data))

    def _set(self, uid: str, data: bytes) -> tuple[str, str]:
        if self._has_ended(uid):
            raise _Refused(_PROCESSING_FAILURE, "the step has ended and may no longer be updated", _MAY_NOT_CHANGE)
        try:
            before = self._open_path(uid).read_bytes()
        except FileNotFoundError:
            raise _Refused(_NO_SUCH_INSTANCE, "there is no step of this SOP Instance UID") from None
        parsed = part10.parse(before)
        assert parsed is not None
        return self._write(uid, before[: parsed[1]], _merged(_split(before[parsed[1] :]), _split(data)))

    def _write(self, uid: str, header: bytes, elements: dict[int, bytes]) -> tuple[str, str]:
        """Make a step durable; (its status, its digest in the inbox when it has ended)."""
        status = text(elements, _STATUS)
        # The message named the step, its lists do not: two steps that say the same are still two objects.
        whole = header + join(elements | _names(uid))
        if status not in _OVER:
            write_all([NewFile(self._open_path(uid), whole)], self._tmp)
            return status, ""
        # Into the inbox first: after a crash between these the same request is served once more, to the same end.
        digest = self._inbox.put(whole).digest
        write_all([NewFile(self._ended_path(uid), digest.encode())], self._tmp)
        self._open_path(uid).unlink(missing_ok=True)
        sync_folder(self._open)
        return status, digest

    def _has_ended(self, uid: str) -> bool:
        return self._ended_path(uid).exists()

    def _open_path(self, uid: str) -> Path:
        return self._open / f"{_name(uid)}.dcm"

    def _ended_path(self, uid: str) -> Path:
        return self._ended / _name(uid)


@contextmanager
def _disk() -> Iterator[None]:
    """Answer what the disk refuses as a resource that is short, so that the C-arm tries again."""
    try:
        yield
    except OSError as error:
        raise _Refused(_RESOURCE_LIMITATION, error.strerror or type(error).__name__) from error
    except StorageError as error:
        raise _Refused(_RESOURCE_LIMITATION, "the inbox cannot take the step in") from error


def _check_uid(uid: str) -> None:
    if not _UID.fullmatch(uid):
        raise _Refused(_INVALID_INSTANCE, "the SOP Instance UID is absent, too long or not printable")


def _names(uid: str) -> dict[int, bytes]:
    given = {_SOP_CLASS_UID: PERFORMED_PROCEDURE_STEP, _SOP_INSTANCE_UID: uid}
    return {number: element(number, value.encode(), b"\0") for number, value in given.items()}


def _name(uid: str) -> str:
    """What a step is called on disk: no UID becomes a path."""
    return hashlib.sha256(uid.encode()).hexdigest()


def _bytes_of(stream: BytesIO | None) -> bytes:
    return stream.getvalue() if stream is not None else b""


def _split(data: bytes) -> dict[int, bytes]:
    if len(data) > _MOST_BYTES:
        raise _Refused(_RESOURCE_LIMITATION, f"the attribute list is larger than {_MOST_BYTES} bytes")
    try:
        return split(data)
    except BrokenList as error:
        raise _Refused(_PROCESSING_FAILURE, f"the attribute list cannot be read: {error}") from error


def _merged(before: dict[int, bytes], change: dict[int, bytes]) -> dict[int, bytes]:
    """The step after a change. What is set replaces what was there, sequences as a whole.

    The character set stays that of the creation (PS3.4 section F.7.2.2.3: it is
    not replaced); a creation that named none was in ASCII, which all others contain.
    """
    kept = {_CHARACTER_SET: before[_CHARACTER_SET]} if text(before, _CHARACTER_SET) else {}
    return before | change | kept
