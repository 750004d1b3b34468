"""An archive of the tests' own, over real sockets, that can be told to misbehave: what no real one does on demand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import AE, AllStoragePresentationContexts, evt

from alara.sop_classes import STRUCTURED_REPORTS

VERIFICATION = "1.2.840.10008.1.1"
FIND, GET, MOVE = (f"1.2.840.10008.5.1.4.1.2.2.{number}" for number in (1, 3, 2))


def make(number: int, day: str, time: str, **attributes: Any) -> Dataset:
    """A small report of a study of its own; attributes overwrite or, when ``None``, take away."""
    data = Dataset()
    data.SOPClassUID, data.SOPInstanceUID = STRUCTURED_REPORTS[0], f"1.2.{number}.3"
    data.StudyInstanceUID, data.SeriesInstanceUID = f"1.2.{number}", f"1.2.{number}.2"
    data.StudyDate, data.StudyTime, data.Modality = day, time, "SR"
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    for keyword, value in attributes.items():
        if value is None:
            del data[keyword]
        else:
            setattr(data, keyword, value)
    return data


def real(paths: list[Path]) -> list[Dataset]:
    """Samples as an archive holds them."""
    return [pydicom.dcmread(path) for path in paths]


@dataclass
class MadeArchive:
    """What it holds, what it was asked, and how it misbehaves."""

    objects: list[Dataset]
    most: int = 0  # answers to a query, before it says that there are more
    silently: bool = False  # before it says nothing of it
    knows_modalities: bool = True
    refuses_modalities: bool = False
    tells_objects: bool = True
    cannot_send: dict[str, int] = field(default_factory=dict)  # SOP Instance UID → status
    drops_at: set[int] = field(default_factory=set)  # numbers of retrievals that end in an abort
    services: tuple[str, ...] = (FIND, GET, MOVE)
    questions: list[Dataset] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    retrievals: int = 0
    port: int = 0
    _server: Any = None

    def __enter__(self) -> MadeArchive:
        entity = AE("ARCHIVE")
        for service in (*self.services, VERIFICATION):
            entity.add_supported_context(service)
        for context in AllStoragePresentationContexts:
            entity.add_supported_context(context.abstract_syntax, scu_role=True, scp_role=True)
        handlers = [
            (evt.EVT_C_FIND, self._find),
            (evt.EVT_C_GET, self._get),
            (evt.EVT_C_ECHO, lambda _: 0),
            (evt.EVT_C_STORE, lambda _: 0),
        ]
        self._server = entity.start_server(("127.0.0.1", self.port), block=False, evt_handlers=handlers)
        self.port = self._server.server_address[1]
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Go away, in the middle of whatever is going on."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            for association in server.active_associations:
                association.abort()

    @property
    def address(self) -> str:
        return f"ARCHIVE@127.0.0.1:{self.port}"

    def of(self, level: str) -> list[Dataset]:
        return [question for question in self.questions if question.QueryRetrieveLevel == level]

    def _find(self, event: evt.Event) -> Iterator[tuple[int, Dataset | None]]:
        question = event.identifier
        self.questions.append(question)
        if self.refuses_modalities and "ModalitiesInStudy" in question:
            yield 0xA900, None
            return
        if question.QueryRetrieveLevel == "IMAGE" and not self.tells_objects:
            yield 0xA900, None
            return
        answers = {}
        for data in self.objects:
            if self._matches(data, question):
                answer = self._answer(data, question)
                answers[str(answer)] = answer
        found = list(answers.values())
        if self.most and len(found) > self.most:
            found = found[: self.most]
            for answer in found:
                yield 0xFF00, answer
            if not self.silently:
                yield 0xA700, None
            return
        for answer in found:
            yield 0xFF00, answer

    def _matches(self, data: Dataset, question: Dataset) -> bool:
        if day := question.get("StudyDate"):
            first, _, last = question.get("StudyTime", "").partition("-")
            if data.StudyDate != day or (first and not first <= data.StudyTime <= last):
                return False
        if self.knows_modalities and question.get("ModalitiesInStudy", data.Modality) != data.Modality:
            return False
        uids = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "Modality")
        return all(not question.get(key) or data.get(key) == question.get(key) for key in uids)

    def _answer(self, data: Dataset, question: Dataset) -> Dataset:
        answer = Dataset()
        answer.QueryRetrieveLevel = question.QueryRetrieveLevel
        for element in question:
            if element.keyword in data:
                setattr(answer, element.keyword, data[element.keyword].value)
        if self.knows_modalities and "ModalitiesInStudy" in question:
            answer.ModalitiesInStudy = data.Modality
        return answer

    def _get(self, event: evt.Event) -> Iterator[Any]:
        self.retrievals += 1
        if self.retrievals in self.drops_at:
            event.assoc.abort()
            return
        wanted = [data for data in self.objects if self._matches(data, event.identifier)]
        for data in wanted:
            if data.SOPInstanceUID in self.cannot_send:
                yield 1
                yield self.cannot_send[data.SOPInstanceUID], None
                return
        yield len(wanted)
        for data in wanted:
            self.sent.append(data.SOPInstanceUID)
            yield 0xFF00, data


__all__ = ["FIND", "GET", "MOVE", "MadeArchive", "make", "real"]
