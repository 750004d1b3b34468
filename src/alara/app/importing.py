"""Files, folders and zip archives into the inbox, and from there the same way as what a C-arm sends."""

from __future__ import annotations

import lzma
import os
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from alara.app.ingest import ENDS, Ingest, Tally
from alara.app.lacking import lacking
from alara.config import Config
from alara.errors import DatabaseError, UnreadableReason, UsageError
from alara.inbox import Inbox
from alara.sop_classes import ACCEPTED, PERFORMED_PROCEDURE_STEP
from alara.words import counted

__all__ = ["ImportSummary", "import_objects", "import_paths"]

#: More than any dose report; what is larger is not taken into memory.
MAX_FILE_BYTES = 64 * 1024**2
_GROUP = 64
_GROUP_BYTES = 64 * 1024**2
#: SOP classes of what is taken from a folder; what does not say any is looked at by who reads it.
_WANTED = frozenset({"", PERFORMED_PROCEDURE_STEP, *ACCEPTED})
_DICOM_SUFFIXES = {".dcm", ".dicom", ".ima", ".sr"}


@dataclass(slots=True)
class ImportSummary:
    """How many objects ended how; ``ignored`` are files that are no DICOM or carry no dose by their SOP class."""

    files: int = 0  # in folders and archives, to be looked at; 0 when that is not known
    found: int = 0
    ignored: int = 0
    too_large: list[str] = field(default_factory=list)
    unopened: list[str] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    names: dict[str, str] = field(default_factory=dict, repr=False)  # by digest
    lacking: int | None = None  # what the database has not of the inbox; asked only where something came again
    told: Callable[[ImportSummary], None] = field(default=lambda _: None, repr=False)

    def pass_over(self) -> None:
        """Count a file that is of no interest; now and then somebody hears of it."""
        self.ignored += 1
        if self.ignored % _GROUP == 0:
            self.told(self)

    @property
    def done(self) -> int:
        """How many of the files have come to their end."""
        return self.tally.ends.total() + self.ignored + len(self.too_large) + len(self.unopened)

    @property
    def is_whole(self) -> bool:
        """Whether everything that was found is in the database."""
        return not (self.tally.aside or self.too_large or self.unopened or self.lacking)

    def quarantined(self) -> list[tuple[str, str]]:
        """The name and the reason of each object in quarantine."""
        return sorted((self.names.get(digest, digest), reason) for digest, reason in self.tally.aside)

    def as_dict(self) -> dict[str, object]:
        return {
            "found": self.found,
            **{end: self.tally.ends[end] for end in ENDS},
            "quarantine": [{"file": name, "reason": reason} for name, reason in self.quarantined()],
            "ignored": self.ignored,
            "database_lacks": self.lacking,
            "too_large": self.too_large,
            "unopened": self.unopened,
        }

    def lines(self) -> list[str]:
        """The summary for people, a line each."""
        lines = [
            f"{counted(self.found, 'object')}: {self.tally.words()}; "
            f"{counted(self.ignored, 'file')} without dose passed over."
        ]
        lines += [
            f"  quarantined: {name}: {UnreadableReason(reason).words} ({reason})" for name, reason in self.quarantined()
        ]
        lines += [f"  not imported, cannot be read: {name}" for name in self.unopened]
        lines += [f"  not imported, over {MAX_FILE_BYTES // 1024**2} MiB: {name}" for name in self.too_large]
        if self.lacking:
            what = counted(self.lacking, "object")
            lines.append(f"The database lacks {what} that the inbox has: alara ingest --again")
        return lines


@dataclass(frozen=True, slots=True)
class Found:
    """An object and the name under which people know it."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class _Candidate:
    name: str
    data: bytes
    named: bool  # given by name on the command line, so it may not be passed over in silence


def import_paths(
    config: Config,
    paths: Iterable[Path],
    *,
    progress: Callable[[ImportSummary], None] = lambda _: None,
) -> ImportSummary:
    """Put every dose report below these paths into the inbox and ingest it.

    Parameters
    ----------
    config
        Names the inbox and the database.
    paths
        Files, folders (searched to the bottom) and zip archives.
    progress
        Called with the summary so far, after every batch and every few files that need none.

    Raises
    ------
    UsageError
        When a path does not exist.
    StorageError, DatabaseError
        When the inbox or the database refuses; what is in the inbox by then is ingested by the next run.
    """
    paths = list(paths)
    files = 0
    for path in paths:
        if not path.exists():
            raise UsageError(
                f"There is no file or folder {path}.", hint="alara import PATH…, for example: alara import sample_rdsr"
            )
        files += _count(path)

    def wanted(summary: ImportSummary) -> Iterator[Found]:
        summary.files = files
        return _wanted(paths, summary)

    return import_objects(config, wanted, progress=progress)


def import_objects(
    config: Config,
    objects: Callable[[ImportSummary], Iterable[Found]],
    *,
    progress: Callable[[ImportSummary], None] = lambda _: None,
) -> ImportSummary:
    """Put objects into the inbox and ingest them; ``objects`` gets the summary, to count what it passes over."""
    summary = ImportSummary(told=progress)
    try:
        with Ingest(config, readers=os.cpu_count() or 1) as ingest:
            for tally in ingest.run(_put_all(ingest.inbox, objects(summary), summary)):
                summary.tally += tally
                progress(summary)
            if summary.tally.ends["duplicate"]:
                summary.lacking = lacking(config, ingest.inbox)
    except DatabaseError as error:
        if summary.found:
            of = f" of {summary.files}" if summary.files else ""
            error.hint = (
                f"{error.hint} What was taken ({summary.found}{of}) is safe in the inbox: alara ingest stores it; "
                "import again for the rest."
            )
        raise
    return summary


def _put_all(inbox: Inbox, objects: Iterable[Found], summary: ImportSummary) -> Iterator[str]:
    """Digests of what was put into the inbox and is new there; the rest is counted."""
    for group in _groups(objects):
        for found, receipt in zip(group, inbox.put_many([found.data for found in group]), strict=True):
            summary.found += 1
            summary.names.setdefault(receipt.digest, found.name)
            if receipt.waiting:
                yield receipt.digest
            elif reason := inbox.why_quarantined(receipt.digest):
                summary.tally.set_aside(receipt.digest, reason)
            else:
                summary.tally.add("duplicate")
        summary.told(summary)


def _groups(objects: Iterable[Found]) -> Iterator[list[Found]]:
    group: list[Found] = []
    size = 0
    for found in objects:
        group.append(found)
        size += len(found.data)
        if len(group) == _GROUP or size > _GROUP_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _wanted(paths: list[Path], summary: ImportSummary) -> Iterator[Found]:
    from alara.sr import peek

    for candidate in _candidates(paths, summary):
        seen = peek(candidate.data)
        if candidate.named or seen is None or seen.sop_class_uid in _WANTED:
            yield Found(candidate.name, candidate.data)
        else:
            summary.pass_over()


def _candidates(paths: list[Path], summary: ImportSummary) -> Iterator[_Candidate]:
    for path in paths:
        if path.is_dir():
            for folder, below, files in os.walk(
                path, onerror=lambda error: summary.unopened.append(str(error.filename))
            ):
                below.sort()
                for name in sorted(files):
                    if (file := Path(folder, name)).is_file():  # no pipe, no socket, no link that leads nowhere
                        yield from _from_file(file, summary, named=False)
        else:
            yield from _from_file(path, summary, named=True)


def _count(path: Path) -> int:
    """Files of a folder, entries of an archive: how much there is to look at."""
    if path.is_dir():
        return sum(_count(Path(folder, name)) for folder, _, files in os.walk(path) for name in files)
    if path.suffix.lower() != ".zip":
        return 1
    try:
        with zipfile.ZipFile(path) as archive:
            return sum(not entry.is_dir() for entry in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, OSError):
        return 1


def _from_file(path: Path, summary: ImportSummary, *, named: bool) -> Iterator[_Candidate]:
    if path.suffix.lower() == ".zip":
        yield from _from_zip(path, summary)
        return
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            summary.too_large.append(str(path))
            return
        data = path.read_bytes()
    except OSError:
        summary.unopened.append(str(path))
        return
    if named or _may_be_dicom(path.suffix, data):
        yield _Candidate(str(path), data, named)
    else:
        summary.pass_over()


def _from_zip(path: Path, summary: ImportSummary) -> Iterator[_Candidate]:
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in sorted(archive.infolist(), key=lambda e: e.filename):
                if entry.is_dir():
                    continue
                if entry.file_size > MAX_FILE_BYTES:
                    summary.too_large.append(f"{path}: {entry.filename}")
                    continue
                data = archive.read(entry)
                if _may_be_dicom(Path(entry.filename).suffix, data):
                    yield _Candidate(f"{path}: {entry.filename}", data, named=False)
                else:
                    summary.pass_over()
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, RuntimeError, NotImplementedError, EOFError, OSError):
        summary.unopened.append(str(path))


def _may_be_dicom(suffix: str, data: bytes) -> bool:
    """Whether a file that was only found in a folder is to be taken: by its prefix, its name, or what is in it."""
    from alara.sr import peek

    if data[128:132] == b"DICM" or suffix.lower() in _DICOM_SUFFIXES:
        return True
    return not suffix and peek(data) is not None
