"""Files to reports without a database, one after the other, whatever each of them is."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Final

from alara.errors import AlaraError, UnreadableReason, UnreadableReport, UsageError
from alara.model import DoseReport
from alara.sr import read_bytes

__all__ = ["FileRead", "read_files"]

_STDIN: Final = Path("-")
_ZIP: Final = b"PK\x03\x04"
#: The largest image whose header may be worth reading; no dose report comes near it.
_MOST_BYTES: Final = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class FileRead:
    """One file: its report, or the error that stands in its place."""

    name: str
    report: DoseReport | None = None
    error: AlaraError | None = None


def read_files(files: Iterable[Path]) -> Iterator[FileRead]:
    """Read each file, ``-`` from standard input; an error of one is told in its place and stops nothing.

    Of a folder every file below it is read, in the order of the names; those that begin with a point are passed over.

    The error is an :class:`~alara.errors.UnreadableReport` when the bytes cannot become a report, a
    :class:`~alara.errors.UsageError` when there are no bytes to be had.
    """
    for file in chain.from_iterable(map(_files_of, files)):
        name = "standard input" if file == _STDIN else str(file)
        try:
            yield FileRead(name, report=read_bytes(_bytes_of(file)))
        except AlaraError as error:
            yield FileRead(name, error=error)


def _bytes_of(file: Path) -> bytes:
    """The bytes of a file, never more than are worth taking into memory."""
    if file == _STDIN:
        return _bounded(sys.stdin.buffer)
    if file.is_dir():
        raise UsageError(f"{file} has no file in it.", hint="alara read FILE…, with the paths of DICOM files")
    try:
        with file.open("rb") as opened:
            return _no_archive(_bounded(opened), file)
    except OSError as error:
        hint = "alara read FILE…, with the paths of DICOM files"
        raise UsageError(f"{file} cannot be opened: {error.strerror}.", hint=hint) from error


def _files_of(path: Path) -> Iterable[Path]:
    """The files below a folder; the path itself where it is none, or one without files."""
    below = sorted(each for each in path.rglob("*") if each.is_file() and not each.name.startswith("."))
    return below or [path]


def _no_archive(data: bytes, file: Path) -> bytes:
    if data.startswith(_ZIP):
        raise UsageError(f"{file} is a zip archive.", hint=f"alara import {file} takes in the reports in it.")
    return data


def _bounded(stream: BinaryIO) -> bytes:
    data = stream.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise UnreadableReport(UnreadableReason.TOO_LARGE, f"It has more than {_MOST_BYTES} bytes.")
    return data
