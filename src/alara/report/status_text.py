"""How the node is, on the terminal: 80 columns, plain when piped, no names or IDs of people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from alara.report import terminal
from alara.report.refused import print_records
from alara.report.status_view import StatusView, Stranger, UnitRow, moment
from alara.words import counted

__all__ = ["print_status", "unit_notes"]


def print_status(view: StatusView, console: Console, *, all_of_it: str) -> None:
    """The node and the inbox in a line each, a row a unit, other callers, quarantine by reason, problems."""
    console.print(Text(f"Node: {view.node.sentence}"))
    waits = f", the oldest for {_age(view.oldest_waiting_s)}" if view.new else ""
    console.print(
        f"Inbox: {view.new} waiting{waits}, {view.kept} kept, {view.quarantined} in quarantine; "
        f"{view.free_bytes / 1024**3:.1f} GiB free."
    )
    if view.database_error:
        console.print(Text(f"Database: {view.database_error}", style="bold"))
    else:
        made = f"schema {view.schema_version}" if view.schema_version else "none yet; the first report makes it"
        console.print(f"Database: {made}.")
    if view.units:
        console.print(_units(view.units))
        for unit in view.units:
            if notes := unit_notes(unit):
                console.print(Text(f"{unit.label}: {notes}", style="dim"))
        console.print()
    elif not view.database_error:
        console.print("No X-ray unit has sent a report that could be read.")
    if view.strangers:
        console.print(_strangers(view.strangers))
    print_records(view.records, console, all_of_it=all_of_it)
    for count, words in view.reasons.values():
        console.print(Text(f"Quarantine: {count} x {words}"))
    for problem in view.problems:
        console.print(Text(f"See to: {problem.text}", style="bold"))
        console.print(Text(f"  next: {problem.next}"), soft_wrap=True)


def _units(units: Sequence[UnitRow]) -> Table:
    table = _table("Unit", "AE title", "Last report\n(UTC)", "Last echo\n(UTC)", "24 h", "30 d", "All")
    for unit in units:
        table.add_row(
            Text(unit.label),
            Text(", ".join(unit.sending_aes)),
            moment(unit.last_received),
            moment(unit.last_echo),
            *map(str, (unit.reports_24h, unit.reports_30d, unit.reports)),
        )
    return table


def unit_notes(unit: UnitRow) -> str:
    """What has no column of its own: addresses, silence, refusals, quirks."""
    silent = f"silent for {counted(unit.silent_days, 'day')}" if unit.silent_days is not None else ""
    refused = f"{unit.refused} refused" if unit.refused else ""
    quirks = f"quirks {', '.join(unit.quirks)}" if unit.quirks else ""
    return "; ".join(part for part in (", ".join(unit.addresses), silent, refused, quirks) if part)


def _strangers(strangers: Sequence[Stranger]) -> Table:
    table = _table("Other callers", "Address", "Last seen\n(UTC)", "Last echo\n(UTC)", "Objects")
    for caller in strangers:
        table.add_row(
            Text(caller.calling),
            Text(caller.address),
            moment(caller.last_seen),
            moment(caller.last_echo),
            str(caller.objects),
        )
    return table


def _age(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _table(*titles: str) -> Table:
    table = terminal.table(apart=True)
    for title in titles:
        number = title in ("24 h", "30 d", "All", "Objects")
        table.add_column(
            title,
            justify="right" if number else "left",
            no_wrap=number,
            min_width=10 if title.startswith("Last") else None,
            max_width=10 if title.startswith("Last") else None,
            overflow="fold",
        )
    return table
