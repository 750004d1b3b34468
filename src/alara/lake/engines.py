"""What computes an audit over a dataset: pandas in memory, DuckDB on one machine, Spark on a cluster.

Each opens the files as a frame of its own that Narwhals reads, and takes the
audit's small tables to where its rows are. The expressions are the audit's.
"""

from __future__ import annotations

import glob
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from alara.alike import did_you_mean
from alara.errors import UsageError
from alara.extras import install

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ENGINES", "DuckDb", "Engine", "open_engine"]

ENGINES = ("pandas", "duckdb", "spark")
#: What each needs, and the extra that brings it.
_NEEDS = {
    "pandas": (("pyarrow",), "lake"),
    "duckdb": (("pyarrow", "duckdb"), "lake"),
    "spark": (("pyarrow", "pyspark"), "cluster"),
}


#: Signs of a pattern in the paths that Hadoop takes.
_SPARK_SIGNS = re.compile(r"[\\\[\]{}*?,]")


class Engine(Protocol):
    """One engine, open."""

    def scan(self, files: Sequence[Path]) -> Any:
        """The rows of at least one file, as the engine's own frame; nothing need be read yet."""

    def native(self, table: pd.DataFrame) -> object:
        """A small pandas frame as the engine's own."""


@contextmanager
def open_engine(name: str, *, master: str = "local[*]") -> Iterator[Engine]:
    """The engine of this name, closed in the end.

    Parameters
    ----------
    master
        Where Spark is: ``local[*]``, ``spark://host:7077``, ``yarn`` or ``k8s://…``. The files must be readable there.

    Raises
    ------
    UsageError
        When there is no such engine, or it is not installed.
    """
    makers = {"pandas": _pandas, "duckdb": _duckdb, "spark": _spark}
    if name not in makers:
        raise UsageError(
            f"There is no engine {name!r}.", hint=f"{did_you_mean(name, ENGINES)}There are {', '.join(ENGINES)}."
        )
    packages, extra = _NEEDS[name]
    if missing := [package for package in packages if find_spec(package) is None]:
        raise UsageError(
            f"The engine {name} needs {' and '.join(missing)}, which is not installed.",
            hint=install(extra),
        )
    with makers[name](master) as engine:
        yield engine


class _Pandas:
    def scan(self, files: Sequence[Path]) -> pd.DataFrame:
        from alara.lake.arrow import read_frame

        return read_frame(files)

    def native(self, table: pd.DataFrame) -> object:
        return table


@contextmanager
def _pandas(_master: str) -> Iterator[Engine]:
    yield _Pandas()


class DuckDb:
    """DuckDB in this process."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.scanned: Sequence[Path] = ()

    def scan(self, files: Sequence[Path]) -> object:
        self.scanned = (*self.scanned, *files)
        # Each is one file, whatever signs of a pattern its folder's name may hold.
        return self._connection.read_parquet([glob.escape(str(file)) for file in files], hive_partitioning=False)

    def native(self, table: pd.DataFrame) -> object:
        import pyarrow as pa

        return self.of_arrow(pa.Table.from_pandas(table, preserve_index=False))

    def of_arrow(self, table: object) -> Any:
        """A table of Arrow as DuckDB's own frame, without a copy."""
        return self._connection.from_arrow(table)


@contextmanager
def _duckdb(_master: str) -> Iterator[Engine]:
    import duckdb

    with tempfile.TemporaryDirectory(prefix="alara-duckdb-") as spill:
        connection = duckdb.connect(config={"temp_directory": spill, "autoinstall_known_extensions": False})
        engine = DuckDb(connection)
        try:
            yield engine
        except duckdb.Error:
            from alara.lake.arrow import check_pages

            check_pages(engine.scanned)  # a damaged file is named; anything else is a fault of ours
            raise
        finally:
            connection.close()


class _Spark:
    def __init__(self, session: Any) -> None:
        self._session = session

    def scan(self, files: Sequence[Path]) -> object:
        # Whole files by name: the folders' names are no columns here.
        reader = self._session.read.option("recursiveFileLookup", "true")
        return reader.parquet(*(_SPARK_SIGNS.sub(r"\\\g<0>", str(file.absolute())) for file in files))

    def native(self, table: pd.DataFrame) -> object:
        import pyarrow as pa

        # Through Arrow, since Spark does not know pandas 3 yet.
        return self._session.createDataFrame(pa.Table.from_pandas(table, preserve_index=False))


@contextmanager
def _spark(master: str) -> Iterator[Engine]:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas 3, which is not handed to it
        import pyspark.testing  # noqa: F401 - warns when it is imported, which Narwhals does later
        from pyspark.sql import SparkSession

    builder = SparkSession.builder.master(master).appName("alara audit").config("spark.ui.enabled", "false")
    # What fails is raised here; its log would be a thousand lines of generated code on the terminal of the user.
    builder = builder.config("spark.ui.showConsoleProgress", "false").config("spark.log.level", "OFF")
    if master.startswith("local"):
        builder = builder.config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1")
        builder = builder.config("spark.sql.shuffle.partitions", "8")
    session = builder.getOrCreate()
    try:
        yield _Spark(session)
    finally:
        session.stop()
