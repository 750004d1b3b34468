"""Everything alara raises on purpose.

AlaraError
├── ConfigError          a setting is wrong (exit 2)
├── UsageError           an argument is wrong (exit 2)
├── UnreadableReport     these bytes cannot become a dose report (exit 3)
├── StorageError         the inbox or the disk refuses (exit 4)
│   └── InboxLocked      another node holds this inbox (exit 4)
├── DatabaseError        the database refuses (exit 5)
│   ├── DatabaseMissing  there is none yet, or it has no tables (exit 5)
│   ├── DatabaseBusy     another process has been writing for long; waiting helps (exit 5)
│   └── SchemaTooNew     a newer alara wrote this database (exit 5)
├── NetworkError         a port, an address or a peer refuses (exit 6)
│   └── PeerUnavailable  it does not answer just now; trying again may help (exit 6)
└── NothingFound         the question is fine, there is no answer (exit 7)

Each carries one sentence that says what is wrong, a hint that says what to do
next, and the exit code of a command that ends with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

__all__ = [
    "AlaraError",
    "ConfigError",
    "DatabaseBusy",
    "DatabaseError",
    "DatabaseMissing",
    "InboxLocked",
    "NetworkError",
    "NothingFound",
    "PeerUnavailable",
    "SchemaTooNew",
    "StorageError",
    "UnreadableReason",
    "UnreadableReport",
    "UsageError",
]


class AlaraError(Exception):
    """What went wrong, in one sentence without names or IDs of people."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ConfigError(AlaraError):
    """A setting, or a file that a site wrote, is wrong; ``faults`` are all that is wrong in it, where told apart.

    ``message`` holds them too, in one line; ``headline`` is what comes before them.
    """

    exit_code = 2

    def __init__(self, message: str, *, hint: str = "", faults: Sequence[str] = ()) -> None:
        super().__init__(f"{message} {'; '.join(faults)}." if faults else message, hint=hint)
        self.headline = message
        self.faults = tuple(faults)


class UsageError(AlaraError):
    exit_code = 2


class StorageError(AlaraError):
    exit_code = 4


class InboxLocked(StorageError):
    pass


class DatabaseError(AlaraError):
    exit_code = 5


class DatabaseMissing(DatabaseError):
    pass


class DatabaseBusy(DatabaseError):
    pass


class SchemaTooNew(DatabaseError):
    pass


class NetworkError(AlaraError):
    exit_code = 6


class PeerUnavailable(NetworkError):
    pass


class NothingFound(AlaraError):
    exit_code = 7


class UnreadableReason(StrEnum):
    """Why bytes are in quarantine: the closed list, each with its words."""

    words: str

    def __new__(cls, code: str, words: str = "") -> UnreadableReason:
        member = str.__new__(cls, code)
        member._value_ = code
        member.words = words
        return member

    NOT_DICOM = "not_dicom", "The bytes are not a DICOM dataset."
    EMPTY = "empty", "The dataset has no elements."
    TRUNCATED = "truncated", "The dataset ends before the lengths that it states."
    MALFORMED = "malformed", "The dataset's structure contradicts itself."
    TOO_DEEP = "too_deep", "The dataset is nested more deeply than a dose report ever is."
    TOO_MANY_ELEMENTS = "too_many_elements", "The dataset has more elements than a dose report ever has."
    TOO_LARGE = "too_large", "The dataset is larger than the limit, deflated or not."
    UNSUPPORTED_TRANSFER_SYNTAX = (
        "unsupported_transfer_syntax",
        "The transfer syntax is not one that a structured report may have.",
    )
    NO_SOP_INSTANCE_UID = "no_sop_instance_uid", "The dataset has no usable SOP Instance UID."
    NO_STUDY_INSTANCE_UID = "no_study_instance_uid", "The dataset has no usable Study Instance UID."
    SOP_CLASS_MISMATCH = (
        "sop_class_mismatch",
        "The dataset says another SOP Class or Instance UID than the message that brought it.",
    )
    UNEXPECTED_SOP_CLASS = "unexpected_sop_class", "The SOP class carries no dose that is read here."
    NO_CONTENT = "no_content", "A dose report without a content tree."
    READER_DIED = "reader_died", "The reader died on this dataset three times."
    READER_TIMED_OUT = "reader_timed_out", "The reader ran out of time on this dataset."
    READER_FAILED = "reader_failed", "The reader failed on this dataset; this is a fault of alara's."


#: Whatever the reason: the bytes will not get better here.
_SEND_AGAIN = "Let the C-arm or the archive send it again; what was received and set aside: alara quarantine list"


class UnreadableReport(AlaraError):
    """These bytes cannot become a dose report; ``reason`` is from the closed list."""

    exit_code = 3

    def __init__(self, reason: UnreadableReason, detail: str = "", *, hint: str = "") -> None:
        super().__init__(f"{reason.words} {detail}".rstrip(), hint=hint or _SEND_AGAIN)
        self.reason = reason
        self.detail = detail

    def __reduce__(self) -> tuple[type[UnreadableReport], tuple[UnreadableReason, str]]:
        return type(self), (self.reason, self.detail)
