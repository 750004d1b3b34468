"""The header of a DICOM file: split without loss, built as others read it."""

from __future__ import annotations

from io import BytesIO

import pydicom
from hypothesis import given
from hypothesis import strategies as st

from alara.inbox import part10

_META = part10.FileMeta(
    sop_class_uid="1.2.840.10008.5.1.4.1.1.88.67",
    sop_instance_uid="1.2.3",
    transfer_syntax_uid="1.2.840.10008.1.2.1",
    implementation_class_uid="1.2.3.4",
    implementation_version="ALARA",
    sending_ae="CARM1",
    receiving_ae="ALARA",
    sending_address="10.0.0.5",
)


@given(st.binary(max_size=200).filter(lambda data: not data.startswith(b"\x02\x00")))
def test_a_header_comes_off_as_it_went_on(dataset: bytes) -> None:
    data = part10.encode(_META) + dataset
    parsed = part10.parse(data)
    assert parsed is not None
    assert parsed[0] == _META
    assert data[parsed[1] :] == dataset


def test_pydicom_reads_the_header_that_is_built() -> None:
    element = b"\x08\x00\x60\x00CS\x02\x00SR"
    dataset = pydicom.dcmread(BytesIO(part10.encode(_META) + element))
    assert dataset.Modality == "SR"
    meta = dataset.file_meta
    assert (meta.SendingApplicationEntityTitle, meta.ReceivingApplicationEntityTitle) == ("CARM1", "ALARA")
    assert meta.SendingPresentationAddress == "10.0.0.5"
    assert meta.FileMetaInformationVersion == b"\x00\x01"


@given(st.binary(max_size=300))
def test_any_bytes_are_split_or_taken_whole(data: bytes) -> None:
    for candidate in (data, bytes(128) + b"DICM" + data, part10.encode(_META)[: len(data)]):
        parsed = part10.parse(candidate)
        assert parsed is None or 132 <= parsed[1] <= len(candidate)


def test_a_wrong_group_length_does_not_matter() -> None:
    data = bytearray(part10.encode(_META) + b"\x08\x00rest")
    data[140:144] = b"\xff\xff\xff\xff"
    parsed = part10.parse(bytes(data))
    assert parsed is not None
    assert data[parsed[1] :] == b"\x08\x00rest"
