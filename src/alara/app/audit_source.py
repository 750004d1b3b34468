"""Where an audit's procedures come from: the database, or a dataset of files and the engine that reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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

__all__ = ["Lake", "Source", "source"]


@dataclass(frozen=True, slots=True)
class Lake:
    """A dataset of ``alara export``, the engine that reads it, and where that is."""

    folder: Path
    engine: str = "pandas"
    master: str = "local[*]"


@dataclass(frozen=True, slots=True)
class Source:
    """Procedures, and how a small pandas frame is brought to where they are."""

    procedures: Any
    native: Callable[[pd.DataFrame], object]


@contextmanager
def source(config: Config, period: Period, lake: Lake | None) -> Iterator[Source]:
    """The procedures of a period at the site, for as long as the engine is open.

    Raises
    ------
    NothingFound
        When there is none.
    UsageError
        When the folder is no dataset of this version, or the engine is not there.
    DatabaseError
        When the database refuses.
    """
    if lake is None:
        yield Source(_from_database(config, period), lambda table: table)
        return
    from alara.lake import Dataset, open_engine

    dataset = Dataset(lake.folder)
    dataset.check()
    files = dataset.files(period.start, period.end, config.site)
    if not files:
        raise _nothing(f"The dataset {lake.folder}", period, config.site, dataset.sites(period.start, period.end))
    with open_engine(lake.engine, master=lake.master) as engine:
        yield Source(engine.scan(files), engine.native)


def _from_database(config: Config, period: Period) -> pd.DataFrame:
    from alara.store import Store

    with Store.open(config.database_url, create=False) as store:
        procedures = store.procedures(period.start, period.end, site=config.site)
        if procedures.empty:
            raise _nothing("The database", period, config.site, _sites(store, period))
        return procedures


def _sites(store: Store, period: Period) -> list[str]:
    return sorted(store.procedures(period.start, period.end)["site"].unique())


def _nothing(what: str, period: Period, site: str, elsewhere: list[str]) -> NothingFound:
    hint = "alara list shows what it holds; alara status shows what waits."
    if elsewhere:
        hint = f"There are some at {', '.join(map(repr, elsewhere))}: --site names one."
    return NothingFound(f"{what} holds no procedure of {period.label} at site {site!r}.", hint=hint)
