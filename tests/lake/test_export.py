"""What a dataset holds, and that writing it again touches what changed alone."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from alara.app.exporting import export_parquet
from alara.app.generating import Population, generate_database
from alara.config import Config
from alara.errors import UsageError
from alara.lake import Dataset, Partition, export, open_engine
from alara.store import Store
from alara.store.queries import FRAME
from tests.lake.conftest import Run

ALL = (date(2026, 1, 1), date(2027, 1, 1))


def months_of(frame: pd.DataFrame) -> list[tuple[int, int, list[pd.DataFrame]]]:
    by_month = frame.groupby([frame["started"].dt.year, frame["started"].dt.month])
    return [(year, month, [part]) for (year, month), part in by_month]


@pytest.fixture(scope="session")
def stored(database: Path) -> pd.DataFrame:
    with Store.open(f"sqlite:///{database}", create=False) as store:
        return store.procedures(*ALL)


def test_the_rows_of_a_dataset_are_those_of_the_store(dataset: Path, stored: pd.DataFrame) -> None:
    with open_engine("pandas") as engine:
        rows = engine.scan(Dataset(dataset).files(*ALL))
    rows = rows.sort_values(["started", "case_id"], ignore_index=True)
    pd.testing.assert_frame_equal(rows, stored)


def test_each_file_holds_one_month_of_one_site(dataset: Path) -> None:
    found = Dataset(dataset)
    partitions = list(found.partitions())
    assert len(partitions) == 24
    for partition in partitions:
        rows = pq.read_table(found.file(partition), partitioning=None).to_pandas()
        assert set(rows["site"]) == {partition.site}
        assert {(moment.year, moment.month) for moment in rows["started"]} == {(partition.year, partition.month)}


def test_missing_is_null_and_not_a_number(dataset: Path, stored: pd.DataFrame) -> None:
    nulls = sum(
        pq.read_table(file, partitioning=None)["p_ka_gycm2"].null_count for file in Dataset(dataset).files(*ALL)
    )
    assert nulls == stored["p_ka_gycm2"].isna().sum() > 0


def test_exporting_again_leaves_every_file_alone(database: Path, dataset: Path) -> None:
    before = {file: file.stat().st_mtime_ns for file in Dataset(dataset).files(*ALL)}
    made = export_parquet(Config(database=str(database)), dataset)
    assert (made.partitions, made.written, made.removed) == (24, 0, ())
    assert {file: file.stat().st_mtime_ns for file in before} == before


def test_a_changed_case_replaces_the_file_of_its_month_and_site_alone(stored: pd.DataFrame, tmp_path: Path) -> None:
    dataset = Dataset(tmp_path / "lake")
    export(dataset, months_of(stored), everything=True)
    changed = stored.copy()
    changed.loc[700, "p_ka_gycm2"] = 7.5
    assert export(dataset, months_of(changed), everything=True).written == 1
    moved = stored.loc[700]
    file = dataset.file(Partition(moved["started"].year, moved["started"].month, moved["site"]))
    assert 7.5 in pq.read_table(file, partitioning=None)["p_ka_gycm2"].to_pylist()


def test_what_a_month_no_longer_has_is_removed(stored: pd.DataFrame, tmp_path: Path) -> None:
    dataset = Dataset(tmp_path / "lake")
    export(dataset, months_of(stored), everything=True)
    left = stored[stored["site"] == "site-001"]
    sites = sorted(set(stored["site"]))
    assert export(dataset, months_of(left)[:1], everything=False, sites=sites).removed == (
        Partition(2026, 1, "site-002"),
    )
    assert len(export(dataset, months_of(left), everything=True, sites=sites).removed) == 11
    assert {partition.site for partition in dataset.partitions()} == {"site-001"}


def test_what_came_from_another_database_is_left_alone(database: Path, dataset: Path, tmp_path: Path) -> None:
    folder = tmp_path / "collected"
    shutil.copytree(dataset, folder)
    for file in list(Dataset(folder).files(*ALL, "site-001")):
        shutil.copytree(file.parent, file.parent.with_name("of_site=elsewhere"))
    elsewhere = {file: file.read_bytes() for file in Dataset(folder).files(*ALL, "elsewhere")}
    made = export_parquet(Config(database=str(database)), folder)
    assert (made.written, made.removed, len(made.others)) == (0, (), len(elsewhere))
    assert {file: file.read_bytes() for file in Dataset(folder).files(*ALL, "elsewhere")} == elsewhere
    mark = folder / "dataset.json"
    mark.write_text(mark.read_text(encoding="utf-8").replace('"layout": 1', '"layout": 0'), encoding="utf-8")
    with pytest.raises(UsageError, match="another version") as refused:
        export_parquet(Config(database=str(database)), folder)
    assert "each database that it came from" in refused.value.hint
    assert {file: file.read_bytes() for file in Dataset(folder).files(*ALL, "elsewhere")} == elsewhere


def test_a_site_that_has_left_the_database_is_left_alone_and_named(stored: pd.DataFrame, tmp_path: Path) -> None:
    """Whether another database holds it nobody can tell."""
    dataset = Dataset(tmp_path / "lake")
    export(dataset, months_of(stored), everything=True)
    mark = (dataset.path / "dataset.json").read_bytes()
    made = export(dataset, months_of(stored[stored["site"] == "site-001"]), everything=True, sites=["site-001"])
    assert (made.written, made.removed, made.other_sites) == (0, (), ["site-002"])
    assert {partition.site for partition in dataset.partitions()} == {"site-001", "site-002"}
    assert (dataset.path / "dataset.json").read_bytes() == mark
    dataset.check()


def test_a_dry_run_says_what_an_export_does_and_does_nothing(
    run: Run, stored: pd.DataFrame, database: Path, tmp_path: Path
) -> None:
    run("export", "--parquet", "lake", "--database", database, "--dry-run")
    assert not (tmp_path / "lake").exists()
    dataset = Dataset(tmp_path / "lake")
    earlier = stored[stored["started"] < "2026-03-01"].assign(
        started=lambda rows: rows["started"] - pd.DateOffset(years=1)
    )
    export(dataset, months_of(earlier.assign(site="site-001")), everything=True)
    export(dataset, months_of(stored.head(5).assign(site="elsewhere")), everything=False)
    before = {file: file.read_bytes() for file in dataset.path.rglob("*") if file.is_file()}
    words = ("export", "--parquet", "lake", "--database", database, "--json")
    trial = json.loads(run(*words, "--dry-run").stdout)
    assert {file: file.read_bytes() for file in dataset.path.rglob("*") if file.is_file()} == before
    told = run(*words[:-1], "--dry-run").stdout
    assert "24 would be written, 0 as they were, 2 would be removed." in told
    assert "would be removed: lake/year=2025/month=01/of_site=site-001" in told
    assert "left alone (elsewhere)" in told
    assert json.loads(run(*words).stdout) == trial | {"dry_run": False}


def test_a_failure_in_the_middle_of_a_file_leaves_the_old_one(stored: pd.DataFrame, tmp_path: Path) -> None:
    dataset = Dataset(tmp_path / "lake")
    export(dataset, months_of(stored)[:1], everything=True)
    before = {file: file.read_bytes() for file in dataset.files(*ALL)}
    broken = stored.head(5).astype({"planes": object})
    broken.loc[3, "planes"] = "many"
    with pytest.raises(Exception, match="many"):
        export(dataset, [(2026, 1, [stored.head(3), broken])], everything=False)
    assert {file: file.read_bytes() for file in dataset.files(*ALL)} == before
    assert [path for path in tmp_path.rglob("*") if path.name.endswith(".tmp")] == []


@pytest.mark.parametrize("site", ["St. Mary/West", "München %2F", "..", "a=b"])
def test_a_site_of_any_name_has_a_folder_inside(site: str, stored: pd.DataFrame, tmp_path: Path) -> None:
    dataset = Dataset(tmp_path / "lake")
    export(dataset, months_of(stored.head(20).assign(site=site)), everything=True)
    assert [partition.site for partition in dataset.partitions()] == [site]
    assert all(file.is_relative_to(dataset.path) for file in dataset.files(*ALL, site))
    with open_engine("duckdb") as engine:
        assert engine.scan(dataset.files(*ALL, site)).aggregate("count(*)").fetchall() == [(20,)]


def test_the_mark_names_the_columns_and_a_dataset_of_others_is_refused(
    database: Path, dataset: Path, tmp_path: Path
) -> None:
    mark = json.loads((dataset / "dataset.json").read_text())
    assert {column["name"]: column["type"] for column in mark["columns"]} == FRAME
    other = Dataset(tmp_path / "lake")
    other.path.mkdir()
    (other.path / "dataset.json").write_text(json.dumps(mark | {"columns": mark["columns"][:-1]}))
    with pytest.raises(UsageError, match="another version"):
        other.check()
    with pytest.raises(UsageError, match="another version"):
        export_parquet(Config(database=str(database)), other.path, "2026-10")
    export_parquet(Config(database=str(database)), other.path)
    other.check()


def test_a_period_exports_the_months_that_it_touches(run: Run, database: Path, tmp_path: Path) -> None:
    run("export", "2026-02-10..2026-03-02", "--parquet", "lake", "--database", database)
    months = {partition.month for partition in Dataset(tmp_path / "lake").partitions()}
    assert months == {2, 3}


def test_made_up_procedures_are_the_same_for_the_same_seed_whichever_way_they_go(
    run: Run, dataset: Path, tmp_path: Path
) -> None:
    run("generate", "--procedures", 1500, "--sites", 2, "--years", 1, "--out", "lake")
    assert_same_trees(dataset, tmp_path / "lake")


def test_another_seed_makes_others(run: Run, dataset: Path, tmp_path: Path) -> None:
    run("generate", "--procedures", 1500, "--sites", 2, "--years", 1, "--seed", 7, "--out", "lake")
    one, other = (Dataset(folder).files(*ALL)[0].read_bytes() for folder in (dataset, tmp_path / "lake"))
    assert one != other


def test_made_up_procedures_do_not_go_beside_others(database: Path) -> None:
    with pytest.raises(UsageError, match="not empty"):
        generate_database(Population(10), Config(database=str(database)))


def test_made_up_reports_can_be_imported(run: Run, tmp_path: Path) -> None:
    run("generate", "--procedures", 12, "--sites", 1, "--years", 1, "--reports", "rdsr")
    assert len(list((tmp_path / "rdsr" / "site-001" / "2026-10").iterdir())) == 1
    run("import", "rdsr", "--site", "site-001", "--key-file", "key")
    run("export", "--parquet", "lake")
    assert len(list(Dataset(tmp_path / "lake").partitions())) == 12


def assert_same_trees(one: Path, other: Path) -> None:
    files = sorted(path.relative_to(one) for path in one.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(other) for path in other.rglob("*") if path.is_file())
    assert [file for file in files if (one / file).read_bytes() != (other / file).read_bytes()] == []


@pytest.mark.parametrize("dry_run", [False, True])
def test_another_database_with_a_site_of_the_same_name_is_refused(
    dry_run: bool, stored: pd.DataFrame, tmp_path: Path
) -> None:
    dataset = Dataset(tmp_path)
    export(dataset, months_of(stored), everything=True)
    before = {file: file.read_bytes() for file in dataset.files(*ALL)}
    others = stored.assign(case_id=stored["case_id"].str.swapcase())
    with pytest.raises(UsageError, match="holds other cases"):
        export(dataset, months_of(others), everything=True, dry_run=dry_run)
    assert {file: file.read_bytes() for file in dataset.files(*ALL)} == before
    assert not list(tmp_path.glob("**/*.tmp"))


def test_a_file_that_cannot_be_finished_leaves_nothing_behind(
    stored: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_writer: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq.ParquetWriter, "close", full)
    with pytest.raises(OSError, match="No space"):
        export(Dataset(tmp_path), months_of(stored), everything=True)
    assert not list(tmp_path.glob("**/*.tmp"))


def test_a_period_of_which_the_database_has_nothing_is_nothing_found(run: Run, database: Path, tmp_path: Path) -> None:
    said = run("export", "2099-01", "--parquet", tmp_path / "lake", "--database", database, exit_code=7)
    assert "holds no procedure of 2099-01" in str(said.exception)
