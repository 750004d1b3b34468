"""Data quality: where the numbers come from, findings, quirks, and texts that fit no procedure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import pandas as pd

from alara.audit import UNCLASSIFIED
from alara.findings import FindingCode
from alara.report.sentences import shown

__all__ = ["Tally", "bases", "findings", "tallied", "unmatched"]

_BASES = ("stated", "summed", "mixed", "absent")
_QUANTITIES = (
    ("Kerma-area product", "p_ka_basis"),
    ("Air kerma at the reference point", "ka_r_basis"),
    ("Fluoroscopy time", "fluoroscopy_time_basis"),
)


class Tally(NamedTuple):
    """How many cases have something: its words, its code where it has one, the count."""

    label: str
    code: str
    n: int


def bases(cases: pd.DataFrame) -> Iterator[tuple[str, tuple[Tally, ...]]]:
    """For each quantity, how many cases have it on each basis."""
    for quantity, column in _QUANTITIES:
        counts = cases[column].value_counts()
        yield quantity, tuple(Tally(basis, "", int(counts.get(basis, 0))) for basis in _BASES)


def tallied(ids: pd.Series[Any]) -> tuple[Tally, ...]:
    """How many cases carry each id in a column of ids joined by spaces, most frequent first."""
    counts: Counter[str] = Counter()
    for joined, n in ids.fillna("").value_counts().items():
        counts.update(dict.fromkeys(str(joined).split(), int(n)))
    return _by_frequency(Tally(name, "", n) for name, n in counts.items())


def findings(ids: pd.Series[Any]) -> tuple[Tally, ...]:
    """How many cases carry each finding, in its words, most frequent first."""
    words = {code.value: code.words for code in FindingCode}
    return tuple(Tally(words.get(name, name), name, n) for name, _, n in tallied(ids))


def unmatched(cases: pd.DataFrame) -> tuple[Tally, ...]:
    """How many cases have each description that fits no procedure, most frequent first."""
    counts = cases.loc[cases["procedure_id"] == UNCLASSIFIED, "description"].map(shown).value_counts()
    return _by_frequency(Tally(str(text), "", int(n)) for text, n in counts.items())


def _by_frequency(tallies: Iterable[Tally]) -> tuple[Tally, ...]:
    return tuple(sorted(tallies, key=lambda tally: (-tally.n, tally.label)))
