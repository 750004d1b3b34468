"""A backup while the node runs: the database first, then every object of the inbox.

That order is what makes it consistent. An original is in the inbox before its
rows are in the database, and no original is ever removed or changed; so every
report of the copied database has its original in the copied inbox. What the
inbox got after the database was copied goes in as waiting to be read.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from alara._version import __version__
from alara.app.backup.manifest import MANIFEST, Manifest, ObjectEntry, blob_path, write_manifest
from alara.app.receive import NODE_NOTE
from alara.config import Config
from alara.errors import DatabaseError, NothingFound, StorageError, UsageError
from alara.files import sync_folder
from alara.inbox import Inbox
from alara.inbox.archive import FOLDERS, State, every_digest, stored
from alara.inbox.disk import NewFile, clear_stale, create_folders, write_all
from alara.store import SCHEMA, Store
from alara.store.snapshot import database_file, digests_in, snapshot

__all__ = ["Made", "back_up"]

_GROUP: Final = 64
_HINT: Final = "Is there room, and may this user write there?"


@dataclass(frozen=True, slots=True)
class Made:
    """What a backup holds, and how much of it was copied now; ``has_database``: that of a server is not in it."""

    folder: Path
    objects: int
    copied_files: int
    copied_bytes: int
    has_database: bool
    key_file: Path


def back_up(config: Config, folder: Path, *, progress: Callable[[int], None] = lambda _: None) -> Made:
    """Copy database and inbox to a folder; into an earlier backup only what is new is copied.

    Parameters
    ----------
    folder
        New, empty, or an earlier backup. It becomes as confidential as the inbox: for its owner alone.
    progress
        Called with the number of objects so far.

    Raises
    ------
    UsageError
        When the folder holds anything else.
    NothingFound
        When there is nothing to copy.
    StorageError, DatabaseError
        When a disk or the database refuses; an earlier backup in the folder then stays what it was.
    """
    if not config.inbox_dir.exists():
        raise NothingFound(f"There is no inbox at {config.inbox_dir}.", hint="Another data folder: --data-dir.")
    _claim(folder, config)
    try:
        return _Making(config, folder).run(progress)
    except OSError as error:
        raise StorageError(f"The backup {folder} refuses: {error.strerror or error}.", hint=_HINT) from error


def _claim(folder: Path, config: Config) -> None:
    if folder.resolve().is_relative_to(config.data_dir.resolve()):
        raise UsageError(
            "A backup inside the data folder would be lost with it.", hint="Name a folder on another disk."
        )
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is not a folder.", hint="alara backup DEST, with a new folder")
    is_ours = (folder / MANIFEST).exists() or (folder / "files").exists()
    if folder.exists() and any(folder.iterdir()) and not is_ours:
        raise UsageError(f"{folder} holds other files.", hint="Name a new folder, or an earlier backup.")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StorageError(f"{folder} cannot be made: {error.strerror}.", hint=_HINT) from error


class _Making:
    def __init__(self, config: Config, folder: Path) -> None:
        self._config, self._folder = config, folder
        self._inbox = Inbox(config.inbox_dir)
        self._copied_files = self._copied_bytes = 0
        #: Files that are not written yet, by their name.
        self._unwritten: dict[str, NewFile] = {}

    def run(self, progress: Callable[[int], None]) -> Made:
        create_folders(self._folder, ["tmp", "files"])
        create_folders(self._folder / "files", [f"{number:02x}" for number in range(256)])
        clear_stale(self._folder / "tmp")
        database, known = self._database()
        objects: dict[str, ObjectEntry] = {}
        for digest in every_digest(self._inbox):
            with suppress(NothingFound):  # dropped from quarantine just now
                objects[digest] = self._object(digest, known)
            progress(len(objects))
        manifest = Manifest(
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
            version=__version__,
            schema_version=SCHEMA if database else "",
            database=database,
            key_version=self._key_version(),
            objects=objects,
            others=dict(self._others()),
        )
        self._write()
        write_manifest(self._folder, manifest)
        self._prune(manifest)
        return Made(
            self._folder, len(objects), self._copied_files, self._copied_bytes, bool(database), self._config.key_file
        )

    def _database(self) -> tuple[str, set[str] | None]:
        """The name of the database's copy and the digests that it holds; empty and ``None`` for a server's."""
        source = database_file(self._config.database_url)
        if source is None or not source.exists():
            return "", None if source is None else set()
        temporary = self._folder / "tmp" / f"database-{os.getpid()}"
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            snapshot(source, temporary)
            known = digests_in(temporary)
            return self._blob_of_file(temporary), known
        finally:
            temporary.unlink(missing_ok=True)

    def _object(self, digest: str, known: set[str] | None) -> ObjectEntry:
        one = stored(self._inbox, digest)
        state = one.state
        if state is State.KEPT and known is not None and digest not in known:
            state = State.NEW  # read after the database was copied: to be read again after a restore
        return ObjectEntry(self._blob(one.compressed), state, one.received_ns, one.note)

    def _others(self) -> Iterator[tuple[str, str]]:
        """Files of the data folder that are neither inbox, nor database, nor word of a running node, nor the key."""
        root = self._config.data_dir
        database = database_file(self._config.database_url)
        key = self._config.key_file.resolve()
        for folder, below, names in os.walk(root):
            here = Path(folder).relative_to(root)
            below[:] = sorted(name for name in below if _is_copied(here / name))
            for name in sorted(names):
                path = Path(folder, name)
                of_database = database is not None and name.startswith(database.name)
                if _is_copied(here / name) and not of_database and path.is_file() and path.resolve() != key:
                    yield str(here / name), self._blob(path.read_bytes())

    def _key_version(self) -> str:
        """The version of the key that the database's pseudonyms were made with; empty where there are none."""
        with suppress(DatabaseError), Store.open(self._config.database_url, create=False) as store:
            return store.pseudonym_version(self._config.site)
        return ""

    def _blob(self, data: bytes) -> str:
        name = hashlib.sha256(data).hexdigest()
        target = blob_path(self._folder, name)
        if name not in self._unwritten and (not target.exists() or target.stat().st_size != len(data)):
            self._unwritten[name] = NewFile(target, data)
            self._count(len(data))
            if len(self._unwritten) == _GROUP:
                self._write()
        return name

    def _write(self) -> None:
        if self._unwritten:
            write_all(list(self._unwritten.values()), self._folder / "tmp")
        self._unwritten.clear()

    def _blob_of_file(self, file: Path) -> str:
        with file.open("rb") as opened:
            os.fsync(opened.fileno())
            name = hashlib.file_digest(opened, "sha256").hexdigest()
            size = os.fstat(opened.fileno()).st_size
        target = blob_path(self._folder, name)
        if not target.exists():
            file.replace(target)
            sync_folder(target.parent)
            self._count(size)
        return name

    def _count(self, size: int) -> None:
        self._copied_files += 1
        self._copied_bytes += size

    def _prune(self, manifest: Manifest) -> None:
        """Remove what an earlier backup here held and this one does not."""
        named = manifest.blobs()
        for path in (self._folder / "files").glob("*/*"):
            if path.name not in named:
                path.unlink()


def _is_copied(below: Path) -> bool:
    """Whether a path of the data folder is looked at among the other files."""
    if any(part.startswith((".", "before-restore-")) for part in below.parts) or str(below) == NODE_NOTE:
        return False
    if below.parts[0] != "inbox" or len(below.parts) < 2:
        return True
    # A database inside the inbox is an index that is derived from it; copied while it is written it would be torn.
    return below.parts[1] not in FOLDERS and ".sqlite" not in below.name
