"""Each kind of thing that stands out: explained wherever its code is, and with the status of its sources."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pandas as pd
import pytest

from alara.audit import Period, run
from alara.audit.standing_out import Around, Insight, Kind, stand_out, whole
from alara.audit.standing_out.insight import weakest
from alara.knowledge import Knowledge, Status
from alara.report.columns import CASES

METHODS = Path(__file__).parents[2] / "docs" / "methods"
Month = Callable[..., pd.DataFrame]
OCTOBER = Period.parse("2026-10")


@pytest.mark.parametrize("kind", list(Kind))
def test_each_kind_has_its_row_in_the_methods(kind: Kind) -> None:
    text = (METHODS / "standing-out.md").read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if line.startswith("|") and f"`{kind}`" in line.split("|")[1]]
    if kind.value.startswith("lever_"):
        assert f"`{kind}`" in (METHODS / "levers.md").read_text(encoding="utf-8")


def test_the_column_of_the_cases_names_each_code_that_a_case_may_carry(
    month: Month, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    carried: set[Kind] = set()

    def noted(flagged: Mapping[Kind, Iterable[str]]) -> dict[str, str]:
        carried.update(flagged)
        return {}

    monkeypatch.setattr(whole, "_by_case", noted)
    stand_out(run(month({}), period=OCTOBER, knowledge=knowledge, site="main"), knowledge)
    (column,) = (column for column in CASES if column.name == "stands_out")
    assert carried == {kind for kind in Kind if re.search(rf"\b{kind}\b", column.meaning)}


def test_the_weakest_of_the_sources_is_the_status(knowledge: Knowledge) -> None:
    assert weakest([Status.SEEN, Status.RECALLED, Status.DERIVED]) is Status.RECALLED
    assert weakest([Status.PROPOSAL, Status.RECALLED]) is Status.PROPOSAL
    assert weakest([]) is None
    assert {weakest([status]) for status in Status} == set(Status)


def test_every_insight_has_the_status_of_its_sources(month: Month, knowledge: Knowledge) -> None:
    procedures = month(*({"p_ka_gycm2": 2.0 + 0.04 * n, "ka_r_mgy": 20.0 + 0.4 * n} for n in range(25)))
    audit = run(procedures, period=OCTOBER, knowledge=knowledge, site="main")
    found = stand_out(audit, knowledge, Around(procedures=procedures)).insights
    assert found
    assert {each.status for each in found} == {
        weakest(knowledge.references[name].status for name in each.cites) for each in found
    }


def test_what_is_of_one_case_names_the_command_that_explains_it(knowledge: Knowledge) -> None:
    def told(action: str, *cases: str) -> str:
        insight = Insight(
            kind=Kind.OUTLIER, what="", number=None, unit="1", of=None, model="", cites=("DESIGN",),
            action=action, cases=cases,
        )  # fmt: skip
        return insight.of_sources(knowledge.references).action

    assert told("Look with alara explain CASE: size.", "case7") == "Look with alara explain case7: size."
    assert told("Fill it in.", "case7") == "Fill it in. The case: alara explain case7"
    assert told("Look with alara explain CASE.", "case7", "case8") == "Look with alara explain CASE."


@pytest.mark.parametrize(
    ("period", "longer"),
    [
        ("2026-02", "2026-Q1"),
        ("2025-12", "2025-Q4"),
        ("2026-Q3", "2026"),
        ("2026", ""),
        ("2026-03-20..2026-04-05", "2026"),
        ("2025-12-20..2026-01-05", ""),
    ],
)
def test_a_longer_period_is_the_quarter_or_the_year_about_it(period: str, longer: str) -> None:
    assert Period.parse(period).longer == longer


def test_too_few_cases_for_a_level_send_to_the_quarter_of_the_audited_month(month: Month, knowledge: Knowledge) -> None:
    procedures = month(*[{}] * 6)
    audit = run(procedures, period=OCTOBER, knowledge=knowledge, site="main")
    (told,) = (each for each in stand_out(audit, knowledge).insights if each.kind is Kind.LOCAL_LEVEL)
    assert "alara audit 2026-Q4" in told.action
    earlier = Period.parse("2026-05")
    procedures = procedures.assign(started=procedures["started"] - pd.Timedelta(days=150))
    audit = run(procedures, period=earlier, knowledge=knowledge, site="main")
    (told,) = (each for each in stand_out(audit, knowledge).insights if each.kind is Kind.LOCAL_LEVEL)
    assert "alara audit 2026-Q2" in told.action
