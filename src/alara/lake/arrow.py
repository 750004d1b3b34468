"""The frame's columns in Arrow, and the files of a dataset written and read."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from alara.errors import StorageError, UsageError
from alara.store.queries import FRAME

__all__ = ["PartitionWriter", "check_pages", "read_frame", "schema", "whole"]

_TYPES = {
    "str": pa.string(),
    "float64": pa.float64(),
    "int64": pa.int64(),
    "datetime64[us]": pa.timestamp("us"),
}
#: Rows held back until they are worth a row group of their own.
_ROW_GROUP = 131_072


def schema() -> pa.Schema:
    """The schema of a file: the columns of the frame, in their order; only numbers may be null."""
    return pa.schema([pa.field(name, _TYPES[dtype], nullable=dtype == "float64") for name, dtype in FRAME.items()])


def read_frame(files: Sequence[Path]) -> pd.DataFrame:
    """The rows of these files, with the columns and dtypes of the store's frame.

    Raises
    ------
    StorageError
        With the name of the first whose bytes are not those that were written.
    """
    tables = [_table(file) for file in files]
    found: pd.DataFrame = pa.concat_tables(tables or [schema().empty_table()]).to_pandas()
    return found.astype(FRAME)


def whole(files: Sequence[Path]) -> Sequence[Path]:
    """The files, when each is a whole Parquet file.

    Raises
    ------
    StorageError
        With the name of the first that is not.
    """
    for file in files:
        try:
            pq.read_metadata(file)
        except (pa.ArrowException, OSError) as error:
            raise _damaged(file) from error
    return files


def check_pages(files: Sequence[Path]) -> None:
    """Read each file to its end, held against the check sums of its pages; the first that is damaged is refused."""
    for file in files:
        _table(file)


def _table(file: Path) -> pa.Table:
    try:
        return pq.read_table(file, schema=schema(), partitioning=None, page_checksum_verification=True)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(file) from error


def _damaged(file: Path) -> StorageError:
    dataset = file.parents[3]
    return StorageError(
        f"{file} is no whole Parquet file.",
        hint=f"Export again from the database that it came from: alara export --parquet {shlex.quote(str(dataset))}",
    )


class PartitionWriter:
    """Writes one file beside its place, and puts it there when all is in it; a context manager.

    Equal rows give equal bytes. Rows come in the order of ``started`` and ``case_id``.

    Parameters
    ----------
    scratch
        A folder to write to instead: ``replaced`` then says whether the file at the place would be another.
    """

    def __init__(self, place: Path, *, scratch: Path | None = None) -> None:
        self.rows = 0
        self.replaced = False
        self._place = place
        self._is_trial = scratch is not None
        self._beside = (scratch or place.parent) / f".{place.name}.{os.getpid()}.{id(self):x}.tmp"
        self._held: list[pa.Table] = []
        if scratch is None:
            place.parent.mkdir(parents=True, exist_ok=True)
        self._writer = pq.ParquetWriter(self._beside, schema(), compression="zstd", write_page_checksum=True)

    def add(self, frame: pd.DataFrame) -> None:
        """Rows with the columns of the store's frame; text may be categorical."""
        columns = [_column(frame[field.name], field.type) for field in schema()]
        self._held.append(pa.Table.from_arrays(columns, schema=schema()))
        self.rows += len(frame)
        if sum(table.num_rows for table in self._held) >= _ROW_GROUP:
            self._flush()

    def _flush(self) -> None:
        if self._held:
            self._writer.write_table(pa.concat_tables(self._held))
            self._held = []

    def __enter__(self) -> PartitionWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            if kind is None:
                self._flush()
            self._writer.close()
            self.replaced = kind is None and not _same(self._beside, self._place)
            if self.replaced:
                _refuse_strangers(self._beside, self._place)
            if self.replaced and not self._is_trial:
                with self._beside.open("rb") as file:
                    os.fsync(file.fileno())
                self._beside.replace(self._place)
        finally:
            self._beside.unlink(missing_ok=True)


def _refuse_strangers(new: Path, old: Path) -> None:
    """Leave a file alone that has none of the cases that would take its place: another database's, of the same site."""
    try:
        before = set(pq.read_table(old, columns=["case_id"], partitioning=None)["case_id"].to_pylist())
    except (pa.ArrowException, OSError):
        return  # none there, or damaged: this one is whole
    if before and before.isdisjoint(pq.read_table(new, columns=["case_id"], partitioning=None)["case_id"].to_pylist()):
        raise UsageError(
            f"{old} holds other cases, and none of those that this database has of that site and month.",
            hint="Give each hospital a site of its own, or export to another folder; after a new key, to a new folder.",
        )


def _column(values: pd.Series, kind: pa.DataType) -> pa.Array:
    array = pa.array(values, from_pandas=True)
    whole = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    return whole.cast(kind)


def _same(one: Path, other: Path) -> bool:
    """Whether two files have the same bytes; what is not there differs from everything."""
    if not other.exists() or one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb") as first, other.open("rb") as second:
        while block := first.read(1 << 20):
            if block != second.read(1 << 20):
                return False
    return True
