"""Sentences and words of the page: the period, the verdict, how far a source was checked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pandas as pd

from alara.audit import Audit, Period
from alara.knowledge import Status
from alara.report import numbers

__all__ = ["FOOTER", "STATUS_WORDS", "counted", "listed", "period_words", "shown", "verdict"]

#: Stands at the foot of every page, word for word.
FOOTER = (
    "Doses are estimates for audit. They do not establish that a procedure was unjustified, unsafe, or harmful, "
    "and must not be used to withhold or delay indicated care."
)

STATUS_WORDS: Mapping[Status, str] = MappingProxyType(
    {
        Status.SEEN: "source seen",
        Status.RECALLED: "recalled, source not yet checked",
        Status.DERIVED: "derived here",
        Status.PROPOSAL: "proposal, awaits clinical sign-off",
    }
)

#: Not strftime: the words must not follow the locale.
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def period_words(period: Period) -> str:
    """The period as people say it: October 2026, Q4 2026, 2026, or the first and the last day."""
    if match := re.fullmatch(r"(\d{4})-(\d{2})", period.label):
        return f"{_MONTHS[int(match[2]) - 1]} {match[1]}"
    if match := re.fullmatch(r"(\d{4})-(Q[1-4])", period.label):
        return f"{match[2]} {match[1]}"
    if re.fullmatch(r"\d{4}", period.label):
        return period.label
    return f"{period.start.isoformat()} to {(period.end - timedelta(days=1)).isoformat()}"


def verdict(audit: Audit) -> str:
    """The period in one sentence: of the classified procedures, those that the policy would have reviewed."""
    headline, when = audit.headline, period_words(audit.period)
    alternatives, contested, classified = headline.uncontested.count, headline.contested.count, headline.uncontested.of
    if not headline.procedures:
        return f"No fluoroscopy procedures are recorded for {when}."
    if not classified:
        return f"None of {counted(headline.procedures, 'procedure')} in {when} could be classified."
    if not alternatives and not contested:
        return f"None of {counted(classified, 'classified procedure')} in {when} is for review under {audit.policy}."
    cases = f"{numbers.count(alternatives)} of {counted(classified, 'classified procedure')} in {when}"
    more = f", and {numbers.count(contested)} more are contested" if contested else ""
    return f"An ultrasound alternative exists for {cases}{more}."


def counted(n: int, thing: str) -> str:
    """A count with its thing: 1 case, 2 cases."""
    return f"{numbers.count(n)} {thing}" + ("" if n == 1 else "s")


def listed(words: Sequence[str]) -> str:
    """Words as a list in a sentence: a, b or c."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def shown(value: Any) -> str:
    """A text, or a dash when it is missing or blank."""
    text = "" if pd.isna(value) else str(value).strip()
    return text or numbers.DASH
