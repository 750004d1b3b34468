"""What stands out, as people and programs read it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from test_banned_words import BANNED

from alara.audit import Audit
from alara.audit.standing_out import DEVICE_COLUMNS, INSIGHT_COLUMNS, Kind, stand_out
from alara.knowledge import Knowledge, Status
from alara.report import write
from alara.report.standing_columns import DEVICES, INSIGHTS
from alara.report.standing_out import first_lines, shown, standing_as_dict


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(("columns", "due"), [(INSIGHTS, INSIGHT_COLUMNS), (DEVICES, DEVICE_COLUMNS)])
def test_the_columns_are_those_of_the_frames_and_are_explained(columns: Any, due: Any) -> None:
    assert tuple(column.name for column in columns) == due
    assert all(column.meaning.endswith(".") and not BANNED.search(column.meaning) for column in columns)


def test_the_codes_of_the_cases_are_those_of_the_insights(
    audit_with_wrong_units: Audit, knowledge: Knowledge, tmp_path: Path
) -> None:
    write(audit_with_wrong_units, tmp_path, knowledge)
    insights = read(tmp_path / "insights.csv")
    assert [row["order"] for row in insights] == [str(n) for n in range(1, len(insights) + 1)]
    odd = {case for row in insights if row["code"] == "unit_error" for case in row["cases"].split()}
    marked = {row["case_id"] for row in read(tmp_path / "procedures.csv") if "unit_error" in row["stands_out"].split()}
    assert odd == marked
    assert len(odd) == 7


def test_what_may_make_numbers_wrong_comes_first_for_people_and_programs(
    audit_with_wrong_units: Audit, knowledge: Knowledge
) -> None:
    found = stand_out(audit_with_wrong_units, knowledge)
    assert next(first_lines(found)).startswith("1. P_KA and K_a,r do not fit together in")
    assert shown(found).first[0].code == standing_as_dict(found)[0]["code"] == "unit_error"
    assert len({told.code for told in shown(found).first}) == len(shown(found).first)


def test_every_source_of_an_insight_is_among_the_references_of_the_page(
    month: Callable[..., Audit], knowledge: Knowledge, tmp_path: Path
) -> None:
    audit = month(400)
    write(audit, tmp_path, knowledge)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    cited = {name for each in stand_out(audit, knowledge).insights for name in each.cites}
    assert cited
    assert all(f'id="ref-{name}"' in page for name in cited)
    assert 'id="standing-out"' in page


def test_the_terminal_names_the_status_of_sources_that_nobody_saw_and_of_no_others(
    audit_with_wrong_units: Audit, knowledge: Knowledge, tmp_path: Path
) -> None:
    found = stand_out(audit_with_wrong_units, knowledge)
    (first, *_) = found.insights
    for status, end in ((Status.SEEN, ""), (Status.DERIVED, ""), (Status.RECALLED, " (source: recalled)")):
        told = next(first_lines(replace(found, insights=(replace(first, status=status),))))
        assert told == f"1. {first.what} {first.action}{end}"
    write(audit_with_wrong_units, tmp_path, knowledge)
    rows = read(tmp_path / "insights.csv")
    assert [row["status"] for row in rows] == [each["status"] for each in standing_as_dict(found)]
    assert all(row["status"] for row in rows)


def test_no_kind_of_insight_blames_anybody(audit_with_wrong_units: Audit, knowledge: Knowledge) -> None:
    said = [each.what + each.action + each.model for each in stand_out(audit_with_wrong_units, knowledge).insights]
    assert [text for text in said if BANNED.search(text)] == []
    assert {kind for kind in Kind if BANNED.search(kind.value)} == set()
