"""CSV files as people have them: any of three separators, UTF-8, UTF-16 or Windows-1252, row by row."""

from __future__ import annotations

import codecs
import csv
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from alara.errors import UsageError

__all__ = ["Sheet", "is_utf16", "open_csv", "plain"]

_SEPARATORS = ",;\t"


class Sheet:
    """A CSV file with a header, read once and in order.

    Parameters
    ----------
    stream
        The bytes; what is neither marked as UTF-16 nor UTF-8 is read as Windows-1252.
    columns
        Names that the header must have. The separator is the one by which it has most of them.

    Raises
    ------
    UsageError
        When a column is missing.
    """

    def __init__(self, stream: BinaryIO, *columns: str) -> None:
        self._lines = _lines(stream)
        header = next(self._lines, "")
        candidates = [next(csv.reader([header], delimiter=mark), []) for mark in _SEPARATORS]
        names = max(candidates, key=lambda found: (sum(column in found for column in columns), len(found)))
        self._separator = _SEPARATORS[candidates.index(names)]
        self.names = [name.strip() for name in names]
        missing = [column for column in columns if column not in self.names]
        if missing:
            raise UsageError(
                f"The file has no column {', '.join(map(repr, missing))}.",
                hint=f"It has {', '.join(map(repr, self.names))}.",
            )

    def rows(self, *columns: str) -> Iterator[tuple[int, tuple[str, ...]]]:
        """The line number and the cells of these columns of each row that is not empty; a missing cell is empty.

        Raises
        ------
        UsageError
            When a line is no CSV.
        """
        positions = [self.names.index(column) if column in self.names else -1 for column in columns]
        reader = csv.reader(self._lines, delimiter=self._separator)
        try:
            for row in reader:
                if row:
                    size = len(row)
                    yield reader.line_num + 1, tuple(row[at] if 0 <= at < size else "" for at in positions)
        except csv.Error as error:
            raise UsageError(
                f"Line {reader.line_num + 1} is not CSV ({error}).", hint="Export the file as CSV again."
            ) from error


def open_csv(path: Path) -> BinaryIO:
    """A file to read.

    Raises
    ------
    UsageError
        When it cannot be opened.
    """
    try:
        return path.open("rb")
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}).", hint="Name a CSV file.") from error


def plain(cell: str) -> str:
    """A cell without the apostrophe that keeps a spreadsheet from taking it for a formula."""
    text = cell.strip()
    return text[1:] if text[:1] == "'" and text[1:2] in "=+-@" else text


def is_utf16(data: bytes) -> bool:
    """Whether bytes begin with the mark of UTF-16, as Excel writes it before its "Unicode text"."""
    return data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))


def _lines(stream: BinaryIO) -> Iterator[str]:
    first = stream.readline()
    if is_utf16(first):
        yield from (first + stream.read()).decode("utf-16", errors="replace").splitlines(keepends=True)
        return
    for raw in itertools.chain([first.removeprefix(codecs.BOM_UTF8)], stream):
        try:
            yield raw.decode("utf-8")
        except UnicodeDecodeError:
            yield raw.decode("cp1252", errors="replace")
