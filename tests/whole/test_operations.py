"""Backup, restore, reading again and quarantine beside a node that is at work."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from tests.whole.running import Alara, Node

ROOT = Path(__file__).resolve().parents[2]
MONTH = ROOT / "sample_rdsr" / "2026-10"
FILES = sorted(MONTH.glob("*.dcm"))


@pytest.mark.slow
def test_a_backup_under_load_is_consistent(node: Node) -> None:
    """Each backup taken while reports pour in restores to a database that holds just what its inbox holds."""

    def pour() -> None:
        for start in range(0, 60, 5):
            node.run("send", "127.0.0.1", str(node.port), *FILES[start : start + 5], check=False)

    node.run("send", "127.0.0.1", str(node.port), FILES[60])
    node.wait_until_ingested()  # before the first report there is no database, and none in a backup
    pouring = threading.Thread(target=pour)
    pouring.start()
    backups = []
    while len(backups) < 4 and (pouring.is_alive() or len(backups) < 2):
        backups.append(node.json("backup", node.folder / "backup")["objects"])
        target = node.folder / f"restored-{len(backups)}"
        node.run("restore", node.folder / "backup", "--data-dir", target)
        node.run("ingest", "--data-dir", target)
        inbox = node.json("status", "--data-dir", target)["inbox"]
        rows = node.json("db", "info", "--data-dir", target)["rows"]
        assert inbox["new"] == 0
        assert inbox["kept"] + inbox["quarantined"] == backups[-1]
        assert rows["reports"] + rows["copies"] == inbox["kept"]
        done = node.json("reingest", "--dry-run", "--data-dir", target)
        assert done["counts"]["reports_added"] == done["counts"]["reports_removed"] == 0
    pouring.join()
    assert backups == sorted(backups)
    assert len(set(backups)) > 1


@pytest.mark.slow
def test_reading_again_beside_a_running_node_loses_nothing(node: Node) -> None:
    node.run("send", "127.0.0.1", str(node.port), *FILES[:20])
    node.wait_until_ingested()
    with closing(sqlite3.connect(node.folder / "data" / "alara.sqlite", timeout=30)) as database:
        database.execute("UPDATE planes SET p_ka_gycm2 = 1")
        database.commit()
    shown = node.run("reingest")
    assert "cases whose dose or fluoroscopy time differs" in shown.stdout
    assert "P_KA 1 → " in shown.stdout
    assert "Nothing was changed" in shown.stderr
    assert node.json("reingest", "--dry-run")["counts"]["cases_dose"] == 20
    sending = subprocess.Popen(
        [sys.executable, "-m", "alara", "send", "127.0.0.1", str(node.port), *map(str, FILES[20:60])],
        env=node.environ,
        stdout=subprocess.DEVNULL,
    )
    node.run("reingest", "--yes")
    assert sending.wait(120) == 0
    node.wait_until_ingested()
    assert node.json("reingest", "--dry-run")["counts"]["reports_same"] == len(
        set(node.run("list", "--uids").stdout.split())
    )
    assert "Nothing changes" in node.run("reingest").stdout


@pytest.mark.slow
def test_a_restore_says_which_key_belongs_to_it(alara: Alara, tmp_path: Path) -> None:
    alara("import", FILES[0])
    assert alara("backup", "backup").returncode == 0
    done = alara("restore", "backup", "--data-dir", "elsewhere", "--key-file", "nowhere.key")
    assert done.returncode == 0
    assert "is not at nowhere.key" in done.stdout
    assert not (tmp_path / "nowhere.key").exists()
    assert json.loads(alara("restore", "backup", "--data-dir", "third", "--json").stdout)["key"] is True


@pytest.mark.slow
def test_quarantine_from_the_command_line(alara: Alara) -> None:
    alara("import", FILES[0], next(MONTH.glob("*-truncated.dcm")), next(MONTH.glob("*-garbage.dcm")))
    listed = json.loads(alara("quarantine", "list", "--json").stdout)
    digests = {one["reason"]: one["digest"] for one in listed}
    shown = alara("quarantine", "show", digests["truncated"][:12])
    assert "imported by hand" in shown.stdout
    assert "ends before the lengths" in shown.stdout
    assert alara("quarantine", "retry", "--all").returncode == 3
    assert "nothing was" in alara("quarantine", "drop", "--reason", "truncated").stdout
    assert len(json.loads(alara("quarantine", "list", "--json").stdout)) == 2
    assert alara("quarantine", "drop", "--reason", "truncated", "--yes").returncode == 0
    assert [one["reason"] for one in json.loads(alara("quarantine", "list", "--json").stdout)] == ["not_dicom"]
    gone = alara("quarantine", "show", digests["truncated"][:12])
    assert gone.returncode == 7
    assert gone.stderr.startswith("alara: ")


@pytest.mark.slow
def test_no_name_or_id_of_a_person_is_shown(alara: Alara, tmp_path: Path) -> None:
    """The truncated report holds a made-up name and ID; neither may come out of any of the commands."""
    import pydicom

    whole = pydicom.dcmread(FILES[0])
    secrets = [str(whole.PatientName), str(whole.PatientID), str(whole.PatientBirthDate)]
    assert all(secrets)
    cut = tmp_path / "cut.dcm"
    cut.write_bytes(FILES[0].read_bytes()[:-200])
    alara("import", cut, FILES[1])
    (one,) = json.loads(alara("quarantine", "list", "--json").stdout)
    for arguments in (
        ["quarantine", "list"],
        ["quarantine", "show", one["digest"]],
        ["quarantine", "show", one["digest"], "--json"],
        ["quarantine", "retry", "--all"],
        ["quarantine", "drop", "--all"],
        ["status"],
        ["status", "--json", "--html", "status.html"],
        ["doctor"],
        ["reingest", "--dry-run", "--json"],
        ["backup", "backup"],
    ):
        done = alara(*arguments)
        said = done.stdout + done.stderr
        assert not [secret for secret in secrets if secret in said], arguments
    assert not [secret for secret in secrets if secret in (tmp_path / "status.html").read_text()]
