"""Procedures out of a source of frames into a dataset, partition by partition.

A partition is one file that is replaced as a whole: who reads meanwhile reads
the old rows or the new ones. One whose rows are as they were is left alone, so
that exporting again touches what changed and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from alara.files import sync_folder
from alara.lake.dataset import Dataset, Partition

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Export", "export"]

#: The frames of one month, in order: by day or however they fit into memory.
Months = Iterable[tuple[int, int, Iterable["pd.DataFrame"]]]


@dataclass(frozen=True, slots=True)
class Export:
    """What an export did, or would do: rows and partitions of its sites, how many of these it wrote, which it removed,
    and which of other sites it left alone.
    """

    rows: int
    partitions: int
    written: int
    removed: tuple[Partition, ...]
    others: tuple[Partition, ...]

    @property
    def other_sites(self) -> list[str]:
        """The sites of the dataset that the source does not hold."""
        return sorted({each.site for each in self.others})


def export(
    dataset: Dataset,
    months: Months,
    *,
    everything: bool,
    sites: Collection[str] | None = None,
    told: Callable[[int, int], None] | None = None,
    dry_run: bool = False,
) -> Export:
    """Write these months; what a month no longer has of these sites is removed.

    A dataset may be put together from several sources, each with sites of its own: what it has of sites that this
    source does not hold is left alone, since nobody can tell whether another source does.

    Parameters
    ----------
    months
        Year, month, and the frames of that month in the order of ``started`` and ``case_id``.
    everything
        These are all the months that there are: partitions of others are removed, and a dataset of another
        version becomes one of this.
    sites
        All sites that the source holds; those of its rows when ``None``.
    told
        Called after each month with its year and number.
    dry_run
        Only find out what would be done.

    Raises
    ------
    UsageError
        When part of a dataset of another version is to be written: some months, or some of its sites; or when a file
        holds other cases alone, of a site of the same name elsewhere.
    OSError
        When the disk refuses; what was written before stays.
    """
    current = dataset.is_current()
    if not current and dataset.mark() is not None:
        held = {each.site for each in dataset.partitions()}
        if not everything or (sites is not None and not held <= set(sites)):
            raise dataset.of_another_version()
        if not dry_run:
            dataset.remove_mark()
    before, seen, kept = set(dataset.partitions()), set(), set()
    rows = written = 0
    with _scratch(dataset, dry_run=dry_run) as scratch:
        for year, month, frames in months:
            seen.add((year, month))
            for partition, count, replaced in _write_month(dataset, year, month, frames, scratch):
                kept.add(partition)
                rows += count
                written += replaced
            if told is not None:
                told(year, month)
    own = {each.site for each in kept} if sites is None else set(sites)
    others = {each for each in before if each.site not in own}
    gone = {each for each in before - kept - others if everything or (each.year, each.month) in seen}
    if not dry_run:
        for partition in gone:
            _remove(dataset, partition)
        if not current:
            dataset.write_mark()
    return Export(rows, len(kept), written, tuple(sorted(gone)), tuple(sorted(others)))


@contextmanager
def _scratch(dataset: Dataset, *, dry_run: bool) -> Iterator[Path | None]:
    """A folder beside everything for a trial, which goes away; otherwise none, and the dataset's own is there."""
    if not dry_run:
        dataset.path.mkdir(parents=True, exist_ok=True)
        yield None
        return
    with TemporaryDirectory(prefix="alara-export-") as folder:
        yield Path(folder)


def _write_month(
    dataset: Dataset, year: int, month: int, frames: Iterable[pd.DataFrame], scratch: Path | None
) -> list[tuple[Partition, int, bool]]:
    from alara.lake.arrow import PartitionWriter

    writers: dict[str, PartitionWriter] = {}
    with ExitStack() as stack:
        for frame in frames:
            for site, part in frame.groupby("site", observed=True, sort=True):
                if site not in writers:
                    place = dataset.file(Partition(year, month, str(site)))
                    writers[str(site)] = stack.enter_context(PartitionWriter(place, scratch=scratch))
                writers[str(site)].add(part)
    if scratch is None:
        for site in writers:
            sync_folder(dataset.file(Partition(year, month, site)).parent)
    return [(Partition(year, month, site), writer.rows, writer.replaced) for site, writer in writers.items()]


def _remove(dataset: Dataset, partition: Partition) -> None:
    file = dataset.file(partition)
    file.unlink()
    for folder in file.parents[:3]:
        if any(folder.iterdir()):
            break
        folder.rmdir()
