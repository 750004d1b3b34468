"""Contested procedures: what speaks for either side, with who says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from alara.knowledge import Comparator, Evidence, Knowledge, Procedure, Side
from alara.report.sentences import STATUS_WORDS, counted

__all__ = ["Contested", "SideOf", "contested"]


@dataclass(frozen=True, slots=True)
class SideOf:
    """One thing said for one side, what ultrasound was compared with, and who says so."""

    says: str
    compared_with: str
    status: str
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contested:
    """A procedure that the policies grade differently, each side with a source: its grades and its evidence."""

    name: str
    n: str
    grades: tuple[tuple[str, str], ...]
    for_ultrasound: tuple[SideOf, ...]
    for_fluoroscopy: tuple[SideOf, ...]


def contested(cases: pd.DataFrame, summary: pd.DataFrame, knowledge: Knowledge) -> Iterator[Contested]:
    """The contested procedures of the period, most frequent first, those too few to count last."""
    counts = cases.loc[cases["contested"] == "yes", "procedure_id"].value_counts()
    few = set(summary.loc[summary["suppressed"] == "yes", "procedure_id"])
    sizes = {str(name): 0 if name in few else int(n) for name, n in counts.items()}
    for name in sorted(sizes, key=lambda name: (-sizes[name], name)):
        entry = knowledge.procedures[name]
        yield Contested(
            name=entry.name,
            n=counted(sizes[name], "case") if sizes[name] else "fewer than five cases",
            grades=tuple((policy.name, entry.grade(policy.id).words) for policy in knowledge.policies.values()),
            for_ultrasound=_side(entry, Side.FOR_ULTRASOUND),
            for_fluoroscopy=_side(entry, Side.FOR_FLUOROSCOPY),
        )


def _side(entry: Procedure, side: Side) -> tuple[SideOf, ...]:
    return tuple(
        SideOf(item.says, _compared(item), STATUS_WORDS[item.status], item.cites)
        for item in entry.evidence
        if item.side is side
    )


def _compared(item: Evidence) -> str:
    if item.comparator is Comparator.NONE:
        return ""
    return f"compared with {item.comparator.value.replace('_', ' ').replace('ct', 'CT')}"
