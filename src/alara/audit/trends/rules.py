"""What the twelve months are judged by, from the knowledge's thresholds, where each has its citation and status."""

from __future__ import annotations

from dataclasses import dataclass

from alara.knowledge import Knowledge

__all__ = ["Rules"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Thresholds of the trends.

    Attributes
    ----------
    small_group
        Cases below which nothing is shown.
    enough
        Cases from which a group has a level.
    run_chart_error
        The chance, over all run charts together, that a month is outside where nothing changed.
    funnel_error
        The chance, over all groups of one funnel together, that one is outside where none differs.
    """

    small_group: int
    enough: int
    run_chart_error: float
    funnel_error: float

    @classmethod
    def of(cls, knowledge: Knowledge) -> Rules:
        """Those of a knowledge, a site's own among them."""
        value = {name: threshold.value for name, threshold in knowledge.thresholds.items()}
        return cls(
            small_group=int(value["small_group"]),
            enough=int(value["reference_level_cases"]),
            run_chart_error=value["run_chart_error"],
            funnel_error=value["funnel_error"],
        )
