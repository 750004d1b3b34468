"""What a node leaves in its folder for others to read: whom it refused, which steps run, which reports wait.

The node writes these files (:mod:`alara.node.refusals`, ``steps``,
``commitment``); ``alara status`` reads them here, without starting anything
that speaks on the network, and whether the node runs or not.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

__all__ = ["DUE_REPORTS", "OPEN_STEPS", "REFUSED", "NodeRecords", "Refusal", "read_records", "read_refusals"]

#: In the node's folder: a table, and two folders of one file each.
REFUSED: Final = "refused.json"
OPEN_STEPS: Final = "steps/open"
DUE_REPORTS: Final = "commitment/due"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One caller that was refused for one reason. AE titles are empty where it did not come to them."""

    address: str
    calling: str
    called: str
    reason: str
    count: int
    first: datetime
    last: datetime

    def as_dict(self) -> dict[str, Any]:
        """For JSON; times in ISO 8601, UTC."""
        return {**asdict(self), "first": self.first.isoformat(), "last": self.last.isoformat()}


@dataclass(frozen=True, slots=True)
class NodeRecords:
    """The refused callers, the latest first; steps that began and have not ended; reports not yet delivered."""

    refused: tuple[Refusal, ...] = ()
    open_steps: int = 0
    due_reports: int = 0

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "refused": [row.as_dict() for row in self.refused],
            "open_steps": self.open_steps,
            "due_reports": self.due_reports,
        }


def read_records(folder: Path) -> NodeRecords:
    """The records in a node's folder; empty where there is none."""
    return NodeRecords(
        tuple(read_refusals(folder)), _count(folder / OPEN_STEPS, ".dcm"), _count(folder / DUE_REPORTS, ".json")
    )


def read_refusals(folder: Path) -> list[Refusal]:
    """The refusals that a node has written to its folder, the latest first; none where there is no such file."""
    try:
        found = [_refusal(row) for row in json.loads((folder / REFUSED).read_bytes())]
    except (OSError, ValueError, TypeError, KeyError):
        # Only what helps to set up a C-arm is lost, and the next refusal writes the file anew.
        return []
    return sorted(found, key=lambda refusal: refusal.last, reverse=True)


def _refusal(row: dict[str, Any]) -> Refusal:
    first, last = datetime.fromisoformat(row["first"]), datetime.fromisoformat(row["last"])
    return Refusal(**{**row, "first": first, "last": last})


def _count(folder: Path, suffix: str) -> int:
    try:
        return sum(1 for path in folder.iterdir() if path.suffix == suffix)
    except OSError:
        return 0
