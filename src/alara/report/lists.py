"""Procedures on the terminal. 80 columns, plain when piped, no names or IDs."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from alara.report import terminal
from alara.words import counted

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["print_procedures", "procedures_as_dicts"]


def procedures_as_dicts(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """One dict a procedure, missing as ``None``, times in ISO 8601."""
    rows = frame.astype(object).to_dict(orient="records")
    return [{str(name): _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    if value is None or value != value:
        return None
    return value.isoformat() if isinstance(value, datetime) else value


def print_procedures(frame: pd.DataFrame, console: Console, *, one_of_them: str) -> None:
    """One line a procedure: case, start, station, what the operator typed, P_KA and fluoroscopy time."""
    if frame.empty:
        console.print("No procedures.")
        return
    table = _table("Case", "Started", "Station", "Description", "P_KA\nGy·cm²", "Time\ns")
    for row in procedures_as_dicts(frame):
        words = row["requested_procedure_description"] or row["performed_procedure_description"]
        table.add_row(
            row["case_id"],
            (row["started"] or "")[:16].replace("T", " "),
            Text(row["station"] or row["device"]),
            Text(words or row["study_description"] or row["protocol_names"]),
            _number(row["p_ka_gycm2"]),
            _number(row["fluoroscopy_time_s"]),
        )
    console.print(table)
    console.print(f"{counted(len(frame), 'procedure')}. {one_of_them}", markup=False, soft_wrap=True)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def _table(*titles: str) -> Table:
    table = terminal.table(padding=(0, 1))
    for title in titles:
        narrow = title in ("Case", "Started")
        number = title in ("P_KA\nGy·cm²", "Time\ns")
        justify: Any = "right" if number else "left"
        table.add_column(title, justify=justify, no_wrap=narrow or number, overflow="fold")
    return table
