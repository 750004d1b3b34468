"""A spreadsheet opens the CSVs and the workbook right: columns, letters, numbers, days, and no formula."""

from __future__ import annotations

import re
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from alara.knowledge import Knowledge
from alara.report import write
from alara.report.columns import CASES, SUMMARY

pytestmark = [pytest.mark.peer, pytest.mark.slow]

SPACE = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
Cells = dict[str, tuple[str, str]]


@pytest.fixture(scope="module")
def converted(
    audit: Any, knowledge: Knowledge, tmp_path_factory: pytest.TempPathFactory, program: Callable[[str], str]
) -> Path:
    """A folder in which LibreOffice has opened each file and saved what it saw as a workbook."""
    soffice, folder = program("soffice"), tmp_path_factory.mktemp("calc")
    written = write(audit, folder / "audit", knowledge, also=["xlsx"])
    csvs = [path for path in written if path.suffix == ".csv"]
    # Comma, double quotes, UTF-8: what its dialog proposes when it sees the byte order mark; there is no dialog here.
    for files, how in ((csvs, ["--infilter=CSV:44,34,76,1"]), ([folder / "audit" / "audit.xlsx"], [])):
        subprocess.run(
            [
                *(soffice, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", *how),
                *("--convert-to", "xlsx", "--outdir", folder, *files),
            ],
            capture_output=True,
            check=True,
            timeout=300,
        )
    return folder


def cells(file: Path, sheet: int = 1) -> Cells:
    """Each cell's type and value; a formula fails."""
    with zipfile.ZipFile(file) as book:
        texts = ["".join(item.itertext()) for item in ET.fromstring(book.read("xl/sharedStrings.xml"))]
        tree = ET.fromstring(book.read(f"xl/worksheets/sheet{sheet}.xml"))
    found = {}
    for cell in tree.iterfind(".//x:c", SPACE):
        value, kind = cell.findtext("x:v", "", SPACE), cell.get("t", "n")
        assert cell.find("x:f", SPACE) is None, cell.get("r")
        found[cell.get("r", "")] = (kind, texts[int(value)] if kind == "s" else value)
    return found


def by_column(found: Cells) -> dict[str, list[tuple[str, str]]]:
    """The cells below each head, by the head's text."""
    heads = {re.sub(r"\d", "", place): text for place, (_, text) in found.items() if re.fullmatch(r"[A-Z]+1", place)}
    return {
        text: [cell for place, cell in found.items() if re.sub(r"\d", "", place) == letters and place != f"{letters}1"]
        for letters, text in heads.items()
    }


@pytest.mark.parametrize(("name", "columns"), [("procedures", CASES), ("summary", SUMMARY)])
def test_csv_opens_in_its_columns(converted: Path, name: str, columns: tuple[Any, ...]) -> None:
    assert list(by_column(cells(converted / f"{name}.xlsx"))) == [column.name for column in columns]


def test_csv_keeps_letters_numbers_and_days(converted: Path, audit: Any) -> None:
    found = by_column(cells(converted / "procedures.xlsx"))
    numbers = [float(value) for kind, value in found["p_ka_gycm2"] if kind == "n" and value]
    assert numbers == pytest.approx(audit.cases["p_ka_gycm2"].dropna().tolist())
    assert {kind for kind, value in found["date"] if value} == {"n"}  # a day is a number with a format
    assert {value for _, value in found["device"]} == set(audit.cases["device"])
    assert all("·" in value for _, value in found["device"])


def test_what_looks_like_a_formula_stays_text(converted: Path) -> None:
    typed = {value for _, value in by_column(cells(converted / "procedures.xlsx"))["description"]}
    assert typed & {"'=1+1", "=1+1"}


def test_workbook_opens_with_its_sheets(converted: Path, audit: Any) -> None:
    file = converted / "audit.xlsx"
    assert cells(file, 1)["A1"][1].startswith("An ultrasound alternative exists for")
    cases = by_column(cells(file, 6))
    assert list(cases) == [column.name for column in CASES]
    assert len(cases["case_id"]) == len(audit.cases)
