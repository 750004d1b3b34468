"""The plan of ultrasound slots: whom to route to ultrasound first when there are so many slots a week.

``demand`` makes the cases of a period into candidates, ``slots`` and ``mixed``
choose among them, ``making`` compares and varies the choice, ``result`` is what
comes out (docs/methods/plan.md). Pure functions, as everything in the audit.
"""

from __future__ import annotations

from alara.audit.plan.demand import Demand, Group, Interval, Unplanned, demand
from alara.audit.plan.making import make_plan
from alara.audit.plan.result import (
    PLAN_COLUMNS,
    GroupPlan,
    KindPlan,
    Outcome,
    Plan,
    Variation,
    WaitRow,
    kinds,
    plan_frame,
)
from alara.audit.plan.slots import Job, best, in_order, week_capacities
from alara.audit.plan.weights import WEIGHTS, weight

__all__ = [
    "PLAN_COLUMNS",
    "WEIGHTS",
    "Demand",
    "Group",
    "GroupPlan",
    "Interval",
    "Job",
    "KindPlan",
    "Outcome",
    "Plan",
    "Unplanned",
    "Variation",
    "WaitRow",
    "best",
    "demand",
    "in_order",
    "kinds",
    "make_plan",
    "plan_frame",
    "week_capacities",
    "weight",
]
