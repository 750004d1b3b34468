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
    deviations
        Distance in standard deviations from which a month is beyond its limits.
    family_error
        The chance, over all comparisons of one kind together, that one is called
        out where nothing differs.
    funnel_tail
        The share that lies beyond each limit of the funnel by chance.
    """

    small_group: int
    enough: int
    deviations: float
    family_error: float
    funnel_tail: float

    @classmethod
    def of(cls, knowledge: Knowledge) -> Rules:
        """Those of a knowledge, a site's own among them."""
        value = {name: threshold.value for name, threshold in knowledge.thresholds.items()}
        return cls(
            small_group=int(value["small_group"]),
            enough=int(value["reference_level_cases"]),
            deviations=value["run_chart_deviations"],
            family_error=value["family_error"],
            funnel_tail=value["funnel_tail"],
        )
