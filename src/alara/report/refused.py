"""Callers that were refused or not served, on the terminal: each reason in a row, with how often and when."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from alara.node_records import NodeRecords
from alara.report import terminal
from alara.report.status_view import moment

__all__ = ["print_records"]

_MOST_ROWS = 20


def print_records(records: NodeRecords, console: Console, *, all_of_it: str) -> None:
    """What was not stored and who was refused, in rows, and what the node has still to hear or to say."""
    not_stored, refused = records.unstored, records.refused
    _print(
        ("Not stored", "AE title", "Address", "Since (UTC)", "Until (UTC)", "Times"),
        [(row.reason, row.calling, row.address, moment(row.first), moment(row.again), row.count) for row in not_stored],
        console,
        all_of_it,
    )
    _print(
        ("Refused or amiss", "AE title", "Address", "Last (UTC)", "Times"),
        [(row.words, row.calling, row.address, moment(row.last), row.count) for row in refused],
        console,
        all_of_it,
    )
    if records.open_steps:
        console.print(f"Performed procedure steps that have begun and not ended: {records.open_steps}.")
    if records.due_reports:
        console.print(f"Reports of storage commitment to be delivered: {records.due_reports}.")


def _print(titles: Sequence[str], rows: Sequence[Sequence[object]], console: Console, all_of_it: str) -> None:
    if not rows:
        return
    table = terminal.table(apart=True, padding=(0, 1))
    for title in titles:
        table.add_column(title, justify="right" if title == "Times" else "left", overflow="fold")
    for row in rows[:_MOST_ROWS]:
        table.add_row(*(_one_line(str(cell)) for cell in row))
    console.print(table)
    if len(rows) > _MOST_ROWS:
        console.print(Text(f"{len(rows) - _MOST_ROWS} more: {all_of_it}"), soft_wrap=True)


def _one_line(text: str) -> Text:
    """What a stranger sent, as text that is printed and does nothing else."""
    return Text("".join(letter if letter.isprintable() else "?" for letter in text))
