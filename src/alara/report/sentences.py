"""Sentences and words of the page and the terminal: the period, the verdict, what to know before it is trusted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pandas as pd

from alara.audit import Audit, NotEstimated, Period
from alara.knowledge import Status
from alara.report import numbers
from alara.words import counted

__all__ = [
    "ALTERNATIVE_LABEL",
    "CASE_IDS",
    "FOOTER",
    "STATUS_WORDS",
    "awaiting",
    "case_ids",
    "counted",
    "implausible",
    "listed",
    "named",
    "period_words",
    "shown",
    "substantial",
    "unknown",
    "verdict",
]

#: What a policy's count says: a grade, and nothing of the case.
ALTERNATIVE_LABEL = "Ultrasound counts as an alternative, by policy"
#: Case ids named before the rest is counted.
CASE_IDS = 5

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
        Status.SECOND_HAND: "second-hand, the source itself not seen",
        Status.TITLE_ONLY: "title seen, its figures not",
        Status.STARTING_DOCUMENT: "a starting document, not evidence",
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


def verdict(audit: Audit, policy: str = "") -> str:
    """The period in one sentence: of the classified procedures, those that the policy would have reviewed.

    ``policy`` is how the chosen one is called; its id where nothing is given.
    """
    headline, when = audit.headline, period_words(audit.period)
    alternatives, contested, classified = headline.uncontested.count, headline.contested.count, headline.uncontested.of
    if not headline.procedures:
        return f"No fluoroscopy procedures are recorded for {when}."
    if not classified:
        return f"None of {counted(headline.procedures, 'procedure')} in {when} could be classified."
    if not alternatives and not contested:
        under = policy or audit.policy
        return f"None of {counted(classified, 'classified procedure')} in {when} is for review under {under}."
    cases = f"{numbers.count(alternatives)} of {counted(classified, 'classified procedure')} in {when}"
    more = f", and {numbers.count(contested)} more are contested" if contested else ""
    return f"An ultrasound alternative exists for {cases}{more}."


def awaiting(audit: Audit) -> str:
    """How many of the alternatives rest on a grade that nobody has signed off; nothing when none does."""
    share = audit.headline.awaiting_sign_off
    if not share.count:
        return ""
    one = share.count == 1
    rest = "rests on a grade that still waits" if one else "rest on grades that still wait"
    return f"{numbers.count(share.count)} of the {numbers.count(share.of)} {rest} for clinical sign-off."


def implausible(audit: Audit) -> str:
    """The cases whose P_KA and K_a,r do not fit together, by id; nothing when there are none."""
    cases = audit.cases
    odd = cases[(cases["kind"] != "radiography") & (cases["coefficient_status"] == NotEstimated.IMPLAUSIBLE)]
    if odd.empty:
        return ""
    have = "has" if len(odd) == 1 else "have"
    return (
        f"{counted(len(odd), 'case')} {have} a P_KA and K_a,r that do not fit together: "
        f"{case_ids(odd['case_id'].tolist())}; see Data quality."
    )


def _them(n: int) -> str:
    return "it" if n == 1 else "them"


def substantial(audit: Audit) -> str:
    """The cases that reach a threshold of substantial dose, by id; nothing when there are none.

    Without those whose P_KA and K_a,r do not fit together, of which :func:`implausible` tells.
    """
    cases = audit.cases
    if cases.empty and (n := audit.headline.substantial.count):  # of groups alone
        reach = "reaches" if n == 1 else "reach"
        return f"{counted(n, 'case')} {reach} a threshold of substantial dose; the audit of all cases names {_them(n)}."
    high = cases[(cases["kind"] != "radiography") & (cases["substantial_dose"] != "")]
    high = high[high["coefficient_status"] != NotEstimated.IMPLAUSIBLE]
    if high.empty:
        return ""
    reach = "reaches" if len(high) == 1 else "reach"
    return (
        f"{counted(len(high), 'case')} {reach} a threshold of substantial dose: {case_ids(high['case_id'].tolist())}; "
        "see What to do first."
    )


def unknown(audit: Audit) -> str:
    """How many procedures are not classified, which comes before anything that is said of the others."""
    share = audit.headline.not_classified
    if not share.of:
        return ""
    of = counted(share.of, "procedure")
    return f"Not classified: {numbers.count(share.count)} of {of} ({share.count / share.of:.1%})."


def case_ids(ids: Sequence[str]) -> str:
    """The first case ids, and how many more there are."""
    more = [f"{numbers.count(len(ids) - CASE_IDS)} more"] if len(ids) > CASE_IDS else []
    return ", ".join([*ids[:CASE_IDS], *more])


def named(text: str, names: Mapping[str, str]) -> str:
    """A text with each policy's name in place of its id."""
    return re.sub(r"\w+", lambda word: names.get(word[0], word[0]), text)


def listed(words: Sequence[str]) -> str:
    """Words as a list in a sentence: a, b or c."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def shown(value: Any) -> str:
    """A text, or a dash when it is missing or blank."""
    text = "" if pd.isna(value) else str(value).strip()
    return text or numbers.DASH
