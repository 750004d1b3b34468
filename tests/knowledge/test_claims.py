"""Every claim of the starting documents has its place, or a reason why not."""

from __future__ import annotations

import re

from alara.knowledge import Knowledge, load
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "methods" / "claims.md"
#: The claims of the four documents, numbered as in the table.
CLAIMS = [
    f"{document}{number}" for document, last in zip("ABCD", (8, 9, 9, 9), strict=True) for number in range(1, last + 1)
]


def rows() -> list[list[str]]:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if re.match(r"\| [A-D]\d ", line)]


def test_each_of_the_35_claims_has_a_line_with_its_place() -> None:
    assert [row[0] for row in rows()] == CLAIMS
    assert len(CLAIMS) == 35
    assert all(len(row) == 3 and row[2] for row in rows())


def test_what_a_claim_points_to_is_there() -> None:
    knowledge: Knowledge = load()
    for _, _, place in rows():
        for link in re.findall(r"\]\(([^)]+)\)", place):
            assert (PAGE.parent / link).is_file(), link
        for word in re.findall(r"Evidence of `(\w+)`", place):
            assert knowledge.procedures[word].evidence, word


def test_trials_that_the_editorial_cites_are_evidence_for_ultrasound() -> None:
    told = {
        name: " ".join(item.says for item in entry.evidence if item.side == "for_ultrasound")
        for name, entry in load().procedures.items()
    }
    for name, trial in (
        ("mbb_lumbar", "Nisolle"),
        ("rfa_facet", "Awad"),
        ("esi_tf_lumbar", "Mansour"),
        ("discography", "Zhao"),
    ):
        assert trial in told[name]


def test_soft_tissue_near_the_skin_is_preferred_under_every_policy() -> None:
    procedures = load().procedures
    for name in ("gt_bursa", "subacromial", "biceps", "tendon_sheath", "trigger_point", "carpal_tunnel"):
        entry = procedures[name]
        assert {entry.us_forward, entry.capacity_aware, entry.fluoro_standard} == {"preferred"}, name


def test_accuracy_against_landmark_is_marked_where_it_is_evidence() -> None:
    figures = [
        item
        for entry in load().procedures.values()
        for item in entry.evidence
        if {"HOEBER2016", "S001"} & set(item.cites) and "%" in item.says
    ]
    assert figures
    assert all(item.comparator == "landmark" for item in figures)
