"""What one dose reading amounts to, on the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.text import Text

from alara.report import numbers, terminal

__all__ = ["print_dose"]


def print_dose(found: dict[str, Any], console: Console) -> None:
    """The estimates as intervals, then what they rest on; ``found`` is what ``alara dose --json`` prints."""
    title = f"{found['procedure_name']} ({found['procedure_id']})" if found["procedure_id"] else "No procedure named"
    console.print(Text(title, style="bold"))
    for label, text in _lines(found):
        terminal.say(console, f"{label:<16} {text}", indent=2, hang=19)
    terminal.say(
        console, f"Estimates for a reference person, not for this patient. Knowledge {found['knowledge_sha256'][:12]}."
    )


def _lines(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, key in (("P_KA", "p_ka_gycm2"), ("K_a,r", "ka_r_mgy")):
        if found[key] == 0:
            yield "Read", f"{name} of zero, as a value: what is missing would be left out"
    if found["not_estimated"]:
        yield "Effective dose", found["not_estimated"]
    else:
        yield from _effective_dose(found)
    if found["psd_high_mgy"] is not None:
        low, high = (numbers.significant(found[f"psd_{part}_mgy"], 2) for part in ("low", "high"))
        yield "Peak skin dose", f"{low} to {high} mGy: bounds from K_a,r, without table geometry"
        for entry in found["psd_assumptions"]:
            span = f"{entry['low']:g} to {entry['high']:g}" if entry["low"] != entry["high"] else f"{entry['low']:g}"
            yield "", f"{entry['name']}: {span} ({entry['status']}, {', '.join(entry['cites'])})"
    if found["substantial_dose"]:
        for entry in found["substantial_thresholds"]:
            verb = "could reach, by its upper bound," if entry["quantity"] == "peak_skin_dose" else "reaches"
            limit = f"{entry['value']:g} {entry['unit']}"
            yield "Substantial", f"{verb} {entry['id']}, {limit} ({entry['status']}, {', '.join(entry['cites'])})"
        yield "", found["substantial_next"]


def _effective_dose(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    dose, days, entry, level = (
        found[name] for name in ("effective_dose_msv", "background_days", "coefficient", "background")
    )
    span = numbers.dose_range(dose["low"], dose["high"])
    central = "" if found["below_1_usv"] else f" mSv, central {numbers.significant(dose['central'], 2)}"
    yield "Effective dose", f"{span}{central}"
    if found["paediatric"]:
        yield "", "of a child, with a coefficient of that age"
    values = f"{entry['central']:g} ({entry['low']:g} to {entry['high']:g}) {entry['unit']}"
    yield "Coefficient", f"{entry['id']}: {values}, {found['weights']}, {found['status']}"
    for citation in found["citation"]:
        yield "", citation
    if entry["note"]:
        yield "", entry["note"]
    if found["entrance_used"] is False:
        yield "Entrance", f"{found['entrance']} is not used: no coefficient here is of that side"
    where = f"{level['name']}, {level['annual_msv']:g} mSv a year, {level['scope']}"
    where += f", {level['year']}" if level["year"] else ""
    if days["central"] is None:
        yield "Background days", "none below 1 µSv"
    else:
        text = numbers.days(days["low"], days["central"], days["high"], dose_msv=dose["central"])
        yield "Background days", f"{text} ({level['id']}: {where}; {level['status']})"
