"""Other people's programs: DCMTK and Orthanc over TLS, Orthanc asking for commitment, dcmjs-dimse with steps."""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from node_support import report
from tls_files import make_certificates

from alara.node import EventKind, TlsFiles
from alara.peers import Peer
from alara.sr import read_bytes
from tests.free_ports import free_port

pytestmark = pytest.mark.peer

_SAMPLES = Path(__file__).parents[2] / "sample_rdsr"


def _missing(what: str) -> Any:
    return (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{what} is not installed")


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory, program: Callable[[str], str]) -> Path:
    folder = tmp_path_factory.mktemp("pki")
    make_certificates(folder, program("openssl"))
    return folder


def _files(pki: Path) -> TlsFiles:
    return TlsFiles(certificate=pki / "node.pem", key=pki / "node.key", client_ca=pki / "ca.pem")


def _dcmtk(program: str, port: int, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [program, *map(str, arguments[:-1]), "-aec", "ALARA", "127.0.0.1", str(port), str(arguments[-1])]
    return subprocess.run([part for part in command if part], capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("profile", ["", "+py", "+pz"], ids=["default", "non-downgrading", "extended"])
def test_dcmtk_sends_over_tls_with_a_certificate(
    listen: Callable[..., Any], program: Callable[[str], str], pki: Path, tmp_path: Path, profile: str
) -> None:
    (tmp_path / "one.dcm").write_bytes(report())
    with listen(tls=_files(pki)) as node:
        run = _dcmtk(
            program("storescu"), node.port, "-v", profile, "+tls", pki / "carm.key", pki / "carm.pem",
            "+cf", pki / "ca.pem", tmp_path / "one.dcm",
        )  # fmt: skip
        assert "Received Store Response (Success)" in run.stdout + run.stderr
        assert node.inbox.counts().new == 1


def test_dcmtk_without_a_certificate_is_refused_and_told_apart(
    listen: Callable[..., Any], program: Callable[[str], str], pki: Path
) -> None:
    with listen(tls=_files(pki)) as node:
        assert _dcmtk(program("echoscu"), node.port, "+tla", "+cf", pki / "ca.pem", "").returncode != 0
        assert _dcmtk(program("echoscu"), node.port, "").returncode != 0
        reasons = [event.detail for event in node.waits_for(EventKind.REFUSED, 2)]
    assert reasons == ["no client certificate", "it does not speak TLS"]


class Orthanc:
    """A running Orthanc, asked over its own HTTP."""

    def __init__(self, http_port: int) -> None:
        self._url = f"http://127.0.0.1:{http_port}"

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self._url + path, timeout=10) as answer:
            return json.load(answer)

    def post(self, path: str, body: bytes) -> Any:
        request = urllib.request.Request(self._url + path, data=body, method="POST")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def waits_until(self, path: str, done: Callable[[Any], bool]) -> Any:
        deadline = time.monotonic() + 30
        while not done(found := self.get(path)):
            assert time.monotonic() < deadline, found
            time.sleep(0.1)
        return found


@contextmanager
def _orthanc(folder: Path, node_port: int, dicom_port: int, pki: Path | None = None) -> Iterator[Orthanc]:
    program = Path("/usr/sbin/Orthanc")
    if not program.exists():
        _missing("Orthanc")
    http_port = free_port()
    modality = {"AET": "ALARA", "Host": "127.0.0.1", "Port": node_port, "UseDicomTls": pki is not None}
    settings: dict[str, Any] = {
        "Name": "peer", "StorageDirectory": str(folder), "IndexDirectory": str(folder),
        "HttpPort": http_port, "RemoteAccessAllowed": False, "AuthenticationEnabled": False,
        "DicomAet": "ORTHANC", "DicomPort": dicom_port, "DicomModalities": {"alara": modality},
        "Plugins": [], "DicomTlsEnabled": pki is not None,
    }  # fmt: skip
    if pki is not None:
        settings |= {
            "DicomTlsCertificate": str(pki / "carm.pem"),
            "DicomTlsPrivateKey": str(pki / "carm.key"),
            "DicomTlsTrustedCertificates": str(pki / "ca.pem"),
        }
    (folder / "orthanc.json").write_text(json.dumps(settings))
    with (folder / "orthanc.log").open("wb") as log:
        process = subprocess.Popen([str(program), str(folder / "orthanc.json")], stdout=log, stderr=log)
    orthanc = Orthanc(http_port)
    try:
        deadline = time.monotonic() + 30
        while True:
            assert process.poll() is None, (folder / "orthanc.log").read_text()
            try:
                orthanc.get("/system")
                break
            except (OSError, urllib.error.URLError):
                assert time.monotonic() < deadline
                time.sleep(0.1)
        yield orthanc
    finally:
        process.terminate()
        process.wait(30)


@pytest.mark.parametrize("secured", [False, True], ids=["plain", "TLS"])
def test_orthanc_sends_asks_and_is_told_that_its_objects_are_safe(
    listen: Callable[..., Any], pki: Path, tmp_path: Path, secured: bool
) -> None:
    dicom_port = free_port()
    peer = Peer(name="orthanc", aet="ORTHANC", host="127.0.0.1", port=dicom_port, tls=secured)
    folder = tmp_path / "orthanc"
    folder.mkdir()
    files = sorted(_SAMPLES.glob("**/*.dcm"))[:5]
    with (
        listen(peers=(peer,), report_pause_s=0.2, tls=_files(pki) if secured else None) as node,
        _orthanc(folder, node.port, dicom_port, pki if secured else None) as orthanc,
    ):
        ids = [orthanc.post("/instances", file.read_bytes())["ID"] for file in files]
        body = {"Resources": ids, "StorageCommitment": True, "Synchronous": True}
        sent = orthanc.post("/modalities/alara/store", json.dumps(body).encode())
        transaction = sent["StorageCommitmentTransactionUID"]
        told = orthanc.waits_until(f"/storage-commitment/{transaction}", lambda found: found["Status"] != "Pending")
        assert told["Status"] == "Success"
        assert len(told["Success"]) == len(files)

        next((node.inbox.root / "new").iterdir()).unlink()
        again = orthanc.post("/modalities/alara/storage-commitment", json.dumps({"Resources": ids}).encode())
        told = orthanc.waits_until(f"/storage-commitment/{again['ID']}", lambda found: found["Status"] != "Pending")
        assert told["Status"] == "Failure"
        assert len(told["Success"]) == len(files) - 1
        assert [failure["FailureReason"] for failure in told["Failures"]] == [0x0112]


def test_dcmjs_reports_steps_and_is_answered_as_the_standard_says(listen: Callable[..., Any]) -> None:
    node_program = Path("/usr/bin/node")
    resolves = ["-e", "require.resolve('dcmjs-dimse')"]
    if not node_program.exists() or subprocess.run([node_program, *resolves], capture_output=True).returncode:
        _missing("dcmjs-dimse (npm install dcmjs-dimse, and NODE_PATH names its node_modules)")
    script = Path(__file__).with_name("mpps_sender.cjs")
    with listen() as node:
        run = subprocess.run(
            [node_program, script, "127.0.0.1", str(node.port), "1.2.826.1", "1.2.826.2"],
            capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        # The library logs to standard output too.
        assert json.loads(run.stdout.splitlines()[-1]) == [0x0000, 0x0111, 0x0000, 0x0110] * 2
        reports = [read_bytes(node.inbox.load(digest)) for digest in node.inbox.pending()]
    assert {one.sop_instance_uid for one in reports} == {"1.2.826.1", "1.2.826.2"}
    for one in reports:
        assert one.study_instance_uid == "1.2.3.4"
        assert one.complete is True
        assert (one.planes[0].fluoroscopy_time_s, one.planes[0].p_ka_gycm2) == (42, pytest.approx(0.125))
        assert one.protocol_names == ("Joint",)
