"""Refused callers on the terminal, for whoever sets up a C-arm: each reason in a row, with how often and when last."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from alara.node_records import NodeRecords
from alara.report import terminal

__all__ = ["print_records"]

_MOST_ROWS = 20


def print_records(records: NodeRecords, console: Console) -> None:
    """Refused callers in rows, and what the node has still to hear or to say; nothing where there is nothing."""
    if records.refused:
        table = terminal.table(apart=True, padding=(0, 1))
        for title in ("Refused", "AE title", "Address", "Last (UTC)", "Times"):
            table.add_column(title, justify="right" if title == "Times" else "left", overflow="fold")
        for row in records.refused[:_MOST_ROWS]:
            when = row.last.strftime("%Y-%m-%d %H:%M")
            table.add_row(_one_line(row.reason), _one_line(row.calling), Text(row.address), when, str(row.count))
        console.print(table)
        if len(records.refused) > _MOST_ROWS:
            console.print(f"{len(records.refused) - _MOST_ROWS} more: alara status --json")
    if records.open_steps:
        console.print(f"Performed procedure steps that have begun and not ended: {records.open_steps}.")
    if records.due_reports:
        console.print(f"Reports of storage commitment to be delivered: {records.due_reports}.")


def _one_line(text: str) -> Text:
    """What a stranger sent, as text that is printed and does nothing else."""
    return Text("".join(letter if letter.isprintable() else "?" for letter in text))
