"""Reviews on the terminal and as JSON: what is open, what is closed, and the history of one case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from rich.console import Console
from rich.text import Text

from alara.audit import Flag, flags_of
from alara.report import numbers, terminal
from alara.report.lists import procedures_as_dicts
from alara.reviews import Action, ReviewEntry

__all__ = ["case_as_dict", "entry_as_dict", "entry_line", "print_case", "print_rows", "rows_as_dicts"]


def entry_as_dict(entry: ReviewEntry) -> dict[str, Any]:
    """An entry of a history as values that JSON can hold."""
    return {
        "entry_id": entry.entry_id,
        "case_id": entry.case_id,
        "at": entry.at.isoformat(),
        "action": entry.action.value,
        "closed_as": entry.verdict.value if entry.verdict is not None else None,
        "by": entry.by,
        "note": entry.note,
        "reasons": entry.reasons.split(),
    }


def rows_as_dicts(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of ``audit.review_rows``, their reasons as lists."""
    return [_row_as_dict(row) for row in procedures_as_dicts(rows)]


def _row_as_dict(row: dict[str, Any]) -> dict[str, Any]:
    lists = {name: row[name].split() for name in ("reasons", "reasons_since")}
    empty = {name: row[name] or None for name in ("closed_as", "closed_by", "last_entry_at")}
    return {name: value for name, value in row.items() if name != "in_period"} | lists | empty


def case_as_dict(case_id: str, row: dict[str, Any] | None, history: Sequence[ReviewEntry]) -> dict[str, Any]:
    """One case: its row, ``None`` where its procedure is not in the database any more, and its history."""
    case = _row_as_dict(procedures_as_dicts(pd.DataFrame([row]))[0]) if row is not None else None
    return {"case_id": case_id, "case": case, "history": [entry_as_dict(entry) for entry in history]}


def print_rows(rows: pd.DataFrame, console: Console) -> None:
    """One line a case in 80 columns, in the order in which they are to be seen to, then what each reason means."""
    if rows.empty:
        console.print("No case has such a reason or history.")
        return
    table = terminal.table()
    for title in ("Case", "Date"):
        table.add_column(title, no_wrap=True)
    table.add_column("Procedure", max_width=22, no_wrap=True, overflow="ellipsis")
    table.add_column("Reasons", max_width=19, overflow="fold")
    table.add_column("State", overflow="fold")
    for row in rows.to_dict("records"):
        table.add_row(
            row["case_id"],
            row["date"],
            Text(row["procedure_name"]),
            Text(" ".join(row["reasons"].split()) or numbers.DASH),
            Text(_state(row)),
        )
    console.print(table)
    present = {flag for words in rows["reasons"].unique() for flag in flags_of(words)}
    for flag in Flag:
        if flag in present:
            console.print(Text(f"{flag.value}: {flag.words}"))


def _state(row: dict[Any, Any]) -> str:
    if row["state"] == "open":
        return "open again" if row["entries"] else "open"
    since = f"; since then {row['reasons_since']}" if row["reasons_since"] else ""
    return f"{row['closed_as']}, {row['closed_by']} {row['last_entry_at'][:10]}{since}"


def print_case(case_id: str, row: dict[str, Any] | None, history: Sequence[ReviewEntry], console: Console) -> None:
    """One case: why the audit asks, what it is now, and all that was ever said of it."""
    if row is None:
        console.print(Text(f"Case {case_id}: its procedure is not in the database any more.", style="bold"))
    else:
        console.print(Text(f"Case {case_id}: {row['procedure_name']}, {row['date']}, {row['device']}", style="bold"))
        console.print(Text(f"P_KA {numbers.significant(row['p_ka_gycm2'])} Gy·cm². State: {_state(row)}."))
        for flag in flags_of(row["reasons"]):
            since = " (since it was closed)" if flag.value in row["reasons_since"].split() else ""
            console.print(Text(f"- {flag.value}: {flag.words}{since}"))
    console.print(Text("History:" if history else "Nobody has said anything of it yet."))
    for entry in history:
        earlier = f" (then case {entry.case_id})" if entry.case_id != case_id else ""
        console.print(Text(f"  {entry_line(entry)}{earlier}"))
        if entry.note:
            console.print(Text(f"    {entry.note}"))


def entry_line(entry: ReviewEntry) -> str:
    """An entry in one line: when, what, by whom."""
    what = f"closed as {entry.verdict.value}" if entry.verdict is not None else Action.REOPENED.value
    return f"{entry.at:%Y-%m-%d %H:%M} UTC  {what} by {entry.by}"
