"""A backup is whole or not one, is checked before it is brought back, and puts nothing of anybody's away for good."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from alara import config as configuration
from alara.app.backup import back_up, restore
from alara.app.importing import import_paths
from alara.config import Config
from alara.errors import InboxLocked, StorageError, UsageError
from alara.inbox import Inbox
from alara.store import Store

MONTH = Path(__file__).resolve().parents[2] / "sample_rdsr" / "2026-10"
FILES = [*sorted(MONTH.glob("*.dcm"))[:5], next(MONTH.glob("*-truncated.dcm"))]


def _config(folder: Path, **flags: Any) -> Config:
    return configuration.load({"data_dir": folder / "data", "key_file": folder / "key", **flags}, environ={})


@pytest.fixture
def config(tmp_path: Path) -> Config:
    config = _config(tmp_path / "from")
    import_paths(config, FILES)
    return config


def _state(config: Config) -> Any:
    inbox = Inbox(config.inbox_dir)
    aside = {one.digest: (one.reason, one.detail, one.since) for one in inbox.quarantined()}
    digests = [*inbox.pending(), *inbox.kept(), *aside]
    received = {digest: (inbox.load(digest), inbox.received_at(digest)) for digest in digests}
    return sorted(inbox.pending()), sorted(inbox.kept()), aside, received


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_restored_is_what_was(config: Config, tmp_path: Path) -> None:
    (config.data_dir / "jobs").mkdir()
    (config.data_dir / "jobs" / "one.json").write_text("{}")
    (config.inbox_dir / "index.sqlite").write_text("derived")
    back_up(config, tmp_path / "backup")
    other = _config(tmp_path / "to")
    restored = restore(other, tmp_path / "backup")
    assert _state(other) == _state(config)
    assert (other.data_dir / "jobs" / "one.json").read_text() == "{}"
    assert not (other.inbox_dir / "index.sqlite").exists()
    assert (restored.objects, restored.waiting, restored.put_aside) == (6, 0, None)
    with (
        Store.open(config.database_url, create=False) as before,
        Store.open(other.database_url, create=False) as after,
    ):
        assert before.difference(after).is_none
    assert not [path for path in other.data_dir.iterdir() if path.name.startswith(".")]


def test_a_second_backup_copies_only_what_is_new_and_forgets_what_is_gone(config: Config, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    assert back_up(config, folder).copied_files == 8  # objects, the database, and whose site they are
    assert back_up(config, folder).copied_files == 0
    import_paths(config, sorted(MONTH.glob("*.dcm"))[5:6])
    assert back_up(config, folder).copied_files == 2  # the object and the database
    blobs = {path.name for path in folder.glob("files/*/*")}
    manifest = json.loads((folder / "manifest.json").read_text())
    others = set(manifest["others"].values())
    assert blobs == {entry["blob"] for entry in manifest["objects"].values()} | {manifest["database"]} | others


def test_what_was_read_after_the_database_was_copied_waits_after_a_restore(config: Config, tmp_path: Path) -> None:
    with sqlite3.connect(config.data_dir / "alara.sqlite") as database:
        (digest,) = database.execute("SELECT digest FROM reports LIMIT 1").fetchone()
        database.execute("UPDATE reports SET digest = ? WHERE digest = ?", ("f" * 64, digest))
    back_up(config, tmp_path / "backup")
    other = _config(tmp_path / "to")
    assert restore(other, tmp_path / "backup").waiting == 1
    assert Inbox(other.inbox_dir).pending() == [digest]
    assert Inbox(other.inbox_dir).load(digest) == Inbox(config.inbox_dir).load(digest)


def test_the_key_is_never_in_it(config: Config, tmp_path: Path) -> None:
    inside = _config(tmp_path / "from", key_file=config.data_dir / "pseudonym.key")
    inside.key_file.write_bytes(config.key_file.read_bytes())
    back_up(inside, tmp_path / "backup")
    key = inside.key_file.read_bytes().strip()
    assert not [name for name, data in _files(tmp_path / "backup").items() if key in data]


def test_it_is_for_its_owner_alone(config: Config, tmp_path: Path) -> None:
    back_up(config, tmp_path / "backup")
    assert (tmp_path / "backup").stat().st_mode & 0o077 == 0
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "backup").rglob("*")} == {0}


@pytest.mark.slow
def test_a_damaged_backup_changes_nothing(config: Config, tmp_path: Path) -> None:
    back_up(config, tmp_path / "backup")
    other = _config(tmp_path / "to")
    import_paths(other, sorted(MONTH.glob("*.dcm"))[6:7])
    before = _state(other)
    for path in sorted((tmp_path / "backup" / "files").glob("*/*")):
        whole = path.read_bytes()
        for damage in (whole[:-1], bytes([whole[0] ^ 1]) + whole[1:], None):
            path.write_bytes(damage) if damage is not None else path.unlink()
            with pytest.raises(StorageError, match="missing or damaged"):
                restore(other, tmp_path / "backup", force=True)
        path.write_bytes(whole)
    assert _state(other) == before
    assert not [path for path in other.data_dir.iterdir() if "restor" in path.name]


@pytest.mark.parametrize("path", ["../out", "/etc/out", "a/../../out", ""])
def test_a_manifest_leads_nowhere_else(config: Config, tmp_path: Path, path: str) -> None:
    back_up(config, tmp_path / "backup")
    file = tmp_path / "backup" / "manifest.json"
    manifest = json.loads(file.read_text())
    manifest["others"] = {path: next(iter(manifest["objects"].values()))["blob"]}
    file.write_text(json.dumps(manifest))
    with pytest.raises(StorageError, match="damaged"):
        restore(_config(tmp_path / "to"), tmp_path / "backup")


def test_data_that_is_there_is_refused_or_put_aside_whole(config: Config, tmp_path: Path) -> None:
    back_up(config, tmp_path / "backup")
    other = _config(tmp_path / "to")
    import_paths(other, sorted(MONTH.glob("*.dcm"))[6:8])
    before = _files(other.data_dir)
    with pytest.raises(UsageError, match="data already"):
        restore(other, tmp_path / "backup")
    aside = restore(other, tmp_path / "backup", force=True).put_aside
    assert aside is not None
    kept = {name: data for name, data in _files(aside).items() if not name.startswith("inbox/lock")}
    assert kept == {name: data for name, data in before.items() if not name.startswith("inbox/lock")}
    assert _state(other) == _state(config)


def test_a_running_node_is_not_pulled_from_under_its_feet(config: Config, tmp_path: Path) -> None:
    back_up(config, tmp_path / "backup")
    with Inbox(config.inbox_dir).lock(), pytest.raises(InboxLocked):
        restore(config, tmp_path / "backup", force=True)


def test_folders_of_others_are_left_alone(config: Config, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("mine")
    with pytest.raises(UsageError, match="other files"):
        back_up(config, tmp_path / "mine")
    with pytest.raises(UsageError, match="inside"):
        back_up(config, config.data_dir / "backup")
    with pytest.raises(UsageError, match="not a backup"):
        restore(_config(tmp_path / "to"), tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["letter.txt"]
    assert not (tmp_path / "to" / "data").exists()


def test_a_backup_that_is_stopped_leaves_the_earlier_one(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alara.app.backup import making

    back_up(config, tmp_path / "backup")
    import_paths(config, sorted(MONTH.glob("*.dcm"))[5:9])

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(making, "write_all", full)
    with pytest.raises(StorageError, match="No space left"):
        back_up(config, tmp_path / "backup")
    other = _config(tmp_path / "to")
    assert restore(other, tmp_path / "backup").objects == 6
