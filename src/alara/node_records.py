"""What a node leaves in its folder for others to read: whom it refused, what it could not store, what is to come.

The node writes these files (:mod:`alara.node.refusals`, ``unstored``, ``steps``,
``commitment``, and :mod:`alara.app.ingest_notes`); ``alara status`` reads them here, without starting anything
that speaks on the network, and whether the node runs or not.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from alara.reserved import read_reserved

__all__ = [
    "DUE_REPORTS",
    "INGEST",
    "OPEN_STEPS",
    "REFUSED",
    "RESTARTS",
    "UNSTORED",
    "IngestTrouble",
    "NodeRecords",
    "Refusal",
    "Unstored",
    "read_records",
    "read_refusals",
    "read_unstored",
]

#: In the node's folder: tables, and two folders of one file each.
REFUSED: Final = "refused.json"
UNSTORED: Final = "unstored.json"
INGEST: Final = "ingest.json"
RESTARTS: Final = "ingest-restarts.json"
OPEN_STEPS: Final = "steps/open"
DUE_REPORTS: Final = "commitment/due"


_TIMES: Final = ("first", "last", "again", "since")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One caller that was refused for one reason. AE titles are empty where it did not come to them.

    ``admitted``: it was let in all the same, and the reason is only to be known.
    """

    address: str
    calling: str
    called: str
    reason: str
    count: int
    first: datetime
    last: datetime
    admitted: bool = False

    @property
    def words(self) -> str:
        """The reason, and whether it kept the caller out."""
        return f"let in: {self.reason}" if self.admitted else self.reason

    def as_dict(self) -> dict[str, Any]:
        """For JSON; times in ISO 8601, UTC."""
        return _plain(asdict(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class Unstored:
    """What one caller could not get stored for one reason: how often, since when, and whether that is over.

    ``again`` is when an object of the same caller was stored after it; ``None`` while none was.
    """

    address: str
    calling: str
    reason: str
    status: int
    count: int
    first: datetime
    last: datetime
    again: datetime | None = None

    def as_dict(self) -> dict[str, Any]:
        """For JSON; times in ISO 8601, UTC."""
        return _plain(asdict(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestTrouble:
    """Why nothing that was stored is read, ``kind`` being ``database`` or ``ingest``; since when, and how often."""

    kind: str
    text: str
    since: datetime
    count: int
    #: Told by who starts it again, and not by itself.
    restarts: bool = False

    def as_dict(self) -> dict[str, Any]:
        """For JSON; times in ISO 8601, UTC."""
        return _plain(asdict(self))


@dataclass(frozen=True, slots=True)
class NodeRecords:
    """The callers that were refused or not served, the latest first; what hinders ingest; what is still to come.

    To come are the ends of steps that began, and reports of storage commitment.
    """

    refused: tuple[Refusal, ...] = ()
    unstored: tuple[Unstored, ...] = ()
    ingest: tuple[IngestTrouble, ...] = ()
    open_steps: int = 0
    due_reports: int = 0

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "refused": [row.as_dict() for row in self.refused],
            "not_stored": [row.as_dict() for row in self.unstored],
            "ingest": [row.as_dict() for row in self.ingest],
            "open_steps": self.open_steps,
            "due_reports": self.due_reports,
        }


def read_records(folder: Path) -> NodeRecords:
    """The records in a node's folder; empty where there is none."""
    return NodeRecords(
        tuple(read_refusals(folder)),
        tuple(read_unstored(folder)),
        tuple(_ingest(folder)),
        _count(folder / OPEN_STEPS, ".dcm"),
        _count(folder / DUE_REPORTS, ".json"),
    )


def read_refusals(folder: Path) -> list[Refusal]:
    """The refusals that a node has written to its folder, the latest first; none where there is no such file."""
    try:
        found = [_refusal(row) for row in json.loads((folder / REFUSED).read_bytes())]
    except (OSError, ValueError, TypeError, AttributeError):
        # Only what helps to set up a C-arm is lost, and the next refusal writes the file anew.
        return []
    return sorted(found, key=lambda refusal: refusal.last, reverse=True)


def read_unstored(folder: Path) -> list[Unstored]:
    """What a node could not store, as it has written to its folder, the latest first; none where it wrote nothing."""
    try:
        found = [Unstored(**_with_times(row)) for row in read_reserved(folder / UNSTORED)]
    except (ValueError, TypeError):
        return []
    return sorted(found, key=lambda row: row.last, reverse=True)


def _ingest(folder: Path) -> Iterator[IngestTrouble]:
    for name in (INGEST, RESTARTS):
        with suppress(ValueError, TypeError):
            yield from [IngestTrouble(**_with_times(row)) for row in read_reserved(folder / name)]


def _refusal(row: dict[str, Any]) -> Refusal:
    return Refusal(**_with_times(row))


def _with_times(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: datetime.fromisoformat(value) if name in _TIMES and value is not None else value
        for name, value in row.items()
    }


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}


def _count(folder: Path, suffix: str) -> int:
    try:
        return sum(1 for path in folder.iterdir() if path.suffix == suffix)
    except OSError:
        return 0
