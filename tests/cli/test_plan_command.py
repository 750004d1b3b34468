from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from alara.errors import DatabaseMissing, NothingFound, UsageError
from tests.cli.conftest import Run
from tests.cli.test_words_of_commands import told


def test_a_month_is_planned_and_its_groups_are_written(run: Run, database: Path, tmp_path: Path) -> None:
    arguments = ("plan", "--slots-per-week", "2", "--site", "Test", "--database", database)
    found = json.loads(run(*arguments, "--month", "2026-10", "--csv", tmp_path / "plan.csv", "--json").stdout)
    assert (found["period"], found["slots"], found["weights"]) == ("2026-10", 8, "age-sex")
    assert 0 < found["plan"]["routed"] <= 8
    assert found["plan"]["averted_msv"]["low"] < found["plan"]["averted_msv"]["high"]
    with (tmp_path / "plan.csv").open(encoding="utf-8-sig") as file:
        assert len(list(csv.DictReader(file))) == len(found["groups"])
    text = run(*arguments).stdout
    assert text.startswith("2 ultrasound slots a week in October 2026")
    assert told(text) == []


def test_weights_can_be_blind_to_sex_or_alike(run: Run, database: Path) -> None:
    arguments = ("plan", "--slots-per-week", "2", "--site", "Test", "--database", database, "--json")
    for weights in ("sex-blind", "unit"):
        assert json.loads(run(*arguments, "--weights", weights).stdout)["weights"] == weights
    with pytest.raises(UsageError, match="no weighting 'mine'"):
        run(*arguments, "--weights", "mine")


def test_an_audit_with_slots_has_the_plan_beside_it(run: Run, database: Path, tmp_path: Path) -> None:
    run("audit", "2026-10", "--slots-per-week", "2", "--site", "Test", "--database", database, "--out", tmp_path / "a")
    assert (tmp_path / "a" / "plan.csv").is_file()
    run("audit", "2026-10", "--site", "Test", "--database", database, "--out", tmp_path / "b")
    assert not (tmp_path / "b" / "plan.csv").exists()


def test_a_plan_writes_a_folder_of_its_own_and_never_into_an_audit(run: Run, database: Path, tmp_path: Path) -> None:
    arguments = ("plan", "--slots-per-week", "2", "--site", "Test", "--database", database, "--month", "2026-10")
    assert "plan.html" in run(*arguments, "--out", tmp_path / "a").stdout
    assert {path.name for path in (tmp_path / "a").iterdir()} == {"plan.csv", "columns.csv", "plan.html"}
    page = (tmp_path / "a" / "plan.html").read_text(encoding="utf-8")
    assert "2 ultrasound slots a week in October 2026" in page
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(re.findall(r'id="([^"]+)"', page))
    before = {path.name: path.read_bytes() for path in (tmp_path / "a").iterdir()}
    run(*arguments, "--out", tmp_path / "a", "--json")
    assert {path.name: path.read_bytes() for path in (tmp_path / "a").iterdir()} == before
    run("audit", "2026-10", "--site", "Test", "--database", database, "--out", tmp_path / "audit")
    with pytest.raises(UsageError, match="holds an audit"):
        run(*arguments, "--out", tmp_path / "audit")


def test_an_audit_with_slots_and_nothing_to_route_says_so(run: Run, database: Path, tmp_path: Path) -> None:
    arguments = ("audit", "2026-10", "--slots-per-week", "2", "--site", "Test", "--database", database)
    assert "no plan" not in run(*arguments, "--out", tmp_path / "planned").stdout
    (tmp_path / "us_operators.toml").write_text('[OP3]\nprocedures = ["hsg"]\n', encoding="utf-8")
    said = run(*arguments, "--knowledge", tmp_path, "--out", tmp_path / "none").stdout
    assert re.search(r"None of the \d+ procedures of 2026-10 may be routed to ultrasound under \w+\.", said)
    groups = (*arguments, "--groups-only", "--out", tmp_path / "groups")
    assert "Of groups alone there is no plan" in run(*groups).stdout
    assert json.loads(run(*groups, "--json").stdout)["no_plan"].startswith("Of groups alone")


def test_nothing_to_plan_is_one_sentence_with_the_next_command(run: Run, database: Path, tmp_path: Path) -> None:
    site = ("--site", "Test", "--database", database)
    with pytest.raises(UsageError, match="No ultrasound slots") as none_given:
        run("plan", *site)
    assert "--slots-per-week 12" in none_given.value.hint
    with pytest.raises(UsageError, match="No ultrasound slots"):
        run("plan", "--slots-per-week", "0", *site)
    slots = ("--slots-per-week", "2", "--database", database)
    with pytest.raises(NothingFound, match="no procedure of 2020-01") as empty:
        run("plan", *slots, "--site", "Test", "--month", "2020-01")
    assert "alara list" in empty.value.hint
    with pytest.raises(NothingFound, match="no procedure at site 'Elsewhere'"):
        run("plan", *slots, "--site", "Elsewhere")
    (tmp_path / "us_operators.toml").write_text('[OP3]\nprocedures = ["hsg"]\n', encoding="utf-8")
    with pytest.raises(NothingFound, match=r"None of the \d+ procedures of 2026-10 may be routed") as nobody:
        run("plan", *slots, "--site", "Test", "--knowledge", tmp_path)
    assert "alara policy reasons" in nobody.value.hint


def test_no_slots_are_refused_before_any_work(run: Run, database: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No ultrasound slots"):
        run("plan", "--slots-per-week", "0", "--database", database)
    (empty := tmp_path / "empty.sqlite").touch()
    for missing in (empty, tmp_path / "none.sqlite"):
        with pytest.raises(DatabaseMissing):  # what has to be there first is told first
            run("plan", "--slots-per-week", "0", "--database", missing)
    code = (
        "import sys\nfrom alara.app.plan import plan_month\nfrom alara.config import Config\n"
        "try:\n    plan_month(Config(database=sys.argv[1]), None)\nexcept Exception as error:\n"
        "    sys.exit(100 if 'pandas' in sys.modules else error.exit_code)\n"
    )
    assert subprocess.run([sys.executable, "-c", code, str(database)], check=False).returncode == UsageError.exit_code


def test_numbers_above_a_thousand_are_set_apart(run: Run, database: Path) -> None:
    out = run("plan", "--slots-per-week", "9999", "--site", "Test", "--database", database).stdout
    assert out.startswith("9,999 ultrasound slots a week")
    assert "with 10,000 a week" in out
    assert re.findall(r"(?<![\d.,-])\d{5,}(?![\w.])", out) == []
