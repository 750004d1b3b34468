"""The page writes a quantity, a unit and a source in one way, and says under each table what a dash means in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import pytest

from alara.audit import Audit
from alara.audit.plan import Plan
from alara.findings import FindingCode
from alara.knowledge import Knowledge
from alara.report.beside import Beside
from alara.report.links import linked
from alara.report.page import page
from alara.report.review import review
from alara.sr.quirks import QUIRKS

TABLE = re.compile(r"<table.*?</table>\s*(<p class=\"soft dash\">)?", re.DOTALL)
LONE_DASH = re.compile(r"(>|</span>)–<")


@pytest.fixture(scope="module")
def html(audit_with_wrong_units: Audit, plan: Plan, knowledge: Knowledge) -> str:
    """The page of a month in which every finding and every quirk is met."""
    cases = audit_with_wrong_units.cases.copy()
    cases["findings"] = " ".join(code.value for code in FindingCode)
    cases["quirks"] = " ".join(QUIRKS)
    return page(replace(audit_with_wrong_units, cases=cases), knowledge, [], Beside(plan=plan)).decode("utf-8")


def words(html: str) -> str:
    """The text of a page without its style, its script and what operators typed."""
    body = re.sub(r"<(style|script)>.*?</\1>|<td[^>]*class=\"typed\".*?</td>", "", html, flags=re.DOTALL)
    return re.sub(r"<[^>]*>", "", body)


@pytest.mark.parametrize("other", ["P_KA", "K_a,r", "cm2", "(DESIGN", ", DESIGN", "(PROPOSAL"])
def test_nothing_is_written_in_another_way(html: str, other: str) -> None:
    text = words(html)
    places = [text[max(0, match.start() - 60) : match.end() + 20] for match in re.finditer(re.escape(other), text)]
    assert places == []


def test_every_dash_in_a_table_is_explained_under_it(html: str) -> None:
    tables = list(TABLE.finditer(html))
    with_dash = [table for table in tables if LONE_DASH.search(table[0])]
    assert len(with_dash) >= 2
    assert [table[0][:200] for table in with_dash if not table[1]] == []
    assert any(not table[1] for table in tables), "and no other table"


def test_a_mended_habit_leads_from_its_unit_to_what_it_is(html: str) -> None:
    section = html.split('id="units"')[1].split("</section>")[0]
    linked_to = set(re.findall(r'href="#(quirk-\w+)"', section))
    assert {f"quirk-{name}" for name in QUIRKS} == linked_to
    assert all(f'id="{name}"' in html for name in linked_to)


def test_levers_and_units_are_sections_of_their_own(html: str) -> None:
    for name in ("units", "levers"):
        assert html.count(f'<section id="{name}"') == 1
        assert f'<a href="#{name}">' in html.split("<main>")[0]


def test_the_project_s_own_reference_is_told_in_words() -> None:
    assert linked("(PROPOSAL)", ["PROPOSAL"]) == '(<a href="#ref-PROPOSAL">proposed by this project</a>)'


@pytest.mark.parametrize(
    ("dose", "days"),
    [
        ((0.0003, 0.0008, 0.0017), ("up to 0.0017", "< 1")),
        ((0.0002, 0.0004, 0.0009), ("< 1 µSv", "–")),
        ((0.0015, 0.003, 0.0054), ("0.0015–0.0054", "< 1")),
    ],
)
def test_days_are_left_out_where_the_whole_dose_is_below_one_microsievert(
    audit: Audit, knowledge: Knowledge, dose: Sequence[float], days: tuple[str, str]
) -> None:
    case = audit.cases.head(1).assign(us_review="contested")
    names = ["effective_dose_low_msv", "effective_dose_msv", "effective_dose_high_msv"]
    compared = [value / audit.background.annual_msv * 365.25 if dose[1] >= 0.001 else float("nan") for value in dose]
    case[names] = [list(dose)]
    case[["background_days_low", "background_days", "background_days_high"]] = [compared]
    (group,) = review(pd.DataFrame(case), "contested", background=audit.background).groups
    assert (group.cases[0].dose, group.cases[0].days) == days
