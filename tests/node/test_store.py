"""What the node answers, and what is in the inbox when it does."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pydicom
import pytest
from node_support import Listening, SlowInbox, report
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)
from pynetdicom import AE

from alara.errors import NetworkError
from alara.inbox import Inbox, part10
from alara.node import EventKind, echo, send
from alara.node.association import NodeAssociation
from alara.node.guard import GuardedSocket
from alara.node.scu import _Object, _store, associated
from alara.sop_classes import ACCEPTED, X_RAY_RADIATION_DOSE_SR

_MODALITY = b"\x08\x00\x60\x00CS\x02\x00SR"
_GOOD = _Object("good", X_RAY_RADIATION_DOSE_SR, "1.2", ExplicitVRLittleEndian, _MODALITY)


def _dataset(data: bytes) -> bytes:
    parsed = part10.parse(data)
    assert parsed is not None
    return data[parsed[1] :]


def _send(node: Listening, *items: bytes, **titles: str) -> list[int | None]:
    return [result.status for result in send(items, "127.0.0.1", node.port, **titles)]


def test_it_answers_an_echo(listening: Listening) -> None:
    echo("127.0.0.1", listening.port, calling="CARM1", called="ALARA")
    (event,) = listening.of(EventKind.ECHO)
    assert (event.calling, event.called, event.address) == ("CARM1", "ALARA", "127.0.0.1")


@pytest.mark.parametrize(
    "syntax",
    [ExplicitVRLittleEndian, ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian],
    ids=lambda uid: uid.name,
)
def test_the_bytes_are_kept_as_they_came(listening: Listening, syntax: str) -> None:
    sent = report(syntax=syntax)
    assert _send(listening, sent) == [0x0000]
    (digest,) = listening.inbox.pending()
    stored = listening.inbox.load(digest)
    assert _dataset(stored) == _dataset(sent)
    assert pydicom.dcmread(BytesIO(stored)).file_meta.TransferSyntaxUID == syntax


def test_the_header_says_who_sent_it_to_whom(listening: Listening) -> None:
    _send(listening, report("1.2.3.9"), calling="CARM1", called="ALARA")
    meta, _ = part10.parse(listening.inbox.load(listening.inbox.pending()[0])) or pytest.fail("no header")
    assert (meta.sending_ae, meta.receiving_ae, meta.sending_address) == ("CARM1", "ALARA", "127.0.0.1")
    assert (meta.sop_class_uid, meta.sop_instance_uid) == (X_RAY_RADIATION_DOSE_SR, "1.2.3.9")


def test_every_accepted_class_is_accepted_explicit_first(listening: Listening) -> None:
    entity = AE("CARM1")
    for uid in ACCEPTED:
        entity.add_requested_context(uid, [ImplicitVRLittleEndian, ExplicitVRLittleEndian])
    association = entity.associate("127.0.0.1", listening.port)
    accepted = {str(c.abstract_syntax): c.transfer_syntax for c in association.accepted_contexts}
    association.release()
    assert accepted == {uid: [ExplicitVRLittleEndian] for uid in ACCEPTED}


def test_a_class_that_is_not_dose_is_refused_at_the_context(listening: Listening) -> None:
    results = list(send([report(sop_class="1.2.840.10008.5.1.4.1.1.2"), report()], "127.0.0.1", listening.port))
    assert [result.status for result in results] == [None, 0x0000]
    assert "SOP class" in results[0].detail
    assert listening.inbox.counts().new == 1


def test_the_same_object_again_is_a_success_and_one_file(listening: Listening) -> None:
    assert _send(listening, report(), report()) == [0, 0]
    assert listening.inbox.counts().new == 1
    assert len(listening.of(EventKind.DUPLICATE)) == 1


def test_the_same_uid_with_other_bytes_keeps_both(listening: Listening) -> None:
    assert _send(listening, report(filler=1), report(filler=3)) == [0, 0]
    assert listening.inbox.counts().new == 2


def test_a_uid_with_slashes_is_kept_and_never_a_path(listening: Listening) -> None:
    data = (
        part10.encode(
            part10.FileMeta(
                sop_class_uid=X_RAY_RADIATION_DOSE_SR,
                sop_instance_uid="../../../../tmp/x",
                transfer_syntax_uid=ExplicitVRLittleEndian,
            )
        )
        + _MODALITY
    )
    assert _send(listening, data) == [0]
    (stored,) = (listening.inbox.root / "new").iterdir()
    assert len(stored.name) == 64 + len(".dcm")


@pytest.mark.parametrize(
    ("sop_class", "uid", "dataset", "status"),
    [
        (X_RAY_RADIATION_DOSE_SR, "1" * 65, _MODALITY, 0xC000),
        (X_RAY_RADIATION_DOSE_SR, "1.2 3", _MODALITY, 0xC000),
        (X_RAY_RADIATION_DOSE_SR, "1.2\n3", _MODALITY, 0xC000),
        (X_RAY_RADIATION_DOSE_SR, "", _MODALITY, 0xC000),
        (X_RAY_RADIATION_DOSE_SR, "1.2.3", b"", 0xC000),
        (ACCEPTED[-1], "1.2.3", _MODALITY, 0xA900),
        ("1.2.3.4", "1.2.3", _MODALITY, 0xA900),
    ],
    ids=["long", "space", "newline", "no UID", "no dataset", "other class", "unknown class"],
)
def test_a_command_that_contradicts_itself_is_refused_and_the_next_is_served(
    listening: Listening, sop_class: str, uid: str, dataset: bytes, status: int
) -> None:
    contexts = [(X_RAY_RADIATION_DOSE_SR, ExplicitVRLittleEndian)]
    with associated("127.0.0.1", listening.port, "CARM1", "ALARA", 10.0, contexts) as association:
        assert _store(association, _Object("odd", sop_class, uid, "", dataset), 1, 1).status == status
        assert _store(association, _GOOD, 1, 2).status == 0
    assert listening.inbox.counts().new == 1


def test_an_object_over_the_limit_is_refused_and_the_next_is_served(listen: Callable[..., Any]) -> None:
    with listen(max_object_bytes=200_000) as node:
        assert _send(node, report("1.1", filler=199_000), report("1.2", filler=900_000), report("1.3")) == [
            0,
            0xC000,
            0,
        ]
        assert node.inbox.counts().new == 2


def test_an_inbox_that_cannot_be_written_is_0xa700_and_heals(listening: Listening) -> None:
    new, away = listening.inbox.root / "new", listening.inbox.root / "away"
    new.rename(away)
    new.write_text("a file stands here")
    assert _send(listening, report("1.1"), report("1.2")) == [0xA700, 0xA700]
    echo("127.0.0.1", listening.port)
    new.unlink()
    away.rename(new)
    assert _send(listening, report("1.1")) == [0]
    assert [event.status for event in listening.of(EventKind.NOT_STORED)] == [0xA700] * 2


def test_a_fault_of_our_own_is_0xa700(listening: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Inbox, "put_received", lambda *_: 1 / 0)
    assert _send(listening, report()) == [0xA700]
    assert listening.of(EventKind.FAULT)[0].detail == "ZeroDivisionError"


def test_the_answer_leaves_after_the_syncs(listening: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []

    def noting(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*args: Any, **kwargs: Any) -> Any:
            result = call(*args, **kwargs)
            order.append(name)
            return result

        return noted

    contexts = [(X_RAY_RADIATION_DOSE_SR, ExplicitVRLittleEndian)]
    with associated("127.0.0.1", listening.port, "CARM1", "ALARA", 10.0, contexts) as association:
        monkeypatch.setattr(os, "fsync", noting("fsync", os.fsync))
        monkeypatch.setattr(os, "rename", noting("rename", os.rename))
        monkeypatch.setattr(GuardedSocket, "send", noting("response", GuardedSocket.send))
        _store(association, _GOOD, 1, 1)
        deadline = time.monotonic() + 2
        while "response" not in order and time.monotonic() < deadline:
            time.sleep(0.01)
        assert order == ["fsync", "rename", "fsync", "response"]


def test_fifty_at_once_of_the_same_object_are_fifty_successes_and_one_file(listen: Callable[..., Any]) -> None:
    with listen(max_associations_per_address=8) as node:
        statuses: list[int | None] = []
        threads = [threading.Thread(target=lambda: statuses.extend(_send(node, report()))) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert statuses == [0] * 50
        assert node.inbox.counts().new == 1


def test_callers_are_anyone_unless_a_list_says_who(listen: Callable[..., Any]) -> None:
    with listen(allowed_calling=("CARM1", "CARM2")) as node:
        assert _send(node, report(), calling="CARM2") == [0]
        with pytest.raises(NetworkError, match="calling AE title") as caught:
            _send(node, report(), calling="OTHER")
        assert caught.value.hint
        (refused,) = node.of(EventKind.REFUSED)
        assert (refused.calling, refused.address) == ("OTHER", "127.0.0.1")


def test_another_called_title_is_logged_or_refused_as_the_settings_say(listen: Callable[..., Any]) -> None:
    with listen() as node:
        assert _send(node, report(), called="ALARA1") == [0]
        assert node.of(EventKind.ASSOCIATED)[0].detail == "called AE was ALARA1"
    with listen(require_called_aet=True) as node:
        assert _send(node, report(), called="ALARA") == [0]
        with pytest.raises(NetworkError, match="called AE title"):
            _send(node, report(), called="ALARA1")
        assert node.of(EventKind.REFUSED)[0].detail == "called AE was ALARA1"


def test_a_taken_port_is_one_sentence(listening: Listening, listen: Callable[..., Any]) -> None:
    with pytest.raises(NetworkError, match="in use") as caught, listen(port=listening.port):
        pass
    assert "--port" in caught.value.hint


def test_it_stops_while_an_association_is_idle(listen: Callable[..., Any]) -> None:
    entity = AE("CARM1")
    entity.add_requested_context(X_RAY_RADIATION_DOSE_SR)
    with listen() as node:
        association = entity.associate("127.0.0.1", node.port)
        assert association.is_established
        began = time.monotonic()
    assert time.monotonic() - began < 3
    association.join(5)
    assert association.is_aborted


def test_a_store_in_progress_is_answered_before_it_stops(listen: Callable[..., Any], tmp_path: Path) -> None:
    statuses: list[int | None] = []
    inbox = SlowInbox(tmp_path / "slow")
    with listen(inbox) as node:
        sender = threading.Thread(target=lambda: statuses.extend(_send(node, report("1.1"), report("1.2"))))
        sender.start()
        node.waits_for(EventKind.ASSOCIATED)
        time.sleep(0.3)
    sender.join()
    assert statuses == [0, None]
    assert inbox.counts().new == 1


def test_it_starts_again_after_a_stop(listen: Callable[..., Any]) -> None:
    with listen() as node:
        port = node.port
        echo("127.0.0.1", port)
    with listen(port=port):
        echo("127.0.0.1", port)


def test_nothing_is_left_behind_by_many_associations(listening: Listening) -> None:
    _send(listening, report())
    listening.waits_for(EventKind.RELEASED)
    threads, descriptors = threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))
    for number in range(10):
        _send(listening, report(f"1.{number}"))
    listening.waits_for(EventKind.RELEASED, 11)
    time.sleep(0.2)
    assert threading.active_count() <= threads
    assert len(list(Path("/proc/self/fd").iterdir())) <= descriptors
    assert not [thread for thread in threading.enumerate() if isinstance(thread, NodeAssociation)]
