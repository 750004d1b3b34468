"""A case becomes a file, with what was meant."""

from __future__ import annotations

from typing import Any, NamedTuple

from alara.samples.arcadis import radiation_summary
from alara.samples.cases import Case
from alara.samples.meaning import meant
from alara.samples.special import Special
from alara.sr.build import build

__all__ = ["Made", "made_of_case", "made_of_special"]


class Made(NamedTuple):
    """The name without its number, what is particular in words, the bytes, and what a reader must find."""

    slug: str
    about: str
    data: bytes
    expected: dict[str, Any]


def made_of_case(case: Case) -> Made:
    """An ordinary case as its C-arm writes it."""
    data = radiation_summary(case) if case.unit.summary_only else build_of(case)
    return Made(case.unit.slug, case.unit.about, data, meant(case))


def made_of_special(special: Special) -> Made:
    """A case with a story, in its own manner where it has one."""
    return Made(special.slug, special.about, build_of(special.case, special), meant(special.case, special))


def build_of(case: Case, special: Special | None = None) -> bytes:
    dialect = special.dialect if special and special.dialect else case.unit.dialect
    return build(case.report, dialect, patient_name=case.patient_name)
