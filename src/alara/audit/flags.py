"""For which reasons a case is put to a person: the flags of the audit, one closed list."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import pandas as pd

from alara.audit.dose import NotEstimated
from alara.audit.ultrasound import UsReview

__all__ = ["OUTLIER", "STANDS_OUT", "Flag", "flags_of", "reasons"]

#: The column of what stands out in a case: codes, separated by spaces.
STANDS_OUT = "stands_out"
#: The code of that column for which the case itself is put to a person; the others ask about a record or a unit.
OUTLIER = "outlier"


class Flag(StrEnum):
    """A reason to look at a case, most pressing first; ``words`` is its meaning for people."""

    words: str

    def __new__(cls, code: str, words: str = "") -> Flag:
        member = str.__new__(cls, code)
        member._value_ = code
        member.words = words
        return member

    SUBSTANTIAL = "substantial_dose", "A threshold of substantial dose is reached or could be."
    IMPLAUSIBLE = "implausible", "P_KA and K_a,r do not fit together: one of the two may have a wrong unit."
    STANDS_OUT = "stands_out", "The dose lies far from that of other cases of the same procedure."
    INCOMPLETE = "incomplete", "The kerma-area product or the fluoroscopy time is missing."
    CONTESTED = (
        "contested",
        "The chosen policy counts ultrasound as an alternative; policies grade it differently, each with a source.",
    )
    ALTERNATIVE = "alternative_exists", "The chosen policy counts ultrasound as an alternative."


def reasons(cases: pd.DataFrame) -> pd.Series[str]:
    """The flags of each case, separated by spaces; empty where there is none, and for radiography.

    Parameters
    ----------
    cases
        The audited cases, with or without the column :data:`STANDS_OUT`.
    """
    audited = cases["kind"] != "radiography"
    words = pd.Series("", index=cases.index, dtype="str")
    for flag, mask in _masks(cases).items():
        words = words.where(~(mask & audited), words + f"{flag.value} ")
    return words.str.strip()


def flags_of(words: str) -> tuple[Flag, ...]:
    """The flags that a text of :func:`reasons` names."""
    return tuple(Flag(word) for word in words.split())


def _masks(cases: pd.DataFrame) -> Mapping[Flag, pd.Series[Any]]:
    nobody = pd.Series(False, index=cases.index)
    codes = cases[STANDS_OUT].fillna("").str.split() if STANDS_OUT in cases else None
    return {
        Flag.SUBSTANTIAL: cases["substantial_dose"].fillna("") != "",
        Flag.IMPLAUSIBLE: cases["coefficient_status"] == NotEstimated.IMPLAUSIBLE.value,
        Flag.STANDS_OUT: nobody if codes is None else codes.map(lambda carried: OUTLIER in carried).astype("bool"),
        Flag.INCOMPLETE: cases["complete"] == "no",
        Flag.CONTESTED: cases["us_review"] == UsReview.CONTESTED.value,
        Flag.ALTERNATIVE: cases["us_review"] == UsReview.ALTERNATIVE.value,
    }
