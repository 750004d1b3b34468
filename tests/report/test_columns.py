"""The columns of the files are a contract with everyone who reads them."""

import re
from collections.abc import Sequence
from typing import Any

import pytest

from alara.audit import CASE_COLUMNS, SUMMARY_COLUMNS
from alara.report.columns import CASES, SUMMARY, Column, check

PROCEDURES_CSV = """
case_id date started site device manufacturer model kind description procedure_id procedure_name zone region
matched_by match_confidence age_band sex fluoroscopy_time_s fluoroscopy_time_basis p_ka_gycm2 p_ka_basis ka_r_mgy
ka_r_basis field_area_cm2 effective_dose_low_msv effective_dose_msv effective_dose_high_msv coefficient_id
coefficient_status background_days_low background_days background_days_high background_id psd_low_mgy psd_high_mgy
substantial_dose grade_us_forward grade_capacity_aware grade_fluoro_standard contested us_review us_reason
us_review_reasons planes events reports quirks findings complete stands_out
"""

SUMMARY_CSV = """
procedure_id procedure_name zone region n n_us_forward n_capacity_aware n_fluoro_standard contested n_p_ka
n_effective_dose p_ka_median_gycm2 p_ka_p75_gycm2 ka_r_median_mgy fluoroscopy_time_median_s fluoroscopy_time_p75_s
effective_dose_median_low_msv effective_dose_median_msv effective_dose_median_high_msv background_days_median
suppressed
"""

UNITS = {"_gycm2": "Gy.cm2", "_mgy": "mGy", "_msv": "mSv", "_cm2": "cm2", "_s": "s"}


def test_names_of_procedures_csv_are_the_contract() -> None:
    assert " ".join(column.name for column in CASES) == " ".join(PROCEDURES_CSV.split())


def test_names_of_summary_csv_are_the_contract() -> None:
    assert " ".join(column.name for column in SUMMARY) == " ".join(SUMMARY_CSV.split())


def test_what_the_audit_makes_is_what_the_contract_names() -> None:
    assert tuple(column.name for column in SUMMARY) == SUMMARY_COLUMNS
    assert tuple(column.name for column in CASES) == CASE_COLUMNS


@pytest.mark.parametrize("columns", [CASES, SUMMARY], ids=["procedures", "summary"])
def test_every_column_says_what_it_means(columns: Sequence[Column]) -> None:
    assert all(re.fullmatch(r"[A-Za-z].*\.", column.meaning) for column in columns)


@pytest.mark.parametrize("column", [*CASES, *SUMMARY], ids=lambda column: column.name)
def test_the_unit_rides_in_the_name(column: Column) -> None:
    if not column.unit or column.unit == "1":
        return
    endings = [unit for ending, unit in UNITS.items() if column.name.endswith(ending)]
    assert column.unit in (endings or ["d"])


def test_no_column_could_hold_who_a_patient_is() -> None:
    telling = re.compile(r"patient|birth|mrn|accession|uid|address|operator|physician|name")
    names = {column.name for column in (*CASES, *SUMMARY)}
    assert {name for name in names if telling.search(name)} == {"procedure_name"}


def test_an_unknown_and_a_missing_column_are_both_named(audit: Any) -> None:
    frame = audit.cases.drop(columns="p_ka_gycm2").assign(patient_id="1")
    with pytest.raises(ValueError, match=r"missing: p_ka_gycm2; unknown: patient_id"):
        check(frame, CASES)


def test_another_order_breaks_the_contract(audit: Any) -> None:
    with pytest.raises(ValueError, match="order"):
        check(audit.cases[[*audit.cases.columns[::-1]]], CASES)
