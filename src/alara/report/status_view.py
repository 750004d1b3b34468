"""How the node is, as values: what the terminal, the page and ``--json`` show. No names or IDs of people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from alara.node_records import NodeRecords

__all__ = ["NodeRow", "Problem", "StatusView", "Stranger", "UnitRow", "moment"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that somebody should see to: a word for programs, a sentence, and the next command."""

    kind: str
    text: str
    next: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRow:
    """One X-ray unit. Times are aware, ``None`` for never; ``silent_days`` is ``None`` while it is not silent."""

    label: str
    site: str
    key: str
    sending_aes: tuple[str, ...]
    addresses: tuple[str, ...]
    last_echo: datetime | None
    last_received: datetime
    reports: int
    reports_24h: int
    reports_30d: int
    quirks: tuple[str, ...]
    refused: int
    silent_days: int | None
    usual_gap_days: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """A caller that no report in the database came from: it only tested, or sent what cannot be read."""

    calling: str
    address: str
    last_seen: datetime | None
    last_echo: datetime | None
    objects: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRow:
    """The process that holds the inbox; ``pid`` is empty when none does."""

    pid: str = ""
    aet: str = ""
    host: str = ""
    port: int | None = None

    @property
    def sentence(self) -> str:
        if not self.pid:
            return "No node runs on this inbox."
        where = f"{self.aet} listens on {self.host}:{self.port}" if self.port else "It has not said where it listens"
        return f"{where}, process {self.pid}."


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusView:
    """Everything at one moment; ``at`` is aware, ages are in seconds, sizes in bytes."""

    at: datetime
    site: str
    version: str
    node: NodeRow
    new: int
    oldest_waiting_s: float
    kept: int
    quarantined: int
    free_bytes: int
    #: Kept objects that the database does not know; ``None`` where it was not asked.
    not_in_database: int | None = None
    quarantine: tuple[Mapping[str, Any], ...] = ()
    #: Count and words by reason.
    reasons: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    units: tuple[UnitRow, ...] = ()
    strangers: tuple[Stranger, ...] = ()
    schema_version: str = ""
    database_error: str = ""
    #: Whom the node refused and why, which steps run, which reports it owes.
    records: NodeRecords = NodeRecords()
    problems: tuple[Problem, ...] = ()
    has_inbox: bool = True

    def as_dict(self) -> dict[str, Any]:
        """The view as values that JSON can hold."""
        return {
            "at": self.at.isoformat(timespec="seconds"),
            "site": self.site,
            "version": self.version,
            "node": asdict(self.node) if self.node.pid else None,
            "inbox": {
                "new": self.new,
                "oldest_waiting_s": round(self.oldest_waiting_s, 1),
                "kept": self.kept,
                "not_in_database": self.not_in_database,
                "quarantined": self.quarantined,
                "free_bytes": self.free_bytes,
            },
            "quarantine": [dict(one) for one in self.quarantine],
            "quarantine_by_reason": {reason: count for reason, (count, _) in self.reasons.items()},
            "devices": [_plain(asdict(unit)) for unit in self.units],
            "other_callers": [_plain(asdict(caller)) for caller in self.strangers],
            "node_records": self.records.as_dict(),
            "schema_version": self.schema_version or None,
            "database_error": self.database_error or None,
            "problems": [asdict(problem) for problem in self.problems],
        }


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat(timespec="seconds") if isinstance(value, datetime) else value
        for name, value in row.items()
    }


def moment(at: datetime | None) -> str:
    """A time as short as a table needs it; empty for never."""
    return at.strftime("%Y-%m-%d %H:%M") if at else ""
