"""What an import meets in folders and archives, and how a lost database comes back."""

from __future__ import annotations

import logging
import shutil
import sqlite3
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from alara.app import importing
from alara.app.doctor import Verdict, examine
from alara.app.importing import import_paths
from alara.app.ingest import Ingest
from alara.config import Config
from alara.inbox import Inbox
from alara.samples import make_month
from alara.store import Store
from tests.conftest import SAMPLES


@pytest.fixture(scope="module")
def reports() -> list[bytes]:
    return [sample.data for sample in make_month() if sample.expected["regular"]][:5]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(data_dir=tmp_path / "data", key_file=tmp_path / "key")


@pytest.fixture
def folder(tmp_path: Path, reports: list[bytes]) -> Path:
    folder = tmp_path / "folder"
    folder.mkdir()
    for number, data in enumerate(reports):
        (folder / f"{number}.dcm").write_bytes(data)
    return folder


def test_a_broken_archive_costs_nothing_but_itself(config: Config, folder: Path) -> None:
    (folder / "0-notzip.zip").write_text("this is no archive")
    with zipfile.ZipFile(folder / "cut.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(folder / "1.dcm", "1.dcm")
    whole = (folder / "cut.zip").read_bytes()
    (folder / "cut.zip").write_bytes(whole[:200] + bytes(50) + whole[250:])
    summary = import_paths(config, [folder])
    assert summary.tally.ends["stored"] == 5
    assert [Path(name).name for name in summary.unopened] == ["0-notzip.zip", "cut.zip"]
    assert not summary.is_whole


def test_an_archive_gives_what_is_in_it(config: Config, folder: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        for file in folder.iterdir():
            archive.write(file, f"STUDY/{file.name}")
        archive.writestr("STUDY/readme.txt", "not for you")
    summary = import_paths(config, [tmp_path / "export.zip"])
    assert (summary.tally.ends["stored"], summary.ignored, summary.is_whole) == (5, 1, True)


def test_a_performed_procedure_step_in_a_folder_is_taken_like_one_that_a_c_arm_sent(
    config: Config, tmp_path: Path
) -> None:
    """The folder of an inbox elsewhere has such files: what a node keeps of N-CREATE and N-SET is a file of DICOM."""
    folder = tmp_path / "steps"
    folder.mkdir()
    shutil.copy(next((SAMPLES / "2026-10").glob("*-procedure-step.dcm")), folder / "step.dcm")
    summary = import_paths(config, [folder])
    assert (summary.ignored, summary.tally.ends["stored"]) == (0, 1)


def test_what_is_set_aside_is_told_by_name_and_again_when_it_comes_again(config: Config, folder: Path) -> None:
    (folder / "cut.dcm").write_bytes((folder / "0.dcm").read_bytes()[:-300])
    for _ in range(2):
        [(name, reason)] = import_paths(config, [folder]).quarantined()
        assert (Path(name).name, reason) == ("cut.dcm", "truncated")


@pytest.mark.parametrize("what", ["the same again", "files without dose"])
def test_what_needs_no_reading_is_told_as_it_goes(
    what: str, config: Config, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "_GROUP", 2)
    if what == "the same again":
        import_paths(config, [folder])
    else:
        for file in folder.iterdir():
            file.rename(file.with_suffix(".txt")).write_text("no DICOM")
    told: list[int] = []
    import_paths(config, [folder], progress=lambda summary: told.append(summary.done))
    assert told[:2] == [2, 4]


def test_a_lost_database_comes_back_from_the_inbox(config: Config, folder: Path) -> None:
    import_paths(config, [folder])
    with Store.open(config.database_url, create=False) as store:
        before = store.info().rows
    for file in config.data_dir.glob("alara.sqlite*"):
        file.unlink()
    with Ingest(config) as ingest:
        assert ingest.inbox.pending() == []
        assert sum(tally.ends["stored"] for tally in ingest.run(ingest.everything())) == 5
        assert sum(tally.ends["duplicate"] for tally in ingest.run(ingest.everything())) == 5
    with Store.open(config.database_url, create=False) as store:
        assert store.info().rows == before


def test_doctor_sees_what_the_database_lost(config: Config, folder: Path, tmp_path: Path) -> None:
    import_paths(config, [folder / "0.dcm"])
    shutil.copytree(config.data_dir, tmp_path / "earlier")
    import_paths(config, [folder])
    for file in config.data_dir.glob("alara.sqlite*"):
        file.unlink()
    for file in (tmp_path / "earlier").glob("alara.sqlite*"):
        shutil.copy(file, config.data_dir)
    [check] = [check for check in examine(config) if check.name == "Database"]
    assert check.verdict is Verdict.FAILED
    assert check.found.startswith("4 kept objects")
    assert check.next.startswith("alara ingest --again")


def test_a_wrong_file_header_does_not_shut_out_the_right_one(
    config: Config, reports: list[bytes], tmp_path: Path
) -> None:
    wrong = reports[0].replace(b"1.2.840.10008.1.2.1\x00", b"1.2.840.10008.1.2.7\x00", 1)
    assert wrong != reports[0]
    (tmp_path / "wrong.dcm").write_bytes(wrong)
    (tmp_path / "right.dcm").write_bytes(reports[0])
    assert not import_paths(config, [tmp_path / "wrong.dcm"]).is_whole
    assert import_paths(config, [tmp_path / "right.dcm"]).tally.ends["stored"] == 1
    with Ingest(config) as ingest:
        assert (ingest.inbox.counts().kept, ingest.inbox.counts().quarantined) == (1, 0)


def test_an_import_waits_for_a_database_that_another_keeps_locked_and_says_so(
    config: Config, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import_paths(config, [folder / "0.dcm"])
    monkeypatch.setattr("alara.store.engine._BUSY_TIMEOUT_S", 0.1)
    other = sqlite3.connect(config.data_dir / "alara.sqlite", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")

    def has_waited() -> bool:
        return any(message.startswith("ingest waits: ") and "locked" in message for message in caplog.messages)

    def release() -> None:
        until = time.monotonic() + 60
        while not has_waited() and time.monotonic() < until:
            time.sleep(0.05)
        other.execute("ROLLBACK")

    releasing = threading.Thread(target=release)
    with caplog.at_level(logging.WARNING, "alara.ingest"):
        releasing.start()
        assert import_paths(config, [folder]).tally.ends["stored"] == 4
    releasing.join()
    other.close()
    assert has_waited()


def test_an_import_that_is_broken_off_does_not_go_on_waiting(
    config: Config, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_paths(config, [folder / "0.dcm"])
    monkeypatch.setattr("alara.store.engine._BUSY_TIMEOUT_S", 0.1)
    monkeypatch.setattr("alara.app.ingest.BATCH", 1)
    with closing(sqlite3.connect(config.data_dir / "alara.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")

        def digests(inbox: Inbox) -> Iterator[str]:
            for file in sorted(folder.glob("[1-4].dcm")):
                yield inbox.put(file.read_bytes()).digest
            time.sleep(1)
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt), Ingest(config) as ingest:
            list(ingest.run(digests(ingest.inbox)))


def test_another_database_lacks_what_the_inbox_has_and_is_told_so(config: Config, folder: Path, tmp_path: Path) -> None:
    assert import_paths(config, [folder]).lacking is None
    assert import_paths(config, [folder]).lacking == 0
    summary = import_paths(replace(config, database=str(tmp_path / "other.sqlite")), [folder])
    assert (summary.tally.ends["stored"], summary.lacking, summary.is_whole) == (0, 5, False)
    assert summary.lines()[-1] == "The database lacks 5 objects that the inbox has: alara ingest --again"
