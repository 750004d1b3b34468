"""The catalogue on the terminal and as JSON: what is known of each procedure, with its sources."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.text import Text

from alara.audit import Unmapped
from alara.knowledge import Grade, Knowledge, Procedure
from alara.report import terminal
from alara.report.sentences import STATUS_WORDS

__all__ = [
    "catalogue_as_dict",
    "print_catalogue",
    "print_procedure",
    "print_unmapped",
    "procedure_as_dict",
    "unmapped_as_dict",
]


#: Grades in a column of 80: ``show`` has the full words.
_SHORT = {Grade.FEASIBLE_WITH_EXPERTISE: "expertise", Grade.NOT_SUITABLE: "no"}


def catalogue_as_dict(knowledge: Knowledge) -> dict[str, Any]:
    """All procedures, as :func:`procedure_as_dict`."""
    return {
        "knowledge_sha256": knowledge.digest,
        "procedures": [_entry(entry, knowledge) for entry in knowledge.procedures.values()],
    }


def procedure_as_dict(entry: Procedure, knowledge: Knowledge) -> dict[str, Any]:
    """Everything that the catalogue says of a procedure; each citation in full."""
    names = sorted({*entry.cites, *(name for item in entry.evidence for name in item.cites), *_payer(entry, knowledge)})
    references = {name: knowledge.references[name].citation for name in names}
    return {**_entry(entry, knowledge), "references": references, "knowledge_sha256": knowledge.digest}


def _payer(entry: Procedure, knowledge: Knowledge) -> tuple[str, ...]:
    return knowledge.payers[entry.payer].cites if entry.payer else ()


def _entry(entry: Procedure, knowledge: Knowledge) -> dict[str, Any]:
    payer = knowledge.payers.get(entry.payer)
    return {
        "id": entry.id,
        "name": entry.name,
        "zone": entry.zone,
        "region": entry.region,
        "depth": entry.depth,
        "grades": {policy: entry.grade(policy) for policy in knowledge.policies},
        "contested": entry.contested,
        "contrast_confirmation": entry.contrast,
        "payer": {"payer": payer.payer, "asks": payer.asks, "cites": list(payer.cites)} if payer else None,
        "caveats": entry.note,
        "status": entry.status,
        "cites": list(entry.cites),
        "evidence": [asdict(item) for item in entry.evidence],
        "loinc": list(entry.loinc),
        "cpt": _cpt(entry, knowledge),
        "patterns": [*entry.match, *entry.match_medium],
    }


def _cpt(entry: Procedure, knowledge: Knowledge) -> list[str]:
    return sorted({code.code for code in knowledge.cpt_codes.values() if code.procedure_id == entry.id})


def print_catalogue(knowledge: Knowledge, console: Console, *, one_of_them: str) -> None:
    """One line a procedure: id, region and the three grades; what is contested or waits for sign-off is marked."""
    table = terminal.table(header_style="")
    table.add_column("Procedure", no_wrap=True)
    table.add_column("Region")
    for policy in knowledge.policies:
        table.add_column(policy.replace("_", "\n", 1), no_wrap=True)
    table.add_column("")
    for entry in knowledge.procedures.values():
        mark = "contested" if entry.contested else "proposal" if entry.status == "proposal" else ""
        grades = (_SHORT.get(grade := entry.grade(policy), grade.words) for policy in knowledge.policies)
        table.add_row(entry.id, entry.region, *grades, mark)
    console.print(table)
    terminal.say(
        console,
        "expertise: feasible with expertise; no: not suitable. "
        f"{len(knowledge.procedures)} procedures; a proposal waits for clinical sign-off. "
        f"Knowledge {knowledge.digest[:12]}.",
        hang=0,
    )
    console.print(one_of_them, markup=False, soft_wrap=True)


def print_procedure(entry: Procedure, knowledge: Knowledge, console: Console) -> None:
    """All that the catalogue says of one procedure."""
    console.print(Text(f"{entry.name} ({entry.id})", style="bold"))
    for label, text in _lines(entry, knowledge):
        terminal.say(console, f"{label:<10} {text}", indent=2, hang=13)
    for item in entry.evidence:
        against = "" if item.comparator == "none" else f" Compared with {_spoken(item.comparator)}."
        source = f"[{', '.join(item.cites)}; {STATUS_WORDS[item.status]}]"
        terminal.say(console, f"{_spoken(item.side).capitalize()}: {item.says}{against} {source}", indent=2)
    terminal.say(console, f"Sources    {', '.join(entry.cites)}; {STATUS_WORDS[entry.status]}.", indent=2, hang=13)
    console.print(f"Knowledge {knowledge.digest[:12]}.")


def _lines(entry: Procedure, knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    yield "Where", f"{entry.zone}, {entry.region}, {entry.depth}"
    for policy in knowledge.policies:
        yield "Grade", f"{policy}: {entry.grade(policy).words}"
    yield "Contested", "yes: the policies grade it differently, and each side has a source" if entry.contested else "no"
    yield "Contrast", _spoken(entry.contrast)
    if entry.payer:
        payer = knowledge.payers[entry.payer]
        yield "Payer", f"{payer.payer} asks: {payer.asks} [{', '.join(payer.cites)}]"
    if entry.note:
        yield "Caveats", entry.note
    if codes := [f"LOINC {code}" for code in entry.loinc] + [f"CPT {code}" for code in _cpt(entry, knowledge)]:
        yield "Codes", ", ".join(codes)
    yield "Patterns", "; ".join((*entry.match, *entry.match_medium))


def _spoken(word: str) -> str:
    return re.sub(r"\bct\b", "CT", word.replace("_", " "))


def unmapped_as_dict(found: Unmapped, knowledge_sha256: str) -> dict[str, Any]:
    """The work list as values that JSON can hold."""
    return {
        "procedures": found.procedures,
        "not_classified": found.not_classified,
        "to_map": found.cases,
        "set_aside": found.set_aside,
        "descriptions": [{"description": text, "n": n} for text, n in found.descriptions],
        "knowledge_sha256": knowledge_sha256,
    }


def print_unmapped(found: Unmapped, knowledge_sha256: str, console: Console, *, to_map_them: str) -> None:
    """The share first, then each description with how many cases it has, and the commands that map them."""
    share = f" ({found.not_classified / found.procedures:.1%})" if found.procedures else ""
    aside = f": {found.cases:,} to map, {found.set_aside:,} of no procedure as the site's map says"
    terminal.say(
        console,
        f"{found.not_classified:,} of {found.procedures:,} procedures are not classified{share}"
        f"{aside if found.set_aside else ''}.",
        hang=0,
    )
    for text, n in found.descriptions:
        console.print(Text(f"{n:>7}  {text or '(nothing was typed)'}"))
    if found.descriptions:
        console.print(to_map_them, markup=False, soft_wrap=True)
    console.print(f"Knowledge {knowledge_sha256[:12]}.")
