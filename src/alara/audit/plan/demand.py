"""Cases of a period → candidates for ultrasound, in groups of patients like these, and why the others are none.

The period stands for the demand: a case counts with the median effective dose
of its procedure in the period, which is known before it is done, and not with
its own. What decides whether a case may be routed is known at booking as well.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pandas as pd

from alara.audit.answers import UNCLASSIFIED, Confidence
from alara.audit.period import Period
from alara.audit.plan.weights import age_of_band, parameter
from alara.audit.reasons import procedure_reasons
from alara.knowledge import Knowledge, PlanParameter, Policy, Procedure, Quantity

__all__ = ["Candidate", "Demand", "Group", "Interval", "Unplanned", "demand", "parameters_of"]

_CHILD_BAND = "0-15"
#: What is asked of each case; its dose is that of its procedure.
_COLUMNS = (
    "case_id",
    "started",
    "procedure_id",
    "procedure_name",
    "zone",
    "contested",
    "match_confidence",
    "age_band",
    "sex",
)
_DOSES = ("effective_dose_low_msv", "effective_dose_msv", "effective_dose_high_msv")


@dataclass(frozen=True, slots=True)
class Interval:
    """A number with the ends between which it may lie."""

    low: float
    central: float
    high: float

    def __add__(self, other: Interval) -> Interval:
        return Interval(self.low + other.low, self.central + other.central, self.high + other.high)

    def __mul__(self, other: Interval) -> Interval:
        return Interval(self.low * other.low, self.central * other.central, self.high * other.high)

    def times(self, factor: float) -> Interval:
        return Interval(self.low * factor, self.central * factor, self.high * factor)


class Unplanned(StrEnum):
    """Why a fluoroscopy case is not among the candidates: the first of these that holds."""

    words: str

    def __new__(cls, code: str, words: str) -> Unplanned:
        member = str.__new__(cls, code)
        member._value_ = code
        member.words = words
        return member

    UNCERTAIN = "uncertain", "the description does not say for certain which procedure it was"
    NO_ALTERNATIVE = "no_alternative", "the policy does not count ultrasound as an alternative"
    NO_OPERATOR = "no_us_operator", "nobody of the site holds ultrasound credentials for the procedure"
    PAYER = "payer", "a payer of the site asks for fluoroscopy or CT"
    CHILD = "child", "a patient under 16, for whom no coefficient fits: see to these first, by hand"
    NO_DOSE = "no_dose", "no case of the procedure has an estimate of effective dose"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Patients like these: one procedure, age band and sex; doses and success are per case.

    ``dose_cases`` is how many cases of the procedure the dose is the median of.
    """

    procedure_id: str
    procedure_name: str
    zone: str
    contested: bool
    age_band: str
    sex: str
    age_years: float
    central: bool
    slots: int
    effective_dose_msv: Interval
    dose_cases: int
    success: Interval


@dataclass(frozen=True, slots=True)
class Candidate:
    """One case: its group, and the week of the period in which it was done."""

    case_id: str
    group: Group
    week: int


@dataclass(frozen=True, slots=True)
class Demand:
    """The candidates in the order in which they came, and how many cases are none, by reason."""

    candidates: tuple[Candidate, ...]
    unplanned: Mapping[Unplanned, int]
    procedures: int


@dataclass(frozen=True, slots=True)
class _Known:
    """What holds for every case of one procedure."""

    unplanned: Unplanned | None
    dose: Interval | None
    dose_cases: int
    coefficient: float
    success: Interval
    slots: int


def demand(cases: pd.DataFrame, period: Period, knowledge: Knowledge, policy: Policy) -> Demand:
    """The candidates of a period under a policy, whichever policy the cases were audited with.

    Parameters
    ----------
    cases
        The cases of an audit of the period.
    """
    fluoroscopy = cases[cases["kind"] != "radiography"].sort_values(["started", "case_id"])
    known = {
        str(name): _known(knowledge.procedures[str(name)], of, knowledge, policy)
        for name, of in fluoroscopy.groupby("procedure_id")
        if name != UNCLASSIFIED
    }
    unplanned: Counter[Unplanned] = Counter()
    candidates = []
    groups: dict[tuple[str, str, str], Group] = {}
    for case in fluoroscopy[list(_COLUMNS)].to_dict("records"):
        reason = _unplanned(case, known)
        if reason is not None:
            unplanned[reason] += 1
            continue
        key = (case["procedure_id"], case["age_band"], case["sex"])
        if key not in groups:
            groups[key] = _group(case, known[case["procedure_id"]], knowledge)
        week = (case["started"].date() - period.start).days // 7
        candidates.append(Candidate(case["case_id"], groups[key], week))
    return Demand(tuple(candidates), {why: unplanned[why] for why in Unplanned if unplanned[why]}, len(fluoroscopy))


def _unplanned(case: dict[Any, Any], known: Mapping[str, _Known]) -> Unplanned | None:
    if case["procedure_id"] == UNCLASSIFIED or case["match_confidence"] == Confidence.LOW:
        return Unplanned.UNCERTAIN
    of_procedure = known[case["procedure_id"]]
    if of_procedure.unplanned is not None:
        return of_procedure.unplanned
    if case["age_band"] == _CHILD_BAND:
        return Unplanned.CHILD
    return Unplanned.NO_DOSE if of_procedure.dose is None else None


def _known(procedure: Procedure, of: pd.DataFrame, knowledge: Knowledge, policy: Policy) -> _Known:
    adults = of[(of["age_band"] != _CHILD_BAND) & of["effective_dose_msv"].notna()]
    dose = Interval(*(float(adults[name].median()) for name in _DOSES)) if len(adults) else None
    used = [knowledge.coefficients[name].central for name in adults["coefficient_id"]]
    success, minutes = parameters_of(procedure, policy, knowledge)
    return _Known(
        unplanned=_closed(procedure, knowledge, policy),
        dose=dose,
        dose_cases=len(adults),
        coefficient=float(pd.Series(used, dtype="float64").median()),
        success=Interval(
            success.value if success.low is None else success.low,
            success.value,
            success.value if success.high is None else success.high,
        ),
        slots=math.ceil(minutes.value / parameter(knowledge, Quantity.SLOT_MINUTES)),
    )


def _closed(procedure: Procedure, knowledge: Knowledge, policy: Policy) -> Unplanned | None:
    """Why no case of a procedure may be routed."""
    if procedure.grade(policy.id) not in policy.alternative_grades:
        return Unplanned.NO_ALTERNATIVE
    reasons = set(procedure_reasons(procedure, knowledge))
    return next((why for why in (Unplanned.NO_OPERATOR, Unplanned.PAYER) if why in reasons), None)


def parameters_of(procedure: Procedure, policy: Policy, knowledge: Knowledge) -> tuple[PlanParameter, PlanParameter]:
    """The success and the minutes of a procedure: its own, or those of its grade under the policy."""

    def found(quantity: Quantity) -> Iterator[PlanParameter]:
        of_quantity = [entry for entry in knowledge.plan_parameters.values() if entry.quantity is quantity]
        yield from (entry for entry in of_quantity if procedure.id in entry.procedures)
        grade = procedure.grade(policy.id)
        yield from (entry for entry in of_quantity if not entry.procedures and entry.grade is grade)

    return next(found(Quantity.SUCCESS)), next(found(Quantity.MINUTES))


def _group(case: dict[Any, Any], known: _Known, knowledge: Knowledge) -> Group:
    assert known.dose is not None
    return Group(
        procedure_id=case["procedure_id"],
        procedure_name=case["procedure_name"],
        zone=case["zone"],
        contested=case["contested"] == "yes",
        age_band=case["age_band"],
        sex=case["sex"],
        age_years=age_of_band(case["age_band"], parameter(knowledge, Quantity.UNKNOWN_AGE)),
        central=known.coefficient >= parameter(knowledge, Quantity.CENTRAL_FROM),
        slots=known.slots,
        effective_dose_msv=known.dose,
        dose_cases=known.dose_cases,
        success=known.success,
    )
