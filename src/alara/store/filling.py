"""Made-up procedures as rows, without reports behind them: for trials of size, never beside real ones.

What comes out of ``Store.procedures`` afterwards is what went in. The next
``alara reingest`` of such a database would leave it empty, since it has no
report to make a procedure of.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table, func, insert, select

from alara.model import Plane
from alara.store import tables
from alara.store.bulk import insert_tuples
from alara.store.rows import fingerprint

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["fill"]

#: The values of each column, all of one length.
Columns = dict[str, Sequence[Any]]

_SAME = (
    "case_id",
    "site",
    "kind",
    "study_description",
    "performed_procedure_description",
    "requested_procedure_description",
    "protocol_names",
    "procedure_codes",
    "target_regions",
    "lateralities",
    "age_years",
    "sex",
    "size_m",
    "weight_kg",
    "pregnancy_status",
    "p_ka_fluoroscopy_gycm2",
    "p_ka_acquisition_gycm2",
    "quirks",
)
_RENAMED = {
    "started_local": "started",
    "plane_count": "planes",
    "event_count": "events",
    "report_count": "reports",
    "finding_codes": "findings",
}
_QUANTITIES = (("p_ka", "gycm2"), ("ka_r", "mgy"), ("fluoroscopy_time", "s"))


def fill(connection: Connection, frame: pd.DataFrame) -> None:
    """Store the rows of a frame with the columns of ``queries.FRAME``."""
    first = (connection.execute(select(func.max(tables.procedures.c.id))).scalar() or 0) + 1
    numbers = range(first, first + len(frame))
    columns: Columns = {str(name): _values(values) for name, values in frame.items()}
    _insert(connection, tables.procedures, _procedures(columns, numbers, _units(connection, columns)))
    _insert(connection, tables.planes, _planes(columns, numbers))


def _values(column: pd.Series) -> list[Any]:
    """The values as the driver takes them, ``None`` for what is missing."""
    values: list[Any] = column.tolist()
    return [None if value != value else value for value in values] if column.dtype.kind == "f" else values


def _procedures(columns: Columns, numbers: range, units: list[int]) -> Columns:
    return {
        "id": numbers,
        "identity": [fingerprint("made up", case_id) for case_id in columns["case_id"]],
        "study_instance_uid": [f"2.25.{number}" for number in numbers],
        "equipment_id": units,
        "patient_pseudonym": [""] * len(numbers),
        "operator_codes": [""] * len(numbers),
        **{name: columns[name] for name in _SAME},
        **{column: columns[name] for column, name in _RENAMED.items()},
        "started_local": [moment.to_pydatetime() for moment in columns["started"]],
    }


def _planes(columns: Columns, numbers: range) -> Columns:
    made: Columns = {"procedure_id": numbers, "plane": [Plane.ALL.value] * len(numbers)}
    for quantity, unit in _QUANTITIES:
        amounts, bases = columns[f"{quantity}_{unit}"], columns[f"{quantity}_basis"]
        for how in ("stated", "summed"):
            pairs = zip(amounts, bases, strict=True)
            made[f"{quantity}_{how}_{unit}"] = [amount if basis == how else None for amount, basis in pairs]
        made[f"{quantity}_{unit}"] = amounts
        made[f"{quantity}_basis"] = bases
    return made


def _insert(connection: Connection, table: Table, columns: Columns) -> None:
    insert_tuples(connection, table, tuple(columns), list(zip(*columns.values(), strict=True)))


def _units(connection: Connection, columns: Columns) -> list[int]:
    """The id of the unit of each row."""
    described = list(zip(*(columns[name] for name in ("site", "manufacturer", "model", "station")), strict=True))
    ids = {unit: _equipment(connection, *unit) for unit in dict.fromkeys(described)}
    return [ids[unit] for unit in described]


def _equipment(connection: Connection, site: str, manufacturer: str, model: str, station: str) -> int:
    unit = tables.equipment.c
    mark = fingerprint("made up", site, manufacturer, model, station)
    found = connection.execute(select(unit.id).where(unit.fingerprint == mark)).scalar()
    if found is not None:
        return int(found)
    texts = {column.name: "" for column in unit if column.name not in ("id", "fingerprint")}
    row = texts | {"fingerprint": mark, "site": site, "key": mark[:12], "manufacturer": manufacturer}
    made = connection.execute(insert(tables.equipment).values(row | {"model": model, "station": station}))
    assert made.inserted_primary_key is not None
    return int(made.inserted_primary_key[0])
