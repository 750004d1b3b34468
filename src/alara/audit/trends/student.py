"""Student's t for any degrees of freedom above one: the effective ones of an estimated spread are no integer."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

__all__ = ["student_limit"]

#: With t = sqrt(ν) tan θ the density is cos(θ)^(ν-1): steps of its integral over a quarter of a turn.
_STEPS = 20_000


@cache
def student_limit(tail: float, freedom: float) -> float:
    """The value that t exceeds with the chance ``tail``, above 0 and at most a half.

    The trapezoidal rule, summed from the far end of the tail; five figures hold for tails down to 0.000001.
    """
    angles = np.linspace(0.0, math.pi / 2, _STEPS + 1)  # from the far end: π/2 - θ
    density = np.sin(angles) ** (freedom - 1)
    beyond = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2)])
    angle = float(np.interp(2 * tail, beyond / beyond[-1], angles))
    return math.sqrt(freedom) / math.tan(angle)
