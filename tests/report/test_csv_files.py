"""The CSV files open in a spreadsheet, in pandas and in line tools, and nothing in them runs."""

import csv
import io
from datetime import datetime
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alara.report.columns import CASES, Column, Kind
from alara.report.csv import columns_csv, frame_csv, neutral, number

BOM = b"\xef\xbb\xbf"


def field(value: object, kind: Kind) -> str:
    """One value as its field."""
    column = Column("x", kind, "A test.")
    written = frame_csv(pd.DataFrame({"x": pd.Series([value], dtype=object)}), [column])
    return next(csv.reader(written.decode("utf-8-sig").splitlines()[1:]), [""])[0]


def test_file_starts_with_a_mark_and_its_lines_end_in_newline(audit: Any) -> None:
    written = frame_csv(audit.cases, CASES)
    assert written.startswith(BOM + b"case_id,date,started,")
    assert b"\r" not in written
    assert written.count(b"\n") == len(audit.cases) + 1


def test_pandas_reads_back_what_was_written(audit: Any) -> None:
    frame = pd.read_csv(io.BytesIO(frame_csv(audit.cases, CASES)), encoding="utf-8-sig", parse_dates=["started"])
    assert frame["case_id"].tolist() == audit.cases["case_id"].tolist()
    assert frame["started"].tolist() == audit.cases["started"].tolist()
    pd.testing.assert_series_equal(frame["p_ka_gycm2"], audit.cases["p_ka_gycm2"], check_exact=True)


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA, pd.NaT])
@pytest.mark.parametrize("kind", list(Kind))
def test_missing_is_empty_and_not_zero(missing: object, kind: Kind) -> None:
    assert field(missing, kind) == ""


def test_dates_are_iso() -> None:
    started = datetime(2026, 10, 3, 14, 5, 9, 250_000)
    assert field(started, Kind.DATETIME) == "2026-10-03T14:05:09"
    assert field(started.date(), Kind.DATE) == "2026-10-03"


@pytest.mark.parametrize(("value", "text"), [(True, "yes"), (False, "no"), ("yes", "yes"), ("no", "no")])
def test_flags_are_yes_and_no(value: object, text: str) -> None:
    assert field(value, Kind.FLAG) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.1 + 0.2, "0.3"), (2.8, "2.8"), (41.0, "41"), (1e-7, "0.0000001"), (1.5e16, "15000000000000000")],
)
def test_numbers_are_short_and_plain(value: float, text: str) -> None:
    assert number(value) == text


@given(st.floats(min_value=1e-9, max_value=1e9))
def test_numbers_keep_their_digits_without_exponent(value: float) -> None:
    text = number(value)
    assert "e" not in text.lower()
    assert float(text) == pytest.approx(value, rel=1e-14)


@given(st.text(max_size=40))
def test_no_text_can_run_in_a_spreadsheet(text: str) -> None:
    written = field(text or "x", Kind.TEXT)
    assert not written.lstrip().startswith(tuple("=+-@＝＋－＠"))
    assert not written.startswith(("\t", "\r", "\n"))


@given(st.text(max_size=40))
def test_text_stays_on_one_line(text: str) -> None:
    assert len(neutral(text).splitlines()) <= 1


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1"])
def test_formulas_get_an_apostrophe(text: str) -> None:
    assert neutral(text).startswith("'")


def test_plain_text_is_untouched() -> None:
    assert neutral("Infiltration Hüfte li. (L4/5), 2 mL") == "Infiltration Hüfte li. (L4/5), 2 mL"


def test_columns_csv_explains_each_column() -> None:
    rows = list(csv.DictReader(io.StringIO(columns_csv({"procedures.csv": CASES}).decode("utf-8-sig"))))
    assert [row["column"] for row in rows if row["file"] == "procedures.csv"] == [column.name for column in CASES]
    assert all(row["type"] and row["meaning"] for row in rows)
