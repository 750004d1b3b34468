"""An archive that can be asked what it has of a day and for the objects, whatever it speaks.

``query`` and ``retrieve`` speak DICOM, ``web`` speaks DICOMweb; both are an
:class:`Archive`. What they find are UIDs and numbers; nothing that names a
person is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Protocol

from alara.errors import NetworkError
from alara.sop_classes import BASIC_TEXT_SR, IMAGES, STRUCTURED_REPORTS

__all__ = [
    "DOSE_CLASSES",
    "DOSE_REPORTS",
    "Archive",
    "Found",
    "Retrieved",
    "Series",
    "Take",
    "TooManyAnswers",
    "Window",
    "is_uid",
]

#: Reports worth fetching. Basic Text SR is not among them: it can hold no numbers
#: (PS3.3 section A.35.1), and an archive has all of its radiologists' reports as such.
DOSE_REPORTS: Final = tuple(uid for uid in STRUCTURED_REPORTS if uid != BASIC_TEXT_SR)

#: The same, with the images whose headers carry dose.
DOSE_CLASSES: Final = DOSE_REPORTS + IMAGES

_LAST_SECOND: Final = 24 * 3600 - 1
_SHORTEST_S: Final = 60

#: UIDs as devices make them. A wildcard, a backslash or a slash would ask for something else.
_UID: Final = re.compile(r"[0-9A-Za-z._-]{1,64}")


def is_uid(text: str) -> bool:
    """Whether a text of an archive's can be asked for as a UID."""
    return _UID.fullmatch(text) is not None


class TooManyAnswers(NetworkError):
    """A query met the archive's limit: what it answered may be a part."""


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A day, or a part of one in seconds from its midnight, both ends included; the archive's own clock."""

    day: date
    first_s: int = 0
    last_s: int = _LAST_SECOND

    @property
    def is_day(self) -> bool:
        return (self.first_s, self.last_s) == (0, _LAST_SECOND)

    @property
    def dicom_date(self) -> str:
        """The day as a value of matching (PS3.5 Table 6.2-1, DA)."""
        return f"{self.day:%Y%m%d}"

    @property
    def dicom_time(self) -> str:
        """The part of the day as a range of matching (TM); empty for the whole day."""
        return "" if self.is_day else f"{_clock(self.first_s)}-{_clock(self.last_s)}"

    def __str__(self) -> str:
        part = f" {_clock(self.first_s, ':')} to {_clock(self.last_s, ':')}"
        return f"{self.day:%Y-%m-%d}{'' if self.is_day else part}"

    def halves(self) -> tuple[Window, Window] | None:
        """Its two halves, or ``None`` when it is too short to be cut."""
        if self.last_s - self.first_s < _SHORTEST_S:
            return None
        middle = (self.first_s + self.last_s) // 2
        return Window(self.day, self.first_s, middle), Window(self.day, middle + 1, self.last_s)

    @staticmethod
    def days(since: date, until: date) -> list[Window]:
        """Every day from ``since`` to ``until``, both included."""
        return [Window(since + timedelta(days=number)) for number in range((until - since).days + 1)]


def _clock(seconds: int, between: str = "") -> str:
    return between.join(f"{part:02}" for part in (seconds // 3600, seconds // 60 % 60, seconds % 60))


@dataclass(frozen=True, slots=True)
class Series:
    """A series of the archive; ``objects`` is how many it says that it holds, ``None`` when it does not say."""

    study_uid: str
    uid: str
    objects: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """One object, or a whole series of an archive that does not tell its objects (``uid`` is then empty)."""

    series: Series
    uid: str = ""
    sop_class_uid: str = ""  # empty when the archive does not say

    @property
    def key(self) -> str:
        """What it is remembered by."""
        return self.uid or f"series {self.series.uid}"


@dataclass(slots=True)
class Retrieved:
    """What came of one request: how many objects are safe, and what went wrong, if anything."""

    objects: int = 0
    failure: str = ""  # one sentence without its full stop
    may_pass: bool = False  # whether asking again soon may help


#: Takes an object, as a DICOM file; it is durable on return. Raises StorageError.
Take = Callable[[bytes], None]


class Archive(Protocol):
    """Somebody else's archive. Every method may raise NetworkError; PeerUnavailable where that may pass.

    A UID is empty where the archive gives none that can be asked for.
    """

    def check(self) -> None:
        """Make sure that it is there and lets us ask."""

    def studies(self, window: Window, modality: str) -> list[str]:
        """Study Instance UIDs of a window with a series of this modality, or perhaps with one.

        Raises
        ------
        TooManyAnswers
            When there are more than the archive gives.
        """

    def series(self, study_uid: str, modality: str) -> list[Series]:
        """The series of this modality in a study."""

    def objects(self, series: Series) -> list[Found]:
        """The objects of a series; a single :class:`Found` without a UID when the archive does not tell."""

    def retrieve(self, found: Found) -> Retrieved:
        """Bring an object, or a series, into the inbox."""

    def close(self) -> None:
        """End what is open; the next question opens it again."""
