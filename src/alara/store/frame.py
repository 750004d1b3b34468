"""The procedures of some days, by the way that each database gives them fastest.

SQLite's driver makes a Python value of each field in any case. From PostgreSQL that would take most of the time: there
the server writes many rows as one text, and the text is read as CSV (:mod:`alara.store.texts`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from io import StringIO
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, select

from alara.store import tables, texts
from alara.store.queries import FRAME, device_label
from alara.store.wanted import in_order, wanted

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["procedures_frame"]

#: What is asked once of a unit, and not of each of its procedures.
_OF_UNIT: Final = ("manufacturer", "model", "station", "device")
#: The other columns, and what tells the unit.
_ASKED: Final = {name: dtype for name, dtype in FRAME.items() if name not in _OF_UNIT} | {"equipment_id": "int64"}

Columns = Mapping[str, Any]


def procedures_frame(connection: Connection, start: date, end: date, site: str | None) -> pd.DataFrame:
    """One row a procedure that started from ``start`` until before ``end`` by the C-arm's clock.

    The columns and dtypes are those of :data:`FRAME`, also when there is no row.
    """
    import pandas as pd

    columns: Columns
    if texts.are_given(connection.dialect):
        columns = _read(texts.procedures_text(connection, tuple(_ASKED), start, end, site, ordered=True))
    else:
        columns = _rows(connection, tuple(_ASKED), start, end, site)
    units = _units(connection)
    at = units.index.get_indexer(pd.Index(columns["equipment_id"], dtype="int64"))
    of_unit = {name: units[name].array.take(at) for name in _OF_UNIT}
    found = {name: of_unit[name] if name in of_unit else columns[name] for name in FRAME}
    return pd.DataFrame({name: pd.Series(found[name], dtype=dtype) for name, dtype in FRAME.items()})


def _rows(connection: Connection, names: Sequence[str], start: date, end: date, site: str | None) -> Columns:
    """The columns as the driver gives them: SQLAlchemy would make an object of each row and each time."""
    import numpy as np

    result = connection.execute(in_order(wanted(names, start, end, site)))
    assert result.cursor is not None
    rows = result.cursor.fetchall()
    result.close()
    columns: dict[str, Any] = dict(zip(names, list(zip(*rows, strict=True)) or [()] * len(names), strict=True))
    columns["started"] = np.array(columns["started"], dtype="datetime64[us]")
    return columns


def _read(given: Iterable[str]) -> Columns:
    """The columns out of texts of rows."""
    import pandas as pd

    numbers = [name for name, dtype in _ASKED.items() if dtype == "float64"]
    types = {name: "str" if dtype.startswith("datetime") else dtype for name, dtype in _ASKED.items()}
    frames = [
        pd.read_csv(
            StringIO(text),
            names=[texts.FIRST, *_ASKED, texts.LAST],
            usecols=list(_ASKED),
            dtype=types,
            escapechar=texts.ESCAPE,
            keep_default_na=False,
            na_values={name: [""] for name in numbers},
        )
        for text in given
    ]
    if not frames:
        return dict.fromkeys(_ASKED, ())
    found = pd.concat(frames, ignore_index=True)
    return {str(name): values for name, values in found.items()}


def _units(connection: Connection) -> pd.DataFrame:
    """What the frame tells of each unit, by the id of its description."""
    import pandas as pd

    unit = tables.equipment.c
    rows = connection.execute(select(unit.id, unit.manufacturer, unit.model, unit.station)).all()
    ids = pd.Index([number for number, *_ in rows], dtype="int64")
    described = [(*words, device_label(*words)) for _, *words in rows]
    return pd.DataFrame(described, index=ids, columns=list(_OF_UNIT), dtype="str")
