"""Files, folders and zip archives into the inbox, and from there the same way as what a C-arm sends."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from alara.app.ingest import ENDS, Ingest, Tally
from alara.config import Config
from alara.errors import UnreadableReason, UsageError
from alara.inbox import Inbox
from alara.sop_classes import ACCEPTED

__all__ = ["ImportSummary", "import_objects", "import_paths"]

#: More than any dose report; what is larger is not taken into memory.
MAX_FILE_BYTES = 64 * 1024**2
_GROUP = 64
_GROUP_BYTES = 64 * 1024**2
_DICOM_SUFFIXES = {".dcm", ".dicom", ".ima", ".sr"}


@dataclass(slots=True)
class ImportSummary:
    """How many objects ended how; ``ignored`` are files that are no DICOM or carry no dose by their SOP class."""

    found: int = 0
    ignored: int = 0
    too_large: list[str] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)

    def as_dict(self) -> dict[str, object]:
        return {
            "found": self.found,
            **{end: self.tally.ends[end] for end in ENDS},
            "quarantine_reasons": dict(sorted(self.tally.reasons.items())),
            "ignored": self.ignored,
            "too_large": self.too_large,
        }

    def lines(self) -> list[str]:
        """The summary for people, a line each."""
        lines = [
            f"{self.found} objects: "
            + ", ".join(f"{self.tally.ends[end]} {words}" for end, words in ENDS.items())
            + f"; {self.ignored} files without dose passed over."
        ]
        lines += [
            f"  quarantined {count} x {reason}: {UnreadableReason(reason).words}"
            for reason, count in sorted(self.tally.reasons.items())
        ]
        lines += [f"  not imported, over {MAX_FILE_BYTES // 1024**2} MiB: {name}" for name in self.too_large]
        return lines


@dataclass(frozen=True, slots=True)
class _Candidate:
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
        Called with the summary so far after every batch.

    Raises
    ------
    UsageError
        When a path does not exist.
    StorageError, DatabaseError
        When the inbox or the database refuses; what is in the inbox by then is ingested by the next run.
    """
    paths = list(paths)
    for path in paths:
        if not path.exists():
            raise UsageError(
                f"There is no file or folder {path}.", hint="alara import PATH…, for example: alara import sample_rdsr"
            )
    return import_objects(config, lambda summary: _wanted(paths, summary), progress=progress)


def import_objects(
    config: Config,
    objects: Callable[[ImportSummary], Iterable[bytes]],
    *,
    progress: Callable[[ImportSummary], None] = lambda _: None,
) -> ImportSummary:
    """Put objects into the inbox and ingest them; ``objects`` gets the summary, to count what it passes over."""
    summary = ImportSummary()
    with Ingest(config, readers=os.cpu_count() or 1) as ingest:
        for tally in ingest.run(_put_all(ingest.inbox, objects(summary), summary)):
            summary.tally.ends += tally.ends
            summary.tally.reasons += tally.reasons
            progress(summary)
    return summary


def _put_all(inbox: Inbox, objects: Iterable[bytes], summary: ImportSummary) -> Iterator[str]:
    """Digests of what was put into the inbox and is new there; the rest is counted."""
    for group in _groups(objects):
        for receipt in inbox.put_many(group):
            summary.found += 1
            if receipt.waiting:
                yield receipt.digest
            elif reason := inbox.why_quarantined(receipt.digest):
                summary.tally.add("quarantined", reason.value)
            else:
                summary.tally.add("duplicate")


def _groups(items: Iterable[bytes]) -> Iterator[list[bytes]]:
    group: list[bytes] = []
    size = 0
    for data in items:
        group.append(data)
        size += len(data)
        if len(group) == _GROUP or size > _GROUP_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _wanted(paths: list[Path], summary: ImportSummary) -> Iterator[bytes]:
    from alara.sr import peek

    for candidate in _candidates(paths, summary):
        seen = peek(candidate.data)
        if candidate.named or seen is None or seen.sop_class_uid in ("", *ACCEPTED):
            yield candidate.data
        else:
            summary.ignored += 1


def _candidates(paths: list[Path], summary: ImportSummary) -> Iterator[_Candidate]:
    for path in paths:
        if path.is_dir():
            for file in sorted(p for p in path.rglob("*") if p.is_file()):
                yield from _from_file(file, summary, named=False)
        else:
            yield from _from_file(path, summary, named=True)


def _from_file(path: Path, summary: ImportSummary, *, named: bool) -> Iterator[_Candidate]:
    if path.suffix.lower() == ".zip":
        yield from _from_zip(path, summary)
    elif path.stat().st_size > MAX_FILE_BYTES:
        summary.too_large.append(path.name)
    else:
        data = path.read_bytes()
        if named or _may_be_dicom(path.suffix, data):
            yield _Candidate(data, named)
        else:
            summary.ignored += 1


def _from_zip(path: Path, summary: ImportSummary) -> Iterator[_Candidate]:
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in sorted(archive.infolist(), key=lambda e: e.filename):
                if entry.is_dir():
                    continue
                if entry.file_size > MAX_FILE_BYTES:
                    summary.too_large.append(entry.filename)
                    continue
                data = archive.read(entry)
                if _may_be_dicom(Path(entry.filename).suffix, data):
                    yield _Candidate(data, named=False)
                else:
                    summary.ignored += 1
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError) as error:
        raise UsageError(
            f"The archive {path.name} cannot be read to its end: {error}.",
            hint="Unpack it with another program and import the folder.",
        ) from error


def _may_be_dicom(suffix: str, data: bytes) -> bool:
    """Whether a file that was only found in a folder is to be taken: by its prefix, its name, or what is in it."""
    from alara.sr import peek

    if data[128:132] == b"DICM" or suffix.lower() in _DICOM_SUFFIXES:
        return True
    return not suffix and peek(data) is not None
