"""Procedures from the database into a Parquet dataset."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from alara.config import Config
from alara.errors import NothingFound, StorageError, UsageError
from alara.extras import install

if TYPE_CHECKING:
    import pandas as pd

    from alara.lake import Export
    from alara.store import Store

__all__ = ["export_parquet"]

_DAY = timedelta(days=1)
#: About so many rows are in memory at a time.
_AT_ONCE = 50_000


def export_parquet(
    config: Config,
    folder: Path,
    period_text: str = "",
    told: Callable[[int, int], None] | None = None,
    *,
    dry_run: bool = False,
) -> Export:
    """Export all procedures of the database, of all sites, or those of the months that a period touches.

    With ``dry_run`` nothing is written to the folder or removed from it; what would be done is said.

    Raises
    ------
    NothingFound
        When the database holds no procedure, of the period if one is named.
    UsageError
        When the period is none, the dataset is another version's and only part of it is exported, or pyarrow is
        not installed.
    DatabaseError, StorageError
        When the database or the disk refuses.
    """
    from importlib.util import find_spec

    from alara.audit import Period
    from alara.store import Store

    if find_spec("pyarrow") is None:
        raise UsageError("Parquet needs pyarrow, which is not installed.", hint=install("lake"))
    from alara.lake import Dataset, export

    period = Period.parse(period_text) if period_text else None
    with Store.open(config.database_url, create=False) as store:
        extent = store.extent()
        if extent is None:
            raise NothingFound(
                f"The database holds no procedure, so nothing was done to {folder}.",
                hint="alara status shows what waits.",
            )
        held_from, held_to, count = extent
        first, last = (period.start, period.end - _DAY) if period else (held_from, held_to)
        days = max(1, _AT_ONCE * ((held_to - held_from).days + 1) // count)
        try:
            made = export(
                Dataset(folder),
                _months(store, first, last, days),
                everything=period is None,
                sites=store.sites_between(held_from, held_to + _DAY),
                told=told,
                dry_run=dry_run,
            )
        except OSError as error:
            raise StorageError(
                f"The dataset cannot be written to {folder}: {error.strerror or error}.",
                hint="Name a folder that you may write to, on a disk with room.",
            ) from error
        if period and not made.rows and not made.removed:
            raise NothingFound(
                f"The database holds no procedure of {period.label}, so nothing was done to {folder}.",
                hint="alara list shows what it holds.",
            )
        return made


def _months(
    store: Store, first: date, last: date, days_at_once: int
) -> Iterator[tuple[int, int, Iterator[pd.DataFrame]]]:
    """Each month from the one of the first day to the one of the last, whole."""
    start = first.replace(day=1)
    while start <= last:
        end = date(start.year + start.month // 12, start.month % 12 + 1, 1)
        yield start.year, start.month, _frames(store, start, end, days_at_once)
        start = end


def _frames(store: Store, start: date, end: date, days_at_once: int) -> Iterator[pd.DataFrame]:
    while start < end:
        before = min(end, start + days_at_once * _DAY)
        frame = store.procedures(start, before)
        if not frame.empty:
            yield frame
        start = before
