"""What the numbers rest on: policies, coefficients, background level, references, versions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pandas as pd

from alara.audit import Audit
from alara.knowledge import Knowledge, Policy, Reference
from alara.report.sentences import STATUS_WORDS, listed

__all__ = ["Cited", "background", "coefficients", "policy", "references", "versions"]


@dataclass(frozen=True, slots=True)
class Cited:
    """A policy, coefficient, background level or reference, with how far its source was checked."""

    id: str
    text: str
    status: str
    cites: tuple[str, ...] = ()


def policy(entry: Policy) -> Cited:
    """A policy: what it states and which grades it counts as an alternative."""
    counts = listed([grade.words for grade in entry.alternative_grades])
    text = f"{entry.statement} Counts as an alternative: {counts}."
    return Cited(f"{entry.name} ({entry.id})", text, STATUS_WORDS[entry.status], entry.cites)


def coefficients(cases: pd.DataFrame, knowledge: Knowledge) -> Iterator[Cited]:
    """The dose coefficients that were used, by id."""
    for name in sorted(set(cases["coefficient_id"].dropna()) & set(knowledge.coefficients)):
        entry = knowledge.coefficients[name]
        values = f"{entry.central:g} ({entry.low:g}–{entry.high:g}) mSv/(Gy·cm²), {entry.weights}"
        yield Cited(name, f"{', '.join(entry.regions)}: {values}", STATUS_WORDS[entry.status], entry.cites)


def background(audit: Audit) -> Cited:
    """The background level that the days refer to."""
    entry = audit.background
    year = f", {entry.year}" if entry.year else ""
    text = f"{entry.name}, {entry.annual_msv:g} mSv a year ({entry.scope}{year})"
    return Cited(entry.id, text, STATUS_WORDS[entry.status], entry.cites)


def references(entries: Iterable[Reference]) -> Iterator[Cited]:
    """What the audit rests on, with how far each was checked."""
    for entry in entries:
        year = f" ({entry.year})" if entry.year and str(entry.year) not in entry.citation else ""
        yield Cited(entry.id, f"{entry.citation}{year}", STATUS_WORDS[entry.status])


def versions(audit: Audit) -> Iterator[tuple[str, str]]:
    """What made these numbers, by name."""
    yield "alara", audit.version
    yield "policy", audit.policy
    yield "background level", audit.background.id
    yield "knowledge, SHA-256", audit.knowledge_digest
