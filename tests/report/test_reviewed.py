"""What the page and the terminal say of reviews open and closed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

from alara.audit import Flag, review_rows
from alara.knowledge import Knowledge
from alara.report.beside import Beside
from alara.report.columns import REVIEW_ENTRIES, REVIEWS, Column
from alara.report.csv import frame_csv
from alara.report.page import page
from alara.report.reviewed import CASES_SHOWN, reviewed, reviews_dict, reviews_sentence
from alara.reviews import Action, ReviewEntry, Verdict
from tests.report.test_banned_words import BANNED

CONTRACT = """
case_id date site device procedure_id procedure_name p_ka_gycm2 effective_dose_msv in_period reasons state closed_as
closed_by last_entry_at entries reasons_since
"""
ENTRIES = "entry_id case_id at action closed_as by note reasons"


def closed(case_id: str, verdict: Verdict, reasons: str = "") -> tuple[ReviewEntry, ...]:
    at = datetime(2026, 11, 2, 12, tzinfo=UTC)
    entry = ReviewEntry(case_id=case_id, at=at, action=Action.CLOSED, verdict=verdict, by="R2", note="a sentence")
    return (ReviewEntry(**{name: getattr(entry, name) for name in entry.__slots__} | {"reasons": reasons}),)


@pytest.fixture(scope="module")
def rows(audit: Any) -> pd.DataFrame:
    """The month's reviews: three cases closed, the first of them without the reasons that it now has."""
    asked = review_rows(audit.cases, {}).head(3)
    verdicts = (Verdict.OPTIMISE, Verdict.TRAINING, Verdict.TRAINING)
    seen = ["", *asked["reasons"].iloc[1:]]
    histories = {
        case_id: closed(case_id, verdict, words)
        for case_id, verdict, words in zip(asked["case_id"], verdicts, seen, strict=True)
    }
    return review_rows(audit.cases, histories)


def test_the_columns_are_the_contract(rows: pd.DataFrame) -> None:
    assert " ".join(column.name for column in REVIEWS) == " ".join(CONTRACT.split())
    assert " ".join(column.name for column in REVIEW_ENTRIES) == ENTRIES
    assert frame_csv(rows, REVIEWS).count(b"\n") == len(rows) + 1


@pytest.mark.parametrize("columns", [REVIEWS, REVIEW_ENTRIES], ids=["reviews", "entries"])
def test_every_column_says_what_it_means_and_no_more_than_the_evidence(columns: Sequence[Column]) -> None:
    assert all(column.meaning.endswith(".") and not BANNED.search(column.meaning) for column in columns)


def test_the_sentence_counts_open_and_closed_and_what_came_later(rows: pd.DataFrame) -> None:
    n = len(rows) - 3
    assert reviews_sentence(rows) == f"Reviews: {n} open, 3 closed; 1 closed case with a reason that came later."
    old = rows.assign(in_period="no")
    assert reviews_sentence(old).startswith(f"Reviews: {n} open ({n} from before), 3 closed (3 from before)")
    assert reviews_sentence(rows.head(0)) == "Reviews: 0 open, 0 closed."


def test_the_counts_for_programs_are_those_of_the_sentence(rows: pd.DataFrame) -> None:
    counts = reviews_dict(rows)
    assert (counts["open"], counts["closed"], counts["open_from_before"]) == (len(rows) - 3, 3, 0)
    assert counts["closed_as"] == {"justified": 0, "optimise": 1, "equipment": 0, "training": 2, "data-error": 0}


def test_the_section_shows_the_first_cases_and_counts_the_rest(rows: pd.DataFrame) -> None:
    section = reviewed(rows)
    assert len(section.open) == CASES_SHOWN
    assert section.open_left_out == len(rows) - 3 - CASES_SHOWN
    assert [case.closed_as for case in section.closed] == rows.tail(3).sort_values("case_id")["closed_as"].tolist()
    assert sum(n for _, _, n in section.findings) == 3
    words = [text.split() for text in rows["reasons"]]
    for reason in section.reasons:
        assert reason.open + reason.closed == sum(reason.code in of_case for of_case in words)


def test_the_page_shows_them_and_no_note(audit: Any, knowledge: Knowledge, rows: pd.DataFrame) -> None:
    html = page(audit, knowledge, [], Beside(reviews=rows)).decode()
    assert reviews_sentence(rows) in html
    assert 'href="#reviews"' in html
    assert "a sentence" not in html
    for case_id in rows.loc[rows["state"] == "closed", "case_id"]:
        assert html.count(case_id) >= 1


def test_no_word_of_flags_and_findings_says_more_than_the_evidence() -> None:
    words = [*(flag.words for flag in Flag), *(verdict.words for verdict in Verdict)]
    assert [text for text in words if BANNED.search(text)] == []
