"""Why the audit asks about a case: from the flag to the rule, what it is held against, and who says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from alara.audit.flags import STANDS_OUT, Flag, flags_of
from alara.audit.skin import Alarm, alarms, next_step
from alara.knowledge import Knowledge, Reference, Status, Threshold

__all__ = ["EXPLAINERS", "Explanation", "Ground", "estimate_ground", "explanations"]

#: Column of the case → what of the report it comes from.
_QUANTITY_OF = {
    "ka_r_mgy": "ka_r",
    "psd_high_mgy": "ka_r",
    "p_ka_gycm2": "p_ka",
    "fluoroscopy_time_s": "fluoroscopy_time",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """One thing that a rule rests on: a threshold, a policy, a piece of evidence; its status and who says so.

    ``value`` and ``unit`` are those of a threshold, ``case_value`` what the case has in that unit; with
    ``case_low`` that is the upper end of an interval.
    """

    kind: str
    id: str
    says: str
    status: Status
    references: tuple[Reference, ...]
    note: str = ""
    value: float | None = None
    unit: str = ""
    case_value: float | None = None
    case_low: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why one flag is raised; ``quantities`` are what of the report it comes from."""

    flag: Flag
    rule: str
    numbers: Mapping[str, Any]
    grounds: tuple[Ground, ...]
    quantities: tuple[str, ...]


def explanations(words: str, case: Mapping[str, Any], policy_id: str, knowledge: Knowledge) -> tuple[Explanation, ...]:
    """An explanation of each flag of a case.

    Parameters
    ----------
    words
        The flags, as :func:`~alara.audit.flags.reasons` gives them.
    case
        The row of the audited case; missing values are ``None``.
    """
    return tuple(EXPLAINERS[flag](case, policy_id, knowledge) for flag in flags_of(words))


def estimate_ground(case: Mapping[str, Any], knowledge: Knowledge) -> Ground | None:
    """The coefficient behind the case's effective dose; ``None`` where there is no estimate."""
    found = knowledge.coefficients.get(case["coefficient_id"] or "")
    if found is None:
        return None
    says = f"{found.low:g} to {found.high:g}, central {found.central:g} mSv/(Gy.cm2); {found.weights}, {found.method}"
    return Ground(
        kind="coefficient",
        id=found.id,
        says=says,
        status=found.status,
        references=knowledge.cited(found.cites),
        note=found.note,
    )


def _threshold(found: Threshold, knowledge: Knowledge, case_value: float | None) -> Ground:
    return Ground(
        kind="threshold",
        id=found.id,
        says=f"{found.quantity}, {found.value:g} {found.unit}. {found.action}",
        status=found.status,
        references=knowledge.cited(found.cites),
        note=found.note,
        value=found.value,
        unit=found.unit,
        case_value=case_value,
    )


def _reached(alarm: Alarm, case: Mapping[str, Any], knowledge: Knowledge) -> Ground:
    factor = alarm.limit / alarm.threshold.value
    ground = _threshold(alarm.threshold, knowledge, case[alarm.column] / factor)
    return replace(ground, case_low=case["psd_low_mgy"] / factor) if alarm.column == "psd_high_mgy" else ground


def _substantial(case: Mapping[str, Any], _policy: str, knowledge: Knowledge) -> Explanation:
    reached = [alarm for alarm in alarms(knowledge) if alarm.threshold.id in case["substantial_dose"].split()]
    return Explanation(
        flag=Flag.SUBSTANTIAL,
        rule="A value is at or above a threshold of substantial dose; time counts only where no dose is known."
        f" {next_step(knowledge.procedures.get(case['procedure_id']))}",
        numbers={alarm.column: case[alarm.column] for alarm in reached},
        grounds=tuple(_reached(alarm, case, knowledge) for alarm in reached),
        quantities=tuple(dict.fromkeys(_QUANTITY_OF[alarm.column] for alarm in reached)),
    )


def _implausible(case: Mapping[str, Any], _policy: str, knowledge: Knowledge) -> Explanation:
    area = case["field_area_cm2"]
    low, high = (knowledge.thresholds[name] for name in ("field_area_low", "field_area_high"))
    return Explanation(
        flag=Flag.IMPLAUSIBLE,
        rule="P_KA divided by K_a,r is below the smallest or above the largest field that a C-arm can have.",
        numbers={name: case[name] for name in ("p_ka_gycm2", "ka_r_mgy", "field_area_cm2")},
        grounds=(_threshold(low if area < low.value else high, knowledge, area),),
        quantities=("p_ka", "ka_r"),
    )


def _stands_out(case: Mapping[str, Any], _policy: str, knowledge: Knowledge) -> Explanation:
    return Explanation(
        flag=Flag.STANDS_OUT,
        rule="The dose of the case lies far from the median of its procedure, in median deviations of its logarithm.",
        numbers={name: case.get(name) for name in ("procedure_id", "p_ka_gycm2", "ka_r_mgy", STANDS_OUT)},
        grounds=(_threshold(knowledge.thresholds["outlier"], knowledge, None),),
        quantities=("p_ka",),
    )


def _incomplete(case: Mapping[str, Any], _policy: str, _knowledge: Knowledge) -> Explanation:
    needed = {"p_ka_gycm2": "p_ka", "fluoroscopy_time_s": "fluoroscopy_time"}
    missing = [name for name in needed if case[name] is None]
    return Explanation(
        flag=Flag.INCOMPLETE,
        rule="A fluoroscopy case is complete with a P_KA and a fluoroscopy time, stated or summed from its events.",
        numbers={"missing": missing, **{name: case[name] for name in needed}},
        grounds=(),
        quantities=tuple(needed[name] for name in missing),
    )


def _alternative(flag: Flag) -> Callable[[Mapping[str, Any], str, Knowledge], Explanation]:
    def explain(case: Mapping[str, Any], policy_id: str, knowledge: Knowledge) -> Explanation:
        names = ("procedure_id", "matched_by", "match_confidence", *(f"grade_{name}" for name in knowledge.policies))
        return Explanation(
            flag=flag,
            rule=case["us_reason"],
            numbers={name: case[name] for name in names},
            grounds=tuple(_of_review(case["procedure_id"], policy_id, knowledge)),
            quantities=("description",),
        )

    return explain


def _of_review(procedure_id: str, policy_id: str, knowledge: Knowledge) -> list[Ground]:
    policy, procedure = knowledge.policies[policy_id], knowledge.procedures[procedure_id]
    grades = ", ".join(grade.words for grade in policy.alternative_grades)
    grounds = [
        Ground(
            kind="policy",
            id=policy.id,
            says=f"{policy.statement} Counts as an alternative: {grades}.",
            status=policy.status,
            references=knowledge.cited(policy.cites),
        ),
        Ground(
            kind="grade",
            id=procedure.id,
            says=f"{procedure.name}: {procedure.grade(policy.id).words}",
            status=procedure.status,
            references=knowledge.cited(procedure.cites),
            note=procedure.note,
        ),
    ]
    grounds += [
        Ground(
            kind=f"evidence, {item.side.value.replace('_', ' ')}",
            id=procedure.id,
            says=f"{item.says} (compared with: {item.comparator.value.replace('_', ' ')})",
            status=item.status,
            references=knowledge.cited(item.cites),
        )
        for item in procedure.evidence
    ]
    return grounds


#: How each flag is explained; a flag without an entry would have no explanation.
EXPLAINERS: Mapping[Flag, Callable[[Mapping[str, Any], str, Knowledge], Explanation]] = MappingProxyType(
    {
        Flag.SUBSTANTIAL: _substantial,
        Flag.IMPLAUSIBLE: _implausible,
        Flag.STANDS_OUT: _stands_out,
        Flag.INCOMPLETE: _incomplete,
        Flag.CONTESTED: _alternative(Flag.CONTESTED),
        Flag.ALTERNATIVE: _alternative(Flag.ALTERNATIVE),
    }
)
