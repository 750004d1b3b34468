"""The department's word on a case: entries of a history that is only ever added to.

An entry closes a case with a finding or opens it again. What a case is now is
what its latest entry says; all others stay. An entry is named for its content,
so that the same one from a file and from the database is one, and one that was
changed after it was written is recognised.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from alara.errors import UsageError

__all__ = [
    "Action",
    "ReviewEntry",
    "Verdict",
    "check_code",
    "check_note",
    "closing",
    "could_be_a_name",
    "in_order",
    "next_entry",
]

_LONGEST_CODE: Final = 12
_LONGEST_NOTE: Final = 500


class Verdict(StrEnum):
    """What a reviewer may close a case as; the words are the reviewer's, alara finds none of them by itself."""

    words: str

    def __new__(cls, code: str, words: str = "") -> Verdict:
        member = str.__new__(cls, code)
        member._value_ = code
        member.words = words
        return member

    JUSTIFIED = "justified", "the guidance and the dose were right for this patient"
    OPTIMISE = "optimise", "the same could be done with less dose, or with ultrasound next time"
    EQUIPMENT = "equipment", "the C-arm, its settings or its service need attention"
    TRAINING = "training", "technique is to be talked about or taught"
    DATA_ERROR = "data-error", "what was recorded is wrong: unit, description, patient or study"


class Action(StrEnum):
    """What an entry does to its case."""

    CLOSED = "closed"
    REOPENED = "reopened"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewEntry:
    """One entry: which case, when (UTC), what was done, by which code, and the reasons that stood then.

    ``verdict`` is ``None`` for a case that was opened again; ``reasons`` are the
    codes for which the audit asked, separated by spaces.
    """

    case_id: str
    at: datetime
    action: Action
    verdict: Verdict | None = None
    by: str
    note: str = ""
    reasons: str = ""

    @property
    def entry_id(self) -> str:
        """32 hexadecimal digits that depend on everything that the entry says, and on nothing else."""
        parts = (
            self.case_id,
            self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            self.action.value,
            self.verdict.value if self.verdict is not None else "",
            self.by,
            self.note,
            self.reasons,
        )
        return hashlib.sha256("\0".join(parts).encode("utf-8")).hexdigest()[:32]


def in_order(entries: Iterable[ReviewEntry]) -> tuple[ReviewEntry, ...]:
    """Entries as they were made, each once, whatever order they come in."""
    return tuple(sorted(set(entries), key=lambda entry: (entry.at, entry.entry_id)))


def closing(history: Sequence[ReviewEntry]) -> ReviewEntry | None:
    """The entry by which a case is closed now; ``None`` while it is open. ``history`` is in order."""
    return history[-1] if history and history[-1].action is Action.CLOSED else None


def next_entry(history: Sequence[ReviewEntry], entry: ReviewEntry) -> ReviewEntry:
    """An entry as it goes behind a history: later than all of it, also where clocks differ.

    Raises
    ------
    UsageError
        When it opens a case that is open.
    """
    if entry.action is Action.REOPENED and closing(history) is None:
        raise UsageError(f"Case {entry.case_id} is open already.", hint=f"alara review show {entry.case_id}")
    if history and entry.at <= history[-1].at:
        return replace(entry, at=history[-1].at + timedelta(microseconds=1))
    return entry


# --- what may not be written -----------------------------------------------------------------------

_LETTERS: Final = re.compile("[A-Za-z]+")
_CODE: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
#: Initials are a code, and four capitals alone; more letters in a row may be a name, with a figure behind it or not.
_INITIALS: Final = 3
_FOUR_INITIALS: Final = re.compile(r"[A-Z]{4}")
#: Words of the work, of four letters, that codes are made of.
_WORK: Final = frozenset({"desk", "dose", "lead", "mtra", "phys", "room", "site", "team", "tech", "unit", "ward"})
_VOWEL: Final = re.compile("[AEIOUYaeiouy]")
_CAPITALISED: Final = r"[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ]+(?:['’-][A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ]+)*"
_TITLE: Final = r"(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Herr|Herrn|Frau|Mme|Mlle|Sr|Sra|Señor|Señora|Monsieur|Madame)"
#: In small letters or all capitals, unless they are also words of the work: mr and DR are ways of imaging, ms is a
#: millisecond, dr is the right side in French, and to miss is a verb. With a point they count, and dr after "to".
_ANY_CASE: Final = r"(?i:mrs|prof|herrn?|frau|mme|mlle|sra|señora?|monsieur|madame)(?:\.\s*|\s+)"
_POINTED: Final = r"(?<!\d)(?<!\d\s)\b(?i:mr|ms|dr|sr)\.\s*"
_AFTER_TO: Final = r"\b(?i:to|with|by|from|asked|told|mit|von|bei|par|avec|con|por)\s+dr\s+"
_WORD: Final = r"[^\W\d_]{2,}"
#: A month tells of no birth.
_MONTH: Final = re.compile(r"(?<![\d-])\d{4}-\d{2}(?![\d-])")
_RECOGNISED: Final = (
    (re.compile(r"(?<!\d)(?:\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})|\d{4}[./-]\d{1,2}[./-]\d{1,2})(?!\d)"), "a date"),
    (re.compile(r"(?<![\d.])\d+(?:\.\d+){4,}(?![\d.])"), "an ID (a UID)"),
    (re.compile(r"\d(?:[ -]?\d){5,}"), "an ID or a date of birth"),
    (re.compile(r"\b(?:dob|d\.o\.b|geb\.|geboren|born|mrn|né|née|nacid[oa])(?!\w)", re.IGNORECASE), "a birth or an ID"),
    (re.compile(r"\w\^\w"), "a name as DICOM writes it"),
    (re.compile(rf"\b{_TITLE}\b\.?\s+\w"), "a name with its title"),
    (re.compile(rf"(?:\b{_ANY_CASE}|{_POINTED}|{_AFTER_TO}){_WORD}"), "a name with its title"),
    (re.compile(rf"\b{_CAPITALISED},\s*{_CAPITALISED}\b"), "a name"),
    (re.compile(rf"\b{_CAPITALISED}\s+(?:(?:van|von|de|da|di|del|der|la|le)\s+)*{_CAPITALISED}\b"), "a name"),
)


def check_code(text: str, *, written: bool = False) -> str:
    """A reviewer's code as it may be kept.

    ``written`` is of an entry that bears its own id: it was taken before, maybe by an alara
    that knew fewer names, and a history is not to be lost by that.

    Raises
    ------
    UsageError
        When it is too long, holds anything but letters, digits and ``. _ -``, or looks like a name or a number of
        a person.
    """
    code = text.strip()
    fault = ""
    if len(code) > _LONGEST_CODE or not _CODE.fullmatch(code):
        fault = f"is not at most {_LONGEST_CODE} letters, digits, dots or hyphens without a space"
    elif not written and not _FOUR_INITIALS.fullmatch(code) and any(map(_may_be_a_name, _LETTERS.findall(code))):
        fault = "could be a name: it has more than three letters in a row"
    elif sum(letter.isdigit() for letter in code) > 5:
        fault = "could be the number of a person"
    if fault:
        raise UsageError(
            f"The code after --by {fault}.",
            hint="Up to three letters in a row, four capitals alone, or a word such as PHYS or ROOM, and figures: R2, "
            "MP, PHYS-1; never a name.",
        )
    return code


def could_be_a_name(code: str) -> bool:
    """Whether a code that may be kept reads as a short name too (Kim, ANNA): nothing can tell these from initials."""
    return any(
        len(letters) >= _INITIALS and letters.lower() not in _WORK and _VOWEL.search(letters[1:])
        for letters in _LETTERS.findall(code)
    )


def _may_be_a_name(letters: str) -> bool:
    return len(letters) > _INITIALS and letters.lower() not in _WORK


def check_note(text: str, *, written: bool = False) -> str:
    """A note as it may be kept: one line. What looks like a person is refused; not every name can be recognised.

    ``written`` as of :func:`check_code`.

    Raises
    ------
    UsageError
        Saying what the note seems to hold, without repeating it.
    """
    note = " ".join(text.split())
    if len(note) > _LONGEST_NOTE:
        raise UsageError(f"The note is longer than {_LONGEST_NOTE} characters.", hint="Say it shorter.")
    if note and not (note[0].isalnum() and note.isprintable()):
        raise UsageError("The note begins with a sign, or holds one that cannot be printed.", hint="Begin with a word.")
    without_months = _MONTH.sub("", note)
    for pattern, what in () if written else _RECOGNISED:
        if pattern.search(without_months):
            raise UsageError(
                f"The note seems to hold {what}; notes hold nothing of a person.",
                hint="Leave it out. If it is none: small letters, no whole date, no long number.",
            )
    return note
