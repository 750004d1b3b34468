"""What the inbox says of its objects: that one is safe, why one is set aside, how many there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from alara.errors import UnreadableReason

__all__ = ["FirstCame", "InboxCounts", "Quarantined", "Receipt", "Waiting"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """An object that is safe. ``fresh``: it was not there before; ``waiting``: it is still to be read."""

    digest: str
    fresh: bool
    waiting: bool


@dataclass(frozen=True, slots=True)
class FirstCame:
    """Who first brought an object that others have brought since under another file header, and when."""

    received_at: datetime
    sending_ae: str
    address: str


@dataclass(frozen=True, slots=True)
class Quarantined:
    """An object that could not become a report, and why; ``first`` only where another one has brought it since."""

    digest: str
    reason: UnreadableReason
    detail: str
    since: datetime
    size_bytes: int
    first: FirstCame | None = None


@dataclass(frozen=True, slots=True)
class InboxCounts:
    """How many objects are in each state, and what the disk has left."""

    new: int
    kept: int
    quarantined: int
    free_bytes: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is asked for often, without a look at what is kept; ``oldest_s``: age of what waits longest, 0 without."""

    count: int
    oldest_s: float
    quarantined: int
    free_bytes: int
