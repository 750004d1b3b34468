"""Repeatable chance, built on ``random()`` alone, which Python keeps the same from version to version."""

from __future__ import annotations

import random
from collections.abc import Sequence
from math import exp
from statistics import NormalDist
from typing import Final, TypeVar

__all__ = ["Chance"]

_NORMAL: Final = NormalDist()

T = TypeVar("T")


class Chance:
    """Draws; the same seed gives the same ones."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)  # noqa: S311 - samples, not secrets

    def share(self) -> float:
        """From 0 to 1, evenly."""
        return self._random.random()

    def choose(self, options: Sequence[T], weights: Sequence[int] | None = None) -> T:
        """One of the options, evenly or by weight."""
        shares = weights or [1] * len(options)
        mark = self.share() * sum(shares)
        for option, share in zip(options, shares, strict=True):
            mark -= share
            if mark < 0:
                return option
        return options[-1]

    def lognormal(self, median: float, spread: float) -> float:
        """From the lognormal distribution whose logarithm has that standard deviation."""
        return median * exp(spread * self.normal())

    def normal(self) -> float:
        """From the standard normal distribution."""
        return _NORMAL.inv_cdf(min(max(self.share(), 1e-6), 1 - 1e-6))

    def whole(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return low + int(self.share() * (high - low + 1))
