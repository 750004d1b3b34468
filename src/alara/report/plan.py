"""A plan on the terminal, as JSON and as ``plan.csv``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from alara.audit.figures import ESTIMATED_FIGURES, significant
from alara.audit.plan import Interval, Outcome, Plan, kinds, plan_frame
from alara.report import terminal
from alara.report.csv import frame_csv
from alara.report.plan_columns import PLAN
from alara.report.plan_view import plan_view
from alara.words import counted

__all__ = ["plan_as_dict", "plan_csv", "print_plan"]


def plan_csv(plan: Plan) -> bytes:
    """``plan.csv``: one line a group, in the order of routing."""
    return frame_csv(plan_frame(plan), PLAN)


def plan_as_dict(plan: Plan) -> dict[str, Any]:
    """The plan as values that JSON can hold; groups as in ``plan.csv``, with null for what is suppressed."""
    frame = plan_frame(plan)
    return {
        "period": plan.period.label,
        "site": plan.site,
        "policy": plan.policy,
        "weights": plan.weights,
        "slots_per_week": plan.slots_per_week,
        "slots": plan.slots,
        "method": plan.exact,
        "procedures": plan.procedures,
        "candidates": plan.candidates,
        "not_candidates": {why.value: n for why, n in plan.unplanned.items()},
        "plan": _outcome(plan.best),
        "young_and_central_first": _outcome(plan.young_central),
        "first_come": _outcome(plan.first_come),
        "one_more_slot": {
            "weighted_msv": plan.one_more_weighted_msv and _interval(plan.one_more_weighted_msv),
            "averted_msv": plan.one_more_msv and _interval(plan.one_more_msv),
        },
        "procedures_routed": [
            {
                "procedure_id": each.procedure_id,
                "contested": each.contested,
                "n": each.n,
                "routed": each.routed,
                "routed_first_come": each.routed_first_come,
                "averted_msv": _interval(each.averted_msv) if each.dose_cases >= plan.small_group else None,
                "expected_failures": _two(each.expected_failures),
            }
            for each in kinds(plan.groups)
            if each.n >= plan.small_group
        ],
        "groups": frame.astype(object).where(frame.notna(), None).to_dict("records"),
        "weeks_later": [
            {
                "group": row.name,
                "n": row.n if row.n >= plan.small_group else None,
                "median": row.weeks_later and row.weeks_later[0],
                "p90": row.weeks_later and row.weeks_later[1],
                "median_first_come": row.weeks_later_first_come and row.weeks_later_first_come[0],
                "p90_first_come": row.weeks_later_first_come and row.weeks_later_first_come[1],
            }
            for row in plan.waits
        ],
        "sensitivity": [
            {
                "id": each.name,
                "changed": each.words,
                "candidates": each.candidates,
                **_outcome(each.outcome),
                "shared_with_plan": each.shared,
            }
            for each in plan.variations
        ],
        "parameters": [
            {
                "id": one.id,
                "value": one.value,
                "low": one.low,
                "high": one.high,
                "unit": one.unit,
                "status": one.status,
                "cites": list(one.cites),
                "note": one.note or None,
            }
            for one in plan.parameters
        ],
        "references": {entry.id: entry.citation for entry in plan.references},
        "knowledge_sha256": plan.knowledge_digest,
    }


def _outcome(each: Outcome) -> dict[str, Any]:
    return {
        "routed": each.routed,
        "contested": each.contested,
        "slots_used": each.slots_used,
        "averted_msv": _interval(each.averted_msv),
        "weighted_msv": _interval(each.weighted_msv),
        "averted_per_slot_msv": _two(each.averted_msv.central / each.slots_used) if each.slots_used else None,
        "expected_failures": _two(each.expected_failures),
        "come_later": each.later,
    }


def _interval(of: Interval) -> dict[str, float | None]:
    return {"low": _two(of.low), "central": _two(of.central), "high": _two(of.high)}


def _two(value: float | None) -> float | None:
    return None if value is None else significant(value, ESTIMATED_FIGURES)


def print_plan(plan: Plan, console: Console) -> None:
    """The plan for people: what it comes to, whom to route first, waits, and what it hangs on."""
    view = plan_view(plan)
    console.print(Text(view.title, style="bold"))
    for line in (view.headline, view.guard, view.one_more, view.unplanned):
        terminal.say(console, line, hang=0)
    console.print(
        _table(
            ("Slots given out by", "Routed", "Weighted\nperson-mSv", "Averted\nperson-mSv", "Failures"),
            [(row.name, row.routed, row.weighted, row.averted, row.failures) for row in view.outcomes],
        )
    )
    console.print(
        _table(
            ("Procedure", "n", "Routed", "First come", "Averted\nperson-mSv"),
            [
                (f"{row.name}{' (contested)' if row.contested else ''}", row.n, row.routed, row.first_come, row.averted)
                for row in view.kinds
            ],
        )
    )
    if view.kinds_left_out:
        console.print(
            Text(f"{counted(view.kinds_left_out, 'more procedure')}, each with fewer than five cases.", style="dim")
        )
    console.print(
        _table(
            ("Route first", "n", "Routed", "Weighted\nmSv a slot"),
            [
                (f"{row.place} {row.name}{' (contested)' if row.contested else ''}", row.n, row.routed, row.value)
                for row in view.groups
            ],
        )
    )
    if view.groups_left_out:
        console.print(Text(f"{counted(view.groups_left_out, 'more group')}: --csv FILE.", style="dim"))
    console.print(
        _table(
            ("Weeks later, median (90th percentile)", "n", "Routed", "Plan", "First come"),
            [(row.name, row.n, row.routed, row.later, row.first_come) for row in view.waits],
        )
    )
    console.print(
        _table(
            ("With one thing changed", "Weighted\nperson-mSv", "Averted\nperson-mSv", "Same cases"),
            [(row.words, row.weighted, row.averted, row.shared) for row in view.variations],
        )
    )
    for line in (view.proposals, view.exact, view.limits):
        if line:
            terminal.say(console, line, hang=0)
    console.print(Text(f"Knowledge {plan.knowledge_digest[:12]}.", style="dim"))


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = terminal.table(apart=True)
    table.add_column(titles[0], min_width=20, overflow="fold")
    for title in titles[1:]:
        table.add_column(title, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*map(Text, row))
    return table
