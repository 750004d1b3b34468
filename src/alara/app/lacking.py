"""What the inbox has kept and the database does not hold: where one was lost, or another is named."""

from __future__ import annotations

from alara.config import Config
from alara.errors import DatabaseMissing
from alara.inbox import Inbox
from alara.store import Store

__all__ = ["lacking"]


def lacking(config: Config, inbox: Inbox) -> int:
    """How many objects the database lacks, by count: with other nodes' reports in it, fewer or none are seen.

    Raises
    ------
    DatabaseError
        When it refuses.
    """
    kept = sum(1 for _ in inbox.kept())
    try:
        with Store.open(config.database_url, create=False) as store:
            rows = store.info().rows
    except DatabaseMissing:
        return kept
    return max(0, kept - rows["reports"] - rows["copies"])
