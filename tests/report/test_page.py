"""The page says what the audit found, in one file that asks nothing of a network and is whole without its script."""

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from alara.knowledge import Knowledge
from alara.report import quality
from alara.report.links import linked
from alara.report.page import page
from alara.report.review import CASES_A_GROUP, GROUPS, review
from alara.report.sentences import CASE_IDS, FOOTER, awaiting, implausible, period_words, verdict
from alara.report.view import build


class Elements(HTMLParser):
    """Every element with its attributes, and the text of the page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, attribute: str) -> list[str]:
        return [attributes[attribute] or "" for _, attributes in self.elements if attribute in attributes]


@pytest.fixture(scope="module")
def html(audit: Any, knowledge: Knowledge) -> str:
    return page(audit, knowledge, [("procedures.csv, SHA-256", "0" * 64)]).decode("utf-8")


@pytest.fixture(scope="module")
def elements(html: str) -> Elements:
    return Elements(html)


def test_only_the_hashed_style_and_script_may_be_applied(html: str) -> None:
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    script = re.search(r"<script>(.*?)</script>", html, re.DOTALL)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    assert style
    assert script
    assert policy
    of_style, of_script = (
        base64.b64encode(hashlib.sha256(each[1].encode("utf-8")).digest()).decode("ascii") for each in (style, script)
    )
    assert policy[1].replace("&#39;", "'") == (
        f"default-src 'none'; style-src 'sha256-{of_style}'; script-src 'sha256-{of_script}'; base-uri 'none'; "
        "form-action 'none'"
    )


def test_nothing_is_loaded_and_only_the_pages_own_script_runs(elements: Elements, html: str) -> None:
    tags = Counter(tag for tag, _ in elements.elements)
    assert tags["script"] == 1
    assert not re.search(r"\beval\b|Function\(|fetch|XMLHttp|innerHTML|import\(", html.split("<script>")[1])
    assert not tags.keys() & {"link", "img", "iframe", "object", "form", "input"}
    assert not elements.all("src")
    assert not elements.all("style")
    assert all(target.startswith("#") for target in elements.all("href"))
    assert not [name for _, attributes in elements.elements for name in attributes if name.startswith("on")]


def test_what_operators_typed_is_escaped(html: str) -> None:
    assert html.count("<script") == 1
    assert html.index("<script>") > html.index("</footer>")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "Site &lt;A&gt; &amp; B" in html


def test_reasons_lead_to_their_references(html: str) -> None:
    reasons = re.findall(r'<p class="reason">(.*?)</p>', html)
    assert len(reasons) > 5
    assert [reason for reason in reasons if '<a href="#ref-' not in reason] == []


def test_a_sentence_is_escaped_and_only_known_ids_are_links() -> None:
    assert linked("<b> (S001, NOBODY) AS001", ["S001"]) == '&lt;b&gt; (<a href="#ref-S001">S001</a>, NOBODY) AS001'


def test_every_link_has_its_target_and_every_id_is_its_own(elements: Elements) -> None:
    ids = Counter(elements.all("id"))
    assert {target.removeprefix("#") for target in elements.all("href")} <= ids.keys()
    assert set(ids.values()) == {1}


def test_every_table_has_a_caption_and_every_drawing_is_silent(elements: Elements) -> None:
    tags = Counter(tag for tag, _ in elements.elements)
    assert tags["table"] == tags["caption"]
    assert tags["main"] == tags["h1"] == tags["header"] == tags["footer"] == 1
    assert all(attributes.get("aria-hidden") == "true" for tag, attributes in elements.elements if tag == "svg")


def test_the_footer_stands_word_for_word(elements: Elements) -> None:
    assert FOOTER in elements.text


def test_background_is_named_with_its_citation_and_status(elements: Elements) -> None:
    assert "United States, 3.1 mSv a year (natural, 2009)" in elements.text
    assert "NCRP160, recalled, source not yet checked" in elements.text


def test_versions_and_digests_are_there(elements: Elements, knowledge: Knowledge) -> None:
    assert knowledge.digest in elements.text
    assert "0" * 64 in elements.text


def test_small_groups_have_no_numbers(elements: Elements, audit: Any) -> None:
    few = audit.summary.loc[audit.summary["suppressed"] == "yes", "procedure_name"]
    assert "Fewer than five cases each" in elements.text
    assert all(name in elements.text for name in few)


def test_contested_procedures_show_both_sides(audit: Any, knowledge: Knowledge, elements: Elements) -> None:
    contested = audit.cases.loc[audit.cases["contested"] == "yes", "procedure_id"].unique()
    assert len(contested)
    for name in contested:
        assert all(item.says in elements.text for item in knowledge.procedures[name].evidence if item.side != "neither")


def test_radiography_is_in_no_box_and_no_list(audit: Any, month: Callable[..., Any], knowledge: Knowledge) -> None:
    assert audit.headline.radiography
    without = replace(audit, cases=audit.cases[audit.cases["kind"] == "fluoroscopy"].reset_index(drop=True))
    assert build(audit, knowledge, []).boxes == build(without, knowledge, []).boxes
    assert build(audit, knowledge, []).contested == build(without, knowledge, []).contested


def test_verdict_counts_alternatives_and_contested_of_those_classified(audit: Any) -> None:
    headline = audit.headline
    assert verdict(audit) == (
        f"An ultrasound alternative exists for {headline.uncontested.count} of {headline.uncontested.of} classified "
        f"procedures in October 2026, and {headline.contested.count} more are contested."
    )


def wrong_units(audit: Any) -> list[str]:
    ids: list[str] = audit.cases.loc[audit.cases["findings"] == "field_area_implausible", "case_id"].tolist()
    return ids


def test_implausible_cases_are_named_before_the_tiles(audit_with_wrong_units: Any, knowledge: Knowledge) -> None:
    ids = wrong_units(audit_with_wrong_units)
    assert len(ids) == 7
    before_the_tiles = page(audit_with_wrong_units, knowledge, []).decode("utf-8").split('class="tiles"')[0]
    assert "7 cases have a P<sub>KA</sub> and K<sub>a,r</sub> that do not fit together" in before_the_tiles
    assert [case_id in before_the_tiles for case_id in ids] == [True] * CASE_IDS + [False] * 2
    assert ", 2 more; see Data quality." in before_the_tiles


def test_a_month_without_implausible_cases_names_none(audit: Any) -> None:
    assert implausible(audit) == ""


def test_implausible_cases_come_last_and_are_in_no_box(audit_with_wrong_units: Any, knowledge: Knowledge) -> None:
    cases, ids = audit_with_wrong_units.cases, set(wrong_units(audit_with_wrong_units))
    knees = review(cases[cases["procedure_id"] == "knee"], "alternative exists")
    (group,) = knees.groups
    marked = [case.case_id in ids for case in group.cases]
    assert marked == sorted(marked)
    assert [case.p_ka.endswith(" !") for case in group.cases] == marked
    assert knees.flagged == any(marked)
    without = replace(audit_with_wrong_units, cases=cases[~cases["case_id"].isin(ids)].reset_index(drop=True))
    assert build(audit_with_wrong_units, knowledge, []).boxes == build(without, knowledge, []).boxes


def test_each_finding_names_its_first_cases_and_counts_the_rest(audit_with_wrong_units: Any) -> None:
    tallies = {tally.code: tally for tally in quality.findings(audit_with_wrong_units.cases)}
    tally = tallies["field_area_implausible"]
    assert (tally.n, tally.cases) == (7, ", ".join([*wrong_units(audit_with_wrong_units)[:CASE_IDS], "2 more"]))


def test_quirks_are_told_in_words_and_unknown_ones_by_their_id(audit: Any) -> None:
    cases = audit.cases.assign(quirks="utc_in_offset no_such_quirk")
    assert {tally.label for tally in quality.quirks(cases)} == {
        "no_such_quirk",
        "Timezone Offset From UTC is written as UTC-04:00. It is read as -0400.",
    }


def test_data_quality_says_that_radiography_is_among_its_cases(audit: Any) -> None:
    cases = audit.cases.assign(kind=["radiography"] * 3 + ["fluoroscopy"] * (len(audit.cases) - 3))
    assert f" of {len(cases):,} (3 of radiography among them) " in quality.summary(cases)
    assert "radiography" not in quality.summary(cases.assign(kind="fluoroscopy"))


def test_page_tells_contested_alternatives_apart_wherever_it_counts(audit: Any, knowledge: Knowledge) -> None:
    view = build(audit, knowledge, [])
    headline = audit.headline
    assert (view.chosen.count, view.chosen.contested) == (headline.uncontested.count, headline.contested.count)
    position = list(knowledge.policies).index(audit.policy)
    for row in view.rows:
        uncontested, contested = row.by_policy[position]
        assert {uncontested, contested} & {"0", "–"}
        assert row.contested or contested in ("0", "–")


def test_alternatives_on_proposed_grades_are_told_first(audit: Any, elements: Elements) -> None:
    share = audit.headline.awaiting_sign_off
    sentence = f"{share.count} of the {share.of} rest on grades that still wait for clinical sign-off."
    assert share.count > 1
    assert sentence == awaiting(audit)
    assert sentence in elements.text


def test_reasons_on_the_page_name_the_policy_and_not_its_id(elements: Elements) -> None:
    assert "Capacity aware grades ultrasound" in elements.text
    assert "capacity_aware grades" not in elements.text


def test_a_month_without_procedures_still_has_its_page(month: Callable[..., Any], knowledge: Knowledge) -> None:
    html = page(month(0), knowledge, []).decode("utf-8")
    assert "No fluoroscopy procedures are recorded for October 2026." in html


def test_a_month_in_which_nothing_is_classified_says_so(month: Callable[..., Any]) -> None:
    empty = month(0)
    headline = replace(empty.headline, procedures=1)
    assert verdict(replace(empty, headline=headline)) == "None of 1 procedure in October 2026 could be classified."


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("2026-10", "October 2026"),
        ("2026-Q4", "Q4 2026"),
        ("2026", "2026"),
        ("2026-10-01..2026-10-15", "2026-10-01 to 2026-10-31"),
    ],
)
def test_periods_are_said_as_people_say_them(audit: Any, label: str, words: str) -> None:
    assert period_words(replace(audit.period, label=label)) == words


def test_review_list_counts_what_it_leaves_out(month: Callable[..., Any]) -> None:
    listed = review(month(2000).cases, "alternative exists")
    assert len(listed.groups) <= GROUPS
    assert all(len(group.cases) <= CASES_A_GROUP for group in listed.groups)
    assert sum(len(group.cases) + group.left_out for group in listed.groups) == listed.total
    assert listed.left_out == ""


def test_review_list_says_how_many_groups_are_left_out(audit: Any) -> None:
    cases = audit.cases.head(2 * (GROUPS + 3)).assign(us_review="contested", procedure_id="x")
    cases["us_reason"] = [f"reason {position % (GROUPS + 3)}" for position in range(len(cases))]
    assert review(cases, "contested").left_out == "6 more cases, in 3 smaller groups, are in procedures.csv."


def test_ten_thousand_procedures_stay_under_two_megabytes(month: Callable[..., Any], knowledge: Knowledge) -> None:
    assert len(page(month(10_000), knowledge, [])) < 2_000_000
