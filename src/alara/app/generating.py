"""Made-up procedures of many sites: as a Parquet dataset, as rows of a database, or as dose reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from alara.config import Config
from alara.errors import DatabaseError, StorageError, UsageError
from alara.extras import install

if TYPE_CHECKING:
    from alara.lake import Export
    from alara.lake.export import Months

__all__ = ["Population", "generate_database", "generate_dataset", "generate_reports"]

Told = Callable[[int, int], None]
#: Between the seeds of two sites' reports.
_APART = 1_000_003


@dataclass(frozen=True, slots=True)
class Population:
    """How many procedures, of how many sites, over how many years up to which; equal ones are made alike."""

    procedures: int
    sites: int = 8
    years: int = 2
    last_year: int = 2026
    seed: int = 2026


def generate_dataset(population: Population, folder: Path, told: Told | None = None) -> Export:
    """Write the procedures as a dataset of ``alara export``, one site's month in memory at a time.

    Raises
    ------
    UsageError
        When there are other data in the folder, or pyarrow is not installed.
    StorageError
        When the disk refuses.
    """
    if find_spec("pyarrow") is None:
        raise UsageError("Parquet needs pyarrow, which is not installed.", hint=install("lake"))
    from alara.lake import Dataset, export

    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty.", hint="Name a new folder: made-up procedures stay by themselves.")
    try:
        return export(Dataset(folder), _months(population), everything=True, told=told)
    except OSError as error:
        raise StorageError(
            f"The dataset cannot be written to {folder}: {error.strerror or error}.",
            hint="Name a folder that you may write to, on a disk with room.",
        ) from error


def generate_database(population: Population, config: Config, told: Told | None = None) -> int:
    """Fill an empty database with the procedures, without reports behind them.

    Raises
    ------
    UsageError
        When the database holds procedures or reports.
    DatabaseError
        When it refuses.
    """
    from alara.store import Store

    with Store.open(config.database_url) as store:
        rows = store.info().rows
        if rows["procedures"] or rows["reports"]:
            raise UsageError(
                "The database is not empty.",
                hint="Name another with --database: made-up procedures stay by themselves.",
            )
        count = 0
        try:
            for year, month, frames in _months(population):
                count += store.fill(frames)
                if told is not None:
                    told(year, month)
        except DatabaseError as error:
            error.hint = "What was made is a part: remove it, free space, and run it again."
            raise
        return count


def generate_reports(population: Population, folder: Path, told: Told | None = None) -> int:
    """Write a dose report for each procedure: ``folder/site-001/2026-10/000001.dcm``, to be imported site by site.

    Raises
    ------
    StorageError
        When the disk refuses.
    """
    from alara.samples import generate
    from alara.samples.population import counts, site_names

    total = 0
    try:
        for year, month, numbers in counts(
            population.procedures, population.years, population.last_year, population.sites
        ):
            for index, (site, n) in enumerate(zip(site_names(population.sites), numbers, strict=True)):
                target = folder / site / f"{year}-{month:02}"
                target.mkdir(parents=True, exist_ok=True)
                seed = population.seed + _APART * index
                for number, data in enumerate(generate(n, seed=seed, month=f"{year}-{month:02}"), start=1):
                    (target / f"{number:06}.dcm").write_bytes(data)
                total += n
            if told is not None:
                told(year, month)
    except OSError as error:
        raise StorageError(
            f"The reports cannot be written to {folder}: {error.strerror or error}.",
            hint="Name a folder that you may write to, on a disk with room.",
        ) from error
    return total


def _months(population: Population) -> Months:
    from alara.samples.population import months

    return months(
        population.procedures,
        seed=population.seed,
        years=population.years,
        last_year=population.last_year,
        sites=population.sites,
    )
