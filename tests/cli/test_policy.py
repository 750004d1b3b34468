from __future__ import annotations

import json
from pathlib import Path

import pytest

from alara.errors import ConfigError, NothingFound, UsageError
from alara.knowledge import load
from tests.cli.conftest import Run


def test_policies_are_shown_with_what_they_count(run: Run) -> None:
    policies = json.loads(run("policy", "show", "--json").stdout)["policies"]
    assert [entry["id"] for entry in policies] == ["us_forward", "capacity_aware", "fluoro_standard"]
    for entry in policies:
        assert sum(entry["grades"].values()) == len(load().procedures)
        assert not set(entry["alternatives"]) & set(entry["contested_alternatives"])
    assert "10 CFR 20.1003" in run("policy", "show", "capacity_aware").stdout


def test_the_projects_own_knowledge_is_consistent_and_says_how_much_of_it_no_source_was_seen_for(run: Run) -> None:
    out, known = run("policy", "check").stdout, load()
    assert out.startswith(f"The knowledge is consistent: {len(known.procedures)} procedures. Knowledge ")
    proposals = sum(entry.status == "proposal" for entry in known.procedures.values())
    recalled = sum(entry.status == "recalled" for entry in known.coefficients.values())
    assert f"the grades of {proposals} of {len(known.procedures)} procedures are proposals" in out
    assert f"{recalled} of {len(known.coefficients)} coefficients are recalled" in out
    assert "The site's own files: none" in out


def test_a_folder_is_checked_before_it_counts_and_what_it_changes_is_named(run: Run, tmp_path: Path) -> None:
    background = 'name = "X"\nannual_msv = 2\nscope = "natural"\nstatus = "seen"\ncites = ["BFS"]\n'
    (tmp_path / "backgrounds.toml").write_text(f"[germany]\n{background}\n[town]\n{background}", encoding="utf-8")
    out = run("policy", "check", tmp_path).stdout
    assert "backgrounds: replaces germany" in out
    assert "backgrounds: adds town" in out


def test_all_errors_of_a_folder_are_told_at_once(run: Run, tmp_path: Path) -> None:
    (tmp_path / "backgrounds.toml").write_text("[x]\nannual_msv = -1\n", encoding="utf-8")
    (tmp_path / "skin_dose.toml").write_text('[table]\nname = "t"\nlow = "x"\n', encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        run("policy", "check", tmp_path)
    assert "backgrounds.toml: x: annual_msv" in caught.value.message
    assert "skin_dose.toml: table: low" in caught.value.message


def test_the_cases_that_two_policies_see_differently_are_listed(run: Run, database: Path) -> None:
    arguments = ("policy", "diff", "capacity_aware", "us_forward", "--month", "2026-10", "--site", "Test")
    found = json.loads(run(*arguments, "--database", database, "--json").stdout)
    assert found["differ"] == len(found["cases"]) > 0
    assert found["differ"] < found["procedures"]
    assert {tuple(case["us_review"].values()) for case in found["cases"]} <= {
        ("no", "contested"),
        ("no", "alternative exists"),
    }
    out = run(*arguments, "--database", database).stdout
    assert out.startswith(f"{found['differ']} of {found['procedures']} procedures differ between")


def test_a_policy_differs_from_itself_in_nothing(run: Run, database: Path) -> None:
    arguments = ("policy", "diff", "us_forward", "us_forward", "--month", "2026-10", "--site", "Test")
    assert json.loads(run(*arguments, "--database", database, "--json").stdout)["cases"] == []


def test_a_draft_of_the_sites_knowledge_shows_what_it_would_change(run: Run, database: Path, tmp_path: Path) -> None:
    draft = tmp_path / "draft"
    draft.mkdir()
    (draft / "site_map.csv").write_text("description,procedure_id\nsee notes,sij\n", encoding="utf-8")
    arguments = ("policy", "diff", "us_forward", f"us_forward@{draft}", "--month", "2026-10", "--site", "Test")
    (case,) = json.loads(run(*arguments, "--database", database, "--json").stdout)["cases"]
    assert case["procedure_id"] == {"from": "unclassified", "to": "sij"}
    assert case["us_review"] == {"from": "no", "to": "contested"}


def test_what_is_not_there_is_refused(run: Run, database: Path) -> None:
    with pytest.raises(UsageError, match="no policy 'mine'"):
        run("policy", "diff", "mine", "us_forward", "--month", "2026-10", "--site", "Test", "--database", database)
    with pytest.raises(NothingFound, match="2020-01"):
        run("policy", "diff", "us_forward", "us_forward", "--month", "2020-01", "--database", database)
