"""Data quality: where the numbers come from, findings, quirks, and texts that fit no procedure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import pandas as pd

from alara.audit import UNCLASSIFIED
from alara.findings import FindingCode
from alara.report.sentences import case_ids, counted, shown
from alara.sr.quirks import QUIRKS

__all__ = ["Tally", "bases", "findings", "quirks", "summary", "unmatched"]

_BASES = ("stated", "summed", "mixed", "absent")
_QUANTITIES = (
    ("Kerma-area product", "p_ka_basis"),
    ("Air kerma at the reference point", "ka_r_basis"),
    ("Fluoroscopy time", "fluoroscopy_time_basis"),
)


class Tally(NamedTuple):
    """How many cases have something: its words, its code where it has one, the count, the first of the cases."""

    label: str
    code: str
    n: int
    cases: str = ""


def bases(cases: pd.DataFrame) -> Iterator[tuple[str, tuple[Tally, ...]]]:
    """For each quantity, how many cases have it on each basis."""
    for quantity, column in _QUANTITIES:
        counts = cases[column].value_counts()
        yield quantity, tuple(Tally(basis, "", int(counts.get(basis, 0))) for basis in _BASES)


def findings(cases: pd.DataFrame) -> tuple[Tally, ...]:
    """Each finding in its words, with how many cases carry it and the first of these, most frequent first."""
    return _tallied(cases, "findings", {code.value: code.words for code in FindingCode})


def quirks(cases: pd.DataFrame) -> tuple[Tally, ...]:
    """Each quirk in its words, with how many cases carry it, most frequent first."""
    tallies = _tallied(cases, "quirks", {name: f"{quirk.condition} {quirk.mending}" for name, quirk in QUIRKS.items()})
    return tuple(tally._replace(cases="") for tally in tallies)


def summary(cases: pd.DataFrame) -> str:
    """How many cases carry a finding or a quirk, in one sentence; radiography is among them, and is said to be."""
    found, mended = (int((cases[column].fillna("") != "").sum()) for column in ("findings", "quirks"))
    carry = "carries" if found == 1 else "carry"
    radiography = int((cases["kind"] == "radiography").sum())
    among = f" ({radiography:,} of radiography among them)" if radiography else ""
    return (
        f"{counted(found, 'case')} of {len(cases):,}{among} {carry} a finding; "
        f"in {counted(mended, 'case')} a habit of the make was mended in reading."
    )


def _tallied(cases: pd.DataFrame, column: str, words: Mapping[str, str]) -> tuple[Tally, ...]:
    """How many cases carry each id in a column of ids joined by spaces."""
    carriers: dict[str, list[str]] = {}
    for case_id, joined in cases.loc[cases[column].fillna("") != "", ["case_id", column]].itertuples(index=False):
        for name in dict.fromkeys(joined.split()):
            carriers.setdefault(name, []).append(case_id)
    return _by_frequency(Tally(words.get(name, name), name, len(ids), case_ids(ids)) for name, ids in carriers.items())


def unmatched(cases: pd.DataFrame) -> tuple[Tally, ...]:
    """How many cases have each description that fits no procedure, most frequent first."""
    counts = cases.loc[cases["procedure_id"] == UNCLASSIFIED, "description"].map(shown).value_counts()
    return _by_frequency(Tally(str(text), "", int(n)) for text, n in counts.items())


def _by_frequency(tallies: Iterable[Tally]) -> tuple[Tally, ...]:
    return tuple(sorted(tallies, key=lambda tally: (-tally.n, tally.label)))
