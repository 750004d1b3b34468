"""An import that is cut off goes on where it was: what is safe stays safe, and nothing is stored twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from alara.inbox import Inbox
from alara.samples import generate
from tests.whole.running import Alara

pytestmark = pytest.mark.slow

REPORTS = 600


@pytest.mark.parametrize("when", [1, 200])
def test_a_killed_import_is_taken_up_again_by_the_same_command(alara: Alara, tmp_path: Path, when: int) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    for number, data in enumerate(generate(REPORTS, 2)):
        (folder / f"{number:04d}.dcm").write_bytes(data)
    environ = os.environ | {"ALARA_DATA_DIR": str(tmp_path / "data"), "ALARA_KEY_FILE": str(tmp_path / "key")}
    command = [sys.executable, "-m", "alara", "import", str(folder)]
    with subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        inbox = Inbox(tmp_path / "data" / "inbox")
        until = time.monotonic() + 60
        while (counts := inbox.counts()).kept + counts.new < when:
            assert time.monotonic() < until
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert inbox.counts().kept < REPORTS
    again = alara("import", folder, "--json")
    told = json.loads(again.stdout)
    assert again.returncode == 0, again.stderr
    assert told["stored"] + told["duplicate"] == told["found"] == REPORTS
    assert (inbox.counts().new, inbox.counts().kept) == (0, REPORTS)
    info = json.loads(alara("db", "info", "--json").stdout)
    assert (info["rows"]["reports"], info["rows"]["procedures"]) == (REPORTS, REPORTS)
