"""What would change in the database, in lines for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from alara.store import CaseChange, Change

__all__ = ["case_line", "counts_lines"]

_REPORTS: Final = {
    "reports_same": "reports are read as before",
    "reports_changed": "reports are read otherwise",
    "reports_added": "reports come in that were not there",
    "reports_removed": "reports would be LOST: their originals are gone or cannot be read",
    "recovered_from_quarantine": "of them from quarantine",
    "unreadable": "kept originals cannot be read",
}
_NAMES: Final = {
    "p_ka_gycm2": ("P_KA", "Gy·cm²"),
    "ka_r_mgy": ("K_a,r", "mGy"),
    "fluoroscopy_time_s": ("time", "s"),
}


def counts_lines(counts: Mapping[str, int]) -> Iterator[str]:
    """A line for each kind of change that occurs, and for what stays."""
    for name, words in _REPORTS.items():
        if counts[name] or name == "reports_same":
            yield f"{counts[name]:>8}  {words}"
    for change in Change:
        if count := counts[f"cases_{change.value}"]:
            yield f"{count:>8}  {change.words}"


def case_line(case: CaseChange) -> str:
    """A case with its changes, its numbers old and new, and the names of other columns that differ."""
    numbers = [
        f"{label} {_number(case.columns[name][0])} → {_number(case.columns[name][1])} {unit}"
        for name, (label, unit) in _NAMES.items()
        if name in case.columns and case.columns[name] != (None, None)
    ]
    others = [_other(name, *case.columns[name]) for name in case.columns if name not in _NAMES]
    told = "; ".join([*numbers, *([", ".join(others)] if others else [])])
    return f"{case.case_id}  {', '.join(case.changes)}: {told}".rstrip(": ")


def _other(name: str, old: Any, new: Any) -> str:
    """Words from a closed list are shown; of what a person typed or is, only the name of the column."""
    is_closed = name in ("finding_codes", "quirks") or name.endswith("_basis")
    return f"{name} {old or 'none'} → {new or 'none'}" if is_closed else name


def _number(value: Any) -> str:
    return "none" if value is None else f"{value:.4g}"
