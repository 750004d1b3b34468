"""Files to reports without a database, one after the other, whatever each of them is."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from alara.errors import AlaraError, UnreadableReason, UnreadableReport, UsageError
from alara.model import DoseReport
from alara.sr import read_bytes

__all__ = ["FileRead", "read_files"]

_STDIN: Final = Path("-")
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

    The error is an :class:`~alara.errors.UnreadableReport` when the bytes cannot become a report, a
    :class:`~alara.errors.UsageError` when there are no bytes to be had.
    """
    for file in files:
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
        raise UsageError(
            f"{file} is a folder.", hint=f"alara read {file}/*.dcm reads its files; alara import {file} takes it in."
        )
    try:
        with file.open("rb") as opened:
            return _bounded(opened)
    except OSError as error:
        hint = "alara read FILE…, with the paths of DICOM files"
        raise UsageError(f"{file} cannot be opened: {error.strerror}.", hint=hint) from error


def _bounded(stream: BinaryIO) -> bytes:
    data = stream.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise UnreadableReport(UnreadableReason.TOO_LARGE, f"It has more than {_MOST_BYTES} bytes.")
    return data
