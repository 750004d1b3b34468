"""Has a C-arm fallen silent? Judged by its own rhythm, since one works daily and another on Tuesdays.

The rule. The rhythm of a unit is the gaps, in days, between the days on which
it sent reports, over half a year. It takes six such days before there is a
rhythm to judge by. The usual longest gap is the 90th percentile of the gaps: a
weekend for a unit that works on weekdays, a week for one that works on
Tuesdays; one holiday does not change it. A unit is silent when its last day is
longer ago than one day more than that, and than ``silent_days`` of the
settings. After a quarter of a year without a report it is taken for retired,
and nobody is reminded of it any more.

Days are those on which reports arrived over the network; what was imported by
hand says nothing of a C-arm's connection.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

__all__ = ["Silence", "silence_of"]

_DAYS_NEEDED: Final = 6
_USUAL: Final = 0.9
_RETIRED_DAYS: Final = 91


@dataclass(frozen=True, slots=True)
class Silence:
    """For how many days nothing has come, and how many of a usual gap there are at most."""

    days: int
    usual_days: int


def silence_of(days: Sequence[date], today: date, silent_days: int) -> Silence | None:
    """How long a unit has been silent; ``None`` when it is not, or when there is no rhythm to judge by.

    Parameters
    ----------
    days
        The days on which it sent, in order, each once.
    silent_days
        Nothing shorter is ever called silent.
    """
    if len(days) < _DAYS_NEEDED:
        return None
    gaps = sorted((later - earlier).days for earlier, later in pairwise(days))
    usual = gaps[math.ceil(_USUAL * len(gaps)) - 1]
    quiet = (today - days[-1]).days
    if quiet <= max(silent_days, usual + 1) or quiet > _RETIRED_DAYS:
        return None
    return Silence(quiet, usual)
