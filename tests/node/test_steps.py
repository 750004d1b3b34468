"""Performed procedure steps over the wire: what comes in two messages is one object in the inbox."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pydicom
import pytest
from node_support import Listening
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import AE
from pynetdicom.association import Association

from alara.inbox import Inbox
from alara.node import EventKind, NodeEvent
from alara.node.scu import associated
from alara.node_records import read_records
from alara.sop_classes import PERFORMED_PROCEDURE_STEP
from alara.sr import read_bytes, read_provenance

_UID = "1.2.826.0.1.3680043.9.1"


def created(status: str = "IN PROGRESS", study: str = "1.2.3.4") -> Dataset:
    scheduled = Dataset()
    scheduled.StudyInstanceUID = study
    dataset = Dataset()
    dataset.Modality = "RF"
    dataset.ScheduledStepAttributesSequence = Sequence([scheduled])
    dataset.PerformedStationAETitle = "CARM1"
    dataset.PerformedProcedureStepStartDate, dataset.PerformedProcedureStepStartTime = "20261103", "093000"
    dataset.PerformedProcedureStepStatus = status
    dataset.PerformedProcedureStepEndDate = dataset.PerformedProcedureStepEndTime = ""
    dataset.PerformedSeriesSequence = Sequence([])
    return dataset


def ended(status: str = "COMPLETED", *, dose: bool = True) -> Dataset:
    dataset = Dataset()
    dataset.PerformedProcedureStepStatus = status
    dataset.PerformedProcedureStepEndDate, dataset.PerformedProcedureStepEndTime = "20261103", "094500"
    if dose:
        dataset.TotalTimeOfFluoroscopy = 42
        dataset.ImageAndFluoroscopyAreaDoseProduct = "1.25"
        dataset.EntranceDoseInmGy = "3.25"
    return dataset


@contextmanager
def carm(node: Listening, calling: str = "CARM1") -> Iterator[Association]:
    contexts = [(PERFORMED_PROCEDURE_STEP, ImplicitVRLittleEndian)]
    with associated("127.0.0.1", node.port, calling, "ALARA", 10.0, contexts) as association:
        yield association


def create(association: Association, dataset: Dataset | None = None, uid: str | None = _UID) -> Dataset:
    status, _ = association.send_n_create(dataset or created(), PERFORMED_PROCEDURE_STEP, uid)
    return status


def change(association: Association, dataset: Dataset | None = None, uid: str = _UID) -> Dataset:
    status, _ = association.send_n_set(dataset or ended(), PERFORMED_PROCEDURE_STEP, uid)
    return status


def test_a_step_that_ends_is_one_object_with_what_was_created_and_set(listening: Listening) -> None:
    with carm(listening) as association:
        assert create(association).Status == 0x0000
        assert listening.inbox.counts().new == 0
        assert read_records(listening.node.folder).open_steps == 1
        assert change(association).Status == 0x0000
    assert read_records(listening.node.folder).open_steps == 0
    (digest,) = listening.inbox.pending()
    data = listening.inbox.load(digest)
    report = read_bytes(data)
    assert (report.sop_instance_uid, report.study_instance_uid) == (_UID, "1.2.3.4")
    assert report.complete is True
    (plane,) = report.planes
    assert (plane.fluoroscopy_time_s, plane.p_ka_gycm2, plane.ka_r_mgy) == (42, pytest.approx(0.125), 3.25)
    assert read_provenance(data).sending_ae == "CARM1"
    assert listening.of(EventKind.STEP)[-1].digest == digest


def test_changes_on_the_way_are_kept(listening: Listening) -> None:
    running = Dataset()
    running.PerformedProcedureStepDescription = "Left hip"
    with carm(listening) as association:
        create(association)
        assert change(association, running).Status == 0x0000
        assert listening.inbox.counts().new == 0
        change(association, ended("DISCONTINUED"))
    (digest,) = listening.inbox.pending()
    report = read_bytes(listening.inbox.load(digest))
    assert report.performed_procedure_description == "Left hip"


def test_two_steps_that_say_the_same_are_two_objects(listening: Listening) -> None:
    with carm(listening) as association:
        for uid in ("1.1", "1.2"):
            create(association, uid=uid)
            change(association, uid=uid)
    found = {read_bytes(listening.inbox.load(digest)).sop_instance_uid for digest in listening.inbox.pending()}
    assert found == {"1.1", "1.2"}


def test_a_step_is_created_once(listening: Listening) -> None:
    with carm(listening) as association:
        assert create(association).Status == 0x0000
        assert create(association, created(study="9.9")).Status == 0x0111
        change(association)
        assert create(association).Status == 0x0111
    assert read_bytes(listening.inbox.load(listening.inbox.pending()[0])).study_instance_uid == "1.2.3.4"


@pytest.mark.parametrize("status", ["COMPLETED", "DISCONTINUED"])
def test_a_step_that_has_ended_does_not_change(listening: Listening, status: str) -> None:
    with carm(listening) as association:
        create(association)
        change(association, ended(status))
        answer = change(association)
    assert (answer.Status, answer.ErrorID) == (0x0110, 0xA710)
    assert "no longer be updated" in answer.ErrorComment
    assert listening.inbox.counts().new == 1


def test_a_step_that_nobody_created_is_unknown(listening: Listening) -> None:
    with carm(listening) as association:
        assert change(association).Status == 0x0112
    assert listening.of(EventKind.STEP_REFUSED)[0].status == 0x0112


@pytest.mark.slow
def test_a_step_lives_through_a_restart(listen: Callable[..., Any]) -> None:
    with listen() as node, carm(node) as association:
        create(association)
        create(association, uid="1.2.3")
        change(association, uid="1.2.3")
    with listen() as node, carm(node) as association:
        assert create(association).Status == 0x0111
        assert change(association, uid="1.2.3").Status == 0x0110
        assert change(association).Status == 0x0000
        assert node.inbox.counts().new == 2


def test_a_crash_between_inbox_and_end_leaves_a_step_that_can_be_ended_again(
    listen: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from alara.node import steps

    original = steps.write_all

    def fails_at_the_end(files: Any, tmp: Path) -> None:
        if files[0].target.parent.name == "ended":
            raise OSError(5, "Input/output error")
        original(files, tmp)

    with listen() as node:
        with carm(node) as association, monkeypatch.context() as patched:
            create(association)
            patched.setattr(steps, "write_all", fails_at_the_end)
            assert change(association).Status == 0x0213
        with carm(node) as association:
            assert change(association).Status == 0x0000
        assert node.inbox.counts().new == 1


def test_a_disk_that_refuses_is_a_resource_limitation_and_heals(listening: Listening) -> None:
    opened = listening.node.folder / "steps" / "open"
    away = opened.with_name("away")
    with carm(listening) as association:
        opened.rename(away)
        assert create(association).Status == 0x0213
        away.rename(opened)
        assert create(association).Status == 0x0000


def test_a_step_without_a_name_is_given_one(listening: Listening) -> None:
    with carm(listening) as association:
        message, attributes = association.send_n_create(created(), PERFORMED_PROCEDURE_STEP, None)
        assert message.Status == 0x0000
    assert read_records(listening.node.folder).open_steps == 1
    assert attributes is None or "AffectedSOPInstanceUID" not in attributes  # it is in the command, not in the list


@pytest.mark.parametrize("uid", ["../../x", "1" * 64])
def test_no_uid_of_a_step_becomes_a_path(listening: Listening, uid: str) -> None:
    with carm(listening) as association:
        assert create(association, uid=uid).Status == 0x0000
    (path,) = (listening.node.folder / "steps" / "open").iterdir()
    assert len(path.name) == 64 + len(".dcm")


@pytest.mark.parametrize("uid", ["1" * 65, "1.2 3", "1.2\n3"])
def test_a_step_whose_uid_cannot_be_used_is_refused(listening: Listening, uid: str) -> None:
    with carm(listening) as association:
        assert create(association, uid=uid).Status == 0x0117
        assert change(association, uid=uid).Status == 0x0117
    assert not list((listening.node.folder / "steps" / "open").iterdir())


def test_a_step_that_comes_complete_is_taken_at_once(listening: Listening) -> None:
    with carm(listening) as association:
        assert create(association, created("COMPLETED")).Status == 0x0000
    assert listening.inbox.counts().new == 1


def test_a_list_that_is_broken_is_refused_and_the_next_is_served(listening: Listening) -> None:
    from io import BytesIO

    from pynetdicom.dimse_primitives import N_CREATE

    with carm(listening) as association:
        request = N_CREATE()
        request.MessageID = 1
        request.AffectedSOPClassUID, request.AffectedSOPInstanceUID = PERFORMED_PROCEDURE_STEP, _UID
        request.AttributeList = BytesIO(b"\x40\x00\x70\x02\xff\xff\x00\x00half")
        association.dimse.send_msg(request, 1)
        _, response = association.dimse.get_msg(block=True)
        assert response.Status == 0x0110
        assert create(association).Status == 0x0000


def test_a_character_set_that_is_set_does_not_relabel_what_was_created(listening: Listening) -> None:
    first, second = created(), ended()
    first.SpecificCharacterSet, second.SpecificCharacterSet = "ISO_IR 100", "ISO_IR 192"
    first.PerformedStationName = "Säule"
    with carm(listening) as association:
        create(association, first)
        change(association, second)
    (digest,) = listening.inbox.pending()
    assert pydicom.dcmread(pydicom.filebase.DicomBytesIO(listening.inbox.load(digest))).PerformedStationName == "Säule"


def test_steps_are_taken_in_the_default_transfer_syntax_alone(listening: Listening) -> None:
    entity = AE("CARM1")
    entity.add_requested_context(PERFORMED_PROCEDURE_STEP, [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
    association = entity.associate("127.0.0.1", listening.port)
    assert association.accepted_contexts[0].transfer_syntax == [ImplicitVRLittleEndian]
    association.release()


def test_one_of_many_who_create_the_same_step_at_once_succeeds(listening: Listening) -> None:
    statuses: list[int] = []

    def begin() -> None:
        with carm(listening) as association:
            statuses.append(create(association).Status)

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [0x0000] + [0x0111] * 7


def test_a_half_made_folder_is_made_whole_at_the_start(listen: Callable[..., Any], tmp_path: Path) -> None:
    with listen() as node, carm(node) as association:
        create(association)
        change(association)
        folder = node.node.folder / "steps"
    (name,) = (path.name for path in (folder / "ended").iterdir())
    (folder / "open" / f"{name}.dcm").write_bytes(b"left by a crash")
    (folder / "tmp" / "left").write_bytes(b"half")
    with listen(Inbox(tmp_path / "inbox")) as node:
        assert read_records(node.node.folder).open_steps == 0
        assert list((folder / "tmp").iterdir()) == []
        with carm(node) as association:
            assert change(association).Status == 0x0110


def test_what_the_log_says_of_a_step_names_no_person(listening: Listening) -> None:
    dataset = created()
    dataset.PatientName, dataset.PatientID = "Doe^Jane", "4711"
    dataset.PerformedProcedureStepStatus = "Doe 4711"
    with carm(listening) as association:
        create(association, dataset)
        change(association)
    lines: list[NodeEvent] = listening.events
    assert not [event for event in lines if any(name in str(event.values()) for name in ("Doe", "4711"))]
