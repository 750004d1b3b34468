"""What the ultrasound review and the plan of ultrasound slots know: reasons, site facts, parameters, weights."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from alara.knowledge.entries import Grade, Status

__all__ = ["KnownFrom", "PlanParameter", "Quantity", "RelativeWeight", "UsOperator", "UsReason", "UsRoom", "Weighs"]


class Weighs(StrEnum):
    """Which way a reason points."""

    ENDS = "ends"  # ultrasound was no alternative that day: the question is closed
    ASKS = "asks"  # it may have been none: someone has to look
    FOR_ULTRASOUND = "for_ultrasound"  # it makes the question more pressing


class KnownFrom(StrEnum):
    """Where a reason would be known from."""

    SITE = "site"  # the site's own files: rooms, operators, payers
    CATALOGUE = "catalogue"  # the entry of the procedure
    REPORT = "report"  # the dose report
    DEPARTMENT = "department"  # only from someone who was there


class Quantity(StrEnum):
    """What a parameter of the plan is a value of."""

    SUCCESS = "success"
    MINUTES = "minutes"
    SLOT_MINUTES = "slot_minutes"
    WAIT_LIMIT_WEEKS = "wait_limit_weeks"
    YOUNG_BELOW = "young_below"
    OLD_FROM = "old_from"
    CENTRAL_FROM = "central_from"
    REFERENCE_AGE = "reference_age"
    UNKNOWN_AGE = "unknown_age"
    BODY_MASS_INDEX = "body_mass_index"


@dataclass(frozen=True, slots=True, kw_only=True)
class UsReason:
    """A reason why a case was, or was not, one for ultrasound; ``asks`` is what would have to be known."""

    id: str
    name: str
    words: str
    asks: str
    weighs: Weighs
    known_from: KnownFrom
    status: Status
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UsRoom:
    """A site fact: on which days (``mon`` to ``sun``) and between which times a room does ultrasound."""

    id: str
    days: tuple[str, ...]
    opens: str
    closes: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsOperator:
    """A site fact: an operator, by code, and the procedures for which ultrasound credentials are held."""

    id: str
    procedures: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanParameter:
    """One number of the plan. ``procedures`` come before ``grade``; with neither it is of all.

    ``low`` and ``high`` are where it may lie; missing, they are the value itself.
    """

    id: str
    quantity: Quantity
    procedures: tuple[str, ...] = ()
    grade: Grade | None = None
    low: float | None = None
    value: float
    high: float | None = None
    unit: str
    status: Status
    cites: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RelativeWeight:
    """What the same effective dose counts at an age and sex; only the ratios of ``total`` are used.

    ``solid`` and ``leukaemia`` are per 100,000 people exposed to 0.1 Gy; ``total`` is their sum.
    """

    id: str
    sex: str
    age_years: float
    solid: float
    leukaemia: float
    total: float
    status: Status
    cites: tuple[str, ...]
