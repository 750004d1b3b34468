"""What is to be fetched, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from alara.app.fetch_pace import Hours
from alara.app.ingest import ENDS, Tally
from alara.errors import AlaraError, UnreadableReason
from alara.words import counted

__all__ = ["FetchSummary", "Wanted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to fetch, and how gently. ``again``: also ask about days that are done."""

    since: date
    until: date
    modalities: tuple[str, ...] = ("SR",)
    rate: float = 0.0
    hours: Hours | None = None
    dry_run: bool = False
    again: bool = False


@dataclass(slots=True)
class FetchSummary:
    """What a run did. ``here``: objects that were here already; ``failed``: what did not come, and why."""

    days: int
    days_asked: int = 0
    days_done_before: int = 0
    studies: int = 0
    found: int = 0
    here: int = 0
    fetched: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    dry_run: bool = False
    stopped: bool = False
    read_by_node: bool = False
    broke_off: AlaraError | None = None
    now: str = ""  # what it is doing, for who watches

    def progress(self) -> str:
        """How far it is, on one line."""
        done = self.days_asked + self.days_done_before
        counts = f"{self.fetched} fetched, {len(self.failed)} failed" if not self.dry_run else f"{self.found} found"
        return f"{self.now}: day {done + 1} of {self.days}, {counts} …"

    def as_dict(self) -> dict[str, object]:
        return {
            "dry_run": self.dry_run,
            "days": self.days,
            "days_asked": self.days_asked,
            "days_done_before": self.days_done_before,
            "studies": self.studies,
            "found": self.found,
            "here": self.here,
            "fetched": self.fetched,
            "failed": [{"what": what, "why": why} for what, why in self.failed.items()],
            "ingested": None if self.read_by_node or self.dry_run else {end: self.tally.ends[end] for end in ENDS},
            "quarantine": [{"digest": digest, "reason": reason} for digest, reason in self.tally.aside],
            "stopped": self.stopped,
            "broke_off": self.broke_off.message if self.broke_off else None,
        }

    def lines(self) -> list[str]:
        """The summary for people, a line each."""
        if self.dry_run:
            fetched = f"{self.found - self.here} would be fetched"
        else:
            fetched = f"{self.fetched} fetched, {len(self.failed)} failed"
        before = f" ({self.days_done_before} of {self.days} were done before)" if self.days_done_before else ""
        lines = [
            f"{counted(self.days_asked, 'day')} asked{before}: {counted(self.studies, 'study', 'studies')}, "
            f"{counted(self.found, 'object')}, {self.here} here already, {fetched}."
        ]
        if self.fetched and self.read_by_node:
            lines.append("The running node reads them into the database: alara status")
        elif self.tally.ends:
            lines.append(f"{self.tally.words()}.")
        lines += [f"  failed: {what}: {why}" for what, why in self.failed.items()]
        lines += [
            f"  quarantined: {digest[:12]}: {UnreadableReason(reason).words} ({reason})"
            for digest, reason in self.tally.aside
        ]
        if self.failed:
            lines.append("What failed is tried again by the same command.")
        if self.stopped:
            lines.append("Stopped; the same command goes on from here.")
        return lines
