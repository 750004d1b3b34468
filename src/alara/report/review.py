"""The review list: cases in groups of one procedure and one reason, and what is left out, counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from alara.audit import NotEstimated
from alara.audit.dose import DAYS_PER_YEAR
from alara.knowledge import Background, UsReason
from alara.report import numbers
from alara.report.sentences import counted, named, shown

__all__ = ["CASES_A_GROUP", "GROUPS", "Case", "Review", "ReviewGroup", "review"]

#: Cases shown of each group, and groups shown: the page is for talking, procedures.csv for everything.
CASES_A_GROUP = 5
GROUPS = 20


@dataclass(frozen=True, slots=True)
class Case:
    """One procedure under review, in texts."""

    case_id: str
    started: str
    device: str
    description: str
    age_band: str
    fluoroscopy_time: str
    p_ka: str
    dose: str
    days: str
    dose_msv: float | None
    procedure_id: str
    reasons: str = ""


@dataclass(frozen=True, slots=True)
class ReviewGroup:
    """Cases of one procedure that are under review for one reason."""

    name: str
    reason: str
    count: str
    cases: tuple[Case, ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class Review:
    """All cases of one verdict, in groups; ``left_out`` says in words what is not shown, or nothing.

    ``flagged`` when a case that is shown has a P_KA that is marked with "!".
    """

    total: int
    groups: tuple[ReviewGroup, ...]
    left_out: str
    flagged: bool


def review(
    cases: pd.DataFrame,
    verdict: str,
    names: Mapping[str, str] | None = None,
    reasons: Mapping[str, UsReason] | None = None,
    background: Background | None = None,
) -> Review:
    """The cases whose ``us_review`` is this verdict: largest groups first, in them the largest effective dose first.

    Cases whose P_KA and K_a,r do not fit together come last.
    ``names`` are the policies' names by id,
    ``reasons`` those of the knowledge, of which a case shows the ones that it carries; ``background`` is the level
    that days of the highest estimate are told by where the best one is below what counts.
    """
    of_verdict = cases[cases["us_review"] == verdict]
    of_verdict = of_verdict.assign(implausible=of_verdict["coefficient_status"] == NotEstimated.IMPLAUSIBLE)
    ranked = of_verdict.sort_values(
        ["implausible", "effective_dose_msv", "p_ka_gycm2", "case_id"],
        ascending=[True, False, False, True],
        na_position="last",
    )
    groups = [group for _, group in ranked.groupby(["procedure_id", "us_reason"], sort=True)]
    groups.sort(key=lambda group: -len(group))  # stable: groups of one size stay in the order of their names
    more = groups[GROUPS:]
    cases_more, groups_more = counted(sum(map(len, more)), "more case"), counted(len(more), "smaller group")
    left_out = f"{cases_more}, in {groups_more}, are in procedures.csv."
    listed = tuple(_group(group, names or {}, reasons or {}, background) for group in groups[:GROUPS])
    flagged = any(group.head(CASES_A_GROUP)["implausible"].any() for group in groups[:GROUPS])
    return Review(len(ranked), listed, left_out if more else "", flagged)


def _group(
    frame: pd.DataFrame, names: Mapping[str, str], reasons: Mapping[str, UsReason], background: Background | None
) -> ReviewGroup:
    first = frame.iloc[0]
    cases = tuple(_case(record, reasons, background) for record in frame.head(CASES_A_GROUP).to_dict("records"))
    return ReviewGroup(
        shown(first["procedure_name"]),
        named(shown(first["us_reason"]), names),
        counted(len(frame), "case"),
        cases,
        max(0, len(frame) - CASES_A_GROUP),
    )


def _case(record: dict[Any, Any], reasons: Mapping[str, UsReason], background: Background | None) -> Case:
    started = record["started"]
    return Case(
        case_id=str(record["case_id"]),
        started=numbers.DASH if pd.isna(started) else f"{pd.Timestamp(started):%Y-%m-%d %H:%M}",
        device=shown(record["device"]),
        description=shown(record["description"]),
        age_band=shown(record["age_band"]),
        fluoroscopy_time=numbers.significant(record["fluoroscopy_time_s"]),
        p_ka=numbers.significant(record["p_ka_gycm2"]) + (" !" if record["implausible"] else ""),
        dose=numbers.dose_range(record["effective_dose_low_msv"], record["effective_dose_high_msv"]),
        days=_days(record, background),
        reasons=" ".join(reasons[code].words for code in record["us_review_reasons"].split() if code in reasons),
        dose_msv=numbers.sort_key(record["effective_dose_msv"]),
        procedure_id=str(record["procedure_id"]),
    )


def _days(record: dict[Any, Any], background: Background | None) -> str:
    """The background days of a case: none where its whole dose is below 1 µSv, as is said of the dose.

    Where the best estimate alone is below, the audit gives no days, and those of the highest one are said.
    """
    best, high = record["effective_dose_msv"], record["effective_dose_high_msv"]
    if background is not None and best < numbers.SMALLEST_MSV <= high:
        return numbers.days(0.0, 0.0, high / background.annual_msv * DAYS_PER_YEAR, dose_msv=high)
    return numbers.days(
        *(record[f"background_days{part}"] for part in ("_low", "", "_high")), dose_msv=record["effective_dose_msv"]
    )
