"""A synthetic month of a pain and joint clinic, as files, each with what was meant."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from alara.errors import UnreadableReason
from alara.samples.apples import apples
from alara.samples.broken import others
from alara.samples.cases import Clinic, routine
from alara.samples.days import slots
from alara.samples.made import Made, made_of_case, made_of_special
from alara.samples.meaning import unread
from alara.samples.oddities import oddities
from alara.samples.rarities import rarities

__all__ = ["Sample", "make_month", "write_month"]

MONTH = "2026-10"
SEED = 2026


@dataclass(frozen=True, slots=True)
class Sample:
    """A file of the month.

    Attributes
    ----------
    name
        ``0001-orbit.dcm``; the words are about the report, never about a person.
    expected
        What the builder meant: see the README of the samples.
    about
        What is particular, in words.
    """

    name: str
    data: bytes
    expected: dict[str, Any]
    about: str


def make_month(seed: int = SEED, month: str = MONTH) -> Iterator[Sample]:
    """The files of a month: routine, rarities, bad apples, oddities; equal for equal arguments."""
    clinic, made = Clinic(seed, month), list[Sample]()
    for slug, about, data, expected in chain(_everything(clinic), _copies(made), oddities(clinic)):
        made.append(Sample(f"{len(made) + 1:04d}-{slug}.dcm", data, expected | {"about": about}, about))
        yield made[-1]


def write_month(folder: Path, seed: int = SEED, month: str = MONTH) -> int:
    """Write the month's files into ``folder/<month>/``, and next to each what was meant.

    ``0001-orbit.expected.json`` stands beside ``0001-orbit.dcm``. Returns the number of reports. Files of an earlier
    making with other names stay where they are.
    """
    target = folder / month
    target.mkdir(parents=True, exist_ok=True)
    count = 0
    for sample in make_month(seed, month):
        file = target / sample.name
        file.write_bytes(sample.data)
        file.with_suffix(".expected.json").write_text(as_json(sample.expected), encoding="utf-8")
        count += 1
    return count


def as_json(expected: Mapping[str, Any]) -> str:
    """The text of an ``expected.json``: a line each key, and each plane and event."""
    return "{\n" + ",\n".join(f"  {json.dumps(key)}: {_value(value)}" for key, value in expected.items()) + "\n}\n"


def _value(value: object) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(f"    {json.dumps(row, ensure_ascii=False)}" for row in value) + "\n  ]"
    return json.dumps(value, ensure_ascii=False)


def _everything(clinic: Clinic) -> Iterator[Made]:
    yield from map(made_of_case, routine(clinic))
    times = iter(slots(clinic.days, range(6, 9)))
    yield from map(made_of_special, (*rarities(clinic, times), *apples(clinic, times)))
    yield from others(clinic)


def _copies(made: list[Sample]) -> Iterator[Made]:
    """What is made of other samples: a duplicate, files cut short."""
    first, second, third, *_ = (sample for sample in made if sample.name.endswith("-orbit.dcm"))
    same = first.expected | {"duplicate_of": first.name}
    yield Made("duplicate", f"the same bytes as {first.name}", first.data, same)
    cut, shorter = second.data[: len(second.data) * 2 // 3], third.data[:-1]
    truncated = unread(UnreadableReason.TRUNCATED)
    yield Made("truncated", f"the first two thirds of {second.name}", cut, truncated)
    yield Made("truncated-by-one-byte", f"all but the last byte of {third.name}", shorter, truncated)
