"""Why what was stored is not read just now: two small files, for ``alara status``.

Ingest says itself what it waits for; that it keeps ending is said by the node,
which starts it again. Both files have their room from the start, since a full
disk is one of the reasons (:mod:`alara.reserved`). They are read by
:mod:`alara.node_records`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from alara.errors import AlaraError, DatabaseError
from alara.node_records import INGEST, RESTARTS, IngestTrouble
from alara.reserved import ReservedFile

__all__ = ["RestartsNote", "WaitsNote"]

_ROOM_BYTES: Final = 1 << 12
_LONGEST_TEXT: Final = 1000


class _Note:
    """One file with one trouble, or none; a disk that refuses it raises nothing."""

    def __init__(self, folder: Path, name: str) -> None:
        self._file = ReservedFile(folder / name, _ROOM_BYTES)
        self._trouble: IngestTrouble | None = None
        self._is_known = False

    def clear(self) -> None:
        """There is no trouble, or no more."""
        if not self._is_known or self._trouble is not None:
            self._trouble = None
            self._is_known = self._file.write([])

    def close(self) -> None:
        """Give the file back; what it says stays."""
        self._file.close()

    def _tell(self, kind: str, text: str, *, restarts: bool = False) -> None:
        now = datetime.now(UTC).replace(microsecond=0)
        fresh = IngestTrouble(kind=kind, text=text[:_LONGEST_TEXT], since=now, count=1, restarts=restarts)
        known = self._trouble
        self._trouble = fresh if known is None else replace(fresh, since=known.since, count=known.count + 1)
        self._file.write([self._trouble.as_dict()])


class WaitsNote(_Note):
    """What ingest waits for."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, INGEST)

    def waits(self, error: AlaraError) -> None:
        """It tried, and has to try again."""
        self._tell("database" if isinstance(error, DatabaseError) else "ingest", error.message)


class RestartsNote(_Note):
    """How often the process of ingest has ended soon after it began."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, RESTARTS)

    def ended(self, why: str) -> None:
        """It ended, or could not be started."""
        self._tell("ingest", why, restarts=True)
