"""The audit on the terminal: the verdict, the numbers, the procedures; 80 columns, plain when piped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from alara.audit import Audit, Headline
from alara.report import numbers, terminal
from alara.report.manifest import headline_dict
from alara.report.rows import Row, rows
from alara.report.sentences import ALTERNATIVE_LABEL, awaiting, implausible, substantial, unknown, verdict
from alara.words import counted

__all__ = ["headline_dict", "print_audit"]

#: Procedures shown before the rest is counted; the page has all.
ROWS_SHOWN = 25


def print_audit(audit: Audit, console: Console) -> None:
    """Print an audit for people."""
    if first := unknown(audit):
        terminal.say(console, first, hang=0)
    terminal.say(console, verdict(audit), hang=0, style="bold")
    for line in (awaiting(audit), *_numbers(audit.headline), implausible(audit), substantial(audit)):
        if line:
            terminal.say(console, line, hang=0)
    if not audit.summary.empty:
        _print_procedures(audit, console)
    level = audit.background
    natural = f"{level.id}: {level.annual_msv:g} mSv a year, {level.scope}"
    terminal.say(console, f"Knowledge {audit.knowledge_digest[:12]}, background {natural}.", hang=0, style="dim")


def _print_procedures(audit: Audit, console: Console) -> None:
    console.print()
    shown = [row for row in rows(audit.summary, list(audit.headline.alternative)) if not row.suppressed][:ROWS_SHOWN]
    if shown:
        console.print(_table(audit, shown))
    if more := len(audit.summary) - len(shown):
        console.print(
            Text(f"{more} more kinds of procedure, most with fewer than five cases: summary.csv.", style="dim")
        )


def _numbers(headline: Headline) -> Iterator[str]:
    alternative = ", ".join(_parted(headline, policy) for policy in headline.alternative)
    plus = " (after the plus: contested)" if any(each.count for each in headline.contested_by_policy.values()) else ""
    yield f"{ALTERNATIVE_LABEL}, of {numbers.count(headline.uncontested.of)} classified: {alternative}{plus}."
    apart = f" ({numbers.count(headline.radiography)} of radiography counted apart)" if headline.radiography else ""
    yield (
        f"Of {counted(headline.procedures, 'procedure')}{apart} {numbers.count(headline.not_classified.count)} "
        f"are not classified, {numbers.count(headline.incomplete.count)} incomplete "
        f"and {numbers.count(headline.implausible.count)} implausible."
    )


def _parted(headline: Headline, policy: str) -> str:
    """A policy's uncontested alternatives and, after a plus, its contested ones."""
    contested = headline.contested_by_policy[policy].count
    text = f"{policy} {numbers.count(headline.alternative[policy].count - contested)}"
    return f"{text} + {numbers.count(contested)}" if contested else text


def _table(audit: Audit, shown: Sequence[Row]) -> Table:
    policies = list(audit.headline.alternative)
    table = terminal.table(caption_justify="left")
    table.caption = (
        f"Medians. US: uncontested ultrasound alternatives under {audit.policy}; "
        "contested: graded differently by the policies, each side with a source."
    )
    table.add_column("Procedure", max_width=27, no_wrap=True, overflow="ellipsis")
    for title, width in (
        ("n", 5),
        ("US", 5),
        ("con-\ntested", 6),
        ("P_KA\nGy·cm²", 6),
        ("Time\ns", 4),
        ("Effective\ndose mSv", 13),
    ):
        table.add_column(title, justify="right", no_wrap=True, min_width=width)
    for row in shown:
        us = row.by_policy[policies.index(audit.policy)]
        table.add_row(
            Text(row.name), row.n, us.uncontested, us.contested, row.p_ka[0], row.fluoroscopy_time[0], row.dose
        )
    return table
