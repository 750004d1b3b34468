"""Peak skin dose: always an interval, never from what may be a wrong unit."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alara.audit import Period, alarms, peak_skin_dose, reached, run
from alara.knowledge import Knowledge
from alara.quantities import AirKerma
from tests.audit.conftest import Month

OCTOBER = Period.parse("2026-10")


def test_the_bounds_are_the_products_of_the_factors_ends(knowledge: Knowledge) -> None:
    found = peak_skin_dose(AirKerma(100.0), knowledge)
    assert found.low_mgy == pytest.approx(100 * 0.74 * 0.73 * 0.66 * 1.2 * 1.06 * 0.33)
    assert found.high_mgy == pytest.approx(100 * 1.54 * 1.44 * 1.0 * 1.7 * 1.06 * 1.0)
    assert all(factor.cites for factor in found.factors)


def test_the_truth_is_what_is_displayed_over_what_a_display_may_show_of_it(knowledge: Knowledge) -> None:
    display, deviation = knowledge.skin_dose_factors["display"], knowledge.thresholds["display_accuracy"].value / 100
    assert display.low == pytest.approx(1 / (1 + deviation), abs=0.005)
    assert display.high == pytest.approx(1 / (1 - deviation), abs=0.005)


def test_the_interval_holds_the_range_that_nine_systems_were_measured_to_have(knowledge: Knowledge) -> None:
    """Total conversion factors of 0.8 to 1.6 for frontal tubes of nine systems (PMID 25148168)."""
    found = peak_skin_dose(AirKerma(1.0), knowledge)
    assert found.low_mgy < 0.8 < 1.6 < found.high_mgy


@given(ka_r=st.floats(1e-6, 1e5))
def test_it_is_never_a_lone_number(knowledge: Knowledge, ka_r: float) -> None:
    found = peak_skin_dose(AirKerma(ka_r), knowledge)
    assert 0 < found.low_mgy < found.high_mgy < math.inf


def test_a_case_has_both_bounds_in_two_figures(month: Month, knowledge: Knowledge) -> None:
    case = run(month({"ka_r_mgy": 28.0}), period=OCTOBER, knowledge=knowledge).cases.iloc[0]
    assert (case["psd_low_mgy"], case["psd_high_mgy"], case["substantial_dose"]) == (4.2, 110.0, "")


def test_without_k_a_r_or_with_one_that_does_not_fit_there_is_no_interval(month: Month, knowledge: Knowledge) -> None:
    frame = month({"ka_r_mgy": None}, {"p_ka_gycm2": 0.001, "ka_r_mgy": 500.0}, {"p_ka_gycm2": None, "ka_r_mgy": 28.0})
    cases = run(frame, period=OCTOBER, knowledge=knowledge).cases
    assert cases["psd_high_mgy"].isna().tolist() == [True, True, False]


@pytest.mark.parametrize(
    ("doses", "expected"),
    [
        ({"p_ka_gycm2": 500.0, "ka_r_mgy": None}, "substantial_p_ka"),
        ({"p_ka_gycm2": 499.0, "ka_r_mgy": None}, ""),
        ({"p_ka_gycm2": 400.0, "ka_r_mgy": 5000.0}, "substantial_ka_r substantial_peak_skin_dose"),
        ({"p_ka_gycm2": None, "ka_r_mgy": 1100.0}, "substantial_peak_skin_dose"),
        ({"p_ka_gycm2": None, "ka_r_mgy": None, "fluoroscopy_time_s": 3600.0}, "substantial_fluoroscopy_time"),
        ({"p_ka_gycm2": 1.0, "ka_r_mgy": 10.0, "fluoroscopy_time_s": 7200.0}, ""),
        ({"p_ka_gycm2": None, "ka_r_mgy": None, "fluoroscopy_time_s": None}, ""),
    ],
)
def test_thresholds_of_substantial_dose_are_told_and_counted(
    month: Month, knowledge: Knowledge, doses: dict[str, float | None], expected: str
) -> None:
    audit = run(month(doses), period=OCTOBER, knowledge=knowledge)
    case = audit.cases.iloc[0]
    assert case["substantial_dose"] == expected
    assert audit.headline.substantial.count == bool(expected)
    values = {name: doses.get(name) for name in ("p_ka_gycm2", "ka_r_mgy", "fluoroscopy_time_s")}
    values["psd_high_mgy"] = None if math.isnan(case["psd_high_mgy"]) else case["psd_high_mgy"]
    assert " ".join(threshold.id for threshold in reached(values, alarms(knowledge))) == expected
