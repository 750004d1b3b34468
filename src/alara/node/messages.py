"""The messages of an association, put together from the bytes of its P-DATA-TF PDUs.

pynetdicom makes an object of every PDU, fragment and command on the way, and
hands each from queue to queue: nine tenths of the cost of a store. Here a
C-STORE is put together where it was read. Every other message is collected in
the same way, under the same limits, and then given to pynetdicom as a whole.
"""

from __future__ import annotations

import contextlib
import queue
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pynetdicom.dimse import DIMSEServiceProvider
from pynetdicom.pdu_primitives import P_DATA

if TYPE_CHECKING:
    from alara.node.association import NodeAssociation
    from alara.node.memory import InFlight, Unfinished
    from alara.node.settings import NodeSettings

__all__ = ["BrokenMessage", "Messages", "StoreRequest", "store_response"]

#: A dataset may be so many times larger than an object may be before its association is cut.
_DRAINED: Final = 16

#: No command set of the standard comes near to so many bytes.
_MOST_COMMAND_BYTES: Final = 1 << 16

# The message control header (PS3.8 Annex E.2).
_COMMAND: Final = 1
_LAST: Final = 2

# Of the command set (PS3.7 section 9.3.1 and Annex E): elements of group 0000, and values.
_AFFECTED_SOP_CLASS_UID: Final = 0x0002
_COMMAND_FIELD: Final = 0x0100
_MESSAGE_ID: Final = 0x0110
_MESSAGE_ID_BEING_RESPONDED_TO: Final = 0x0120
_DATASET_TYPE: Final = 0x0800
_STATUS: Final = 0x0900
_AFFECTED_SOP_INSTANCE_UID: Final = 0x1000
_C_STORE_RQ: Final = 0x0001
_C_STORE_RSP: Final = 0x8001
_NO_DATASET: Final = 0x0101


class BrokenMessage(Exception):
    """What a peer sent is no message; its association is aborted."""


@dataclass(frozen=True, slots=True)
class StoreRequest:
    """A C-STORE request. ``dataset`` is ``None`` when it was too large or found no room; ``size_bytes`` is its size."""

    context_id: int
    message_id: int
    sop_class_uid: str
    sop_instance_uid: str
    size_bytes: int
    dataset: bytearray | None


class Messages(DIMSEServiceProvider):
    """The message provider of an association, with limits on what one message may hold, and for how long."""

    def __init__(self, association: NodeAssociation, settings: NodeSettings, in_flight: InFlight) -> None:
        super().__init__(association)
        self._association, self._settings, self._in_flight = association, settings, in_flight
        self._deadline = 0.0
        self._command = bytearray()
        self._fields: dict[int, bytes] | None = None
        self._context_id = 0
        self._object: Unfinished | None = None
        self._size_bytes = 0

    @property
    def is_between(self) -> bool:
        """Whether no message is in the middle of its arrival."""
        return not self._command

    def take(self, pdu: memoryview) -> None:
        """Take the body of a P-DATA-TF PDU (PS3.8 section 9.3.5); a message that it completes is served here.

        Raises
        ------
        BrokenMessage
            When it is not one, or belongs to no message.
        """
        for context_id, control, data in _fragments(pdu):
            if self.is_between:
                self._deadline = time.monotonic() + self._settings.message_timeout_s
            if control & _COMMAND:
                self._add_to_command(data)
                if control & _LAST:
                    self._context_id, self._fields = context_id, _elements(self._command)
                    if self._number(_DATASET_TYPE) == _NO_DATASET:
                        self._serve()
            else:
                self._add_to_dataset(data)
                if control & _LAST:
                    self._serve()
        if time.monotonic() > self._deadline and not self.is_between:
            self._cut()

    def forget(self) -> None:
        """Let go of the message that is arriving or was served."""
        if self._object is not None:
            self._object.forget()
        self._object, self._size_bytes = None, 0
        self._command, self._fields = bytearray(), None

    def _add_to_command(self, data: memoryview) -> None:
        if self._fields is not None or not data:
            raise BrokenMessage("a command in the middle of a message")
        self._command += data
        if len(self._command) > _MOST_COMMAND_BYTES:
            raise BrokenMessage("a command without an end")

    def _add_to_dataset(self, data: memoryview) -> None:
        if self._fields is None:
            raise BrokenMessage("a dataset without a command")
        if self._object is None:
            self._object = self._in_flight.begin(self._association.address)
        self._size_bytes += len(data)
        limit = self._settings.max_object_bytes
        if self._size_bytes > _DRAINED * limit:
            self._cut()
        elif self._size_bytes > limit:
            # The rest is read and thrown away: the end is found, the object is refused, the next one served.
            self._object.give_up()
        else:
            self._object.add(data)

    def _cut(self) -> None:
        self._association.end("a message did not come to its end")
        raise BrokenMessage("cut")

    def _serve(self) -> None:
        dataset = self._object.finish() if self._object is not None else bytearray()
        try:
            if self._number(_COMMAND_FIELD) == _C_STORE_RQ:
                self._association.serve_store(self._store_request(dataset))
            elif dataset is None:
                raise BrokenMessage("a message that is too large")
            else:
                self._serve_otherwise(dataset)
        finally:
            self.forget()

    def _store_request(self, dataset: bytearray | None) -> StoreRequest:
        return StoreRequest(
            context_id=self._context_id,
            message_id=self._number(_MESSAGE_ID) or 0,
            sop_class_uid=self._text(_AFFECTED_SOP_CLASS_UID),
            sop_instance_uid=self._text(_AFFECTED_SOP_INSTANCE_UID),
            size_bytes=self._size_bytes,
            dataset=dataset,
        )

    def _serve_otherwise(self, dataset: bytearray) -> None:
        """Give a message that is no C-STORE to pynetdicom, and serve what that makes of it."""
        whole = P_DATA()
        whole.presentation_data_value_list.append((self._context_id, bytes([_COMMAND | _LAST]) + self._command))
        if dataset:
            whole.presentation_data_value_list.append((self._context_id, bytes([_LAST]) + dataset))
        self.receive_primitive(whole)
        if self.message is not None:
            self.message = None
            raise BrokenMessage("a command that promises a dataset and has none")
        with contextlib.suppress(queue.Empty):
            while True:
                self._association.serve(*self.msg_queue.get_nowait())

    def _number(self, element: int) -> int | None:
        assert self._fields is not None
        value = self._fields.get(element, b"")
        return int.from_bytes(value, "little") if len(value) == 2 else None

    def _text(self, element: int) -> str:
        assert self._fields is not None
        return self._fields.get(element, b"").rstrip(b"\0 ").decode("latin-1")


def _fragments(pdu: memoryview) -> Iterator[tuple[int, int, memoryview]]:
    """(presentation context ID, message control header, data) of each presentation data value."""
    at = 0
    while at < len(pdu):
        if at + 6 > len(pdu):
            raise BrokenMessage("half a presentation data value")
        length, context_id, control = struct.unpack_from(">LBB", pdu, at)
        end = at + 4 + length
        if length < 2 or end > len(pdu):
            raise BrokenMessage("a presentation data value that does not fit its PDU")
        yield context_id, control, pdu[at + 6 : end]
        at = end


def _elements(command: bytearray) -> dict[int, bytes]:
    """The command set: element number in group 0000 → value (PS3.7 section 6.3.1: implicit VR little endian)."""
    found: dict[int, bytes] = {}
    at = 0
    while at < len(command):
        if at + 8 > len(command):
            raise BrokenMessage("half an element in a command")
        group, element, length = struct.unpack_from("<HHL", command, at)
        at += 8 + length
        if group or at > len(command):
            raise BrokenMessage("an element that no command has")
        found[element] = bytes(command[at - length : at])
    return found


def store_response(request: StoreRequest, status: int) -> bytes:
    """A C-STORE-RSP (PS3.7 section 9.3.1.2) in a P-DATA-TF PDU of its own."""
    body = b"".join(
        [
            _element(_AFFECTED_SOP_CLASS_UID, request.sop_class_uid.encode("latin-1")),
            _element(_COMMAND_FIELD, struct.pack("<H", _C_STORE_RSP)),
            _element(_MESSAGE_ID_BEING_RESPONDED_TO, struct.pack("<H", request.message_id)),
            _element(_DATASET_TYPE, struct.pack("<H", _NO_DATASET)),
            _element(_STATUS, struct.pack("<H", status)),
            _element(_AFFECTED_SOP_INSTANCE_UID, request.sop_instance_uid.encode("latin-1")),
        ]
    )
    command = _element(0x0000, struct.pack("<L", len(body))) + body
    length = len(command) + 2
    return struct.pack(">BBLLBB", 4, 0, length + 4, length, request.context_id, _COMMAND | _LAST) + command


def _element(number: int, value: bytes) -> bytes:
    value += b"\0" * (len(value) % 2)
    return struct.pack("<HHL", 0, number, len(value)) + value
