"""Many comparisons at once: the step-down correction of Holm (Scand J Stat 1979;6:65-70)."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["holm"]


def holm(probabilities: Sequence[float]) -> list[float]:
    """Each p value, adjusted for all others, in the order given.

    The smallest is multiplied by their number, the next by one less, and so
    on, never falling and never above 1. It holds however the comparisons
    depend on each other.
    """
    adjusted = [0.0] * len(probabilities)
    largest = 0.0
    for rank, position in enumerate(sorted(range(len(probabilities)), key=lambda at: (probabilities[at], at))):
        largest = max(largest, min(1.0, probabilities[position] * (len(probabilities) - rank)))
        adjusted[position] = largest
    return adjusted
