"""Units as sent to the one canonical unit of a quantity.

The table holds UCUM and the spellings that vendors write instead. A unit that
is not in it makes no number: see :func:`factor`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["DIMENSIONS", "Dimension", "factor", "is_ucum"]


class Dimension:
    """What a number measures: its canonical unit in the model, and what one of each other unit is in that.

    ``most``, in the canonical unit, is far above what any C-arm gives and below what a number in another unit than
    its own would be: what is larger was labelled wrongly, and is not used.
    """

    __slots__ = ("factors", "most", "unit")

    def __init__(self, unit: str, factors: Mapping[str, float], most: float) -> None:
        self.unit = unit
        self.factors = factors
        self.most = most

    def __repr__(self) -> str:
        return f"Dimension({self.unit!r})"


KERMA_AREA_PRODUCT: Final = Dimension(
    "Gy.cm2",
    {
        "Gy.m2": 1e4,
        "dGy.m2": 1e3,
        "cGy.m2": 1e2,
        "mGy.m2": 1e1,
        "uGy.m2": 1e-2,
        "Gy.cm2": 1.0,
        "dGy.cm2": 1e-1,
        "cGy.cm2": 1e-2,
        "mGy.cm2": 1e-3,
        "uGy.cm2": 1e-6,
        "Gy.mm2": 1e-2,
        "mGy.mm2": 1e-5,
    },
    1e5,
)
AIR_KERMA: Final = Dimension("mGy", {"Gy": 1e3, "dGy": 1e2, "cGy": 1e1, "mGy": 1.0, "uGy": 1e-3, "nGy": 1e-6}, 1e6)
TIME: Final = Dimension("s", {"s": 1.0, "ms": 1e-3, "us": 1e-6, "min": 60.0, "h": 3600.0}, 1e6)
SHORT_TIME: Final = Dimension("ms", {"s": 1e3, "ms": 1.0, "us": 1e-3, "min": 6e4}, 1e8)
LENGTH: Final = Dimension("mm", {"m": 1e3, "cm": 10.0, "mm": 1.0, "um": 1e-3}, 1e5)
AREA: Final = Dimension("cm2", {"m2": 1e4, "dm2": 1e2, "cm2": 1.0, "mm2": 1e-2}, 1e5)
ANGLE: Final = Dimension("deg", {"deg": 1.0}, 1e3)
VOLTAGE: Final = Dimension("kV", {"kV": 1.0, "V": 1e-3}, 1e3)
CURRENT: Final = Dimension("mA", {"A": 1e3, "mA": 1.0, "uA": 1e-3}, 1e5)
CHARGE: Final = Dimension("uA.s", {"A.s": 1e6, "mA.s": 1e3, "uA.s": 1.0, "C": 1e6, "mC": 1e3}, 1e10)
PERCENT: Final = Dimension("%", {"%": 1.0}, 1e5)
RATE: Final = Dimension("/s", {"/s": 1.0, "/min": 1 / 60}, 1e4)
COUNT: Final = Dimension("1", {"1": 1.0, "": 1.0}, 1e9)

DIMENSIONS: Final = (
    KERMA_AREA_PRODUCT,
    AIR_KERMA,
    TIME,
    SHORT_TIME,
    LENGTH,
    AREA,
    ANGLE,
    VOLTAGE,
    CURRENT,
    CHARGE,
    PERCENT,
    RATE,
    COUNT,
)

#: Spellings seen or feared that are not UCUM, each with its UCUM.
_SPELLINGS: Final[dict[str, str]] = {
    "pulse/s": "/s",
    "pulses/s": "/s",
    "frame/s": "/s",
    "frames/s": "/s",
    "fps": "/s",
    "1/s": "/s",
    "Hz": "/s",
    "sec": "s",
    "second": "s",
    "seconds": "s",
    "msec": "ms",
    "minute": "min",
    "minutes": "min",
    "kVp": "kV",
    "uAs": "uA.s",
    "mAs": "mA.s",
    "percent": "%",
    "degree": "deg",
    "degrees": "deg",
    "°": "deg",
    "no units": "1",
    "{frames}": "1",
    "{frame}": "1",
    "{pulses}": "1",
    "{pulse}": "1",
    "{events}": "1",
}

_UCUM: Final = frozenset(unit for dimension in DIMENSIONS for unit in dimension.factors) | {
    "{pulse}/s",
    "{frame}/s",
    "{pulse}",
    "{frame}",
    "{events}",
    "1/s",
    "Hz",
}

_CHARACTERS: Final = str.maketrans({"µ": "u", "μ": "u", "²": "2", "·": ".", "*": ".", "^": None, " ": None})


def is_ucum(unit: str) -> bool:
    """Whether a unit is written as UCUM writes it."""
    return unit in _UCUM


def factor(unit: str, dimension: Dimension) -> float | None:
    """By what a number in ``unit`` is multiplied to be in the canonical unit; ``None`` when unknown.

    A known unit of another dimension is unknown here: a dose in seconds is no dose.
    """
    known = dimension.factors.get(unit)
    if known is not None:
        return known
    return dimension.factors.get(_plain(unit))


def _plain(unit: str) -> str:
    """The UCUM spelling of a unit, as far as the table knows it."""
    if unit in _SPELLINGS:
        return _SPELLINGS[unit]
    plain = unit.translate(_CHARACTERS)
    plain = _SPELLINGS.get(plain, plain)
    if "{" in plain:
        plain = plain[: plain.index("{")] + plain[plain.rindex("}") + 1 :] if "}" in plain else plain
    if plain.endswith(("Gym2", "Gycm2", "Gymm2")):
        stem, _, area = plain.partition("Gy")
        plain = f"{stem}Gy.{area}"
    return plain
