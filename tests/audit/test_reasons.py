"""Which reasons and exceptions a case of the review carries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from alara.audit import Period, run
from alara.errors import ConfigError
from alara.knowledge import Knowledge, load

Month = Callable[..., pd.DataFrame]
SHOULDER = {"study_description": "SHOULDER INJECTION RT", "p_ka_gycm2": 0.1, "ka_r_mgy": 1.0}
ROOMS = '[US1]\ndays = ["mon", "thu"]\nopens = "08:00"\ncloses = "12:30"\n'


def site(folder: Path, **files: str) -> Knowledge:
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return load(folder)


def reasons(procedures: pd.DataFrame, knowledge: Knowledge) -> list[str]:
    audit = run(procedures, period=Period.parse("2026-10"), knowledge=knowledge)
    return audit.cases.sort_values("case_id")["us_review_reasons"].tolist()


def test_a_case_outside_the_rooms_hours_says_so(month: Month, tmp_path: Path) -> None:
    times = ("2026-10-05 07:59", "2026-10-05 08:00", "2026-10-05 12:29", "2026-10-05 12:30", "2026-10-06 09:00")
    cases = month(*(SHOULDER | {"started": pd.Timestamp(time)} for time in times))
    closed = "outside_us_hours"
    assert reasons(cases, site(tmp_path, us_rooms=ROOMS)) == [closed, "", "", closed, closed]


def test_without_rooms_and_operators_nothing_is_said_of_them(month: Month, knowledge: Knowledge) -> None:
    assert reasons(month(SHOULDER | {"started": pd.Timestamp(2026, 10, 4, 3)}), knowledge) == [""]


def test_a_procedure_that_nobody_is_credentialed_for_says_so(month: Month, tmp_path: Path) -> None:
    known = site(tmp_path, us_operators='[OP3]\nprocedures = ["knee"]\n')
    knee = {"study_description": "KNEE INJECTION", "p_ka_gycm2": 0.03, "ka_r_mgy": 0.3}
    assert reasons(month(SHOULDER, knee), known) == ["no_us_operator", ""]


def test_only_a_case_under_review_carries_reasons(month: Month, tmp_path: Path) -> None:
    known = site(tmp_path, us_rooms=ROOMS, us_operators='[OP3]\nprocedures = ["knee"]\n')
    lumbar, unknown = {"study_description": "LUMBAR ESI L4-5"}, {"study_description": "C-ARM USE IN OR"}
    assert reasons(month(lumbar, unknown, SHOULDER | {"kind": "radiography"}), known) == ["", "", ""]


def test_report_and_catalogue_give_reasons_too(month: Month, knowledge: Knowledge) -> None:
    cases = month(
        SHOULDER | {"size_m": 1.6, "weight_kg": 103.0},
        SHOULDER | {"size_m": 1.6, "weight_kg": 102.0},
        SHOULDER | {"size_m": None},
        SHOULDER | {"pregnancy_status": "possibly pregnant"},
        SHOULDER | {"pregnancy_status": "not pregnant"},
        SHOULDER | {"study_description": "SHOULDER INJECTION + WRIST INJECTION"},
        {"study_description": "CAUDAL EPIDURAL"},
    )
    expected = ["body_mass_index", "", "", "pregnancy", "", "combined_procedure", "contrast_needed"]
    assert reasons(cases, knowledge) == expected


def test_a_payer_counts_only_where_the_site_says_that_it_applies(month: Month, knowledge: Knowledge) -> None:
    caudal = month({"study_description": "CAUDAL EPIDURAL"})
    payers = {name: replace(entry, applies=True) for name, entry in knowledge.payers.items()}
    assert reasons(caudal, knowledge) == ["contrast_needed"]
    assert reasons(caudal, replace(knowledge, payers=payers)) == ["contrast_needed payer"]


def test_a_case_whose_text_names_ultrasound_asks_what_each_of_the_two_was_for(
    month: Month, knowledge: Knowledge
) -> None:
    cases = month(SHOULDER | {"study_description": "US guided shoulder inj"}, SHOULDER)
    audit = run(cases, period=Period.parse("2026-10"), knowledge=knowledge).cases.sort_values("case_id")
    assert audit["us_review_reasons"].tolist() == ["ultrasound_named", ""]
    assert audit["findings"].tolist() == ["ultrasound_named", ""]


def test_every_code_that_a_case_can_carry_has_its_words(knowledge: Knowledge) -> None:
    carried = {"outside_us_hours", "no_us_operator", "body_mass_index", "contrast_needed", "payer"}
    carried |= {"combined_procedure", "pregnancy", "ultrasound_named"}
    known = {name for name, entry in knowledge.us_reasons.items() if entry.known_from != "department"}
    assert known == carried
    assert {entry.name for entry in knowledge.us_reasons.values()} >= {
        "availability", "operator", "body mass index", "contrast needed", "payer", "combined procedure",
        "emergency", "patient's choice", "pregnancy",
    }  # fmt: skip
    assert all(entry.words.endswith(".") and entry.asks.endswith(".") for entry in knowledge.us_reasons.values())


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("us_rooms", ROOMS.replace("thu", "thursday"), "'thursday' is not one of"),
        ("us_rooms", ROOMS.replace("12:30", "07:00"), "does not open before it closes"),
        ("us_rooms", ROOMS.replace("08:00", "8"), "must be times"),
        ("us_operators", '[OP3]\nprocedures = ["nose"]\n', "there is no procedure nose"),
        ("us_operators", '[Jones]\nprocedures = ["knee"]\n', "is not a code"),
        ("plan", '[success_preferred]\nquantity = "success"\ngrade = "preferred"\nlow = 2\nvalue = 2\nhigh = 2\n'
                 'unit = "1"\nstatus = "seen"\ncites = ["S000"]\n', "at most 1"),
    ],
)  # fmt: skip
def test_wrong_site_facts_are_refused_and_no_name_is_repeated(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        site(tmp_path, **{name: text})
    assert "Jones" not in caught.value.message
