"""Procedures as a Parquet dataset, and the engines that read it: the only room that knows pyarrow, DuckDB and Spark.

A database is one machine's; a dataset of files can be read by as many as there
are. Its rows are those of ``Store.procedures``, column by column
(:data:`alara.store.queries.FRAME`), in one file for each year, month and site.
"""

from alara.lake.dataset import Dataset, Partition
from alara.lake.engines import ENGINES, Engine, open_engine
from alara.lake.export import Export, export

__all__ = ["ENGINES", "Dataset", "Engine", "Export", "Partition", "export", "open_engine"]
