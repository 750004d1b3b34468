"""The plan on the page, in plan.csv, on the terminal and as JSON."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

from rich.console import Console

from alara.audit.plan import PLAN_COLUMNS, kinds
from alara.knowledge import Knowledge
from alara.report import write
from alara.report.beside import Beside
from alara.report.plan import plan_as_dict, plan_csv, print_plan
from alara.report.plan_columns import PERSON_MSV, PLAN

#: No output of a plan speaks of the risk of a person, or puts people in an order.
NOT_OF_PEOPLE = re.compile(r"\brisk|cancer|\brank|lifetime", re.IGNORECASE)


def printed(plan: Any, width: int = 80) -> str:
    out = io.StringIO()
    print_plan(plan, Console(file=out, width=width))
    return out.getvalue()


def test_columns_of_the_file_are_the_contract_and_each_says_what_it_means(plan: Any) -> None:
    assert tuple(column.name for column in PLAN) == PLAN_COLUMNS
    assert all(column.meaning.endswith(".") for column in PLAN)
    assert all((column.unit in ("mSv", PERSON_MSV)) == column.name.endswith("_msv") for column in PLAN)
    header = plan_csv(plan).decode("utf-8-sig").splitlines()[0]
    assert header == ",".join(PLAN_COLUMNS)


def test_a_plan_adds_its_file_its_columns_and_a_section_and_none_without_it(
    audit: Any, knowledge: Knowledge, plan: Any, tmp_path: Path
) -> None:
    names = [path.name for path in write(audit, tmp_path / "with", knowledge, Beside(plan=plan))]
    assert names == [
        "procedures.csv",
        "summary.csv",
        "reviews.csv",
        "insights.csv",
        "devices.csv",
        "plan.csv",
        "columns.csv",
        "report.html",
        "manifest.json",
    ]
    page = (tmp_path / "with" / "report.html").read_text(encoding="utf-8")
    assert 'id="plan"' in page
    assert 'href="#plan"' in page
    assert "5 ultrasound slots a week in October 2026" in page
    explained = (tmp_path / "with" / "columns.csv").read_text(encoding="utf-8-sig")
    assert explained.count("\nplan.csv,") == len(PLAN)
    assert "plan.csv" in json.loads((tmp_path / "with" / "manifest.json").read_text(encoding="utf-8"))["files"]
    write(audit, tmp_path / "without", knowledge)
    assert 'id="plan"' not in (tmp_path / "without" / "report.html").read_text(encoding="utf-8")


def test_every_link_of_the_section_has_its_target(audit: Any, knowledge: Knowledge, plan: Any, tmp_path: Path) -> None:
    write(audit, tmp_path, knowledge, Beside(plan=plan))
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    targets = set(re.findall(r'href="#([^"]+)"', page))
    ids = re.findall(r'id="([^"]+)"', page)
    assert targets <= set(ids)
    assert len(ids) == len(set(ids))


def test_what_was_assumed_without_a_source_stands_beside_the_numbers(plan: Any) -> None:
    text = " ".join(printed(plan).split())
    assert "Assumed without a source, as proposals that await clinical sign-off: success_preferred" in text
    assert "Nobody is put off for dose alone" in text
    proposals = [one["id"] for one in plan_as_dict(plan)["parameters"] if one["status"] == "proposal"]
    assert "wait_limit" in proposals


def test_nothing_in_it_is_said_of_a_person(audit: Any, knowledge: Knowledge, plan: Any, tmp_path: Path) -> None:
    write(audit, tmp_path, knowledge, Beside(plan=plan))
    section = (tmp_path / "report.html").read_text(encoding="utf-8").split('<section id="plan"')[1].split("</section>")
    for text in (printed(plan), str(plan_as_dict(plan)), section[0], plan_csv(plan).decode()):
        assert NOT_OF_PEOPLE.findall(text) == []
        assert not set(audit.cases["case_id"]) & set(re.findall(r"\w+", text))


def test_no_group_of_fewer_than_five_shows_its_size(plan: Any) -> None:
    rows = list(csv.DictReader(io.StringIO(plan_csv(plan).decode("utf-8-sig"))))
    small = [row for row in rows if row["suppressed"] == "yes"]
    assert small
    for row in small:
        assert {row[name] for name in ("n", "n_routed", "averted_msv", "expected_failures")} == {""}
    assert all(int(row["n"]) >= 5 for row in rows if row["suppressed"] == "no")
    for group in plan_as_dict(plan)["groups"]:
        assert (group["n"] is None) == (group["suppressed"] == "yes")
    assert json.dumps(plan_as_dict(plan), allow_nan=False)


def test_procedures_add_up_to_the_groups(plan: Any) -> None:
    rows = kinds(plan.groups)
    assert sum(row.n for row in rows) == plan.candidates
    assert sum(row.routed for row in rows) == plan.best.routed
    shown = plan_as_dict(plan)["procedures_routed"]
    assert shown
    assert all(row["n"] >= 5 for row in shown)


def test_three_ways_of_giving_out_the_slots_stand_side_by_side(plan: Any) -> None:
    text = printed(plan, 100)
    for name in ("The plan", "Young (under 40) and central first", "First come, first served"):
        assert name in text
    assert "One more slot, with 6 a week, averts" in text


def test_the_terminal_keeps_to_its_width(plan: Any) -> None:
    assert max(map(len, printed(plan, 80).splitlines())) <= 80
