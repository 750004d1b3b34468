"""What could not be read: look at it, read it again, or drop it for good.

An object in quarantine was acknowledged, so its sender may have deleted it;
dropping it is the only thing in alara that destroys what a C-arm sent.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from alara.app.ingest import Ingest
from alara.app.readers import ReaderPool
from alara.config import Config
from alara.errors import NothingFound, UnreadableReason, UsageError
from alara.inbox import FirstCame, Inbox, Quarantined, part10
from alara.inbox.part10 import FileMeta

__all__ = ["Aside", "Closer", "Retried", "aside", "choose", "closer", "drop", "retry"]

#: As many findings as tell what kind of report it would be.
_FIRST_FINDINGS = 5
_SHORTEST_PREFIX = 6
_OWN_FAULTS = (UnreadableReason.READER_DIED, UnreadableReason.READER_TIMED_OUT, UnreadableReason.READER_FAILED)


@dataclass(frozen=True, slots=True)
class Aside:
    """An object in quarantine, and what its file header says of who sent it."""

    digest: str
    reason: UnreadableReason
    detail: str
    since: datetime
    received_at: datetime
    size_bytes: int
    meta: FileMeta
    #: Who brought it before the one that ``meta`` names, at ``received_at``; ``None`` where nobody did.
    first: FirstCame | None = None

    def as_dict(self) -> dict[str, Any]:
        return {
            "digest": self.digest,
            "reason": self.reason.value,
            "words": self.reason.words,
            "detail": self.detail,
            "since": self.since.isoformat(),
            "received_at": self.received_at.isoformat(),
            "size_bytes": self.size_bytes,
            "sending_ae": self.meta.sending_ae,
            "address": self.meta.sending_address,
            "sop_class_uid": self.meta.sop_class_uid,
            "transfer_syntax_uid": self.meta.transfer_syntax_uid,
            "first": {**asdict(self.first), "received_at": self.first.received_at.isoformat()} if self.first else None,
        }


@dataclass(frozen=True, slots=True)
class Closer:
    """An object in quarantine read once more, with nothing stored: why not, or with how many findings."""

    aside: Aside
    reason_now: UnreadableReason | None
    detail_now: str
    findings: tuple[str, ...]
    finding_count: int

    @property
    def is_alaras_own(self) -> bool:
        """Whether it cannot be read for a fault of alara's: then it wants keeping."""
        return self.reason_now in _OWN_FAULTS

    def as_dict(self) -> dict[str, Any]:
        return {
            **self.aside.as_dict(),
            "reason_now": self.reason_now.value if self.reason_now else None,
            "detail_now": self.detail_now,
            "findings": list(self.findings),
            "finding_count": self.finding_count,
        }


@dataclass(frozen=True, slots=True)
class Retried:
    """What became of objects that were read again: digests now in the database, and those still set aside."""

    read: tuple[str, ...]
    still: tuple[tuple[str, UnreadableReason], ...]
    waiting: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        return {
            "read": list(self.read),
            "still_quarantined": [{"digest": digest, "reason": reason.value} for digest, reason in self.still],
            "waiting": list(self.waiting),
        }


def aside(config: Config) -> list[Aside]:
    """Everything in quarantine, in order of arrival."""
    inbox = _inbox(config)
    return [_aside(inbox, one) for one in inbox.quarantined()]


def choose(config: Config, prefixes: Sequence[str], *, reason: str = "", everything: bool = False) -> list[Aside]:
    """The objects that beginnings of digests, a reason, or ``everything`` name.

    Raises
    ------
    UsageError
        When nothing or too much is named, or a beginning fits several objects.
    NothingFound
        When a beginning or the reason fits none.
    """
    if sum((bool(prefixes), bool(reason), everything)) != 1:
        raise UsageError("Name either digests, or --reason, or --all.", hint="alara quarantine list")
    there = aside(config)
    if everything:
        return there
    if not reason:
        return list({found.digest: found for prefix in prefixes for found in [_by_prefix(there, prefix)]}.values())
    if found := [one for one in there if one.reason.value == reason]:
        return found
    raise NothingFound(f"Nothing is in quarantine for {reason!r}.", hint="alara quarantine list shows the reasons.")


def closer(config: Config, prefix: str) -> Closer:
    """One object, and what reading it now gives; nothing is changed."""
    chosen = _by_prefix(aside(config), prefix)
    with ReaderPool(config.inbox_dir) as pool:
        (reading,) = (one for readings in pool.read([chosen.digest]) for one in readings)
    if reading.report is None:
        unreadable = reading.unreadable
        return Closer(
            chosen, unreadable.reason if unreadable else chosen.reason, unreadable.detail if unreadable else "", (), 0
        )
    found = [f"{finding['code']}: {finding['text']}".rstrip(": ") for finding in reading.report.findings]
    return Closer(chosen, None, "", tuple(found[:_FIRST_FINDINGS]), len(found))


def retry(config: Config, chosen: Sequence[Aside]) -> Retried:
    """Read these objects again and store what can be read now; a node may run meanwhile, and may be quicker."""
    digests = [one.digest for one in chosen]
    with Ingest(config, readers=min(len(digests), os.cpu_count() or 1) or 1) as ingest:
        inbox = ingest.inbox
        for digest in digests:
            inbox.release(digest)
        for _ in ingest.run(digests):
            pass
        waiting = set(inbox.pending())
        why = {digest: inbox.why_quarantined(digest) for digest in digests}
    return Retried(
        read=tuple(digest for digest in digests if why[digest] is None and digest not in waiting),
        still=tuple((digest, reason) for digest, reason in why.items() if reason is not None),
        waiting=tuple(digest for digest in digests if why[digest] is None and digest in waiting),
    )


def drop(config: Config, chosen: Sequence[Aside]) -> None:
    """Delete these objects for good."""
    inbox = _inbox(config)
    for one in chosen:
        inbox.drop(one.digest)


def _inbox(config: Config) -> Inbox:
    if not config.inbox_dir.exists():
        raise NothingFound(f"There is no inbox at {config.inbox_dir}.", hint="Another data folder: --data-dir.")
    return Inbox(config.inbox_dir)


def _aside(inbox: Inbox, one: Quarantined) -> Aside:
    parsed = part10.parse(inbox.load(one.digest))
    meta = parsed[0] if parsed else FileMeta()
    return Aside(
        one.digest, one.reason, one.detail, one.since, inbox.received_at(one.digest), one.size_bytes, meta, one.first
    )


def _by_prefix(there: Sequence[Aside], prefix: str) -> Aside:
    found = list(_starting(there, prefix.lower()))
    if len(prefix) < _SHORTEST_PREFIX and len(found) != 1:
        raise UsageError(f"{prefix!r} is too short.", hint=f"At least {_SHORTEST_PREFIX} characters of the digest.")
    if not found:
        raise NothingFound(f"Nothing in quarantine begins with {prefix!r}.", hint="alara quarantine list")
    if len(found) > 1:
        raise UsageError(f"{len(found)} objects begin with {prefix!r}.", hint="Give more of the digest.")
    return found[0]


def _starting(there: Sequence[Aside], prefix: str) -> Iterator[Aside]:
    return (one for one in there if one.digest.startswith(prefix))
