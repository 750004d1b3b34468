"""What an archive has, by C-FIND in the Study Root information model (PS3.4 Annex C).

Asked are UIDs, modalities, SOP classes and numbers of objects; a key that the
archive does not know comes back empty, and is then no reason to leave out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from pydicom.dataset import Dataset

from alara.errors import NetworkError, PeerUnavailable
from alara.node.archive import DOSE_CLASSES, Found, Series, TooManyAnswers, Window, is_uid

if TYPE_CHECKING:
    from pynetdicom.association import Association

    from alara.peers import Peer

__all__ = ["FIND", "Query"]

FIND: Final = "1.2.840.10008.5.1.4.1.2.2.1"

# Statuses of C-FIND (PS3.4 Table C.4-1).
_PENDING: Final = (0xFF00, 0xFF01)
#: Out of resources; or "cancelled" though nobody did, as Orthanc says of a limit.
_TOO_MANY: Final = (0xA700, 0xFE00)


class _NotAnswered(NetworkError):
    """The archive refuses this question; another may do."""


class Query:
    """Questions to one archive, each on the association that ``associated`` gives."""

    def __init__(self, peer: Peer, calling: str, associated: Callable[[], Association]) -> None:
        self._peer, self._calling = peer, calling
        self._associated = associated
        self._asks_modalities = True

    def studies(self, window: Window, modality: str) -> list[str]:
        """Studies of a window that have, or may have, a series of this modality."""
        keys = {"StudyDate": window.dicom_date, "StudyTime": window.dicom_time, "StudyInstanceUID": ""}
        if self._asks_modalities:
            try:
                return self._uids(self._ask("STUDY", keys | {"ModalitiesInStudy": modality}), modality)
            except _NotAnswered:
                self._asks_modalities = False  # an optional key: some refuse it
        return self._uids(self._ask("STUDY", keys), modality)

    def series(self, study_uid: str, modality: str) -> list[Series]:
        """The series of this modality in a study."""
        keys = {
            "StudyInstanceUID": study_uid,
            "SeriesInstanceUID": "",
            "Modality": modality,
            "NumberOfSeriesRelatedInstances": "",
        }
        return [
            Series(study_uid, _uid(answer, "SeriesInstanceUID"), _count(answer))
            for answer in self._ask("SERIES", keys)
            if _text(answer, "Modality") in ("", modality)
        ]

    def objects(self, series: Series) -> list[Found]:
        """The objects of a series that may carry dose by their SOP class."""
        keys = {
            "StudyInstanceUID": series.study_uid,
            "SeriesInstanceUID": series.uid,
            "SOPInstanceUID": "",
            "SOPClassUID": "",
        }
        try:
            answers = self._ask("IMAGE", keys)
        except _NotAnswered:
            return [Found(series)]
        found = [Found(series, _uid(answer, "SOPInstanceUID"), _text(answer, "SOPClassUID")) for answer in answers]
        return [one for one in found if one.sop_class_uid in ("", *DOSE_CLASSES)] if found else [Found(series)]

    @staticmethod
    def _uids(answers: Iterable[Dataset], modality: str) -> list[str]:
        return [
            _uid(answer, "StudyInstanceUID")
            for answer in answers
            if modality in (_texts(answer, "ModalitiesInStudy") or [modality])
        ]

    def _ask(self, level: str, keys: dict[str, str]) -> list[Dataset]:
        identifier = Dataset()
        identifier.QueryRetrieveLevel = level
        for keyword, value in keys.items():
            if value or keyword != "StudyTime":
                setattr(identifier, keyword, value)
        answers: list[Dataset] = []
        for status, answer in self._associated().send_c_find(identifier, FIND):
            code = getattr(status, "Status", None)
            if code in _PENDING and answer is not None:
                answers.append(answer)
            elif code != 0:
                raise self._failed(code)
        if 0 < self._peer.most_answers <= len(answers):
            raise self._failed(_TOO_MANY[0])
        return answers

    def _failed(self, code: int | None) -> NetworkError:
        if code is None:
            return PeerUnavailable(
                f"{self._peer.name} ended the association or did not answer a query in time.",
                hint=f"Does it let {self._calling} query? If so, the same command goes on where it stopped.",
            )
        if code in _TOO_MANY:
            return TooManyAnswers(f"{self._peer.name} has more than it answers at once.")
        if code in _PENDING:
            return NetworkError(
                f"{self._peer.name} gave an answer that cannot be decoded.",
                hint="Run alara fetch again, for fewer days at once (--since, --until).",
            )
        return _NotAnswered(
            f"{self._peer.name} refused a query with status {code:#06x}.",
            hint=f"Does the archive let {self._calling} query (C-FIND, Study Root)?",
        )


def _uid(answer: Dataset, keyword: str) -> str:
    """A UID that can be asked for; empty when the archive gives none."""
    uid = _text(answer, keyword)
    return uid if is_uid(uid) else ""


def _text(answer: Dataset, keyword: str) -> str:
    """The value of an element as text; empty when it is absent, or is several."""
    value = answer.get(keyword)
    return str(value).strip() if isinstance(value, str | int) else ""


def _texts(answer: Dataset, keyword: str) -> list[str]:
    value: Any = answer.get(keyword) or []
    return [str(part).strip() for part in ([value] if isinstance(value, str) else value) if str(part).strip()]


def _count(answer: Dataset) -> int | None:
    text = _text(answer, "NumberOfSeriesRelatedInstances")
    return int(text) if text.isdecimal() else None
