"""Policies on the terminal and as JSON: what each counts, and which cases a change would change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from alara.audit import Change
from alara.knowledge import Grade, Knowledge, Policy
from alara.report import terminal
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
        terminal.say(console, entry.statement, indent=2, hang=2)
        if entry.principle:
            terminal.say(console, entry.principle, indent=2, hang=2)
        counts = listed([grade.words for grade in entry.alternative_grades])
        terminal.say(console, f"Counts as an alternative: {counts}.", indent=2)
        grades = ", ".join(f"{figures['grades'][grade]} {grade.words}" for grade in Grade)
        terminal.say(console, f"Of {len(knowledge.procedures)} procedures: {grades}.", indent=2)
        contested = len(figures["contested_alternatives"])
        terminal.say(console, f"Alternatives: {len(figures['alternatives'])}, and {contested} contested.", indent=2)
        terminal.say(console, f"Sources: {', '.join(entry.cites)} ({STATUS_WORDS[entry.status]}).", indent=2)
        if len(entries) == 1:
            for label, ids in (
                ("Uncontested", figures["alternatives"]),
                ("Contested", figures["contested_alternatives"]),
            ):
                terminal.say(console, f"{label}: {', '.join(ids) or 'none'}", indent=2)
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
    differ = f"{len(changes)} of {counted(procedures, 'procedure')} differ between {first} and {second}."
    terminal.say(console, differ, hang=0)
    groups: dict[tuple[str, tuple[tuple[str, str, str], ...]], list[str]] = defaultdict(list)
    for change in changes:
        groups[change.procedure_name, change.differs].append(change.case_id)
    for (name, differs), ids in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])):
        said = "; ".join(
            f"{_WORDS[column]}: {before or 'none'} → {after or 'none'}" for column, before, after in differs
        )
        terminal.say(console, f"{len(ids):>6}  {name}: {said}", hang=8)
        terminal.say(console, case_ids(ids), indent=8, hang=8)
