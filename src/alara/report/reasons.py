"""Reasons and exceptions of the ultrasound review: on the page, on the terminal and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from rich.console import Console

from alara.knowledge import Knowledge, KnownFrom, UsReason, Weighs
from alara.report import numbers, terminal
from alara.report.sentences import STATUS_WORDS, counted

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ReasonRow", "Reasons", "print_reasons", "reasons", "reasons_as_dict", "site_facts"]

_WEIGHS: Mapping[Weighs, str] = MappingProxyType(
    {
        Weighs.ENDS: "ends the question",
        Weighs.ASKS: "is to be looked at",
        Weighs.FOR_ULTRASOUND: "speaks for ultrasound",
    }
)
_KNOWN_FROM: Mapping[KnownFrom, str] = MappingProxyType(
    {
        KnownFrom.SITE: "the site's own files",
        KnownFrom.CATALOGUE: "the catalogue",
        KnownFrom.REPORT: "the dose report",
        KnownFrom.DEPARTMENT: "the department alone",
    }
)


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """One reason in texts; ``count`` of the cases under review carry it, words where no case can by itself."""

    code: str
    name: str
    words: str
    asks: str
    weighs: str
    known_from: str
    count: str
    cites: tuple[str, ...]
    status: str


@dataclass(frozen=True, slots=True)
class Reasons:
    """All reasons, what the site says of itself, and how many cases have their question ended."""

    rows: tuple[ReasonRow, ...]
    site_facts: str
    ended: str


def reasons(cases: pd.DataFrame, knowledge: Knowledge) -> Reasons:
    """The reasons with how many of the reviewed cases carry each."""
    reviewed = cases[cases["us_review"] != "no"]
    carried = [codes.split() for codes in reviewed["us_review_reasons"]]
    tally = Counter(code for codes in carried for code in codes)
    ending = {name for name, entry in knowledge.us_reasons.items() if entry.weighs is Weighs.ENDS}
    ended = sum(not ending.isdisjoint(codes) for codes in carried)
    carry = "carries" if ended == 1 else "carry"
    of = counted(len(carried), "case")
    said = f"Of {of} under review, contested ones among them, {numbers.count(ended)} {carry} a reason that ends it."
    return Reasons(
        tuple(_row(entry, tally[name]) for name, entry in knowledge.us_reasons.items()),
        site_facts(knowledge),
        said if carried else "",
    )


def _row(entry: UsReason, count: int) -> ReasonRow:
    return ReasonRow(
        entry.id,
        f"{entry.name[0].upper()}{entry.name[1:]}",
        entry.words,
        entry.asks,
        _WEIGHS[entry.weighs],
        _KNOWN_FROM[entry.known_from],
        "not known here" if entry.known_from is KnownFrom.DEPARTMENT else numbers.count(count),
        entry.cites,
        STATUS_WORDS[entry.status],
    )


def site_facts(knowledge: Knowledge) -> str:
    """What the site's own files say of ultrasound, and what follows where they say nothing."""
    rooms, operators = knowledge.us_rooms.values(), knowledge.us_operators.values()
    covered = {name for one in operators for name in one.procedures}
    parts = [
        f"Room {room.id}: {', '.join(day.capitalize() for day in room.days)} {room.opens} to {room.closes}."
        for room in rooms
    ]
    if not rooms:
        parts.append("The site names no ultrasound rooms, so no case says that none was open.")
    if operators:
        parts.append(
            f"{counted(len(operators), 'operator')} with credentials, for {counted(len(covered), 'procedure')}."
        )
    else:
        parts.append("It names no credentialed operators, so no case says that there was none.")
    return " ".join(parts)


def reasons_as_dict(knowledge: Knowledge) -> dict[str, Any]:
    """The reasons and the site's facts as values that JSON can hold."""
    return {
        "knowledge_sha256": knowledge.digest,
        "reasons": [
            {
                "id": entry.id,
                "name": entry.name,
                "words": entry.words,
                "asks": entry.asks,
                "weighs": entry.weighs,
                "known_from": entry.known_from,
                "status": entry.status,
                "citation": {name: knowledge.references[name].citation for name in entry.cites},
            }
            for entry in knowledge.us_reasons.values()
        ],
        "rooms": [
            {"id": room.id, "days": list(room.days), "opens": room.opens, "closes": room.closes}
            for room in knowledge.us_rooms.values()
        ],
        "operators": [{"code": one.id, "procedures": list(one.procedures)} for one in knowledge.us_operators.values()],
    }


def print_reasons(knowledge: Knowledge, console: Console) -> None:
    """Each reason with what would have to be known, then the site's facts."""
    for entry in knowledge.us_reasons.values():
        terminal.say(console, f"{entry.id}: {entry.words}")
        terminal.say(console, f"To be known: {entry.asks}", indent=2)
        source = f"{', '.join(entry.cites)} ({STATUS_WORDS[entry.status]})"
        known = f"Known from {_KNOWN_FROM[entry.known_from]}; {_WEIGHS[entry.weighs]}. {source}"
        terminal.say(console, known, indent=2)
    terminal.say(console, site_facts(knowledge), hang=0)
    console.print(f"Knowledge {knowledge.digest[:12]}.")
