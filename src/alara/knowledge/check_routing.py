"""What must hold in the site facts, the parameters of the plan and the weights."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import chain

from alara.knowledge.entries import Grade
from alara.knowledge.routing import PlanParameter, Quantity, RelativeWeight, UsRoom
from alara.knowledge.table import Table

__all__ = ["DAYS", "check_routing"]

#: The days of the week as a room names them, Monday first.
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")
#: A code has a digit and is one word: OP3, 17, us-02. A name has none, and is refused.
_CODE = re.compile(r"(?=.*\d)[A-Za-z]{0,4}[-_]?\d[0-9A-Za-z]{0,5}")
#: The table states each figure rounded: a sum may be one off.
_ROUNDING = 1
#: These are of every procedure and stand once; the others are of a grade or a procedure.
_OF_GRADES = (Quantity.SUCCESS, Quantity.MINUTES)


def check_routing(tables: Mapping[str, Table]) -> Iterator[str]:
    """Everything that is wrong in these tables."""
    yield from chain.from_iterable(map(_room, tables["us_rooms"].values()))
    for name, day in tables["us_rooms"].names_of_faulty("days"):
        yield from _day(name, day)
    for table in (tables["us_operators"], tables["plan_parameters"]):
        named = [(entry.id, procedure) for entry in table.values() for procedure in entry.procedures]
        for name, procedure in (*named, *table.names_of_faulty("procedures")):
            if procedure not in tables["procedures"]:
                yield f"{name}: there is no procedure {procedure}"
    for name in (*tables["us_operators"], *tables["us_operators"].faulty):
        if not _CODE.fullmatch(name):
            yield f"us_operators: entry {len(name)} letters long is not a code: a digit, and no name (OP3)"
    yield from _parameters(tables["plan_parameters"])
    yield from chain.from_iterable(map(_weight, tables["weights"].values()))


def _room(room: UsRoom) -> Iterator[str]:
    for day in room.days:
        yield from _day(room.id, day)
    if not (_TIME.fullmatch(room.opens) and _TIME.fullmatch(room.closes)):
        yield f"us_rooms: {room.id}: opens and closes must be times as 08:00, up to 24:00"
    elif not room.opens < room.closes:
        yield f"us_rooms: {room.id}: it does not open before it closes"


def _day(room: str, day: str) -> Iterator[str]:
    if day not in DAYS:
        yield f"us_rooms: {room}: {day!r} is not one of {', '.join(DAYS)}"


def _parameters(entries: Mapping[str, PlanParameter]) -> Iterator[str]:
    for entry in entries.values():
        low = entry.value if entry.low is None else entry.low
        high = entry.value if entry.high is None else entry.high
        if not low <= entry.value <= high:
            yield f"plan parameter {entry.id}: low, value and high are not in this order"
        if entry.quantity is Quantity.SUCCESS and high > 1:
            yield f"plan parameter {entry.id}: a success is at most 1"
        if entry.quantity in (Quantity.MINUTES, Quantity.SLOT_MINUTES) and not entry.value:
            yield f"plan parameter {entry.id}: no time at all"
    for quantity in Quantity:
        of_all = [entry for entry in entries.values() if entry.quantity is quantity and not entry.procedures]
        wanted = list(Grade) if quantity in _OF_GRADES else [None]
        if sorted(map(str, (entry.grade for entry in of_all))) != sorted(map(str, wanted)):
            each = "one for each grade" if quantity in _OF_GRADES else "one"
            yield f"plan parameters: {quantity} must stand just once, {each}"


def _weight(entry: RelativeWeight) -> Iterator[str]:
    if abs(entry.solid + entry.leukaemia - entry.total) > _ROUNDING or not entry.total:
        yield f"weight {entry.id}: solid and leukaemia do not add up to the total"
    if entry.sex not in ("F", "M"):
        yield f"weight {entry.id}: sex is {entry.sex!r}, but the table is of F and M"
