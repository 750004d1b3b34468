"""Numbers as people read them: no more figures than are known, and never a zero for what is missing."""

import pytest

from alara.report import numbers


@pytest.mark.parametrize(
    ("value", "figures", "text"),
    [
        (2.8, 3, "2.80"),
        (0.003124, 2, "0.0031"),
        (1834, 3, "1,830"),
        (9.996, 3, "10.0"),
        (0, 3, "0"),
        (0.995, 2, "0.99"),
        (99.7, 2, "100"),
        (None, 3, "–"),
        (float("nan"), 3, "–"),
    ],
)
def test_significant_figures_in_plain_decimals(value: float | None, figures: int, text: str) -> None:
    assert numbers.significant(value, figures) == text


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (0.2, 0.45, "0.20–0.45"),
        (0.0002, 0.0009, "< 1 µSv"),
        (0.0004, 0.0021, "up to 0.0021"),
        (1.0, 1.0, "1.0"),
        (None, 0.3, "–"),
        (float("nan"), float("nan"), "–"),
    ],
)
def test_effective_dose_is_a_range_of_two_figures(low: float | None, high: float | None, text: str) -> None:
    assert numbers.dose_range(low, high) == text


@pytest.mark.parametrize(
    ("low", "middle", "high", "dose", "text"),
    [
        (12, 28, 61, 0.24, "12–61"),
        (0.4, 1.2, 3.1, 0.01, "up to 3.1"),
        (None, 28, None, 0.24, "28"),
        (0.01, 0.05, 0.1, 0.0009, "–"),
        (0.1, 0.2, 0.4, 0.0017, "< 1"),
        (12, 28, 61, None, "–"),
    ],
)
def test_background_days_are_left_out_below_one_microsievert(
    low: float | None, middle: float | None, high: float | None, dose: float | None, text: str
) -> None:
    assert numbers.days(low, middle, high, dose_msv=dose) == text


def test_share_of_nothing_has_no_length() -> None:
    assert numbers.width(0, 0) == 0.0
    assert numbers.width(1, 3) == 33.33
