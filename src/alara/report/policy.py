"""Policies on the terminal and as JSON: what each counts, and which cases a change would change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from alara.audit import Change
from alara.knowledge import Grade, Knowledge, Policy
from alara.report.sentences import STATUS_WORDS, case_ids, counted, listed

__all__ = ["changes_as_dicts", "policy_as_dict", "print_changes", "print_policies"]

#: What is compared, in words.
_WORDS = {"procedure_id": "procedure", "us_review": "ultrasound review", "coefficient_id": "dose coefficient"}


def policy_as_dict(entry: Policy, knowledge: Knowledge) -> dict[str, Any]:
    """A policy, how many procedures have each grade under it, and which it counts as having an alternative."""
    counted_ids = [one for one in knowledge.procedures.values() if one.grade(entry.id) in entry.alternative_grades]
    return {
        "id": entry.id,
        "name": entry.name,
        "statement": entry.statement,
        "principle": entry.principle or None,
        "alternative_grades": list(entry.alternative_grades),
        "status": entry.status,
        "citation": {name: knowledge.references[name].citation for name in entry.cites},
        "grades": {
            grade: sum(one.grade(entry.id) is grade for one in knowledge.procedures.values()) for grade in Grade
        },
        "alternatives": [one.id for one in counted_ids if not one.contested],
        "contested_alternatives": [one.id for one in counted_ids if one.contested],
    }


def print_policies(entries: Sequence[Policy], knowledge: Knowledge, console: Console) -> None:
    """Each policy: its statement, the grades that count, and how many procedures have each grade."""
    for entry in entries:
        figures = policy_as_dict(entry, knowledge)
        console.print(Text(f"{entry.name} ({entry.id})", style="bold"))
        console.print(Text(f"  {entry.statement}"), soft_wrap=True)
        if entry.principle:
            console.print(Text(f"  {entry.principle}"), soft_wrap=True)
        counts = listed([grade.words for grade in entry.alternative_grades])
        console.print(f"  Counts as an alternative: {counts}.", soft_wrap=True)
        grades = ", ".join(f"{figures['grades'][grade]} {grade.words}" for grade in Grade)
        console.print(f"  Of {len(knowledge.procedures)} procedures: {grades}.", soft_wrap=True)
        console.print(
            f"  Alternatives: {len(figures['alternatives'])}, and {len(figures['contested_alternatives'])} contested.",
            soft_wrap=True,
        )
        console.print(f"  Sources: {', '.join(entry.cites)} ({STATUS_WORDS[entry.status]}).", soft_wrap=True)
        if len(entries) == 1:
            for label, ids in (
                ("Uncontested", figures["alternatives"]),
                ("Contested", figures["contested_alternatives"]),
            ):
                console.print(Text(f"  {label}: {', '.join(ids) or 'none'}"), soft_wrap=True)
    console.print(f"Knowledge {knowledge.digest[:12]}.")


def changes_as_dicts(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """Each case that differs, and from what to what."""
    return [
        {
            "case_id": change.case_id,
            "procedure_id": change.procedure_id,
            "procedure_name": change.procedure_name,
            **{name: {"from": before, "to": after} for name, before, after in change.differs},
        }
        for change in changes
    ]


def print_changes(changes: Sequence[Change], procedures: int, sides: tuple[str, str], console: Console) -> None:
    """How many cases differ, then for each procedure from what to what, and the first of these cases."""
    first, second = sides
    console.print(
        Text(f"{len(changes)} of {counted(procedures, 'procedure')} differ between {first} and {second}."),
        soft_wrap=True,
    )
    groups: dict[tuple[str, tuple[tuple[str, str, str], ...]], list[str]] = defaultdict(list)
    for change in changes:
        groups[change.procedure_name, change.differs].append(change.case_id)
    for (name, differs), ids in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])):
        said = "; ".join(
            f"{_WORDS[column]}: {before or 'none'} → {after or 'none'}" for column, before, after in differs
        )
        console.print(Text(f"{len(ids):>6}  {name}: {said}"), soft_wrap=True)
        console.print(Text(f"        {case_ids(ids)}"), soft_wrap=True)
