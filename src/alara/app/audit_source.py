"""Where an audit's procedures come from: the database, or a dataset of files and the engine that reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alara.config import Config
from alara.errors import NothingFound

if TYPE_CHECKING:
    import pandas as pd

    from alara.audit import Period
    from alara.store import Store

__all__ = ["Lake", "Source", "by_site", "no_procedures", "nothing_at", "source"]


@dataclass(frozen=True, slots=True)
class Lake:
    """A dataset of ``alara export``, the engine that reads it, and where that is.

    Without a folder it is the database, for grouped statistics by DuckDB.
    """

    folder: Path | None
    engine: str = "pandas"
    master: str = "local[*]"


@dataclass(frozen=True, slots=True)
class Source:
    """Procedures, and how a small pandas frame is brought to where they are."""

    procedures: Any
    native: Callable[[pd.DataFrame], object]


#: The sites that have procedures in a period, and what gives those of one of them.
BySite = tuple[list[str], Callable[[str], Source]]


@contextmanager
def source(config: Config, period: Period, lake: Lake | None) -> Iterator[Source]:
    """The procedures of a period at the configured site, for as long as the engine is open.

    Raises
    ------
    NothingFound
        When there is none.
    UsageError
        When the folder is no dataset of this version, or the engine is not there.
    DatabaseError
        When the database refuses.
    """
    with by_site(config, period, lake) as (sites, procedures):
        if config.site not in sites:
            raise nothing_at(config.site, period, lake, sites)
        yield procedures(config.site)


@contextmanager
def by_site(config: Config, period: Period, lake: Lake | None) -> Iterator[BySite]:
    """The sites that have procedures in a period, and what gives those of one of them.

    Of a dataset they are the sites that have any in the months of the period: its days are asked with the rows.

    Raises as :func:`source` does, but for the case that there is none.
    """
    if lake is None:
        from alara.audit.native import as_is
        from alara.store import Store

        with Store.open(config.database_url, create=False) as store:
            yield (
                store.sites_between(period.start, period.end),
                lambda site: Source(store.procedures(period.start, period.end, site=site), as_is),
            )
        return
    if lake.folder is None:
        with _database_in_duckdb(config, period) as found:
            yield found
        return
    from alara.lake import Dataset, open_engine

    dataset = Dataset(lake.folder)
    dataset.check()
    sites = dataset.sites(period.start, period.end)
    with open_engine(lake.engine, master=lake.master) as engine:
        from alara.lake.arrow import whole

        yield (
            sites,
            lambda site: Source(engine.scan(whole(dataset.files(period.start, period.end, site))), engine.native),
        )


@contextmanager
def _database_in_duckdb(config: Config, period: Period) -> Iterator[BySite]:
    """What grouped statistics ask of the database, in DuckDB."""
    from alara.audit.asked import GROUPS_ASK
    from alara.lake import open_engine
    from alara.store import Store

    with Store.open(config.database_url, create=False) as store, open_engine("duckdb") as engine:
        from alara.lake.from_database import rows_from

        yield (
            store.sites_between(period.start, period.end),
            lambda site: Source(rows_from(store, engine, GROUPS_ASK, period.start, period.end, site), engine.native),
        )


def no_procedures(store: Store, period: Period, site: str) -> NothingFound:
    """What is said where the database holds nothing of a period, with the sites that have something."""
    return nothing_at(site, period, None, store.sites_between(period.start, period.end))


def nothing_at(site: str, period: Period, lake: Lake | None, elsewhere: Sequence[str] = ()) -> NothingFound:
    """What is said where there is nothing of a period at a site, with the sites that have something."""
    what = "The database" if lake is None or lake.folder is None else f"The dataset {lake.folder}"
    hint = "alara list shows what it holds; alara status shows what waits."
    if lake is not None and lake.folder is not None:
        hint = f"Its folders say what it holds: {lake.folder}/year=…/month=…/of_site=…"
    if elsewhere:
        hint = f"There are some at {', '.join(map(repr, elsewhere))}: --site names one."
    return NothingFound(f"{what} holds no procedure of {period.label} at site {site!r}.", hint=hint)
