"""Reasons and exceptions of the ultrasound review: which codes of the knowledge a case carries.

A case for which an alternative exists, contested or not, carries each reason
that the site's facts, the catalogue or its report let one know. The others
(implant, emergency, the patient's choice) only the department knows, and no
case carries them by itself. Without a site's rooms or operators nothing is said
about them: missing facts are not a closed room.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import narwhals as nw

from alara.findings import FindingCode
from alara.knowledge import ContrastConfirmation, Knowledge, Procedure, Quantity
from alara.knowledge.check_routing import DAYS

__all__ = ["ReasonRules", "closes_the_question", "procedure_reasons", "reason_rules", "reasons_column"]

#: Contrast that the catalogue calls customary, or the point of the procedure.
_CONTRAST = (ContrastConfirmation.CUSTOMARY, ContrastConfirmation.IS_THE_TEST)
#: What a report says of someone who is, or may be, pregnant.
_PREGNANT = ("possibly pregnant", "definitely pregnant")


@dataclass(frozen=True, slots=True)
class ReasonRules:
    """What the row stage holds cases against.

    ``hours`` are weekday (Monday is 1), first and last minute of the day of each room's opening; empty when
    the site names no room. ``body_mass_index`` in kg/m2 is where the reason of that name begins.
    """

    hours: Sequence[tuple[int, int, int]]
    body_mass_index: float


def reason_rules(knowledge: Knowledge) -> ReasonRules:
    """The rules as the knowledge and the site's own files have them."""
    hours = sorted(
        {
            (DAYS.index(day) + 1, _minute(room.opens), _minute(room.closes))
            for room in knowledge.us_rooms.values()
            for day in room.days
        }
    )
    (limit,) = (one for one in knowledge.plan_parameters.values() if one.quantity is Quantity.BODY_MASS_INDEX)
    return ReasonRules(hours, limit.value)


def procedure_reasons(procedure: Procedure, knowledge: Knowledge) -> Iterator[str]:
    """The reasons that every case of a procedure carries."""
    operators = knowledge.us_operators.values()
    if operators and not any(procedure.id in one.procedures for one in operators):
        yield "no_us_operator"
    if procedure.contrast in _CONTRAST:
        yield "contrast_needed"
    if procedure.payer and knowledge.payers[procedure.payer].applies:
        yield "payer"


def closes_the_question(codes: str, knowledge: Knowledge) -> bool:
    """Whether one of these reasons, as ``us_review_reasons`` holds them, ends the question."""
    return any(knowledge.us_reasons[code].weighs == "ends" for code in codes.split())


def reasons_column(rules: ReasonRules) -> nw.Expr:
    """``us_review_reasons``: the codes of a reviewed case, those of its procedure first; empty for all others.

    Needs ``procedure_reasons``, ``combined`` and ``audit_findings`` beside the columns of a procedure.
    """
    index = nw.col("weight_kg") / (nw.col("size_m") * nw.col("size_m"))
    found = [
        _word(~_open(rules.hours), "outside_us_hours") if rules.hours else nw.lit(""),
        _word((nw.col("size_m") > 0) & (index >= rules.body_mass_index), "body_mass_index"),
        _word(nw.col("combined") == "yes", "combined_procedure"),
        _word(
            nw.col("audit_findings").str.contains(FindingCode.ULTRASOUND_NAMED.value, literal=True), "ultrasound_named"
        ),
        _word(nw.col("pregnancy_status").is_in(list(_PREGNANT)), "pregnancy"),
    ]
    codes = nw.concat_str([nw.concat_str([nw.col("procedure_reasons"), nw.lit(" ")]), *found]).str.strip_chars()
    return nw.when(nw.col("us_review") == "no").then(nw.lit("")).otherwise(codes).alias("us_review_reasons")


def _word(holds: nw.Expr, code: str) -> nw.Expr:
    return nw.when(holds).then(nw.lit(f"{code} ")).otherwise(nw.lit(""))


def _open(hours: Sequence[tuple[int, int, int]]) -> nw.Expr:
    started = nw.col("started").dt
    minute = started.hour().cast(nw.Int32) * 60 + started.minute().cast(nw.Int32)
    found: nw.Expr = nw.lit(False)
    for day, opens, closes in hours:
        found = found | ((started.weekday() == day) & (minute >= opens) & (minute < closes))
    return found


def _minute(time: str) -> int:
    hour, minute = time.split(":")
    return int(hour) * 60 + int(minute)
