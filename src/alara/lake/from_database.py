"""Procedures straight from a database into DuckDB, for statistics that ask a few of their columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from io import BytesIO
from itertools import repeat
from typing import Final

import pyarrow as pa
from pyarrow import csv

from alara.lake.arrow import schema
from alara.lake.engines import DuckDb, Engine
from alara.store import Store
from alara.store.texts import ESCAPE, FIRST, LAST

__all__ = ["rows_from"]

#: What DuckDB calls the types of the frame.
_SQL_TYPES: Final = {"string": "VARCHAR", "double": "DOUBLE", "int64": "BIGINT", "timestamp[us]": "TIMESTAMP"}


def rows_from(store: Store, engine: Engine, names: Sequence[str], start: date, end: date, site: str | None) -> object:
    """The procedures that started from ``start`` until before ``end``, in the engine, in no particular order.

    All columns of ``Store.procedures`` are there. Where the database gives texts of rows (PostgreSQL) only ``names``
    are read: whoever asks another is refused by DuckDB, in its words, and never answered with an empty value.
    """
    if not isinstance(engine, DuckDb):
        raise TypeError("only DuckDB takes procedures out of a database")
    if not store.gives_text:
        return engine.native(store.procedures(start, end, site=site))
    table = _table(store.procedures_text(names, start, end, site=site), names)
    unread = [field for field in schema() if field.name not in names]
    refused = [
        f"CAST(error('{field.name} was not read') AS {_SQL_TYPES[str(field.type)]}) AS {field.name}" for field in unread
    ]
    return engine.of_arrow(table).select(", ".join(["*", *refused]))


def _table(given: Iterable[str], names: Sequence[str]) -> pa.Table:
    """Each text is read while the database writes the next."""
    fields = pa.schema([schema().field(name) for name in names])
    with ThreadPoolExecutor(1) as reader:
        tables = list(reader.map(_read, given, repeat(fields)))
    return pa.concat_tables(tables or [fields.empty_table()])


def _read(text: str, fields: pa.Schema) -> pa.Table:
    return csv.read_csv(
        BytesIO(text.encode()),
        read_options=csv.ReadOptions(column_names=[FIRST, *fields.names, LAST]),
        parse_options=csv.ParseOptions(escape_char=ESCAPE, newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            include_columns=fields.names, column_types=fields, strings_can_be_null=False, null_values=[""]
        ),
    )
