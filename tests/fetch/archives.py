"""Other people's archives on free ports of the loopback address: Orthanc and DCMTK's dcmqrscp."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alara.errors import NetworkError
from alara.inbox import part10
from alara.node import echo, send
from tests.free_ports import free_port

ROOT = Path(__file__).resolve().parents[2]
MONTH = ROOT / "sample_rdsr" / "2026-10"
PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")


@dataclass(frozen=True)
class Running:
    """An archive that is up: its AE title and ports, and the port that it sends to by C-MOVE."""

    aet: str
    port: int
    http: int = 0
    move_port: int = 0

    @property
    def address(self) -> str:
        return f"{self.aet}@127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http}/dicom-web"

    def fill(self, files: list[Path]) -> int:
        """Send it files; how many it took."""
        return sum(sent.ok for sent in send(files, "127.0.0.1", self.port, calling="ALARA", called=self.aet))

    def held(self) -> set[bytes]:
        """The objects as Orthanc has them: it writes some anew when it takes them."""
        files = [self._read(f"/instances/{name}/file") for name in json.loads(self._read("/instances"))]
        return {data[parsed[1] :] for data in files if (parsed := part10.parse(data))}

    def _read(self, path: str) -> bytes:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http}{path}") as answer:
            return bytes(answer.read())


@contextmanager
def orthanc(program: str, folder: Path, **settings: Any) -> Iterator[Running]:
    """Orthanc with its DICOMweb plugin, which knows ALARA as a node that it may send to."""
    folder.mkdir()
    running = Running("ORTHANC", free_port(), free_port(), free_port())
    config = {
        "Name": "Archive",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "Plugins": [str(PLUGIN)] if PLUGIN.exists() else [],
        "DicomAet": running.aet,
        "DicomPort": running.port,
        "HttpPort": running.http,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "DicomModalities": {"alara": ["ALARA", "127.0.0.1", running.move_port]},
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
        **settings,
    }
    (folder / "orthanc.json").write_text(json.dumps(config))
    with _process([program, str(folder / "orthanc.json")], running, folder / "log"):
        yield running


@contextmanager
def dcmqrscp(program: str, folder: Path) -> Iterator[Running]:
    """DCMTK's archive, which knows ALARA as a node that it may send to."""
    (folder / "ARCHIVE").mkdir(parents=True)
    running = Running("ARCHIVE", free_port(), 0, free_port())
    (folder / "dcmqrscp.cfg").write_text(
        f"""NetworkTCPPort = {running.port}
MaxPDUSize = 16384
MaxAssociations = 16
HostTable BEGIN
alara = (ALARA, 127.0.0.1, {running.move_port})
HostTable END
VendorTable BEGIN
VendorTable END
AETable BEGIN
ARCHIVE {folder}/ARCHIVE RW (500, 1024mb) ANY
AETable END
"""
    )
    with _process([program, "-c", str(folder / "dcmqrscp.cfg")], running, folder / "log"):
        yield running


@contextmanager
def _process(command: list[str], running: Running, log: Path) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        until = time.monotonic() + 60
        while True:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            try:
                echo("127.0.0.1", running.port, called=running.aet, timeout_s=5)
                break
            except NetworkError:
                time.sleep(0.1)
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def which(name: str) -> str | None:
    return shutil.which(name, path="/usr/bin:/usr/sbin:/usr/local/bin:/usr/local/sbin")
