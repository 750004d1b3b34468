"""Calling others: what was sent, what was refused, and why."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from node_support import Listening, report
from pydicom.uid import ExplicitVRLittleEndian

from alara.errors import NetworkError
from alara.inbox import part10
from alara.node import EventKind, SendResult, echo, send
from alara.sop_classes import ACCEPTED


def test_files_and_bytes_go_out_in_order_and_what_is_not_dicom_is_told(listening: Listening, tmp_path: Path) -> None:
    path = tmp_path / "one.dcm"
    path.write_bytes(report("1.1"))
    items = [path, b"not DICOM", report("1.2"), tmp_path / "missing.dcm", bytes(128) + b"DICM"]
    results = list(send(items, "127.0.0.1", listening.port))
    assert [result.status for result in results] == [0, None, 0, None, None]
    assert [result.ok for result in results] == [True, False, True, False, False]
    assert results[0].name == str(path)
    assert "not a DICOM file" in results[1].detail
    assert "cannot be read" in results[3].detail
    assert "does not say" in results[4].detail
    assert listening.inbox.counts().new == 2


def test_nothing_to_send_needs_no_peer() -> None:
    assert list(send([], "127.0.0.1", 1)) == []
    assert [result.status for result in send([b"x"], "127.0.0.1", 1)] == [None]


def test_many_objects_of_many_classes_go_out(listening: Listening) -> None:
    items = [report(f"1.{number}", sop_class=ACCEPTED[number % len(ACCEPTED)]) for number in range(250)]
    assert all(result.ok for result in send(items, "127.0.0.1", listening.port))
    assert listening.inbox.counts().new == 250


@pytest.mark.parametrize(("status", "ok"), [(0, True), (0xB000, True), (0xA700, False), (0xC000, False), (None, False)])
def test_success_and_warnings_are_taken(status: int | None, ok: bool) -> None:
    assert SendResult("x", status).ok is ok


def test_nobody_there_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    for call in (lambda: echo("127.0.0.1", port), lambda: list(send([report()], "127.0.0.1", port))):
        with pytest.raises(NetworkError, match="cannot be reached: Connection refused") as caught:
            call()
        assert caught.value.hint
    with pytest.raises(NetworkError, match="cannot be reached"):
        echo("no-such-host.invalid", 104)


def test_a_port_that_is_not_dicom_is_one_sentence() -> None:
    def answer(server: socket.socket) -> None:
        for _ in range(2):
            connection, _ = server.accept()
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            connection.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer, args=(server,))
        thread.start()
        with pytest.raises(NetworkError, match="ended the association") as caught:
            echo("127.0.0.1", server.getsockname()[1], timeout_s=3)
        thread.join()
    assert "DICOM port" in caught.value.hint


def test_a_peer_that_goes_away_is_a_result(listen: Callable[..., Any]) -> None:
    with listen() as node:
        results = send([report("1.1"), report("1.2"), report("1.3")], "127.0.0.1", node.port)
        assert next(results).status == 0
    assert [result.status for result in results] == [None, None]


def test_the_dataset_goes_out_unchanged_even_when_no_one_could_decode_it(listening: Listening) -> None:
    meta = part10.FileMeta(
        sop_class_uid=ACCEPTED[0], sop_instance_uid="1.9", transfer_syntax_uid=str(ExplicitVRLittleEndian)
    )
    garbage = b"\xff" * 12_345
    assert [r.status for r in send([part10.encode(meta) + garbage], "127.0.0.1", listening.port)] == [0]
    assert listening.inbox.load(listening.inbox.pending()[0]).endswith(garbage)
    assert listening.of(EventKind.STORED)[0].size_bytes == len(garbage)
