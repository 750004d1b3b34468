"""One case from its flags to its files, in 80 columns for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from alara.audit.explain import Explanation, Ground
from alara.model import PlaneTotals
from alara.report import numbers, terminal
from alara.report.explained import Explained, FileState, Source
from alara.report.review_list import entry_line
from alara.report.sentences import STATUS_WORDS, counted
from alara.sr.locate import Located

__all__ = ["explained_lines"]

_WIDTH = 80
#: Places shown of each quantity in each report before the rest is counted.
PLACES_SHOWN = 4
_QUANTITIES = {
    "p_ka": "P_KA",
    "ka_r": "K_a,r",
    "fluoroscopy_time": "Fluoroscopy time",
    "description": "What was done",
}


def explained_lines(found: Explained) -> Iterator[str]:
    """The lines: the case, each flag with rule, threshold and citation, the numbers, their places, the files."""
    case = found.case
    yield from _wrapped(f"Case {found.case_id}: {case['procedure_name']}, {case['date']}, {case['device']}")
    yield from _wrapped(f"As the audit of {found.period} under {found.policy} sees it.")
    if not found.explanations:
        yield from _wrapped("The audit has no reason to ask about this case.")
    for number, explanation in enumerate(found.explanations, 1):
        yield ""
        yield from _flag(number, explanation)
    yield ""
    yield from _numbers(found)
    wanted = dict.fromkeys(name for each in found.explanations for name in each.quantities)
    for source in found.sources:
        yield ""
        yield from _source(source, list(wanted) or ["p_ka", "ka_r", "fluoroscopy_time"])
    if found.history:
        yield ""
        yield "What was said of it"
        yield from (f"  {entry_line(entry)}" for entry in found.history)
    yield ""
    yield f"Knowledge {found.knowledge_sha256[:12]}. Every value and place: --json."


def _flag(number: int, found: Explanation) -> Iterator[str]:
    yield from _wrapped(f"{number}. {found.flag.value}: {found.flag.words}")
    yield from _wrapped(f"Rule: {found.rule}", 3)
    values = ", ".join(f"{name} {_value(value)}" for name, value in found.numbers.items())
    yield from _wrapped(f"This case: {values}", 3)
    for ground in found.grounds:
        yield from _ground(ground)
    if not found.grounds:
        yield from _wrapped("Rests on: a rule of alara's own (docs/methods/reviews.md), no threshold.", 3)


def _ground(found: Ground) -> Iterator[str]:
    held = ""
    if found.value is not None and found.case_value is not None:
        value = f"{numbers.significant(found.case_value)} {found.unit}"
        low = None if found.case_low is None else numbers.significant(found.case_low)
        held = (
            f" The case has {value}." if low is None else f" The case could reach {value}: it lies in {low} to {value}."
        )
    yield from _wrapped(f"{found.kind.capitalize()} {found.id}: {found.says}{held}", 3)
    if found.note:
        yield from _wrapped(f"Note: {found.note}", 5)
    yield from _wrapped(f"Status: {STATUS_WORDS[found.status]}", 5)
    for reference in found.references:
        where = f" {reference.where}." if reference.where else ""
        text = f"{reference.id}: {reference.citation.rstrip('.')}.{where} ({STATUS_WORDS[reference.status]})"
        yield from _wrapped(text, 5)


def _numbers(found: Explained) -> Iterator[str]:
    procedure = found.detail.procedure
    yield "Numbers of the case"
    several = len(procedure.planes) > 1
    for plane in (*procedure.planes, procedure.totals) if several else procedure.planes or (procedure.totals,):
        yield from _wrapped(_plane(plane), 2)
    reports = counted(len(found.sources), "report")
    yield f"  {counted(len(procedure.events), 'irradiation event')} in {reports}, each counted once."
    if (ground := found.estimate) is not None:
        low, high = found.case["effective_dose_low_msv"], found.case["effective_dose_high_msv"]
        yield from _wrapped(f"Effective dose {numbers.dose_range(low, high)} mSv by coefficient {ground.id}:", 2)
        yield from _wrapped(f"{ground.says} ({STATUS_WORDS[ground.status]}).", 4)
    else:
        yield from _wrapped(f"Effective dose: no estimate ({found.case['coefficient_status']}).", 2)
    for finding in procedure.findings:
        where = f" ({finding.where})" if finding.where else ""
        yield from _wrapped(f"Finding {finding.code.value}: {finding.code.words} {finding.text}{where}", 2)


def _plane(plane: PlaneTotals) -> str:
    parts = (
        (plane.p_ka, "P_KA", "Gy·cm²"),
        (plane.ka_r, "K_a,r", "mGy"),
        (plane.fluoroscopy_time, "fluoroscopy time", "s"),
    )
    texts = (f"{name} {numbers.significant(total.amount)} {unit} ({total.basis.value})" for total, name, unit in parts)
    return f"Plane {plane.plane.value}: {', '.join(texts)}"


def _source(source: Source, wanted: Iterable[str]) -> Iterator[str]:
    detail = source.report
    yield from _wrapped(f"Report {detail.report.sop_instance_uid}")
    if detail.gave_way:
        yield from _wrapped("Gave way to what tells better of the same irradiation; it counts nowhere.", 2)
    for quantity in wanted:
        found = [each for each in source.located if each.quantity == quantity]
        if not found and source.state is FileState.VERIFIED:
            yield f"  {_QUANTITIES[quantity]}: no content item and no element of the header states it."
        elif found:
            yield f"  {_QUANTITIES[quantity]}"
        for each in found[:PLACES_SHOWN]:
            yield from _place(each, source)
        if len(found) > PLACES_SHOWN:
            yield f"    and {len(found) - PLACES_SHOWN} more places: --json"
    yield from _wrapped(f"File {source.path or 'none'}", 2)
    yield f"    SHA-256 {detail.digest}"
    yield from _wrapped(f"{source.state.value}: {source.state.words}", 4)


def _place(found: Located, source: Source) -> Iterator[str]:
    counts = " (not counted here)" if source.counts(found) is False else ""
    unit = f" {found.unit}" if found.unit else ""
    chain = " > ".join(f"{code.value} {code.scheme}" for code in found.concepts[1:])
    meaning = f' "{found.concepts[-1].meaning}"' if found.concepts and found.concepts[-1].meaning else ""
    yield from _wrapped(f"{found.place} = {found.value}{unit}{counts}", 4)
    if chain:
        yield from _wrapped(f"{chain}{meaning}", 6)


def _value(value: Any) -> str:
    if value is None or value == "" or value == []:
        return numbers.DASH
    if isinstance(value, list):
        return " and ".join(map(str, value))
    return numbers.significant(value) if isinstance(value, float) else str(value)


def _wrapped(text: str, indent: int = 0) -> list[str]:
    """The text in lines of 80 columns, those after the first two columns further in."""
    return terminal.wrapped(text, _WIDTH, indent=indent)
