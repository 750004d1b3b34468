"""The command as a user calls it, killed in the middle, and what it exits with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from archives import MONTH
from made_archive import MadeArchive, make, real

from alara.config import Config
from alara.inbox import Inbox

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environ(config: Config, tmp_path: Path) -> dict[str, str]:
    return os.environ | {"ALARA_DATA_DIR": str(config.data_dir), "ALARA_KEY_FILE": str(config.key_file)}


@pytest.fixture
def alara(environ: dict[str, str], tmp_path: Path) -> Command:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "alara", *arguments]
        return subprocess.run(command, env=environ, cwd=tmp_path, capture_output=True, text=True, timeout=300)

    return run


def _fetch(archive: MadeArchive, *more: str) -> list[str]:
    return ["fetch", "--from", archive.address, "--since", "2026-10-01", "--until", "2026-10-05", *more]


def test_a_peer_of_the_file_is_fetched_from_echoed_and_sent_to_by_name(alara: Command, tmp_path: Path) -> None:
    with MadeArchive(real([MONTH / "0001-orbit.dcm"])) as archive:
        (tmp_path / "alara.toml").write_text(
            f'[peers.PACS]\naet = "ARCHIVE"\nhost = "127.0.0.1"\nport = {archive.port}\n'
        )
        done = alara("fetch", "--from", "PACS", "--since", "2026-10-01", "--until", "2026-10-02", "--json")
        summary = json.loads(done.stdout)
        assert (done.returncode, summary["fetched"], summary["ingested"]["stored"]) == (0, 1, 1)
        assert (tmp_path / "data" / "fetch" / "PACS-SR.jsonl").exists()
        assert alara("echo", "PACS").stdout == f"ARCHIVE at 127.0.0.1:{archive.port} answers.\n"
        assert alara("echo", "127.0.0.1", str(archive.port), "--called", "ARCHIVE").returncode == 0
        assert alara("echo", f"127.0.0.1:{archive.port}", "--called", "ARCHIVE").returncode == 0
        assert json.loads(alara("send", "PACS", str(MONTH / "0002-arc.dcm"), "--json").stdout)["accepted"] == 1
        typed = (f"127.0.0.1:{archive.port}", str(MONTH / "0003-unity.dcm"), "--called", "ARCHIVE", "--json")
        assert json.loads(alara("send", *typed).stdout)["accepted"] == 1
        assert "PACS" in alara("doctor", "--settings").stdout


@pytest.mark.slow
def test_the_exit_code_tells_what_did_not_come(alara: Command) -> None:
    with MadeArchive(real([MONTH / "0001-orbit.dcm"])) as archive:
        assert alara(*_fetch(archive)).returncode == 0
    with MadeArchive([make(1, "20261002", "100000")]) as archive:
        done = alara(*_fetch(archive))
        assert (done.returncode, "quarantined" in done.stdout) == (3, True)
    with MadeArchive([make(2, "20261002", "100000")], cannot_send={"1.2.2.3": 0xC000}) as archive:
        done = alara(*_fetch(archive))
        assert (done.returncode, "failed: 1.2.2.3" in done.stdout) == (6, True)
    done = alara(*_fetch(archive))
    assert (done.returncode, "cannot be reached" in done.stderr) == (6, True)


@pytest.mark.parametrize(
    "wrong",
    [
        ["--until", "2026-09-01"],
        ["--modality", "../SR"],
        ["--hours", "all night"],
        ["--rate", "0"],
    ],
)
def test_wrong_use_is_told_before_anything_is_asked(alara: Command, wrong: list[str]) -> None:
    with MadeArchive([]) as archive:
        done = alara(*_fetch(archive), *wrong)
        assert (done.returncode, archive.questions) == (2, [])
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_killed_at_any_instant_it_loses_nothing_and_fetches_hardly_anything_twice(
    environ: dict[str, str], alara: Command, config: Config, tmp_path: Path
) -> None:
    objects: list[Any] = real(sorted(MONTH.glob("00[0-4]*.dcm")))
    kills = 5
    with MadeArchive(objects) as archive:
        whole = ["fetch", "--from", archive.address, "--since", "2026-10-01", "--until", "2026-10-31"]
        for number in range(kills):
            process = subprocess.Popen(
                [sys.executable, "-m", "alara", *whole],
                env=environ,
                cwd=tmp_path,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            target, until = len(archive.sent) + 4 + number, time.monotonic() + 60
            while len(archive.sent) < target and process.poll() is None:
                assert time.monotonic() < until
                time.sleep(0.002)
            process.send_signal(signal.SIGKILL)
            process.wait()
        done = alara(*whole)
        assert done.returncode == 0, done.stdout + done.stderr
    assert len(set(archive.sent)) == len(objects)
    assert len(archive.sent) <= len(objects) + kills  # at most the object in hand, once a kill
    uids = alara("list", "--uids").stdout.split()
    assert sorted(uids) == sorted(set(archive.sent))
    assert Inbox(config.inbox_dir).counts().new == 0


@pytest.mark.slow
def test_a_signal_ends_it_after_the_object_in_hand(environ: dict[str, str], tmp_path: Path) -> None:
    with MadeArchive([make(number, "20261002", "100000") for number in range(1, 60)]) as archive:
        process = subprocess.Popen(
            [sys.executable, "-m", "alara", *_fetch(archive, "--rate", "5")],
            env=environ,
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        until = time.monotonic() + 60
        while not archive.sent:
            assert time.monotonic() < until
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the same command goes on" in output
    assert 0 < len(archive.sent) < 59
