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
    try:
        report = read_bytes(buffer.getvalue())
    except UnreadableReport as error:
        assert error.reason is UnreadableReason.NO_CONTENT
    else:
        assert report.sop_class_uid == sop_class_uid
