"""What a backup holds: one file, written last, that names every other by its SHA-256.

A folder is a backup when it holds a manifest, and the manifest that is there is
always that of a whole backup: files are only ever added before it is replaced,
and removed after.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Final

from alara.errors import StorageError, UsageError
from alara.files import replace_file
from alara.inbox.archive import State

__all__ = ["MANIFEST", "Manifest", "ObjectEntry", "blob_path", "read_manifest", "write_manifest"]

MANIFEST: Final = "manifest.json"
_FORMAT: Final = 1
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class ObjectEntry:
    """An object of the inbox: the file that holds it, its state, when it came, and why it is set aside."""

    blob: str
    state: State
    received_ns: int
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """``database`` is empty where that is a server's; ``others``: further files of the data folder by their path."""

    made_at: str
    version: str
    schema_version: str
    database: str
    key_version: str
    objects: Mapping[str, ObjectEntry] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)

    def blobs(self) -> set[str]:
        """The names of all files that the backup consists of."""
        named = {entry.blob for entry in self.objects.values()} | set(self.others.values())
        return named | {self.database} if self.database else named


def blob_path(folder: Path, blob: str) -> Path:
    """Where a file of a backup is: named for the SHA-256 of its bytes."""
    return folder / "files" / blob[:2] / blob


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Make these files the backup, at once."""
    value = {"format": _FORMAT, **asdict(manifest)}
    replace_file(folder / MANIFEST, json.dumps(value, indent=0, sort_keys=True).encode())


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup, with every name in it known to be harmless.

    Raises
    ------
    UsageError
        When the folder is not a backup.
    StorageError
        When its manifest is damaged, or of a newer alara.
    """
    try:
        value = json.loads((folder / MANIFEST).read_bytes())
    except FileNotFoundError as error:
        raise UsageError(
            f"{folder} is not a backup: it has no {MANIFEST}.", hint="alara backup DEST makes one."
        ) from error
    except (OSError, ValueError) as error:
        raise StorageError(f"The manifest of {folder} cannot be read.", hint="Use another backup.") from error
    if value.get("format") != _FORMAT:
        raise StorageError(f"The backup {folder} has a form that this alara does not know.", hint="Use a newer alara.")
    try:
        return _checked(value)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise StorageError(f"The manifest of {folder} is damaged.", hint="Use another backup.") from error


def _checked(value: dict[str, Any]) -> Manifest:
    manifest = Manifest(
        made_at=str(value["made_at"]),
        version=str(value["version"]),
        schema_version=str(value["schema_version"]),
        database=str(value["database"]),
        key_version=str(value["key_version"]),
        objects={
            digest: ObjectEntry(entry["blob"], State(entry["state"]), int(entry["received_ns"]), str(entry["note"]))
            for digest, entry in value["objects"].items()
        },
        others={str(path): str(blob) for path, blob in value["others"].items()},
    )
    if not all(_SHA256.fullmatch(name) for name in (*manifest.blobs(), *manifest.objects)):
        raise ValueError("a name is not a digest")
    if not all(_stays_inside(path) for path in manifest.others):
        raise ValueError("a path leads outside")
    return manifest


def _stays_inside(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return bool(parts) and not path.startswith("/") and ".." not in parts
