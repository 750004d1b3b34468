"""The funnels of the page: the share of high cases by X-ray unit and by operator, in the order of their names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from alara.audit.trends import Operators
from alara.report import numbers
from alara.report.sentences import counted, shown

__all__ = ["Group", "OperatorFunnel", "groups", "operator_funnel", "told"]


@dataclass(frozen=True, slots=True)
class Group:
    """One X-ray unit or operator in a funnel: shares in per cent."""

    name: str
    n: str
    counted: int
    share: float
    expected: float
    low: float
    high: float
    outside: str


@dataclass(frozen=True, slots=True)
class OperatorFunnel:
    """The funnel by operator code; ``summary`` says whom it leaves out and what stands out in it."""

    summary: str
    groups: tuple[Group, ...]


def groups(rows: pd.DataFrame) -> tuple[Group, ...]:
    """The rows of a funnel, in their order."""
    return tuple(_group(record) for record in rows.to_dict("records"))


def told(found: tuple[Group, ...], noun: str) -> str:
    """Which groups are outside their limits, or that none is, with what chance alone gives the smallest."""
    out = [group.name for group in found if group.outside]
    if out:
        lie = "lies outside its" if len(out) == 1 else "lie outside their"
        return f"Of {counted(len(found), noun)}, {len(out)} {lie} limits: {'; '.join(out)}."
    least = min(found, key=lambda group: group.counted)
    return (
        f"None of {counted(len(found), noun)} could be told from chance, which alone gives one with "
        f"{counted(least.counted, 'counted case')} a share of {least.low:g}% to {least.high:g}%: "
        "where few are counted only large differences could be told."
    )


def operator_funnel(found: Operators) -> OperatorFunnel:
    """The funnel by operator, with how many cases no one operator is known of."""
    shown_groups = groups(found.rows)
    named = (
        f"Of {counted(found.counted, 'counted case')} {found.without:,} name no operator and {found.several:,} several:"
        " these are in no row, and still among those that the others are held against."
    )
    said = told(shown_groups, "operator code") if shown_groups else "Fewer than two operators have five such cases."
    return OperatorFunnel(f"{named} {said}", shown_groups)


def _group(record: dict[Any, Any]) -> Group:
    share, expected, low, high = (round(100 * float(record[part]), 1) for part in ("share", "expected", "low", "high"))
    return Group(
        name=shown(record["group"]),
        n=numbers.count(record["n"]),
        counted=int(record["n"]),
        share=share,
        expected=expected,
        low=low,
        high=high,
        outside=str(record["outside"]),
    )
