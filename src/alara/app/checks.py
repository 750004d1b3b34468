"""What a check of the installation says: how it ended, what it found, and what to do next."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum

__all__ = ["Check", "Found", "Verdict"]


class Verdict(StrEnum):
    """How a check ended; only ``failed`` is an error."""

    OK = "ok"
    NOTE = "note"
    FAILED = "failed"


#: What a check found: how it ended, in words, and what to do next.
Found = tuple[Verdict, str, str]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: what it is, how it is, and what to do."""

    name: str
    verdict: Verdict
    found: str
    next: str = ""

    def as_dict(self) -> dict[str, str]:
        return asdict(self)
