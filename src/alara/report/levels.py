"""Published P_KA levels of the procedures of a period, beside what the period shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from alara.knowledge import Knowledge
from alara.report import numbers
from alara.report.sentences import STATUS_WORDS

__all__ = ["Level", "levels"]


@dataclass(frozen=True, slots=True)
class Level:
    """One published level: its number, and in words what it is and of whom."""

    procedure_id: str
    procedure: str
    p_ka_gycm2: float
    p_ka: str
    words: str
    cites: tuple[str, ...]
    status: str
    note: str


def levels(shown: Iterable[str], knowledge: Knowledge) -> tuple[Level, ...]:
    """The levels of the procedures named in ``shown``, in their order."""
    order = {name: place for place, name in enumerate(shown)}
    known = [level for level in knowledge.reference_levels.values() if level.procedure_id in order]
    known.sort(key=lambda level: (order[level.procedure_id], level.p_ka_gycm2, level.id))
    return tuple(
        Level(
            procedure_id=level.procedure_id,
            procedure=knowledge.procedures[level.procedure_id].name,
            p_ka_gycm2=level.p_ka_gycm2,
            p_ka=numbers.significant(level.p_ka_gycm2),
            words=", ".join(part for part in (level.kind, level.place, level.period, level.population) if part),
            cites=level.cites,
            status=STATUS_WORDS[level.status],
            note=level.note,
        )
        for level in known
    )
