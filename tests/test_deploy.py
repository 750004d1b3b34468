"""The units in docs/deploy are ones that systemd takes, and that leave the node little to be misused."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from alara.config import settings

DEPLOY = Path(__file__).resolve().parent.parent / "docs" / "deploy"
UNITS = sorted([*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")])


@pytest.fixture
def analyze() -> str:
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip("systemd-analyze is not installed")
    return found


@pytest.mark.peer
def test_systemd_takes_the_units(analyze: str, tmp_path: Path) -> None:
    for unit in UNITS:
        # The program is where this test has one; everything else is as it is shipped.
        (tmp_path / unit.name).write_text(unit.read_text().replace("/opt/alara/.venv/bin/alara", sys.executable))
    files = [str(tmp_path / unit.name) for unit in UNITS]
    done = subprocess.run([analyze, "verify", "--man=no", *files], capture_output=True, text=True, check=False)
    said = [line for line in done.stderr.splitlines() if str(tmp_path) in line or "alara" in line]
    assert (said, done.returncode) == ([], 0)


@pytest.mark.peer
def test_the_node_is_exposed_as_little_as_its_page_says(analyze: str) -> None:
    command = [analyze, "security", "--offline=true", "--threshold=100", str(DEPLOY / "alara.service")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    exposure = re.search(r"exposure level for alara\.service: ([\d.]+)", done.stdout)
    assert exposure is not None, done.stdout + done.stderr
    assert float(exposure[1]) <= 1.5


def test_every_command_in_the_units_is_one() -> None:
    from alara.cli import COMMANDS

    commands = [re.findall(r"^ExecStart=\S+/alara (\S+)", unit.read_text(), re.MULTILINE) for unit in UNITS]
    assert {name for found in commands for name in found} == {"listen", "status", "backup"} <= set(COMMANDS)


def test_every_setting_in_the_page_and_the_container_is_one() -> None:
    page = (DEPLOY / "README.md").read_text()
    named = set(re.findall(r"^([a-z_]+) = ", page, re.MULTILINE)) | set(re.findall(r"`([a-z_]+) = ", page))
    named |= {name.lower() for name in re.findall(r"ALARA_([A-Z_]+)=", (DEPLOY / "Containerfile").read_text())}
    assert {"data_dir", "log_json", "metrics_port"} <= named <= set(settings())
