"""A CSV file of typed doses → entries, or everything that is wrong with it, by line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from alara.app.csvs import is_utf16
from alara.app.manual.columns import AMOUNTS, COLUMNS, KA_R, P_KA, TIMES, Column
from alara.app.manual.entry import ManualEntry, as_bytes
from alara.errors import UsageError
from alara.findings import Finding, FindingCode
from alara.model import AccumulatedDose, DoseReport, Equipment, Patient, Plane
from alara.quantities import AirKerma, Duration, KermaAreaProduct
from alara.sr import read_bytes

__all__ = ["ManualSheet", "read_sheet"]

_SEPARATORS: Final = ",;\t"
_PLANES: Final = {"single": Plane.SINGLE, "A": Plane.A, "B": Plane.B}


@dataclass(frozen=True, slots=True)
class ManualSheet:
    """The entries of a file, and what is odd about some of them, by line."""

    entries: tuple[ManualEntry, ...]
    reports: tuple[DoseReport, ...]

    def odd(self) -> Iterator[tuple[int, Finding]]:
        """What a reader of the entries must know; that they have no events is known."""
        for entry, report in zip(self.entries, self.reports, strict=True):
            for finding in report.findings:
                if finding.code is not FindingCode.NO_EVENTS:
                    yield entry.line, finding

    def as_dict(self) -> dict[str, object]:
        rows = [
            {
                "line": entry.line,
                "started": entry.started.isoformat(),
                "device": _device(entry.equipment),
                "description": entry.description,
                "plane": entry.dose.plane.value,
                "p_ka_gycm2": report.totals.p_ka_gycm2,
                "ka_r_mgy": report.totals.ka_r_mgy,
                "fluoroscopy_time_s": report.totals.fluoroscopy_time_s,
                "findings": [finding.code.value for line, finding in self.odd() if line == entry.line],
            }
            for entry, report in zip(self.entries, self.reports, strict=True)
        ]
        return {"rows": rows}

    def lines(self) -> list[str]:
        """The entries for people, a line each."""
        return [
            f"line {entry.line}: {entry.started:%Y-%m-%d %H:%M}, {_device(entry.equipment)}, "
            f"{entry.description or 'no description'}, plane {entry.dose.plane}: "
            f"P_KA {entry.dose.p_ka or 'unknown'}, K_a,r {entry.dose.ka_r or 'unknown'}, "
            f"fluoroscopy time {entry.dose.fluoroscopy_time or 'unknown'}"
            for entry in self.entries
        ]

    def odd_lines(self) -> list[str]:
        return [f"line {line}: {finding.code.words} {finding.text}".rstrip() for line, finding in self.odd()]


# --- rows ------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Rows:
    """The rows of one file while they are read, and what is wrong with them.

    Under a header that is wrong (``header_right`` is false) no entry is made, but what is wrong with
    the cells of its known columns is told as well.
    """

    decimal_commas: bool
    header_right: bool = True
    errors: list[str] = field(default_factory=list)
    entries: list[ManualEntry] = field(default_factory=list)
    #: Decimal mark → the line where it stood first.
    marks: dict[str, int] = field(default_factory=dict)

    def error(self, line: int, words: str) -> None:
        self.errors.append(f"line {line}: {words}")

    def add(self, line: int, cells: Mapping[str, str]) -> None:
        errors_before = len(self.errors)
        values = {name: self._value(line, name, cell) for name, cell in cells.items() if cell}
        if self.header_right:
            self._check_filled(line, cells)
        if len(self.errors) > errors_before or not self.header_right:
            return
        entry = _entry(line, values)
        if entry.entered < entry.started:
            self.error(line, f"entered is before the procedure: {cells['entered']}")
        else:
            self.entries.append(entry)

    def _check_filled(self, line: int, cells: Mapping[str, str]) -> None:
        for name in ("date", "time"):
            if not cells.get(name):
                self.error(line, f"{name} is empty")
        if not (cells.get("station") or cells.get("serial")):
            self.error(line, "station and serial are both empty: which C-arm was it?")
        if not any(cells.get(name) for name in AMOUNTS):
            self.error(line, "no dose and no fluoroscopy time")

    def _value(self, line: int, name: str, cell: str) -> Any:
        column = COLUMNS[name]
        try:
            value = column.parse(cell)
            if name in AMOUNTS:
                self._check_mark(line, cell)
        except ValueError as error:
            self.error(line, f"{name} {error}" if column.private else f"{name} {error}: {cell}")
            return None
        return value

    def _check_mark(self, line: int, cell: str) -> None:
        """1,234 may be a thousand or one: a comma is a decimal comma only where it cannot be anything else."""
        mark = "," if "," in cell else "." if "." in cell else ""
        if mark == "," and not self.decimal_commas:
            raise ValueError("has a comma in a file separated by commas; write a point")
        first = self.marks.setdefault(mark, line) if mark else line
        other = self.marks.get("." if mark == "," else ",")
        if mark and other is not None and first == line:
            raise ValueError(f"has another decimal mark than line {other}; use one")


def _entry(line: int, values: Mapping[str, Any]) -> ManualEntry:
    def amount(columns: Mapping[str, Column]) -> float | None:
        return next((values[name] for name in columns if name in values), None)

    p_ka, ka_r, seconds = amount(P_KA), amount(KA_R), amount(TIMES)
    started = datetime.combine(values["date"], values["time"])
    return ManualEntry(
        line=line,
        started=started,
        entered=values.get("entered", started),
        equipment=Equipment(**{name: values.get(name, "") for name in ("manufacturer", "model", "serial", "station")}),
        patient=Patient(values.get("patient_id", ""), values.get("birth_year"), sex=values.get("sex", "")),
        dose=AccumulatedDose(
            plane=_PLANES[values.get("plane", "single")],
            p_ka=None if p_ka is None else KermaAreaProduct(p_ka),
            ka_r=None if ka_r is None else AirKerma(ka_r),
            fluoroscopy_time=None if seconds is None else Duration(seconds),
        ),
        description=values.get("description", ""),
        comment=values.get("comment", ""),
    )


def _check_repeats(rows: _Rows) -> None:
    """Two rows of the same procedure, plane and time of typing must say the same."""
    first: dict[str, ManualEntry] = {}
    for entry in rows.entries:
        same = first.setdefault(entry.sop_instance_uid, entry)
        if as_bytes(same) != as_bytes(entry):
            rows.error(
                entry.line,
                f"says something else of the procedure and plane of line {same.line}; "
                "remove one of the two, or say in the column entered which was typed later",
            )


def _read_back(rows: _Rows) -> tuple[DoseReport, ...]:
    """The entries as the reader of dose reports understands them, which must be as they were typed."""
    reports = tuple(read_bytes(as_bytes(entry)) for entry in rows.entries)
    for entry, report in zip(rows.entries, reports, strict=True):
        if report.accumulated != (entry.dose,):
            rows.error(entry.line, "a dose or time is larger than any that a C-arm can give")
    return reports


# --- the file --------------------------------------------------------------------------------------


def read_sheet(data: bytes, name: str) -> ManualSheet:
    """The entries of a CSV file.

    Parameters
    ----------
    data
        UTF-8 (with or without a byte order mark), UTF-16 with one, or Windows Latin; separated by commas,
        semicolons or tabs.
    name
        Of the file, for messages.

    Raises
    ------
    UsageError
        With everything that is wrong, each by its line.
    """
    text = _decoded(data)
    if "\0" in text:
        raise UsageError(f"{name} is not a CSV file.", hint="In the spreadsheet: save as CSV (UTF-8).")
    separator = max(_SEPARATORS, key=text.partition("\n")[0].count)
    rows = _Rows(decimal_commas=separator != ",")
    try:
        _read_rows(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True), rows)
    except csv.Error as error:
        rows.errors.append(f"the file cannot be read as CSV to its end: {error}")
    _check_repeats(rows)
    reports = _read_back(rows)
    if not (rows.errors or rows.entries):
        rows.errors.append("there is no row below the header")
    if rows.errors:
        told = "\n".join(f"  {error}" for error in rows.errors)
        raise UsageError(
            f"Nothing of {name} was imported, because of:\n{told}",
            hint="Mend these and import the file again; alara import --template explains the columns.",
        )
    return ManualSheet(tuple(rows.entries), reports)


def _decoded(data: bytes) -> str:
    if is_utf16(data):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _read_rows(reader: Any, rows: _Rows) -> None:
    header = [cell.strip().casefold() for cell in next(reader, [])]
    while header and not header[-1]:
        header.pop()
    if wrong := list(_header_errors(header)):
        rows.errors.extend(f"line 1: {words}" for words in wrong)
        rows.header_right = False
        if not set(header) & set(COLUMNS):  # another kind of file: of its cells nothing is said
            return
    line = reader.line_num + 1
    for row in reader:
        cells = [cell.strip() for cell in row]
        if any(cells) and not cells[0].startswith("#"):
            if any(cells[len(header) :]):
                rows.error(line, f"more cells than the {len(header)} columns; a text with a separator needs quotes")
            else:
                rows.add(line, {name: cell for name, cell in zip(header, cells, strict=False) if name in COLUMNS})
        line = reader.line_num + 1


def _header_errors(header: list[str]) -> Iterator[str]:
    for name in dict.fromkeys(header):
        if name not in COLUMNS:
            yield f"there is no column {name!r}"
        elif header.count(name) > 1:
            yield f"the column {name} stands twice"
    for name in ("date", "time"):
        if name not in header:
            yield f"the column {name} is missing"
    if not {"station", "serial"} & set(header):
        yield "the columns station and serial are both missing"
    for choice in (P_KA, TIMES):
        if len(named := [name for name in header if name in choice]) > 1:
            yield f"of {' and '.join(named)} only one may stand"
    if not set(header) & set(AMOUNTS):
        yield f"none of the columns {', '.join(AMOUNTS)} is there"


def _device(equipment: Equipment) -> str:
    unit = f"{equipment.manufacturer} {equipment.model}".strip()
    return " · ".join(filter(None, (unit, equipment.station or equipment.serial)))
