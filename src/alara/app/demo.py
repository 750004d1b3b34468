"""The whole way once, on the synthetic month: a real node, real DICOM, a real database."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from alara.app.audit import AuditRun, audit_period
from alara.app.sending import send_paths
from alara.config import Config, load
from alara.errors import NetworkError, UsageError
from alara.inbox import Inbox
from alara.peers import Peer
from alara.samples import write_month

__all__ = ["run_demo"]

MONTH = "2026-10"
SEED = 2026
_START_S = 30.0
_INGEST_S = 120.0


def run_demo(folder: Path, *, say: Callable[[str], None]) -> AuditRun:
    """Samples → ``alara listen`` in a process of its own → C-STORE → ingest → audit of the month.

    Parameters
    ----------
    folder
        Everything is written below it. It must be new, empty or from an earlier demonstration, which is replaced.
    say
        Told one line at each step.

    Raises
    ------
    UsageError
        When the folder holds what no demonstration made.
    NetworkError
        When the node does not come up, or does not take in what it was sent.
    """
    _claim(folder)
    config = _config(folder)
    count = write_month(folder / "samples", seed=SEED, month=MONTH)
    say(f"{count} synthetic dose reports of {MONTH} are in {folder / 'samples'}.")
    with _node(folder) as port:
        say(f"The node listens on 127.0.0.1:{port}.")
        sent = send_paths(config, [folder / "samples" / MONTH], _self(port), calling="DEMO")
        say(f"Sent over DICOM: {sent.sentence()}")
        for refusal in sent.refusals():
            say(f"  {refusal}")
        _wait_until_ingested(Inbox(config.inbox_dir))
    say("The node has stopped. Auditing the month:\n")
    return audit_period(config, MONTH, folder / MONTH)


def _self(port: int) -> Peer:
    return Peer(name="demo", aet="ALARA", host="127.0.0.1", port=port)


def _claim(folder: Path) -> None:
    """Take a folder that is new, empty or of an earlier demonstration; nothing of anybody else's is replaced."""
    mark = folder / ".alara-demo"
    if folder.exists() and not mark.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            f"{folder} is there already and was not made by a demonstration.",
            hint="Name a new folder: alara demo --folder DIR",
        )
    folder.mkdir(parents=True, exist_ok=True)
    mark.touch()


def _config(folder: Path) -> Config:
    """Fresh folders, and a settings file so that every other command can be tried on the demonstration's data."""
    for name in ("samples", "data", MONTH):
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / "pseudonym.key").unlink(missing_ok=True)
    file = folder / "alara.toml"
    settings = {
        "site": "Alara Sample Clinic",
        "data_dir": str((folder / "data").resolve()),
        "key_file": str((folder / "pseudonym.key").resolve()),
    }
    file.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items()), encoding="utf-8")
    return load(environ={}, file=file)


@contextmanager
def _node(folder: Path) -> Iterator[int]:
    """``alara listen`` in a process of its own on a free port; stopped in order at the end."""
    command = [sys.executable, "-P", "-m", "alara", "listen", "--config", str(folder / "alara.toml")]
    command += ["--host", "127.0.0.1", "--port", "0"]
    log = folder / "node.log"
    with log.open("wb") as file:
        node = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, env=_own_environ())  # noqa: S603
    try:
        yield _port(node, log)
    finally:
        node.terminate()
        try:
            node.wait(_START_S)
        except subprocess.TimeoutExpired:
            node.kill()
            node.wait()


def _own_environ() -> dict[str, str]:
    """The environment without the user's own settings, so that the demonstration never touches real data."""
    return {name: value for name, value in os.environ.items() if not name.startswith("ALARA_")}


def _port(node: subprocess.Popen[bytes], log: Path) -> int:
    until = time.monotonic() + _START_S
    while time.monotonic() < until and node.poll() is None:
        if found := re.search(r"^ +Port +(\d+)$", log.read_text(encoding="utf-8"), re.MULTILINE):
            return int(found[1])
        time.sleep(0.05)
    raise NetworkError("The node of the demonstration did not come up.", hint=f"Its log is {log}.")


def _wait_until_ingested(inbox: Inbox) -> None:
    until = time.monotonic() + _INGEST_S
    while inbox.counts().new:
        if time.monotonic() > until:
            raise NetworkError("The node did not take in what it was sent in time.", hint="alara doctor")
        time.sleep(0.1)
