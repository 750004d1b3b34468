"""Steps, storage commitment, TLS and refused callers with the real process and the command line."""

from __future__ import annotations

import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import ImplicitVRLittleEndian
from pynetdicom import AE, evt
from pynetdicom.association import Association

from alara.errors import NetworkError
from alara.inbox import part10
from alara.node import TlsFiles, echo, send
from alara.node.commitment import COMMITMENT_INSTANCE
from alara.node.names import STORAGE_COMMITMENT
from alara.node.scu import _Object, _store, associated
from alara.node.tls import caller_context
from alara.sop_classes import ENHANCED_SR, PERFORMED_PROCEDURE_STEP, X_RAY_RADIATION_DOSE_SR
from tests.conftest import SAMPLES
from tests.free_ports import free_port
from tests.whole.running import Node

_STEP = "1.2.826.0.1.99"


@contextmanager
def _carm(port: int, sop_class_uid: str, calling: str = "CARM1") -> Iterator[Association]:
    contexts = [(sop_class_uid, str(ImplicitVRLittleEndian))]
    with associated("127.0.0.1", port, calling, "ALARA", 10.0, contexts) as association:
        yield association


def _created() -> Dataset:
    scheduled, dataset = Dataset(), Dataset()
    scheduled.StudyInstanceUID = "1.2.826.0.1.98"
    dataset.Modality, dataset.PerformedProcedureStepStatus = "RF", "IN PROGRESS"
    dataset.PerformedProcedureStepStartDate, dataset.PerformedProcedureStepStartTime = "20261103", "093000"
    dataset.PerformedStationAETitle = "CARM1"
    dataset.ScheduledStepAttributesSequence = Sequence([scheduled])
    return dataset


def _completed() -> Dataset:
    dataset = Dataset()
    dataset.PerformedProcedureStepStatus = "COMPLETED"
    dataset.TotalTimeOfFluoroscopy = 42
    dataset.ImageAndFluoroscopyAreaDoseProduct = "1.25"
    return dataset


def _asked_for(uid: str) -> Dataset:
    item, dataset = Dataset(), Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = X_RAY_RADIATION_DOSE_SR, uid
    dataset.TransactionUID = "2.25.77"
    dataset.ReferencedSOPSequence = Sequence([item])
    return dataset


def _report() -> tuple[bytes, str]:
    """A dose report of the synthetic month, and its SOP Instance UID."""
    for path in sorted(SAMPLES.glob("**/*.dcm")):
        parsed = part10.parse(path.read_bytes())
        if parsed is not None and parsed[0].sop_class_uid == X_RAY_RADIATION_DOSE_SR:
            return path.read_bytes(), parsed[0].sop_instance_uid
    return pytest.fail("no dose report among the samples")


@pytest.mark.slow
def test_what_ran_and_what_was_owed_when_the_node_was_killed_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report_port = free_port()
    monkeypatch.setenv("ALARA_REPORT_PORT", str(report_port))
    node = Node(tmp_path)
    data, uid = _report()
    heard: list[int] = []
    told = threading.Event()

    def on_report(event: evt.Event) -> tuple[int, None]:
        heard.append(event.request.EventTypeID)
        told.set()
        return 0, None

    entity = AE("CARM1")
    entity.add_supported_context(STORAGE_COMMITMENT, ImplicitVRLittleEndian, scu_role=True, scp_role=True)
    try:
        assert [result.status for result in send([data], "127.0.0.1", node.port, calling="CARM1")] == [0]
        with _carm(node.port, PERFORMED_PROCEDURE_STEP) as association:
            assert association.send_n_create(_created(), PERFORMED_PROCEDURE_STEP, _STEP)[0].Status == 0
        with _carm(node.port, STORAGE_COMMITMENT) as association:
            answer = association.send_n_action(_asked_for(uid), 1, STORAGE_COMMITMENT, COMMITMENT_INSTANCE)
            assert answer[0].Status == 0
        node.stop(signal.SIGKILL)
        records = node.json("status")["node_records"]
        assert (records["open_steps"], records["due_reports"]) == (1, 1)

        server = entity.start_server(
            ("127.0.0.1", report_port), block=False, evt_handlers=[(evt.EVT_N_EVENT_REPORT, on_report)]
        )
        try:
            node.start()
            assert told.wait(30)
            assert heard == [1]
        finally:
            server.shutdown()
        with _carm(node.port, PERFORMED_PROCEDURE_STEP) as association:
            assert association.send_n_set(_completed(), PERFORMED_PROCEDURE_STEP, _STEP)[0].Status == 0
        node.wait_until_ingested()
        assert _STEP in node.json("list", "--uids")
        records = node.json("status")["node_records"]
        assert (records["open_steps"], records["due_reports"]) == (0, 0)
    finally:
        node.stop(signal.SIGKILL)


def test_who_is_refused_is_a_row_of_status(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALARA_REQUIRE_CALLED_AET", "yes")
    monkeypatch.setenv("ALARA_ALLOWED_CALLING", "CARM1,CARM2")
    monkeypatch.setenv("ALARA_ALLOWED_ADDRESSES", "127.0.0.1")
    node = Node(tmp_path)
    try:
        for titles in ({"called": "ALARA1"}, {"called": "ALARA1"}, {"called": "ALARA", "calling": "OTHER"}):
            with pytest.raises(NetworkError):
                echo("127.0.0.1", node.port, **titles)
        with socket.create_connection(("127.0.0.1", node.port), source_address=("127.0.0.9", 0)) as connection:
            assert connection.recv(1) == b""
        echo("127.0.0.1", node.port, called="ALARA", calling="CARM2")
        expected = {
            "called AE was ALARA1": 2,
            "calling AE OTHER is not allowed": 1,
            "address 127.0.0.9 is not allowed": 1,
        }
        until = time.monotonic() + 20
        while (rows := _refused(node)) != expected:
            assert time.monotonic() < until, rows
            time.sleep(0.1)
        text = " ".join(node.run("status", "--check").stdout.split())
        node.run("status", "--html", node.folder / "status.html")
        page = (node.folder / "status.html").read_text("utf-8")
        for reason in expected:
            assert page.count(reason) == 1
        assert text.count("called AE was ALARA1") == 1
        assert "127.0.0.9" in text
        assert [caller["calling"] for caller in node.json("status")["other_callers"]] == ["CARM2"]
    finally:
        node.stop(signal.SIGKILL)


def _refused(node: Node) -> dict[str, int]:
    return {row["reason"]: row["count"] for row in node.json("status")["node_records"]["refused"]}


@pytest.mark.slow
def test_a_node_with_tls_is_found_by_the_doctor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: Callable[[str], str]
) -> None:
    subprocess.run(
        [program("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "60", "-subj", "/CN=node",
         "-keyout", "node.key", "-out", "node.pem"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    for name in ("node.key", "node.pem"):
        monkeypatch.setenv(f"ALARA_TLS_{'KEY' if name.endswith('key') else 'CERTIFICATE'}", str(tmp_path / name))
    monkeypatch.setenv("ALARA_TLS_CLIENT_CA", str(tmp_path / "node.pem"))
    node = Node(tmp_path)
    try:
        own = caller_context(
            TlsFiles(certificate=tmp_path / "node.pem", key=tmp_path / "node.key"), tmp_path / "node.pem"
        )
        echo("127.0.0.1", node.port, tls=own)
        with pytest.raises(NetworkError):
            echo("127.0.0.1", node.port, timeout_s=5)
        found: dict[str, Any] = {check["name"]: check for check in node.json("doctor")}
        assert (found["Node"]["verdict"], found["TLS"]["verdict"]) == ("ok", "ok")
    finally:
        node.stop(signal.SIGKILL)


def test_files_of_tls_that_are_not_there_stop_the_start_with_one_sentence(
    tmp_path: Path, alara: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    run = alara("listen", "--port", "0", "--host", "127.0.0.1", "--tls-certificate", tmp_path / "missing.pem")
    assert run.returncode == 2
    assert "missing.pem cannot be read" in run.stderr
    assert "next:" in run.stderr
    run = alara("listen", "--port", "0", "--host", "127.0.0.1", "--tls-key", tmp_path / "missing.pem")
    assert run.returncode == 2
    assert "no effect without tls_certificate" in run.stderr


@pytest.mark.slow
def test_a_dataset_of_another_class_than_its_message_is_acknowledged_kept_and_named(node: Node) -> None:
    data, uid = _report()
    parsed = part10.parse(data)
    assert parsed is not None
    with associated(
        "127.0.0.1", node.port, "CARM1", "ALARA", 10.0, [(ENHANCED_SR, parsed[0].transfer_syntax_uid)]
    ) as association:
        lie = _Object("lie", ENHANCED_SR, uid, parsed[0].transfer_syntax_uid, data[parsed[1] :])
        assert _store(association, lie, 1, 1).status == 0
    node.wait_until_ingested()
    assert [one["reason"] for one in node.json("status")["quarantine"]] == ["sop_class_mismatch"]
