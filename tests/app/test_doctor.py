"""The doctor names what is wrong, and the command that mends it."""

from __future__ import annotations

import os
import shutil
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from alara import config as configuration
from alara.app import probes
from alara.app.doctor import Check, examine
from alara.app.importing import import_paths
from alara.config import Config
from alara.inbox import Inbox

MONTH = Path(__file__).resolve().parents[2] / "sample_rdsr" / "2026-10"


def _config(folder: Path, **flags: Any) -> Config:
    given = {"data_dir": folder / "data", "key_file": folder / "key", "host": "127.0.0.1", "port": 0, **flags}
    return configuration.load(given, environ={})


@pytest.fixture
def config(tmp_path: Path) -> Config:
    config = _config(tmp_path)
    import_paths(config, [sorted(MONTH.glob("*.dcm"))[0]])
    return config


def _checks(config: Config) -> dict[str, Check]:
    return {check.name: check for check in examine(config)}


def _failed(config: Config) -> set[str]:
    found = [check for check in examine(config) if check.verdict == "failed"]
    assert all(check.next for check in found)
    return {check.name for check in found}


def test_a_healthy_installation_has_no_failure(config: Config) -> None:
    checks = _checks(config)
    assert not _failed(config)
    assert "durable write" in checks["Inbox"].found
    assert checks["Readers"].found == "a reader process starts"
    assert not list((config.inbox_dir / "tmp").iterdir())


def test_nothing_yet_is_no_failure_and_nothing_is_made(tmp_path: Path) -> None:
    config = _config(tmp_path)
    assert not _failed(config)
    assert list(tmp_path.iterdir()) == []


def test_a_taken_port_is_found(config: Config, tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        assert _failed(_config(tmp_path, port=holder.getsockname()[1])) == {"Port"}


def test_an_address_of_another_machine_is_found(tmp_path: Path, config: Config) -> None:
    assert _failed(_config(tmp_path, host="192.0.2.1", port=11112)) == {"Port"}


def test_a_disk_that_does_not_sync_is_found(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(probes.os, "fsync", refuse)
    assert "Inbox" in _failed(config)
    assert "Input/output error" in _checks(config)["Inbox"].found


def test_little_room_is_found(config: Config, tmp_path: Path) -> None:
    assert _failed(_config(tmp_path, low_disk_gib=10_000_000)) == {"Disk"}


def test_objects_that_wait_too_long_are_found(config: Config) -> None:
    waiting = config.inbox_dir / "new" / f"{'0' * 64}.dcm"
    shutil.copy(sorted(MONTH.glob("*.dcm"))[1], waiting)
    os.utime(waiting, (time.time() - 3600, time.time() - 3600))
    assert _failed(config) == {"Inbox"}
    assert "alara ingest" in _checks(config)["Inbox"].next


def test_a_clock_that_was_set_back_is_found(config: Config) -> None:
    inbox = Inbox(config.inbox_dir)
    digest = next(inbox.kept())
    path = inbox.root / "kept" / digest[:2] / f"{digest}.dcm.zst"
    os.utime(path, (time.time() + 7200, time.time() + 7200))
    assert _failed(config) == {"Clock"}


def test_quarantine_is_noted_with_the_command_that_lists_it(config: Config) -> None:
    import_paths(config, [next(MONTH.glob("*-truncated.dcm"))])
    check = _checks(config)["Quarantine"]
    assert check.verdict == "note"
    assert check.next.startswith("alara quarantine list")


def test_the_kernel_is_asked_for_its_clock() -> None:
    assert probes.clock_is_synchronised() in (True, False, None)


def test_a_reader_that_cannot_start_is_found(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    from alara.app import readers

    monkeypatch.setattr(readers.sys, "executable", "/bin/false")
    assert _failed(config) == {"Readers"}


def test_an_inbox_that_cannot_be_written_is_named_and_said_to_be_so(tmp_path: Path) -> None:
    config = configuration.load({"data_dir": tmp_path / "data", "key_file": tmp_path / "key"}, environ={})
    tmp = Inbox(config.inbox_dir).root / "tmp"
    tmp.rmdir()
    tmp.write_text("a file stands here")
    check = next(check for check in examine(config) if check.name == "Inbox")
    assert (check.verdict, check.found) == ("failed", f"{tmp} cannot be written: Not a directory")
    assert "can be written" in check.next
