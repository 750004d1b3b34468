"""Rounding: the same in every engine, bit for bit."""

from __future__ import annotations

import duckdb
import narwhals as nw
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alara.audit.figures import rounded, significant

AMOUNTS = st.one_of(
    st.floats(0, 1e8, allow_subnormal=False),
    st.decimals(0, 5000, places=7).map(float),
    st.integers(0, 20).map(lambda power: 10.0 ** (power - 10)),
)


@pytest.mark.parametrize(
    ("value", "figures", "expected"),
    [
        (1.234565, 6, 1.23457),
        ((1.23456 + 1.23457) / 2, 6, 1.23457),
        (0.25, 1, 0.3),
        (0.125, 2, 0.13),
        (999.9996, 6, 1000),
        (0.00098765, 2, 0.00099),
        (12_345_678, 6, 12_345_700),
        (0, 6, 0),
    ],
)
def test_halves_go_up_and_figures_are_kept(value: float, figures: int, expected: float) -> None:
    assert significant(value, figures) == expected


@settings(max_examples=30, deadline=None)
@given(values=st.lists(AMOUNTS | st.none(), min_size=1, max_size=30))
def test_memory_and_database_round_alike(values: list[float | None]) -> None:
    frame = pd.DataFrame({"p_ka_gycm2": values, "psd_low_mgy": values, "field_area_cm2": values}, dtype="float64")
    here = nw.to_native(rounded(nw.from_native(frame)))
    with duckdb.connect() as connection:
        relation = connection.from_arrow(pa.Table.from_pandas(frame, preserve_index=False))
        there = nw.to_native(rounded(nw.from_native(relation)).collect("pyarrow")).to_pandas()
    pd.testing.assert_frame_equal(here, there, check_exact=True)
    figures = {"p_ka_gycm2": 6, "psd_low_mgy": 2, "field_area_cm2": 3}
    for name, count in figures.items():
        alone = [None if value is None else significant(value, count) for value in values]
        assert here[name].astype(object).where(here[name].notna(), None).tolist() == alone


def test_counts_are_not_rounded() -> None:
    frame = pd.DataFrame({"n": [1_234_567.0], "n_us_forward": [1_234_567.0]})
    pd.testing.assert_frame_equal(nw.to_native(rounded(nw.from_native(frame))), frame)
