"""Made-up procedures as rows, without reports behind them: for trials of size, never beside real ones.

What comes out of ``Store.procedures`` afterwards is what went in. The next
``alara reingest`` of such a database would leave it empty, since it has no
report to make a procedure of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, insert, select

from alara.model import Plane
from alara.store import tables
from alara.store.bulk import insert_rows
from alara.store.rows import fingerprint

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["fill"]

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
    records = frame.astype(object).where(frame.notna(), None).to_dict("records")
    units: dict[tuple[str, ...], int] = {}
    procedures, planes = [], []
    for number, record in enumerate(records, start=first):
        described = tuple(str(record[name]) for name in ("site", "manufacturer", "model", "station"))
        if described not in units:
            units[described] = _equipment(connection, *described)
        procedures.append(_procedure(record, number, units[described]))
        planes.append(_plane(record, number))
    insert_rows(connection, tables.procedures, procedures)
    insert_rows(connection, tables.planes, planes)


def _procedure(record: dict[Any, Any], number: int, unit: int) -> dict[str, Any]:
    return {
        "id": number,
        "identity": fingerprint("made up", str(record["case_id"])),
        "study_instance_uid": f"2.25.{number}",
        "equipment_id": unit,
        "patient_pseudonym": "",
        "operator_codes": "",
        **{name: record[name] for name in _SAME},
        **{column: record[name] for column, name in _RENAMED.items()},
        "started_local": record["started"].to_pydatetime(),
    }


def _plane(record: dict[Any, Any], number: int) -> dict[str, Any]:
    row: dict[str, Any] = {"procedure_id": number, "plane": Plane.ALL.value}
    for quantity, unit in _QUANTITIES:
        amount, basis = record[f"{quantity}_{unit}"], record[f"{quantity}_basis"]
        row[f"{quantity}_stated_{unit}"] = amount if basis == "stated" else None
        row[f"{quantity}_summed_{unit}"] = amount if basis == "summed" else None
        row[f"{quantity}_{unit}"] = amount
        row[f"{quantity}_basis"] = basis
    return row


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
