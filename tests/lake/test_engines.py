"""Whatever computes an audit, the files are the same, byte for byte."""

from __future__ import annotations

import filecmp
import shutil
import subprocess
import sys
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest
from pyarrow import parquet

from alara import knowledge
from alara.audit import Period
from alara.audit import run as audit_of
from alara.errors import UsageError
from alara.lake import Dataset, open_engine
from alara.lake.arrow import read_frame
from tests.lake.conftest import Run

PERIOD = "2026-10"


@pytest.fixture
def from_database(run: Run, database: Path, tmp_path: Path) -> Path:
    """The files of an audit straight from the database."""
    run("audit", PERIOD, "--database", database, "--site", "site-001", "--out", tmp_path / "database")
    return tmp_path / "database"


def assert_same_files(one: Path, other: Path) -> None:
    names = sorted(path.name for path in one.iterdir())
    assert names == sorted(path.name for path in other.iterdir())
    assert filecmp.cmpfiles(one, other, names, shallow=False) == (names, [], [])


def assert_same_cases(one: Path, other: Path) -> None:
    """All that is computed of the cases; what stands out is also told from what only a database knows around them."""
    assert (one / "summary.csv").read_bytes() == (other / "summary.csv").read_bytes()
    cases = [pd.read_csv(folder / "procedures.csv", dtype=str).drop(columns="stands_out") for folder in (one, other)]
    assert len(cases[0]) > 0
    pd.testing.assert_frame_equal(*cases)


@pytest.fixture
def from_files(run: Run, dataset: Path, tmp_path: Path) -> Path:
    """The files of an audit of the dataset by pandas."""
    run("audit", PERIOD, "--from", dataset, "--site", "site-001", "--out", tmp_path / "files")
    return tmp_path / "files"


def test_an_audit_of_a_dataset_has_the_cases_of_the_database(from_database: Path, from_files: Path) -> None:
    assert_same_cases(from_database, from_files)


def test_what_it_says_next_is_of_the_dataset(run: Run, dataset: Path) -> None:
    said = run("audit", PERIOD, "--from", dataset, "--site", "site-001", "--out", "files").output
    assert f"alara audit --from {dataset} " in said  # a longer period, of the same data
    assert "alara review list" not in said  # there may be no database here
    assert "in the database that the dataset was exported from" in said


def test_an_audit_on_duckdb_is_that_of_pandas(run: Run, dataset: Path, from_files: Path, tmp_path: Path) -> None:
    run("audit", PERIOD, "--from", dataset, "--engine", "duckdb", "--site", "site-001", "--out", tmp_path / "duckdb")
    assert_same_files(from_files, tmp_path / "duckdb")


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["duckdb"])
@pytest.mark.parametrize("period", ["2026", "2026-Q1", "2026-03-30..2026-04-02"])
def test_any_period_gives_the_same_files(
    engine: str, period: str, run: Run, database: Path, dataset: Path, tmp_path: Path
) -> None:
    common = (period, "--site", "site-002", "--policy", "us_forward", "--background", "germany")
    run("audit", *common, "--database", database, "--out", "database")
    run("audit", *common, "--from", dataset, "--out", "files")
    run("audit", *common, "--from", dataset, "--engine", engine, "--out", engine)
    assert_same_cases(tmp_path / "database", tmp_path / "files")
    assert_same_files(tmp_path / "files", tmp_path / engine)


def _beside_another(dataset: Path, folder: Path) -> Path:
    """The dataset in a folder whose name, taken for a pattern, is that of another folder, where others are."""
    for name in ("l[1]", "l1"):
        shutil.copytree(dataset, folder / name / "ds")
    for file in (folder / "l1" / "ds").glob("**/of_site=site-001/*.parquet"):
        shutil.copy(next(file.parents[1].glob("of_site=site-002/*.parquet")), file)
    return folder / "l[1]" / "ds"


def test_a_path_is_no_pattern(run: Run, dataset: Path, from_files: Path, tmp_path: Path) -> None:
    named = _beside_another(dataset, tmp_path)
    run("audit", PERIOD, "--from", named, "--engine", "duckdb", "--site", "site-001", "--out", tmp_path / "named")
    assert_same_files(from_files, tmp_path / "named")


@pytest.mark.parametrize("column", ["protocol_names", "kind", "study_description"])
def test_a_text_that_is_missing_in_an_engine_is_an_empty_one(column: str, dataset: Path) -> None:
    files, when = Dataset(dataset).files(date(2026, 10, 1), date(2026, 11, 1)), Period.parse(PERIOD)
    procedures = read_frame(files)
    procedures.loc[::2, column] = ""
    expected = audit_of(procedures, period=when, knowledge=knowledge.load())
    with open_engine("duckdb") as engine:
        null = procedures.astype({column: "object"})
        null.loc[::2, column] = None
        made = audit_of(engine.native(null), period=when, knowledge=knowledge.load(), native=engine.native)
    pd.testing.assert_frame_equal(made.summary, expected.summary)
    assert made.headline == expected.headline


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_days_without_a_procedure_are_nothing_found_as_in_a_database(
    engine: str, run: Run, database: Path, dataset: Path
) -> None:
    frame = read_frame(Dataset(dataset).files(date(2026, 10, 1), date(2026, 11, 1), "site-001"))
    day = next(day for day in range(1, 32) if day not in set(frame["started"].dt.day))
    period = f"2026-10-{day:02}..2026-10-{day:02}"
    run("audit", period, "--site", "site-001", "--database", database, exit_code=7)
    run("audit", period, "--site", "site-001", "--from", dataset, "--engine", engine, exit_code=7)
    empty = f"1999-{1:02}"
    run("compare", empty, "--from", dataset, "--engine", engine, exit_code=7)


def test_a_folder_that_is_no_year_is_none_of_ours(dataset: Path, tmp_path: Path) -> None:
    copied = Path(shutil.copytree(dataset, tmp_path / "ds"))
    (copied / "year=all" / "month=1" / "of_site=x").mkdir(parents=True)
    (copied / "year=all" / "month=1" / "of_site=x" / "procedures.parquet").touch()
    assert list(Dataset(copied).partitions()) == list(Dataset(dataset).partitions())


@pytest.mark.slow
@pytest.mark.peer
def test_an_audit_on_spark_is_that_of_pandas(dataset: Path, from_files: Path, tmp_path: Path) -> None:
    dataset = _beside_another(dataset, tmp_path)
    if find_spec("pyspark") is None or shutil.which("java") is None:
        pytest.skip("needs pyspark and java")
    command = [sys.executable, "-m", "alara", "audit", PERIOD, "--site", "site-001", "--from", str(dataset)]
    out = ["--engine", "spark", "--master", "local[2]", "--out", str(tmp_path / "spark")]
    done = subprocess.run([*command, *out], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert_same_files(from_files, tmp_path / "spark")
    assert len(done.stderr.splitlines()) < 20, "Spark's own log stays off the terminal"


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_the_groups_alone_are_those_of_the_whole_audit(
    engine: str, run: Run, dataset: Path, from_database: Path, tmp_path: Path
) -> None:
    out = tmp_path / "groups"
    run("audit", PERIOD, "--from", dataset, "--site", "site-001", "--engine", engine, "--groups-only", "--out", out)
    assert sorted(path.name for path in out.iterdir()) == ["columns.csv", "manifest.json", "summary.csv"]
    assert (out / "summary.csv").read_bytes() == (from_database / "summary.csv").read_bytes()


def test_an_engine_without_a_dataset_is_refused(run: Run) -> None:
    result = run("audit", PERIOD, "--engine", "duckdb", exit_code=2)
    assert isinstance(result.exception, UsageError)
    assert "--from" in result.exception.hint


def test_a_folder_that_is_no_dataset_is_refused(run: Run, tmp_path: Path) -> None:
    result = run("audit", PERIOD, "--from", tmp_path, exit_code=2)
    assert "is no dataset" in str(result.exception)


def test_a_site_that_has_nothing_is_told_who_has(run: Run, dataset: Path) -> None:
    result = run("audit", PERIOD, "--from", dataset, "--site", "elsewhere", exit_code=7)
    assert "'site-001', 'site-002'" in result.exception.hint  # type: ignore[union-attr]


def test_an_audit_of_a_dataset_says_what_was_not_looked_at(run: Run, from_database: Path, from_files: Path) -> None:
    words = "pregnancy status, patients seen before, silent units and technique were not looked at"
    assert words in (from_files / "report.html").read_text(encoding="utf-8")
    assert words not in (from_database / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
@pytest.mark.parametrize("kept", [0, 1000])
def test_half_a_file_is_named_and_nothing_is_audited(
    engine: str, kept: int, run: Run, dataset: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "half"
    shutil.copytree(dataset, folder)
    for file in folder.glob("year=*/month=*/of_site=site-001/procedures.parquet"):
        file.write_bytes(file.read_bytes()[:kept])
    result = run("audit", PERIOD, "--from", folder, "--site", "site-001", "--engine", engine, exit_code=4)
    assert "procedures.parquet is no whole Parquet file" in str(result.exception)
    assert not (tmp_path / "audit").exists()


def test_a_flipped_bit_is_found_by_the_check_sum_of_its_page(run: Run, dataset: Path, tmp_path: Path) -> None:
    folder = tmp_path / "flipped"
    shutil.copytree(dataset, folder)
    for file in folder.glob("year=*/month=*/of_site=site-001/procedures.parquet"):
        column = parquet.read_metadata(file).row_group(0).column(0)
        data = bytearray(file.read_bytes())
        data[column.data_page_offset + column.total_compressed_size // 2] ^= 1
        file.write_bytes(data)
    result = run("audit", PERIOD, "--from", folder, "--site", "site-001", exit_code=4)
    assert "procedures.parquet is no whole Parquet file" in str(result.exception)


def test_a_garbled_file_is_named_where_duckdb_cannot_read_it(run: Run, dataset: Path, tmp_path: Path) -> None:
    folder = tmp_path / "garbled"
    shutil.copytree(dataset, folder)
    for file in folder.glob("year=*/month=*/of_site=site-001/procedures.parquet"):
        data = bytearray(file.read_bytes())
        for n in range(parquet.read_metadata(file).num_columns):
            at = parquet.read_metadata(file).row_group(0).column(n).data_page_offset
            data[at : at + 8] = b"\xff" * 8
        file.write_bytes(data)
    result = run("audit", PERIOD, "--from", folder, "--site", "site-001", "--engine", "duckdb", exit_code=4)
    assert "procedures.parquet is no whole Parquet file" in str(result.exception)


def test_a_made_up_row_has_no_report_to_explain(run: Run, database: Path, from_database: Path) -> None:
    case = pd.read_csv(from_database / "procedures.csv")["case_id"].iloc[0]
    for command in ("show", "explain"):
        assert "has no report" in str(run(command, case, "--database", database, exit_code=7).exception)
