"""What the node takes in, the reader must have an answer for."""

from __future__ import annotations

from io import BytesIO

import pydicom
import pytest
from pydicom.uid import ExplicitVRLittleEndian

from alara import sop_classes
from alara.errors import UnreadableReason, UnreadableReport
from alara.sr import read_bytes


@pytest.mark.parametrize("sop_class_uid", sop_classes.ACCEPTED)
def test_no_class_that_the_node_accepts_is_unexpected_to_the_reader(sop_class_uid: str) -> None:
    dataset = pydicom.Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID, dataset.StudyInstanceUID = sop_class_uid, "1.2.3", "1.2.4"
    buffer = BytesIO()
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    pydicom.dcmwrite(buffer, dataset, enforce_file_format=True)
    assert _outcome(buffer.getvalue()) in (sop_class_uid, UnreadableReason.NO_CONTENT)


def _outcome(data: bytes) -> str:
    try:
        return read_bytes(data).sop_class_uid
    except UnreadableReport as error:
        return error.reason
