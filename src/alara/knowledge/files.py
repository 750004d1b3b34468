"""Files of knowledge → raw rows; a file with a fault gives all the rows that can be read beside it."""

from __future__ import annotations

import csv
import itertools
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from alara.alike import alike

__all__ = ["read_rows", "unknown_files"]

Row = Mapping[str, object]

#: Where an entry of a TOML file begins: ``[id]``. A table within an entry has a point in its name.
_ENTRY = re.compile(r"^\[\s*(?P<id>[^\[\].]+?)\s*\]", re.MULTILINE)
#: Endings of files that may be meant to be read; others are notes.
_TABLE_ENDINGS = (".toml", ".csv")


def read_rows(file: Traversable, name: str, errors: list[str]) -> tuple[list[Row], bool]:
    """The raw entries of a file, and whether they are all of it.

    CSV rows, or the TOML tables with their key as the id. A CSV without ids, the
    site's map, is known by its code or else its description. What cannot be read
    is told in ``errors``, each entry of a TOML file for itself.
    """
    before = len(errors)
    try:
        text = file.read_text(encoding="utf-8-sig")
        rows = _csv_rows(text) if name.endswith(".csv") else _toml_rows(text, name, errors)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        errors.append(_unreadable(name, error))
        rows = []
    return rows, len(errors) == before


def unknown_files(folder: Path, known: Collection[str]) -> Iterator[str]:
    """Files of a site's folder that look like knowledge and that nothing reads, each with the nearest name."""
    stems = {Path(name).stem: name for name in known}
    for path in sorted(folder.iterdir()):
        name = path.name.lower()
        if path.name in known or path.name.startswith(".") or not path.is_file():
            continue
        table = name.removesuffix(".txt")  # an editor's ending, which a folder's window may not show
        if table.endswith(_TABLE_ENDINGS) or (table != name and table in stems):
            near = alike(Path(table).stem, stems, most=1)
            meant = f"; is it {stems[near[0]]}?" if near else f"; there are {', '.join(sorted(known))}"
            yield f"{path}: no file of this name is read{meant}"


def _csv_rows(text: str) -> list[Row]:
    rows: Iterator[dict[str, Any]] = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return [row if "id" in row else {"id": row.get("code") or row.get("description"), **row} for row in rows]


def _toml_rows(text: str, name: str, errors: list[str]) -> list[Row]:
    try:
        tables = list(tomllib.loads(text).items())
    except tomllib.TOMLDecodeError as error:
        tables = _entries_apart(text, name, error, errors)
    rows: list[Row] = []
    for key, raw in tables:
        if isinstance(raw, dict):
            rows.append({"id": key, **raw})
        else:
            errors.append(f"{name}: cannot be read ({key} is not a table)")
    return rows


def _entries_apart(
    text: str, name: str, of_all: tomllib.TOMLDecodeError, errors: list[str]
) -> list[tuple[str, object]]:
    """The entries of a file that is no TOML as a whole, each read for itself, so that one does not hide the others."""
    starts = [0, *(match.start() for match in _ENTRY.finditer(text)), len(text)]
    tables: list[tuple[str, object]] = []
    faults = []
    for start, end in itertools.pairwise(starts):
        lines_before = "\n" * text.count("\n", 0, start)  # so that the fault names the line of the file
        try:
            tables.extend(tomllib.loads(lines_before + text[start:end]).items())
        except tomllib.TOMLDecodeError as error:
            faults.append(error)
    errors.extend(_unreadable(name, fault) for fault in faults or [of_all])
    return tables


def _unreadable(name: str, error: Exception) -> str:
    return f"{name}: cannot be read ({error})"
