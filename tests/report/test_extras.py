"""The workbook and the PDF hold what the page and the CSVs hold, and say what to install where they cannot be made."""

from __future__ import annotations

import importlib.util
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from alara.audit.standing_out import stand_out
from alara.errors import UsageError
from alara.extras import install
from alara.knowledge import Knowledge
from alara.report import extras, write
from alara.report.beside import NOTHING
from alara.report.columns import CASES, REVIEWS, SUMMARY
from alara.report.files import contents
from alara.report.page import page
from alara.report.standing_columns import DEVICES, INSIGHTS
from alara.report.tables import Table, tables
from tests.cli.conftest import run as run

NAMESPACE = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


#: Sheets of the workbook by their place.
INSIGHTS_SHEET, SUMMARY_SHEET, REVIEWS_SHEET, DEVICES_SHEET, CASES_SHEET = 2, 3, 4, 5, 6


@pytest.fixture(scope="module")
def found(audit: Any, knowledge: Knowledge) -> Sequence[Table]:
    return tables(audit, stand_out(audit, knowledge), NOTHING)


@pytest.fixture(scope="module")
def workbook(audit: Any, found: Sequence[Table]) -> zipfile.ZipFile:
    pytest.importorskip("xlsxwriter", reason="xlsxwriter is not installed (extra xlsx)")
    return zipfile.ZipFile(io.BytesIO(extras.made(["xlsx"], audit, found, b"")["audit.xlsx"]))


def cells(book: zipfile.ZipFile, sheet: int) -> dict[str, tuple[str, str]]:
    """Each cell's type and value, shared texts looked up."""
    texts = ["".join(item.itertext()) for item in ET.fromstring(book.read("xl/sharedStrings.xml"))]
    found = {}
    for cell in ET.fromstring(book.read(f"xl/worksheets/sheet{sheet}.xml")).iterfind(".//x:c", NAMESPACE):
        value, kind = cell.findtext("x:v", "", NAMESPACE), cell.get("t", "n")
        assert cell.find("x:f", NAMESPACE) is None
        found[cell.get("r", "")] = (kind, texts[int(value)] if kind == "s" else value)
    return found


def column(name: str, columns: tuple[Any, ...]) -> str:
    place = [each.name for each in columns].index(name)
    return (chr(64 + place // 26) if place >= 26 else "") + chr(65 + place % 26)


def test_workbook_has_the_columns_of_the_csvs(workbook: zipfile.ZipFile) -> None:
    sheets = {
        INSIGHTS_SHEET: INSIGHTS,
        SUMMARY_SHEET: SUMMARY,
        REVIEWS_SHEET: REVIEWS,
        DEVICES_SHEET: DEVICES,
        CASES_SHEET: CASES,
    }
    for sheet, columns in sheets.items():
        found = cells(workbook, sheet)
        assert [found[f"{column(each.name, columns)}1"][1] for each in columns] == [each.name for each in columns]


def test_workbook_holds_numbers_as_numbers_and_missing_as_nothing(workbook: zipfile.ZipFile, audit: Any) -> None:
    found, letter = cells(workbook, CASES_SHEET), column("p_ka_gycm2", CASES)
    for row, value in enumerate(audit.cases["p_ka_gycm2"], start=2):
        assert found.get(f"{letter}{row}", ("n", "")) == ("n", "" if value != value else found[f"{letter}{row}"][1])
        if value == value:
            assert float(found[f"{letter}{row}"][1]) == pytest.approx(value)
    assert audit.cases["p_ka_gycm2"].isna().any()


def test_workbook_holds_what_operators_typed_as_text(workbook: zipfile.ZipFile, audit: Any) -> None:
    letter = column("description", CASES)
    typed = {value for cell, value in cells(workbook, CASES_SHEET).items() if re.fullmatch(rf"{letter}\d+", cell)}
    assert ("s", "=1+1") in typed
    assert len(typed) == audit.cases["description"].nunique() + 1


def test_workbook_says_the_verdict_first(workbook: zipfile.ZipFile) -> None:
    assert cells(workbook, 1)["A1"][1].startswith("An ultrasound alternative exists for")


def test_workbook_names_its_sheets_and_prints_each_as_wide_as_a_page(workbook: zipfile.ZipFile) -> None:
    said = " ".join(text for _, text in cells(workbook, 1).values())
    for sheet in ET.fromstring(workbook.read("xl/workbook.xml")).iterfind(".//x:sheet", NAMESPACE):
        assert sheet.get("name", "") in (said if sheet.get("name") != "Audit" else "Audit")
    for place in range(1, CASES_SHEET + 2):
        setup = ET.fromstring(workbook.read(f"xl/worksheets/sheet{place}.xml")).find("x:pageSetup", NAMESPACE)
        assert setup is not None
        assert (setup.get("orientation"), setup.get("fitToHeight"), setup.get("paperSize")) == ("landscape", "0", "9")


def test_the_same_audit_makes_the_same_workbook(audit: Any, found: Sequence[Table]) -> None:
    pytest.importorskip("xlsxwriter")
    assert extras.made(["xlsx"], audit, found, b"") == extras.made(["xlsx"], audit, found, b"")
    assert not re.search(
        rb"20(2[0-57-9]|[3-9])",
        zipfile.ZipFile(io.BytesIO(extras.made(["xlsx"], audit, found, b"")["audit.xlsx"])).read("docProps/core.xml"),
    )


def test_manifest_names_the_extras_and_an_old_one_goes(audit: Any, knowledge: Knowledge, tmp_path: Path) -> None:
    pytest.importorskip("xlsxwriter")
    write(audit, tmp_path, knowledge, also=["xlsx"])
    assert '"audit.xlsx"' in (tmp_path / "manifest.json").read_text(encoding="utf-8")
    write(audit, tmp_path, knowledge)
    assert not (tmp_path / "audit.xlsx").exists()
    assert "audit.xlsx" not in (tmp_path / "manifest.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("extra", ["xlsx", "pdf"])
def test_a_missing_extra_is_told_with_its_command(
    monkeypatch: pytest.MonkeyPatch, run: Callable[..., Any], extra: str
) -> None:
    find = importlib.util.find_spec

    def without(name: str, *rest: Any) -> ModuleSpec | None:
        return None if name in ("xlsxwriter", "weasyprint") else find(name, *rest)

    monkeypatch.setattr(extras, "find_spec", without)
    with pytest.raises(UsageError) as caught:
        run("audit", "2026-10", f"--{extra}")
    assert caught.value.hint == install(extra)


@pytest.mark.slow
def test_pdf_has_the_page_on_a4_and_the_same_bytes_again(month: Callable[..., Any], knowledge: Knowledge) -> None:
    pytest.importorskip("weasyprint", reason="weasyprint is not installed (extra pdf)")
    audit = month(60)
    printed = contents(audit, knowledge, also=["pdf"])["report.pdf"]
    assert printed.startswith(b"%PDF")
    assert pages(printed) >= 4
    assert printed == contents(audit, knowledge, also=["pdf"])["report.pdf"]


@pytest.mark.slow
def test_pdf_fetches_nothing(audit: Any, knowledge: Knowledge, caplog: pytest.LogCaptureFixture) -> None:
    pytest.importorskip("weasyprint", reason="weasyprint is not installed (extra pdf)")
    from alara.report.pdf import printed

    head = page(audit, knowledge, []).split(b"<main>")[0]
    html = head + b'<main><img src="http://192.0.2.1/x.png"><img src="file:///etc/hostname"></main></body></html>'
    assert pages(printed(html)) == 1
    assert caplog.text.count("uses disallowed protocol") == 2


def pages(pdf: bytes) -> int:
    """How many pages a PDF says that it has."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    text = b"".join(map(inflated, streams)) + pdf
    return max(
        int(count)
        for count in re.findall(rb"/Type ?/Pages\b[^>]*?/Count (\d+)|/Count (\d+)[^>]*?/Type ?/Pages", text)
        for count in count
        if count
    )


def inflated(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return b""
