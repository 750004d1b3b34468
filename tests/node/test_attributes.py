"""Attribute lists as bytes: what is taken apart is whole, and what is broken is said to be."""

from __future__ import annotations

from io import BytesIO

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.filewriter import write_dataset
from pydicom.sequence import Sequence

from alara.node.attributes import BrokenList, element, items, join, sequence, split, tag, text


def encoded(dataset: Dataset, *, undefined: bool = False) -> bytes:
    """A dataset as pydicom writes it in implicit VR little endian."""
    for one in dataset.iterall():
        if one.VR == "SQ" and undefined:
            one.is_undefined_length = True
            for item in one.value:
                item.is_undefined_length_sequence_item = True
    buffer = pydicom.filebase.DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = True, True
    write_dataset(buffer, dataset)
    return bytes(buffer.getvalue())


def step() -> Dataset:
    item, inner = Dataset(), Dataset()
    inner.CodeValue = "1"
    item.StudyInstanceUID = "1.2.3"
    item.ScheduledProtocolCodeSequence = Sequence([inner, Dataset()])
    dataset = Dataset()
    dataset.Modality = "RF"
    dataset.ScheduledStepAttributesSequence = Sequence([item])
    dataset.PerformedSeriesSequence = Sequence([])
    dataset.PerformedProcedureStepStatus = "IN PROGRESS"
    return dataset


@pytest.mark.parametrize("undefined", [False, True], ids=["defined lengths", "undefined lengths"])
def test_what_is_taken_apart_and_put_together_is_the_same(undefined: bool) -> None:
    data = encoded(step(), undefined=undefined)
    elements = split(data)
    assert join(elements) == data
    assert list(elements) == [element.tag for element in step()]
    assert text(elements, tag(0x0040, 0x0252)) == "IN PROGRESS"
    (scheduled,) = items(elements[tag(0x0040, 0x0270)])
    assert text(scheduled, tag(0x0020, 0x000D)) == "1.2.3"
    assert [text(one, tag(0x0008, 0x0100)) for one in items(scheduled[tag(0x0040, 0x0008)])] == ["1", ""]


def test_what_is_absent_is_empty() -> None:
    assert text({}, 1) == ""
    assert items(b"") == []
    assert split(b"") == {}


def test_what_is_put_together_is_read_by_pydicom() -> None:
    data = element(tag(8, 0x60), b"RF") + sequence(tag(8, 0x1199), [element(tag(8, 0x1155), b"1.2", b"\0")])
    read = pydicom.dcmread(BytesIO(data), force=True)
    assert read.Modality == "RF"
    assert read.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == "1.2"


def test_every_truncation_is_broken_or_ends_between_two_elements() -> None:
    data = encoded(step(), undefined=True)
    between = {0}
    for whole in split(data).values():
        between.add(max(between) + len(whole))
    for end in range(len(data)):
        if end in between:
            split(data[:end])
        else:
            with pytest.raises(BrokenList):
                split(data[:end])


@pytest.mark.parametrize(
    "data",
    [
        element(8, b"x") * 2,
        element(0xFFFEE000, b""),
        bytes.fromhex("08001911ffffffff") + bytes.fromhex("feff00e0ffffffff 40000100ffffffff".replace(" ", "")) * 40,
        bytes.fromhex("08001911ffffffff") + element(8, b"xx"),
    ],
    ids=["a tag twice", "a delimiter outside", "nested too deeply", "no item in a sequence"],
)
def test_what_contradicts_itself_is_broken(data: bytes) -> None:
    with pytest.raises(BrokenList):
        split(data)


@given(st.binary(max_size=200))
def test_any_bytes_are_taken_apart_whole_or_broken(data: bytes) -> None:
    try:
        elements = split(data)
    except BrokenList:
        return
    assert b"".join(elements.values()) == data


@given(st.binary(max_size=200))
def test_any_bytes_are_items_or_broken(data: bytes) -> None:
    try:
        items(element(8, data))
    except BrokenList:
        return
