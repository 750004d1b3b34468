"""A backup back into a data folder: everything is checked before anything is put in place.

The restored files are made beside the old ones and renamed into place at the
end; with ``force`` the old ones are put aside in the data folder, not deleted.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from alara.app.backup.manifest import Manifest, blob_path, read_manifest
from alara.config import Config
from alara.errors import StorageError, UsageError
from alara.files import replace_file, sync_folder
from alara.inbox import Inbox
from alara.inbox.archive import Stored, put_back
from alara.store.snapshot import database_file, digests_in

__all__ = ["Restored", "restore"]

_LOG_SUFFIXES: Final = ("-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class Restored:
    """What was brought back, where the former data is now, and whether the pseudonym key is the one it needs."""

    objects: int
    waiting: int
    has_database: bool
    put_aside: Path | None
    key_version: str


def restore(
    config: Config, folder: Path, *, force: bool = False, progress: Callable[[int], None] = lambda _: None
) -> Restored:
    """Bring a backup back into the data folder of the settings.

    Raises
    ------
    UsageError
        When the folder is not a backup, or there is data already and ``force`` is not given.
    InboxLocked
        When a node runs on that data.
    StorageError, DatabaseError
        When a file of the backup is damaged or missing, or a disk refuses; the data folder is then as it was.
    """
    manifest = read_manifest(folder)
    occupied = [path for path in _targets(config, manifest) if path.exists()]
    if occupied and not force:
        raise UsageError(
            f"There is data already: {occupied[0]}.", hint="Name an empty --data-dir, or --force to put the old aside."
        )
    try:
        with _undisturbed(config), _beside(config) as beside:
            _fill(beside, folder, manifest, progress)
            aside = _put_in_place(config, beside, manifest, occupied)
    except OSError as error:
        raise StorageError(
            f"The data folder {config.data_dir} refuses: {error.strerror or error}.", hint="Is there room?"
        ) from error
    waiting = sum(1 for entry in manifest.objects.values() if entry.state == "new")
    return Restored(len(manifest.objects), waiting, bool(manifest.database), aside, manifest.key_version)


def _targets(config: Config, manifest: Manifest) -> list[Path]:
    """What a restore puts in place, and what would contradict it."""
    targets = [config.inbox_dir, *(config.data_dir / path for path in _top_level(manifest))]
    if file := database_file(config.database_url):
        targets += [file, *(file.with_name(file.name + suffix) for suffix in _LOG_SUFFIXES)]
    return targets


def _top_level(manifest: Manifest) -> list[str]:
    """First parts of the paths of other files, but for those inside the inbox."""
    return sorted({path.split("/")[0] for path in manifest.others} - {"inbox"})


def _undisturbed(config: Config) -> AbstractContextManager[None]:
    """No node runs on what is there, nor starts meanwhile."""
    return Inbox(config.inbox_dir).lock() if (config.inbox_dir / "lock").exists() else nullcontext()


@contextmanager
def _beside(config: Config) -> Iterator[Path]:
    """A folder in the data folder for what is not in place yet; gone at the end, whatever happens."""
    beside = config.data_dir / f".restoring-{os.getpid()}"
    beside.mkdir(parents=True, mode=0o700)
    try:
        yield beside
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _fill(beside: Path, folder: Path, manifest: Manifest, progress: Callable[[int], None]) -> None:
    if manifest.database:
        _copy_database(blob_path(folder, manifest.database), beside / "database", manifest.database)
    put_back(Inbox(beside / "inbox"), _objects(folder, manifest, progress))
    for path, blob in manifest.others.items():
        target = beside / path
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace_file(target, _bytes(folder, blob))


def _copy_database(source: Path, target: Path, sha256: str) -> None:
    try:
        shutil.copyfile(source, target)
    except FileNotFoundError as error:
        raise _damaged(sha256) from error
    target.chmod(0o600)
    with target.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            raise _damaged(sha256)
        os.fsync(file.fileno())
    digests_in(target)


def _objects(folder: Path, manifest: Manifest, progress: Callable[[int], None]) -> Iterator[Stored]:
    for count, (digest, entry) in enumerate(manifest.objects.items(), 1):
        yield Stored(digest, entry.state, _bytes(folder, entry.blob), entry.received_ns, entry.note)
        progress(count)


def _bytes(folder: Path, blob: str) -> bytes:
    try:
        data = blob_path(folder, blob).read_bytes()
    except FileNotFoundError as error:
        raise _damaged(blob) from error
    if hashlib.sha256(data).hexdigest() != blob:
        raise _damaged(blob)
    return data


def _damaged(blob: str) -> StorageError:
    return StorageError(f"The file {blob} of the backup is missing or damaged.", hint="Use another backup.")


def _put_in_place(config: Config, beside: Path, manifest: Manifest, occupied: list[Path]) -> Path | None:
    aside = None
    if occupied:
        aside = config.data_dir / f"before-restore-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        aside.mkdir(mode=0o700)
        for path in occupied:
            shutil.move(path, aside / path.name)
    for name in ("inbox", *_top_level(manifest)):
        (beside / name).rename(config.data_dir / name)
    if manifest.database and (file := database_file(config.database_url)):
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.move(beside / "database", file)
        sync_folder(file.parent)
    sync_folder(config.data_dir)
    return aside
