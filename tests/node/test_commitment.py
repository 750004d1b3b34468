"""Storage commitment: only what is safe is confirmed, on an association of its own, until it is heard."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import pytest
from node_support import Listening, report
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import AE, evt
from pynetdicom.dimse_primitives import N_ACTION

from alara.errors import UnreadableReason
from alara.inbox import part10
from alara.node import EventKind, send
from alara.node.commitment import COMMITMENT_INSTANCE, Commitment, Job, Reference
from alara.node.names import STORAGE_COMMITMENT
from alara.node.scu import associated
from alara.node_records import read_records
from alara.peers import Peer
from alara.sop_classes import ENHANCED_SR, X_RAY_RADIATION_DOSE_SR
from tests.free_ports import free_port

_TRANSACTION = "2.25.1"


class Requester:
    """A C-arm that waits for reports on a port of its own."""

    def __init__(self, aet: str, statuses: list[int]) -> None:
        self.reports: list[tuple[int, Dataset]] = []
        self.callers: list[str] = []
        self.roles: list[tuple[bool | None, bool | None]] = []
        self._statuses = statuses
        entity = AE(aet)
        entity.add_supported_context(STORAGE_COMMITMENT, ImplicitVRLittleEndian, scu_role=True, scp_role=True)
        handlers = [(evt.EVT_N_EVENT_REPORT, self._on_report), (evt.EVT_ACCEPTED, self._on_accepted)]
        self._server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
        self.port = self._server.server_address[1]

    def _on_accepted(self, event: evt.Event) -> None:
        self.callers.append(event.assoc.requestor.primitive.calling_ae_title)
        self.roles.extend((role.scu_role, role.scp_role) for role in event.assoc.requestor.role_selection.values())

    def _on_report(self, event: evt.Event) -> tuple[int, None]:
        status = self._statuses.pop(0) if self._statuses else 0
        self.reports.append((event.request.EventTypeID, event.event_information))
        return status, None

    def waits_for(self, count: int = 1, timeout_s: float = 30.0) -> list[tuple[int, Dataset]]:
        deadline = time.monotonic() + timeout_s
        while len(self.reports) < count and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(self.reports) >= count
        return self.reports

    def stop(self) -> None:
        self._server.shutdown()


@contextmanager
def requester(*statuses: int, aet: str = "CARM1") -> Iterator[Requester]:
    waiting = Requester(aet, list(statuses))
    try:
        yield waiting
    finally:
        waiting.stop()


def peers(port: int) -> tuple[Peer, ...]:
    return (Peer(name="carm1", aet="CARM1", host="127.0.0.1", port=port),)


def ask(
    node: Listening,
    *uids: str,
    transaction: str = _TRANSACTION,
    sop_class: str = X_RAY_RADIATION_DOSE_SR,
    action: int = 1,
    instance: str = COMMITMENT_INSTANCE,
) -> int:
    """Ask whether objects are safe (N-ACTION), and hang up; the status of the answer."""
    information = Dataset()
    information.TransactionUID = transaction
    information.ReferencedSOPSequence = Sequence()
    for uid in uids:
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, uid
        information.ReferencedSOPSequence.append(item)
    with associated(
        "127.0.0.1", node.port, "CARM1", "ALARA", 10.0, [(STORAGE_COMMITMENT, ImplicitVRLittleEndian)]
    ) as association:
        status, _ = association.send_n_action(information, action, STORAGE_COMMITMENT, instance)
        return int(status.Status)


def store(node: Listening, *items: bytes) -> None:
    assert all(result.ok for result in send(items, "127.0.0.1", node.port, calling="CARM1"))


def waits_until_due(node: Listening, count: int = 0, timeout_s: float = 30.0) -> None:
    deadline = time.monotonic() + timeout_s
    while read_records(node.node.folder).due_reports != count and time.monotonic() < deadline:
        time.sleep(0.01)
    assert read_records(node.node.folder).due_reports == count


def test_what_was_stored_is_confirmed_on_an_association_of_its_own(listen: Callable[..., Any]) -> None:
    with requester() as carm, listen(peers=peers(carm.port)) as node:
        store(node, report("1.1"), report("1.2"))
        assert ask(node, "1.1", "1.2") == 0x0000
        ((event_type, information),) = carm.waits_for()
        assert event_type == 1
        assert information.TransactionUID == _TRANSACTION
        assert [item.ReferencedSOPInstanceUID for item in information.ReferencedSOPSequence] == ["1.1", "1.2"]
        assert "FailedSOPSequence" not in information
        assert carm.callers == ["ALARA"]
        assert carm.roles == [(False, True)]
        waits_until_due(node)
        assert node.waits_for(EventKind.REPORTED, timeout_s=30)[0].detail == "2 safe, 0 not"


def test_what_is_not_here_is_reported_as_failed(listen: Callable[..., Any]) -> None:
    with requester() as carm, listen(peers=peers(carm.port)) as node:
        store(node, report("1.1"))
        ask(node, "1.1", "9.9")
        ((event_type, information),) = carm.waits_for()
    assert event_type == 2
    assert [item.ReferencedSOPInstanceUID for item in information.ReferencedSOPSequence] == ["1.1"]
    (failed,) = information.FailedSOPSequence
    assert (failed.ReferencedSOPInstanceUID, failed.FailureReason) == ("9.9", 0x0112)


def test_another_class_than_the_one_stored_is_a_conflict(listen: Callable[..., Any]) -> None:
    with requester() as carm, listen(peers=peers(carm.port)) as node:
        store(node, report("1.1"))
        ask(node, "1.1", sop_class=ENHANCED_SR)
        ((event_type, information),) = carm.waits_for()
    assert event_type == 2
    assert "ReferencedSOPSequence" not in information
    assert information.FailedSOPSequence[0].FailureReason == 0x0119


def test_what_was_read_or_set_aside_meanwhile_is_still_safe(listen: Callable[..., Any]) -> None:
    with requester() as carm, listen(peers=peers(carm.port)) as node:
        store(node, report("1.1"), report("1.2"))
        kept, aside = node.inbox.pending()
        node.inbox.keep([kept])
        node.inbox.quarantine(aside, UnreadableReason.MALFORMED, "")
        ask(node, "1.1", "1.2")
        assert carm.waits_for()[0][0] == 1


@pytest.mark.parametrize("harm", ["gone", "damaged"])
def test_what_was_lost_on_disk_is_not_confirmed(listen: Callable[..., Any], harm: str) -> None:
    with requester() as carm, listen(peers=peers(carm.port)) as node:
        store(node, report("1.1"))
        ask(node, "1.1")
        assert carm.waits_for()[0][0] == 1
        (path,) = (node.inbox.root / "new").iterdir()
        if harm == "gone":
            path.unlink()
        else:
            path.write_bytes(path.read_bytes()[:-1])
        ask(node, "1.1", transaction="2.25.2")
        assert carm.waits_for(2)[1][0] == 2


def test_what_was_imported_from_a_file_is_not_taken_for_what_was_sent(listen: Callable[..., Any]) -> None:
    with requester() as carm, listen(peers=peers(carm.port)) as node:
        node.inbox.put(report("1.1"))
        ask(node, "1.1")
        assert carm.waits_for()[0][0] == 2


def test_both_of_two_objects_of_one_uid_must_be_safe(listen: Callable[..., Any]) -> None:
    with requester() as carm, listen(peers=peers(carm.port)) as node:
        store(node, report("1.1", filler=2), report("1.1", filler=4))
        ask(node, "1.1")
        assert carm.waits_for()[0][0] == 1
        next((node.inbox.root / "new").iterdir()).unlink()
        ask(node, "1.1", transaction="2.25.2")
        assert carm.waits_for(2)[1][0] == 2


def test_a_requester_that_is_away_is_told_when_it_is_back(listen: Callable[..., Any]) -> None:
    port = free_port()
    with listen(peers=peers(port), report_pause_s=0.1) as node:
        store(node, report("1.1"))
        ask(node, "1.1")
        assert "cannot be reached" in node.waits_for(EventKind.NOT_REPORTED, 2, timeout_s=30)[0].detail
        entity = AE("CARM1")
        entity.add_supported_context(STORAGE_COMMITMENT, ImplicitVRLittleEndian, scu_role=True, scp_role=True)
        heard = threading.Event()

        def on_report(event: evt.Event) -> tuple[int, None]:
            heard.set()
            return 0, None

        server = entity.start_server(
            ("127.0.0.1", port), block=False, evt_handlers=[(evt.EVT_N_EVENT_REPORT, on_report)]
        )
        try:
            assert heard.wait(30)
            waits_until_due(node)
        finally:
            server.shutdown()


def test_a_report_is_delivered_after_a_restart(listen: Callable[..., Any]) -> None:
    with requester() as carm:
        with listen(peers=peers(1)) as node:
            store(node, report("1.1"))
            ask(node, "1.1")
            node.waits_for(EventKind.NOT_REPORTED, timeout_s=30)
        with listen(peers=peers(carm.port)) as node:
            assert carm.waits_for()[0][0] == 1
            waits_until_due(node)


def test_without_a_peer_the_report_goes_to_the_address_that_asked(listen: Callable[..., Any]) -> None:
    with requester() as carm, listen(report_port=carm.port) as node:
        store(node, report("1.1"))
        ask(node, "1.1")
        assert carm.waits_for()[0][0] == 1


def test_a_report_that_is_refused_is_tried_again_and_then_set_aside(listen: Callable[..., Any]) -> None:
    with requester(0x0110, 0x0110) as carm, listen(peers=peers(carm.port), report_pause_s=0.05) as node:
        store(node, report("1.1"))
        ask(node, "1.1")
        carm.waits_for(3)
        waits_until_due(node)
        assert [event.status for event in node.of(EventKind.NOT_REPORTED)] == [0x0110] * 2
    with requester(*[0x0110] * 9) as carm, listen(peers=peers(carm.port), report_pause_s=0.05) as node:
        ask(node, "1.1", transaction="2.25.2")
        carm.waits_for(5)
        waits_until_due(node)
        (aside,) = (node.node.folder / "commitment" / "refused").iterdir()
        assert json.loads(aside.read_bytes())["transaction_uid"] == "2.25.2"


def test_one_that_is_away_does_not_hold_up_another(listen: Callable[..., Any]) -> None:
    with requester(aet="CARM1") as carm:
        away = Peer(name="away", aet="CARM2", host="127.0.0.1", port=1)
        with listen(peers=(away, *peers(carm.port)), report_pause_s=60.0) as node:
            store(node, report("1.1"))
            information = Dataset()
            with associated(
                "127.0.0.1", node.port, "CARM2", "ALARA", 10.0, [(STORAGE_COMMITMENT, ImplicitVRLittleEndian)]
            ) as association:
                information.TransactionUID = "2.25.7"
                item = Dataset()
                item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = X_RAY_RADIATION_DOSE_SR, "1.1"
                information.ReferencedSOPSequence = Sequence([item])
                association.send_n_action(information, 1, STORAGE_COMMITMENT, COMMITMENT_INSTANCE)
            node.waits_for(EventKind.NOT_REPORTED, timeout_s=30)
            ask(node, "1.1")
            assert carm.waits_for()[0][0] == 1
            waits_until_due(node, 1)


def test_a_requester_that_cannot_be_called_at_all_does_not_hold_up_another(listen: Callable[..., Any]) -> None:
    with requester() as carm, listen(peers=peers(carm.port)) as node:
        odd = Job(
            transaction_uid="2.25.3",
            requester="",
            address="127.0.0.1",
            called="ALARA",
            asked="2026",
            references=(Reference(X_RAY_RADIATION_DOSE_SR, "1.1"),),
        )
        commitment = Commitment(node.node.folder, lambda: None)
        commitment.save(odd)
        (node.node.folder / "commitment" / "due" / "zz.json").write_text("no job")
        ask(node, "1.1")
        assert carm.waits_for()[0][0] == 2
        waits_until_due(node, 2)  # the one, and the file that is none
        assert commitment.due() == [odd]


def test_the_same_request_twice_is_one_job(listen: Callable[..., Any]) -> None:
    with listen(peers=peers(1), report_pause_s=60.0) as node:
        assert [ask(node, "1.1"), ask(node, "1.1")] == [0, 0]
        assert read_records(node.node.folder).due_reports == 1


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"action": 2}, 0x0123),
        ({"instance": "1.2.3"}, 0x0112),
        ({"transaction": ""}, 0x0115),
        ({"transaction": "1" * 65}, 0x0115),
        ({"sop_class": ""}, 0x0115),
    ],
    ids=["another action", "another instance", "no transaction", "a long transaction", "no class"],
)
def test_a_request_that_cannot_be_served_is_refused(listening: Listening, given: dict[str, Any], status: int) -> None:
    assert ask(listening, "1.1", **given) == status
    assert read_records(listening.node.folder).due_reports == 0
    assert listening.of(EventKind.COMMITMENT_REFUSED)[0].status == status


def test_a_request_without_objects_or_with_a_broken_list_is_refused_and_the_next_is_served(
    listening: Listening,
) -> None:
    assert ask(listening) == 0x0115
    contexts = [(STORAGE_COMMITMENT, ImplicitVRLittleEndian)]
    with associated("127.0.0.1", listening.port, "CARM1", "ALARA", 10.0, contexts) as association:
        request = N_ACTION()
        request.MessageID, request.ActionTypeID = 1, 1
        request.RequestedSOPClassUID, request.RequestedSOPInstanceUID = STORAGE_COMMITMENT, COMMITMENT_INSTANCE
        request.ActionInformation = BytesIO(b"\x08\x00\x95\x11\xff\x00\x00\x00half")
        association.dimse.send_msg(request, 1)
        assert association.dimse.get_msg(block=True)[1].Status == 0x0115
    assert ask(listening, "1.1") == 0x0000


def test_a_disk_that_refuses_the_job_is_a_resource_limitation(listening: Listening) -> None:
    due = listening.node.folder / "commitment" / "due"
    due.rename(due.with_name("away"))
    assert ask(listening, "1.1") == 0x0213
    due.with_name("away").rename(due)
    assert ask(listening, "1.1") == 0x0000


def test_an_object_that_two_nodes_headers_name_differently_is_found_by_what_the_node_wrote(
    listen: Callable[..., Any],
) -> None:
    """The file header is the node's own: the UID of the command, whatever the dataset says."""
    data = (
        part10.encode(
            part10.FileMeta(
                sop_class_uid=X_RAY_RADIATION_DOSE_SR,
                sop_instance_uid="7.7",
                transfer_syntax_uid=ExplicitVRLittleEndian,
            )
        )
        + b"\x08\x00\x60\x00CS\x02\x00SR"
    )
    with requester() as carm, listen(peers=peers(carm.port)) as node:
        store(node, data)
        ask(node, "7.7")
        assert carm.waits_for()[0][0] == 1
