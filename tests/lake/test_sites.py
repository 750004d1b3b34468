"""Several sites: each by its own settings, side by side only in groups."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from alara.app.comparing import compare_sites
from alara.config import Config, load
from alara.errors import ConfigError
from alara.report.columns import SITES
from tests.lake.conftest import Run


def settings(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "alara.toml"
    file.write_text(text)
    return file


def test_a_site_has_its_own_settings_below_the_environment_and_flags(tmp_path: Path) -> None:
    file = settings(
        tmp_path,
        """
        site = "north"
        policy = "us_forward"
        [sites.north]
        key_file = "/keys/north"
        background = "germany"
        port = 4000
        [sites.south]
        policy = "fluoro_standard"
        """,
    )
    north = load({"port": "5000"}, environ={}, file=file)
    assert (north.key_file, north.background, north.policy) == (Path("/keys/north"), "germany", "us_forward")
    assert (north.port, north.sources["background"]) == (5000, f"{file} [sites.north]")
    south = north.of_site("south")
    assert (south.site, south.policy, south.background) == ("south", "fluoro_standard", "us_ncrp160")
    assert south.key_file != north.key_file
    assert south.port == 5000
    assert south.of_site("north") == north
    assert load(environ={"ALARA_SITE": "south", "ALARA_POLICY": "capacity_aware"}, file=file).policy == "capacity_aware"


def test_settings_reach_a_child_process_as_they_are_at_the_site(tmp_path: Path) -> None:
    file = settings(tmp_path, '[sites.north]\nbackground = "germany"')
    north = load({"site": "north"}, environ={}, file=file)
    assert load(environ=north.environ(), file=file) == north


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("[sites.a]\nprot = 1", "no setting 'prot' of a site"),
        ("[sites.a]\nport = 70000", "port must be"),
        ("[sites.a]\nsite = 'b'", "no setting 'site' of a site"),
        ("sites = 1", "must be tables"),
        ("[sites]\na = 1", "must be tables"),
    ],
)
def test_what_is_wrong_in_a_table_of_any_site_is_told(table: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="sites") as caught:
        load(environ={}, file=settings(tmp_path, table))
    assert told in caught.value.message


def test_sites_side_by_side_are_the_summaries_of_each(run: Run, database: Path, tmp_path: Path) -> None:
    run("compare", "2026", "--database", database, "--out", "sites")
    compared = pd.read_csv(tmp_path / "sites" / "sites.csv", encoding="utf-8-sig")
    assert list(compared.columns) == [column.name for column in SITES]
    assert sorted(compared["site"].unique()) == ["site-001", "site-002"]
    run("audit", "2026", "--database", database, "--site", "site-002", "--out", "alone")
    alone = pd.read_csv(tmp_path / "alone" / "summary.csv", encoding="utf-8-sig")
    of_site = compared[compared["site"] == "site-002"].drop(columns="site").reset_index(drop=True)
    pd.testing.assert_frame_equal(of_site, alone, check_dtype=False)


def test_a_small_group_of_a_site_is_suppressed_and_no_file_has_a_case(run: Run, database: Path, tmp_path: Path) -> None:
    run("compare", "2026-10", "--database", database, "--out", "sites")
    assert sorted(path.name for path in (tmp_path / "sites").iterdir()) == ["sites.csv", "sites.json"]
    compared = pd.read_csv(tmp_path / "sites" / "sites.csv", encoding="utf-8-sig")
    small = compared[compared["suppressed"] == "yes"]
    assert len(small) > 0
    assert (
        small.drop(columns=["site", "procedure_id", "procedure_name", "zone", "region", "contested", "suppressed"])
        .isna()
        .all(axis=None)
    )
    assert compared["n"].min() >= 5


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_sites_of_a_dataset_are_those_of_the_database(
    engine: str, run: Run, database: Path, dataset: Path, tmp_path: Path
) -> None:
    run("compare", "2026-10", "--database", database, "--out", "database")
    run("compare", "2026-10", "--from", dataset, "--engine", engine, "--out", engine)
    for name in ("sites.csv", "sites.json"):
        assert (tmp_path / engine / name).read_bytes() == (tmp_path / "database" / name).read_bytes()


def test_each_site_is_compared_by_its_own_policy_and_background(database: Path, tmp_path: Path) -> None:
    file = settings(tmp_path, "[sites.site-002]\npolicy = 'us_forward'\nbackground = 'germany'\n")
    compare_sites(load({"database": str(database)}, environ={}, file=file), "2026-10", tmp_path / "sites")
    made = json.loads((tmp_path / "sites" / "sites.json").read_text())["sites"]
    assert (made["site-001"]["policy"], made["site-002"]["policy"]) == ("capacity_aware", "us_forward")
    assert (made["site-001"]["background"], made["site-002"]["background"]) == ("us_ncrp160", "germany")


def test_settings_made_without_a_file_have_other_sites_too() -> None:
    assert Config(policy="us_forward").of_site("south") == Config(policy="us_forward", site="south")
