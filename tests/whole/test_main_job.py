"""The main job through its own doors: DICOM in over a socket, CSV and page out."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.whole.running import Alara, Node

ROOT = Path(__file__).resolve().parents[2]
MONTH = ROOT / "sample_rdsr" / "2026-10"
EXPECTED: dict[Path, dict[str, Any]] = {
    file: json.loads(file.with_suffix(".expected.json").read_text(encoding="utf-8"))
    for file in sorted(MONTH.glob("*.dcm"))
}


def test_a_month_goes_in_over_dicom_and_comes_out_as_csv_and_page(node: Node) -> None:
    sent = json.loads(node.run("send", "127.0.0.1", str(node.port), MONTH, "--json", check=False).stdout)
    node.wait_until_ingested()
    assert sent["accepted"] >= 120
    first = node.json("audit", "2026-10", "--out", node.folder / "one")
    assert {Path(file).name for file in first["files"]} >= {
        "procedures.csv",
        "summary.csv",
        "report.html",
        "manifest.json",
    }
    node.json("audit", "2026-10", "--out", node.folder / "two")
    for file in sorted((node.folder / "one").iterdir()):
        assert file.read_bytes() == (node.folder / "two" / file.name).read_bytes(), file.name
    assert node.stop() == 0


@pytest.mark.slow
def test_the_same_month_again_changes_nothing(node: Node) -> None:
    def send() -> None:
        node.run("send", "127.0.0.1", str(node.port), MONTH, check=False)
        node.wait_until_ingested()

    send()
    before, uids = node.json("db", "info"), node.run("list", "--uids").stdout
    send()
    assert node.json("db", "info") == before
    assert node.run("list", "--uids").stdout == uids
    assert len(uids.split()) == len(set(uids.split()))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_node_stops_cleanly_and_leaves_nothing_running(node: Node, number: signal.Signals) -> None:
    family = psutil.Process(node.process.pid).children(recursive=True)
    assert family
    began = time.monotonic()
    assert node.stop(number) == 0
    assert time.monotonic() - began < 10
    assert not psutil.wait_procs(family, timeout=5)[1]
    assert "Traceback" not in node.log


@pytest.mark.slow
def test_what_was_acknowledged_survives_the_death_of_every_process(node: Node) -> None:
    sent = json.loads(node.run("send", "127.0.0.1", str(node.port), MONTH, "--json", check=False).stdout)
    for process in [*psutil.Process(node.process.pid).children(recursive=True), node.process]:
        process.kill()
    node.process.wait()
    node.start()
    node.wait_until_ingested()
    inbox = node.json("status")["inbox"]
    sendable = [file.read_bytes() for file, meant in EXPECTED.items() if meant["sendable"]]
    assert sent["accepted"] == len(sendable)
    assert inbox["kept"] + inbox["quarantined"] == len(set(sendable))
    assert node.json("db", "info")["rows"]["reports"] == inbox["kept"]


@pytest.mark.slow
def test_a_killed_ingest_is_started_again(node: Node) -> None:
    time.sleep(0.5)
    for child in psutil.Process(node.process.pid).children():
        child.kill()
    node.run("send", "127.0.0.1", str(node.port), next(iter(EXPECTED)))
    node.wait_until_ingested()
    assert node.run("list", "--uids").stdout


def test_a_second_node_on_the_same_inbox_is_told_the_pid_of_the_first(node: Node) -> None:
    second = node.run("listen", "--host", "127.0.0.1", "--port", "0", check=False)
    assert second.returncode == 4
    assert str(node.process.pid) in second.stderr


@pytest.mark.slow
def test_import_and_dicom_give_the_same_audit(node: Node, tmp_path: Path) -> None:
    regular = tmp_path / "regular"
    regular.mkdir()
    for file, meant in EXPECTED.items():
        if meant["regular"]:
            shutil.copy(file, regular)
    node.run("send", "127.0.0.1", str(node.port), regular)
    node.wait_until_ingested()
    node.run("audit", "2026-10", "--out", tmp_path / "sent")
    environ = {"ALARA_DATA_DIR": str(tmp_path / "other")}
    node.environ |= environ
    node.run("import", regular)
    node.run("audit", "2026-10", "--out", tmp_path / "imported")
    for name in ("procedures.csv", "summary.csv", "report.html"):
        assert (tmp_path / "sent" / name).read_bytes() == (tmp_path / "imported" / name).read_bytes()


@pytest.mark.peer
@pytest.mark.parametrize(("sender", "option"), [("storescu", "--no-halt"), ("dcmsend", "--no-uid-checks")])
def test_the_real_reports_go_through_dcmtk_into_an_audit(
    node: Node, corpus: Path, program: Callable[[str], str], sender: str, option: str
) -> None:
    files = sorted(str(path) for path in corpus.glob("*.dcm"))
    # both senders are told to go on after a SOP Instance UID that is not quite one: it came so from the C-arm
    options = [option, "-aec", "ALARA", "127.0.0.1", str(node.port)]
    done = subprocess.run([program(sender), *options, *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    node.wait_until_ingested()
    expected = list(corpus.glob("*.dcm"))
    uids = node.run("list", "--uids").stdout.split()
    assert len(set(uids)) == len(expected), node.log
    audited = node.json("audit", "2016-01-01..2021-12-31")["counts"]
    assert audited["procedures"] + audited["radiography"] == 12


class TestUnhappyPaths:
    """One sentence that says what and what to do, a code that is not 0, no traceback."""

    @staticmethod
    def fails(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
        assert done.returncode == code, done
        assert "Traceback" not in done.stderr
        assert done.stderr.startswith("alara: ")
        for word in words:
            assert word in done.stderr

    def test_not_dicom(self, alara: Alara, tmp_path: Path) -> None:
        (tmp_path / "letter.dcm").write_text("Dear colleague")
        self.fails(alara("read", "letter.dcm"), 3, "not a DICOM")

    def test_nothing_there(self, alara: Alara) -> None:
        self.fails(alara("read", "none.dcm"), 2, "none.dcm", "next:")
        self.fails(alara("import", "none"), 2, "none", "next:")

    def test_no_database_yet(self, alara: Alara) -> None:
        self.fails(alara("audit", "2026-10"), 5, "next:")

    def test_a_month_without_procedures(self, alara: Alara) -> None:
        alara("import", MONTH)
        self.fails(alara("audit", "2019-01"), 7, "2019-01", "next:")

    def test_a_period_that_is_none(self, alara: Alara) -> None:
        self.fails(alara("audit", "2026-13"), 2, "2026-13")

    def test_a_taken_port(self, alara: Alara) -> None:
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", 0))
            holder.listen()
            port = str(holder.getsockname()[1])
            self.fails(alara("listen", "--host", "127.0.0.1", "--port", port), 6, port, "next:")

    def test_nobody_listens(self, alara: Alara) -> None:
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", 0))
            port = str(holder.getsockname()[1])
            self.fails(alara("echo", "127.0.0.1", port), 6, "next:")

    def test_a_folder_that_cannot_be_written(self, alara: Alara, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        self.fails(alara("import", MONTH, ALARA_DATA_DIR=str(tmp_path / "file" / "data")), 4, "next:")

    def test_a_newer_database(self, alara: Alara, tmp_path: Path) -> None:
        import sqlite3

        alara("import", next(iter(EXPECTED)))
        with sqlite3.connect(tmp_path / "data" / "alara.sqlite") as database:
            database.execute("UPDATE alembic_version SET version_num = '9999'")
        self.fails(alara("audit", "2026-10"), 5, "newer")
        self.fails(alara("import", MONTH), 5, "newer")
        assert len(list((tmp_path / "data" / "inbox" / "new").iterdir())) > 100

    def test_truncated(self, alara: Alara, tmp_path: Path) -> None:
        whole = max(EXPECTED, key=lambda path: path.stat().st_size).read_bytes()
        (tmp_path / "cut.dcm").write_bytes(whole[: len(whole) // 2])
        self.fails(alara("read", "cut.dcm"), 3)
        done = alara("import", "cut.dcm", "--json")
        assert done.returncode == 3
        assert json.loads(done.stdout)["quarantined"] == 1

    def test_another_key_than_the_database_was_written_with(self, alara: Alara, tmp_path: Path) -> None:
        first, second = sorted(EXPECTED)[:2]
        assert alara("import", first).returncode == 0
        self.fails(alara("import", second, ALARA_KEY_FILE=str(tmp_path / "other.key")), 2, "pseudonyms", "next:")
        assert alara("doctor", ALARA_KEY_FILE=str(tmp_path / "other.key")).returncode == 1
        assert alara("import", second, "--json").returncode == 0

    def test_a_key_that_is_gone_is_never_replaced_by_a_new_one(self, alara: Alara, tmp_path: Path) -> None:
        first, second = sorted(EXPECTED)[:2]
        assert alara("import", first).returncode == 0
        key = tmp_path / "key"
        key.rename(tmp_path / "away")
        for command in (["import", second], ["listen", "--port", "0"], ["ingest"], ["reingest", "--dry-run"]):
            self.fails(alara(*command), 2, f"{key} is not there", "restore it from its backup")
            assert not key.exists()
        (tmp_path / "away").rename(key)
        assert alara("import", second).returncode == 0

    def test_a_key_that_is_gone_while_the_database_is_away_is_not_replaced(self, alara: Alara, tmp_path: Path) -> None:
        first, second = sorted(EXPECTED)[:2]
        assert alara("import", first).returncode == 0
        (tmp_path / "key").unlink()
        (tmp_path / "data" / "alara.sqlite").write_bytes(b"no database" * 1000)
        self.fails(alara("import", second), 5, "next:")
        assert not (tmp_path / "key").exists()

    def test_a_key_that_is_a_folder_stops_the_node_at_its_start(self, alara: Alara, tmp_path: Path) -> None:
        self.fails(alara("listen", "--port", "0", ALARA_KEY_FILE=str(tmp_path)), 4, "next:")

    def test_a_demonstration_never_takes_a_folder_that_it_did_not_make(self, alara: Alara, tmp_path: Path) -> None:
        precious = tmp_path / "mine" / "data" / "precious.txt"
        precious.parent.mkdir(parents=True)
        precious.write_text("mine")
        self.fails(alara("demo", "--folder", "mine"), 2, "mine", "next:")
        assert precious.read_text() == "mine"

    def test_a_terminal_that_knows_only_ascii(self, alara: Alara) -> None:
        alara("import", MONTH)
        done = alara("audit", "2026-10", PYTHONIOENCODING="ascii", PYTHONUTF8="0", LC_ALL="C")
        assert done.returncode == 0, done.stderr


def test_doctor_finds_the_running_node(node: Node) -> None:
    checks = {check["name"]: check for check in node.json("doctor")}
    assert checks["Node"]["verdict"] == "ok"
    assert str(node.port) in checks["Node"]["found"]


def test_several_callers_may_be_allowed_on_the_command_line(alara: Alara) -> None:
    done = alara("doctor", "--settings", ALARA_ALLOWED_CALLING="CARM1,CARM2")
    assert "allowed_calling = ['CARM1', 'CARM2']" in done.stdout
