"""Reviews open and closed: what the audit asks, and what the department has said, for page and terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from alara.audit import Flag, flags_of
from alara.report import numbers
from alara.report.sentences import counted, shown
from alara.reviews import Verdict

__all__ = ["CASES_SHOWN", "ReasonCount", "Reviewed", "ReviewedCase", "reviewed", "reviews_dict", "reviews_sentence"]

#: Cases shown of those that are open, and of those that are closed; reviews.csv has all.
CASES_SHOWN = 15


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How many cases have a reason, open and closed; a case with several reasons counts under each."""

    code: str
    words: str
    open: int
    closed: int


@dataclass(frozen=True, slots=True)
class ReviewedCase:
    """One case in texts; the last three are dashes while it is open."""

    case_id: str
    date: str
    procedure: str
    reasons: str
    closed_as: str
    closed_by: str
    last_entry: str


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The section of the page: a sentence, the reasons, the findings, and the first cases of either state."""

    sentence: str
    reasons: tuple[ReasonCount, ...]
    findings: tuple[tuple[str, str, int], ...]
    open: tuple[ReviewedCase, ...]
    closed: tuple[ReviewedCase, ...]
    open_left_out: int
    closed_left_out: int


def reviewed(rows: pd.DataFrame) -> Reviewed:
    """The section of a period's reviews (``audit.review_rows``), in the order of the rows; the latest closed first."""
    is_open = rows["state"] == "open"
    closed = rows[~is_open].sort_values(["last_entry_at", "case_id"], ascending=[False, True])
    findings = closed["closed_as"].value_counts()
    return Reviewed(
        sentence=reviews_sentence(rows),
        reasons=_reasons(rows),
        findings=tuple(
            (each.value, each.words, int(findings[each.value])) for each in Verdict if each.value in findings
        ),
        open=_cases(rows[is_open]),
        closed=_cases(closed),
        open_left_out=max(0, int(is_open.sum()) - CASES_SHOWN),
        closed_left_out=max(0, len(closed) - CASES_SHOWN),
    )


def reviews_sentence(rows: pd.DataFrame) -> str:
    """How many cases are open and closed, in one sentence; those of the time before are told apart."""
    state, earlier = rows["state"], rows["in_period"] == "no"
    parts = []
    for word in ("open", "closed"):
        of_word = state == word
        text = f"{numbers.count(int(of_word.sum()))} {word}"
        if (older := int((of_word & earlier).sum())) > 0:
            text += f" ({numbers.count(older)} from before)"
        parts.append(text)
    since = int(((state == "closed") & (rows["reasons_since"] != "")).sum())
    more = f"; {counted(since, 'closed case')} with a reason that came later" if since else ""
    return f"Reviews: {', '.join(parts)}{more}."


def reviews_dict(rows: pd.DataFrame) -> dict[str, Any]:
    """The same counts as plain values for JSON."""
    this = rows["in_period"] == "yes"
    is_open = rows["state"] == "open"
    verdicts = rows.loc[~is_open, "closed_as"].value_counts()
    return {
        "open": int((is_open & this).sum()),
        "closed": int((~is_open & this).sum()),
        "open_from_before": int((is_open & ~this).sum()),
        "closed_from_before": int((~is_open & ~this).sum()),
        "closed_as": {each.value: int(verdicts.get(each.value, 0)) for each in Verdict},
    }


def _reasons(rows: pd.DataFrame) -> tuple[ReasonCount, ...]:
    states: Sequence[str] = rows["state"].tolist()
    flags = [flags_of(words) for words in rows["reasons"]]
    found = []
    for flag in Flag:
        having = [state for state, of_case in zip(states, flags, strict=True) if flag in of_case]
        if having:
            found.append(ReasonCount(flag.value, flag.words, having.count("open"), having.count("closed")))
    return tuple(found)


def _cases(rows: pd.DataFrame) -> tuple[ReviewedCase, ...]:
    return tuple(
        ReviewedCase(
            case_id=row["case_id"],
            date=shown(row["date"]),
            procedure=shown(row["procedure_name"]),
            reasons=", ".join(row["reasons"].split()) or numbers.DASH,
            closed_as=row["closed_as"] or numbers.DASH,
            closed_by=row["closed_by"] or numbers.DASH,
            last_entry=row["last_entry_at"][:10] or numbers.DASH,
        )
        for row in rows.head(CASES_SHOWN).to_dict("records")
    )
