"""What is written with an audit beside its own frames."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from alara.audit.plan import Plan
from alara.audit.standing_out import StandingOut
from alara.audit.trends import Trends

__all__ = ["NOTHING", "Beside"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What goes into an audit's folder and onto its page where it is there.

    Attributes
    ----------
    plan
        The plan of ultrasound slots.
    reviews
        What the department has said (``alara.audit.review_rows``); nothing yet when ``None``.
    trends
        The twelve months that end with the period; as far as the period itself goes when ``None``.
    standing_out
        What stands out, with what the database knows around the period; from the cases alone when ``None``.
    """

    plan: Plan | None = None
    reviews: pd.DataFrame | None = None
    trends: Trends | None = None
    standing_out: StandingOut | None = None


NOTHING = Beside()
