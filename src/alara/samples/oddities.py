"""Odd but honest: one report for each way in which a value, a text, an identity or an encoding can be peculiar."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from alara.samples.cases import Clinic
from alara.samples.days import slots
from alara.samples.disagreements import disagreements
from alara.samples.encodings import encodings
from alara.samples.identities import identities
from alara.samples.made import Made, made_of_special
from alara.samples.numbers import odd_numbers
from alara.samples.objects import objects
from alara.samples.texts import odd_texts

__all__ = ["oddities"]


def oddities(clinic: Clinic) -> Iterator[Made]:
    """The files behind the bad apples; each shows one thing that a reader must know."""
    times = iter(slots(clinic.days, range(9, 12)))
    specials = (part(clinic, times) for part in (odd_numbers, odd_texts, identities, encodings))
    yield from map(made_of_special, chain.from_iterable(specials))
    yield from objects(clinic, times)
    yield from map(made_of_special, disagreements(clinic, times))
