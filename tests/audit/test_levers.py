"""Levers: the worked example of each, and what must not change an estimate."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from alara.audit.standing_out import Kind
from alara.audit.standing_out.levers import Saving, savings

#: Twenty cases of 2 Gy.cm2 in 20 s and a field of 100 cm2, of which nothing else is known.
SAME = {
    "procedure_id": "esi_il_lumbar",
    "p_ka_gycm2": 2.0,
    "field_area_cm2": 100.0,
    "fluoroscopy_time_s": 20.0,
    "p_ka_acquisition_gycm2": math.nan,
    "pulse_rate_per_s": math.nan,
    "continuous_share": math.nan,
}


def cases(*changes: dict[str, float]) -> pd.DataFrame:
    """Twenty cases; the first ones differ as given."""
    rows = [SAME | {"case_id": f"c{n:02}"} | (changes[n] if n < len(changes) else {}) for n in range(20)]
    return pd.DataFrame(rows)


def only(frame: pd.DataFrame) -> Saving:
    (saving,) = savings(frame, enough=20)
    return saving


def test_where_all_cases_are_alike_no_lever_saves_anything() -> None:
    assert list(savings(cases(), enough=20)) == []


def test_twice_the_time_gives_half_of_its_fluoroscopy_back() -> None:
    saving = only(cases({"fluoroscopy_time_s": 40.0, "p_ka_gycm2": 4.0, "p_ka_acquisition_gycm2": 1.0}))
    assert (saving.kind, saving.quartile, saving.cases, saving.above) == (Kind.LEVER_TIME, 20.0, 20, 1)
    assert saving.saved_gycm2 == pytest.approx((4.0 - 1.0) * (1 - 20 / 40))
    assert saving.share == pytest.approx(1.5 / 42)


def test_twice_the_field_gives_half_of_p_ka_back() -> None:
    saving = only(cases({"field_area_cm2": 200.0, "p_ka_gycm2": 4.0}))
    assert (saving.kind, saving.saved_gycm2) == (Kind.LEVER_FIELD, pytest.approx(2.0))


def test_fifteen_pulses_where_the_quartile_is_five_give_two_thirds_back() -> None:
    saving = only(cases({"pulse_rate_per_s": 15.0}).fillna({"pulse_rate_per_s": 5.0}))
    assert (saving.kind, saving.saved_gycm2) == (Kind.LEVER_PULSE_RATE, pytest.approx(2.0 * (1 - 5 / 15)))


def test_continuous_time_goes_down_to_the_rate_of_pulsed_cases() -> None:
    saving = only(cases({"continuous_share": 0.5, "p_ka_gycm2": 8.0}).fillna({"continuous_share": 0.0}))
    assert (saving.kind, saving.quartile) == (Kind.LEVER_PULSED, pytest.approx(0.1))
    assert saving.saved_gycm2 == pytest.approx(8.0 * 0.5 * (1 - 0.1 / 0.4))


def test_the_share_of_acquisitions_goes_down_to_the_quartile() -> None:
    saving = only(cases({"p_ka_acquisition_gycm2": 1.0}).fillna({"p_ka_acquisition_gycm2": 0.4}))
    assert (saving.kind, saving.quartile) == (Kind.LEVER_ACQUISITION, pytest.approx(0.2))
    assert saving.saved_gycm2 == pytest.approx(1.0 - 1.0 * 0.2 / 0.8)


def test_nineteen_cases_that_state_a_lever_are_too_few() -> None:
    rates = [{"pulse_rate_per_s": 15.0}, *[{"pulse_rate_per_s": 5.0}] * 18]
    assert list(savings(cases(*rates), enough=20)) == []


def test_another_unit_of_p_ka_saves_the_same_share() -> None:
    frame = cases({"fluoroscopy_time_s": 40.0, "p_ka_gycm2": 4.0})
    scaled = frame.assign(p_ka_gycm2=frame["p_ka_gycm2"] * 100)
    assert only(scaled).share == pytest.approx(only(frame).share)
    assert only(scaled).saved_gycm2 == pytest.approx(100 * only(frame).saved_gycm2)


def test_the_order_of_the_cases_changes_no_digit() -> None:
    frame = cases({"fluoroscopy_time_s": 47.3, "p_ka_gycm2": 4.1}, {"fluoroscopy_time_s": 31.7, "p_ka_gycm2": 3.3})
    assert only(frame.iloc[::-1]) == only(frame)
