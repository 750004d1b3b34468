"""The note beside an object of the quarantine: why it is there, since when, and who first brought it."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from alara.errors import UnreadableReason
from alara.inbox import part10
from alara.inbox.values import FirstCame, Quarantined

__all__ = ["first_of", "quarantined"]

_REASONS = {reason.value: reason for reason in UnreadableReason}


def quarantined(path: Path, digest: str) -> Quarantined:
    """What is known of an object that is set aside there; a note that is gone or damaged is said to be.

    Raises
    ------
    OSError
        When the object itself is not there.
    """
    status = path.stat()
    try:
        note = json.loads(path.with_suffix(".json").read_bytes())
        reason, detail = _REASONS[note["reason"]], str(note["detail"])
        since = datetime.fromisoformat(note["since"])
    except (OSError, ValueError, KeyError, TypeError):
        reason, detail = UnreadableReason.READER_FAILED, "The note of the reason is missing or damaged."
        since = datetime.fromtimestamp(status.st_mtime, tz=UTC)
        note = {}
    return Quarantined(digest, reason, detail, since, status.st_size, _first(note.get("first")))


def first_of(path: Path) -> dict[str, str]:
    """Who brought first what is set aside there, or was before it was read again; empty where nobody did."""
    with suppress(OSError, ValueError, AttributeError):
        if first := json.loads(path.with_suffix(".json").read_bytes()).get("first"):
            return dict(first)
    try:
        parsed, mtime_ns = part10.parse(path.read_bytes()), path.stat().st_mtime_ns
    except FileNotFoundError:
        return {}
    meta = parsed[0] if parsed else part10.FileMeta()
    came = datetime.fromtimestamp(mtime_ns / 1e9, tz=UTC).isoformat()
    return {"received_at": came, "sending_ae": meta.sending_ae, "address": meta.sending_address}


def _first(noted: object) -> FirstCame | None:
    try:
        came = dict(noted)  # type: ignore[call-overload]
        return FirstCame(datetime.fromisoformat(came["received_at"]), str(came["sending_ae"]), str(came["address"]))
    except (ValueError, KeyError, TypeError):
        return None
