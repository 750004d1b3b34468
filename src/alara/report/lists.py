"""Lists on the terminal: procedures, and how a node is. 80 columns, plain when piped, no names or IDs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from alara.inbox import InboxCounts, Quarantined
from alara.store import DeviceStatus

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["print_procedures", "print_status", "procedures_as_dicts"]


def procedures_as_dicts(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """One dict a procedure, missing as ``None``, times in ISO 8601."""
    rows = frame.astype(object).to_dict(orient="records")
    return [{str(name): _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    if value is None or value != value:
        return None
    return value.isoformat() if isinstance(value, datetime) else value


def print_procedures(frame: pd.DataFrame, console: Console) -> None:
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
    console.print(f"{len(frame)} procedures. One of them: alara show CASE")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def print_status(
    inbox: InboxCounts,
    quarantined: Sequence[Quarantined],
    devices: Sequence[DeviceStatus],
    database_error: str,
    console: Console,
) -> None:
    """The inbox in a line, each X-ray unit in a row, quarantine by reason."""
    free_gib = inbox.free_bytes / 1024**3
    console.print(
        f"Inbox: {inbox.new} waiting, {inbox.kept} kept, {inbox.quarantined} in quarantine; {free_gib:.1f} GiB free."
    )
    if database_error:
        console.print(Text(f"Database: {database_error}", style="bold"))
    if devices:
        table = _table("Unit", "AE title", "Last report (UTC)", "24 h", "30 d", "All")
        for unit in devices:
            counts = (unit.reports_24h, unit.reports_30d, unit.reports)
            last = unit.last_received.strftime("%Y-%m-%d %H:%M")
            table.add_row(Text(unit.label), Text(", ".join(unit.sending_aes)), last, *map(str, counts))
        console.print(table)
    else:
        console.print("No X-ray unit has sent a report that could be read.")
    reasons: dict[str, int] = {}
    for one in quarantined:
        reasons[one.reason.words] = reasons.get(one.reason.words, 0) + 1
    for words, count in sorted(reasons.items()):
        console.print(Text(f"Quarantine: {count} x {words}"))


def _table(*titles: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in titles:
        narrow = title in ("Case", "Started", "Last report (UTC)")
        number = title in ("P_KA\nGy·cm²", "Time\ns", "24 h", "30 d", "All")
        justify: Any = "right" if number else "left"
        table.add_column(title, justify=justify, no_wrap=narrow or number, overflow="fold")
    return table
