"""Where a dataset keeps what, and the mark by which it is known.

::

    DIR/dataset.json                                          layout and columns; written last
    DIR/year=2026/month=10/of_site=main/procedures.parquet    one file a partition, replaced as a whole

The site is a column of the file as well: the folder's name, percent-encoded, is
there to leave files out without opening them. It is called ``of_site`` so that
a program that takes the folders' names for columns does not have ``site`` twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from alara.errors import StorageError, UsageError
from alara.files import replace_file
from alara.store.queries import FRAME

__all__ = ["FILE", "LAYOUT", "Dataset", "Partition"]

#: The version of the layout; the columns are compared one by one.
LAYOUT = 1
FILE = "procedures.parquet"
_MARK = "dataset.json"


@dataclass(frozen=True, slots=True, order=True)
class Partition:
    """The procedures of one site that started in one month."""

    year: int
    month: int
    site: str

    @property
    def folder(self) -> Path:
        return Path(f"year={self.year:04}", f"month={self.month:02}", f"of_site={quote(self.site, safe='')}")

    def overlaps(self, start: date, end: date) -> bool:
        """Whether any of its days is from ``start`` until before ``end``."""
        after = date(self.year + self.month // 12, self.month % 12 + 1, 1)
        return date(self.year, self.month, 1) < end and start < after


@dataclass(frozen=True, slots=True)
class Dataset:
    """A folder that is, or is to be, a dataset of procedures."""

    path: Path

    def partitions(self) -> Iterator[Partition]:
        """Every partition that has a file, the oldest first."""
        for file in sorted(self.path.glob(f"year=*/month=*/of_site=*/{FILE}")):
            year, month, site = (part.partition("=")[2] for part in file.parts[-4:-1])
            if year.isdecimal() and month.isdecimal():  # any other folder is none of ours
                yield Partition(int(year), int(month), unquote(site))

    def file(self, partition: Partition) -> Path:
        return self.path / partition.folder / FILE

    def files(self, start: date, end: date, site: str | None = None) -> list[Path]:
        """The files in which procedures of these days (and of this site) can be."""
        return [
            self.file(each)
            for each in self.partitions()
            if each.overlaps(start, end) and (site is None or each.site == site)
        ]

    def sites(self, start: date, end: date) -> list[str]:
        """The sites that have a file for a month of any of these days."""
        return sorted({each.site for each in self.partitions() if each.overlaps(start, end)})

    def check(self) -> None:
        """Refuse what cannot be audited.

        Raises
        ------
        UsageError
            When the folder is no dataset, or one of another version.
        """
        mark = self.mark()
        if mark is None:
            raise UsageError(
                f"{self.path} is no dataset of procedures.", hint=f"Write one: alara export --parquet {self.path}"
            )
        if mark != _own_mark():
            raise self.of_another_version()

    def of_another_version(self) -> UsageError:
        """The error of a dataset whose columns are not those of this version, with what to do."""
        return UsageError(
            f"The dataset {self.path} has the columns of another version of alara.",
            hint="From each database that it came from, export all into one new folder: alara export --parquet DIR",
        )

    def is_current(self) -> bool:
        """Whether it is a dataset with this version's columns."""
        return bool(self.mark() == _own_mark())

    def mark(self) -> Any:
        """What the dataset says of itself; ``None`` when there is none."""
        try:
            return json.loads((self.path / _MARK).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise StorageError(
                f"{self.path / _MARK} cannot be read.", hint=f"Write it again: alara export --parquet {self.path}"
            ) from error

    def write_mark(self) -> None:
        """Say that the dataset is whole, and which columns it has."""
        replace_file(self.path / _MARK, (json.dumps(_own_mark(), indent=2) + "\n").encode(), mode=0o644)

    def remove_mark(self) -> None:
        (self.path / _MARK).unlink(missing_ok=True)


def _own_mark() -> dict[str, object]:
    return {
        "dataset": "procedures",
        "layout": LAYOUT,
        "columns": [{"name": name, "type": dtype} for name, dtype in FRAME.items()],
    }
