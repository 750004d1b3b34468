"""What the tests of the node share: a node that is up, and objects to send to it."""

from __future__ import annotations

import time
from io import BytesIO

import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from alara.inbox import Inbox, Receipt
from alara.node import EventKind, Node, NodeEvent
from alara.sop_classes import X_RAY_RADIATION_DOSE_SR


class Listening:
    """A node that is up, its inbox, and what it reported."""

    def __init__(self, node: Node, inbox: Inbox, events: list[NodeEvent]) -> None:
        self.node, self.inbox, self.events = node, inbox, events

    @property
    def port(self) -> int:
        return self.node.port

    def of(self, kind: EventKind) -> list[NodeEvent]:
        return [event for event in self.events if event.kind is kind]

    def waits_for(self, kind: EventKind, count: int = 1, timeout_s: float = 5.0) -> list[NodeEvent]:
        deadline = time.monotonic() + timeout_s
        while len(self.of(kind)) < count and time.monotonic() < deadline:
            time.sleep(0.01)
        return self.of(kind)


class SlowInbox(Inbox):
    """An inbox on a slow disk."""

    def put_received(self, header: bytes, dataset: bytes | bytearray) -> Receipt:
        time.sleep(0.7)
        return super().put_received(header, dataset)


def report(
    uid: str = "1.2.3.4",
    *,
    sop_class: str = X_RAY_RADIATION_DOSE_SR,
    syntax: str = ExplicitVRLittleEndian,
    filler: int = 100,
) -> bytes:
    """A small DICOM file with a dose report's header."""
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID, dataset.StudyInstanceUID = sop_class, uid, "1.2.3"
    dataset.Modality = "SR"
    dataset.EncapsulatedDocument = b"x" * (filler + filler % 2)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.file_meta.MediaStorageSOPClassUID, dataset.file_meta.MediaStorageSOPInstanceUID = sop_class, uid
    buffer = BytesIO()
    pydicom.dcmwrite(buffer, dataset, enforce_file_format=True)
    return buffer.getvalue()
