"""What is in docs/deploy: units that systemd takes and that leave little to be misused, and a container file."""

from __future__ import annotations

import dataclasses
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from alara.config import Config, settings

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "docs" / "deploy"
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


def _instructions() -> list[tuple[str, str]]:
    """The instructions of the container file, continued lines joined, without comments."""
    lines = [line for line in (DEPLOY / "Containerfile").read_text().splitlines() if not line.startswith("#")]
    whole = "\n".join(lines).replace("\\\n", " ")
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in whole.splitlines() if line.strip()]


def test_the_container_file_is_one_and_copies_what_a_build_needs() -> None:
    """No daemon builds it here: its instructions are the known ones, and what it copies is there and enough."""
    found = _instructions()
    assert found[0] == ("ARG", "BASE=python:3.12-slim")
    assert {name for name, _ in found} == {
        "ARG", "FROM", "WORKDIR", "COPY", "RUN", "USER", "ENV", "VOLUME", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK",
        "ENTRYPOINT", "CMD",
    }  # fmt: skip
    copied = [word for name, rest in found if name == "COPY" and "--from" not in rest for word in rest.split()[:-1]]
    assert all((ROOT / word).exists() for word in copied)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    needed = {"pyproject.toml", project["project"]["readme"], *project["project"]["license-files"], "src"}
    assert needed | {"constraints.txt"} == set(copied)
    base = re.search(r"python:3\.(\d+)", found[0][1])
    assert base is not None
    assert int(base[1]) >= int(project["project"]["requires-python"].rpartition(".")[2])
    stages = [rest for name, rest in found if name == "FROM"]
    assert stages == ["${BASE} AS build", "${BASE}"]


def test_the_pins_have_all_that_the_container_installs_without_a_network_of_its_own() -> None:
    """The build is not isolated, so what builds the wheel is pinned too."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    extras = project["project"]["optional-dependencies"]
    wanted += [one for name, extra in extras.items() if name != "cluster" for one in extra]  # Spark is not for a node
    pinned = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "constraints.txt").read_text(), re.MULTILINE))
    assert {re.split(r"[\[<>=]", one)[0] for one in wanted} <= pinned


def test_the_container_runs_as_nobody_in_particular_and_asks_itself() -> None:
    found = dict(_instructions())
    assert found["USER"] == "alara"
    order = [name for name, _ in _instructions()]
    assert order.index("USER") < order.index("ENTRYPOINT")
    assert (found["ENTRYPOINT"], found["CMD"]) == ('["alara"]', '["listen"]')
    assert found["HEALTHCHECK"].endswith('CMD ["alara", "status", "--check"]')
    assert found["VOLUME"] == "/data"
    assert "ALARA_DATA_DIR=/data" in found["ENV"]
    port = next(field.default for field in dataclasses.fields(Config) if field.name == "port")
    assert found["EXPOSE"] == str(port)
