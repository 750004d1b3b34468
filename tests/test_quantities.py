from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alara.quantities import AirKerma, EffectiveDose, KermaAreaProduct

amounts = st.lists(st.floats(min_value=0, max_value=1e9), max_size=20)


@given(amounts, st.randoms())
def test_a_total_does_not_depend_on_the_order(parts: list[float], random: object) -> None:
    shuffled = list(parts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert AirKerma.total([AirKerma(p) for p in parts]) == AirKerma.total([AirKerma(p) for p in shuffled])


def test_nothing_has_no_total() -> None:
    assert KermaAreaProduct.total([]) is None


@pytest.mark.parametrize("amount", [math.nan, math.inf, -math.inf, -1e-9])
def test_a_quantity_is_finite_and_not_negative(amount: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        AirKerma(amount)


def test_an_air_kerma_is_not_an_effective_dose() -> None:
    with pytest.raises(TypeError):
        AirKerma(1.0) + EffectiveDose(1.0)  # type: ignore[operator]
    with pytest.raises(TypeError):
        _ = AirKerma(1.0) < EffectiveDose(2.0)  # type: ignore[operator]
    assert AirKerma(1.0) != EffectiveDose(1.0)
