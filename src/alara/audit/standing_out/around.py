"""What the database knows of a period beside its procedures: patients, technique, and the days before."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

__all__ = ["NOTHING_AROUND", "TECHNIQUE_COLUMNS", "Around", "SilentUnit"]

#: One row a case: what its counted irradiation events say together.
TECHNIQUE_COLUMNS = ("case_id", "patient_pseudonym", "pulse_rate_per_s", "continuous_share")


@dataclass(frozen=True, slots=True)
class SilentUnit:
    """A unit without an irradiation for ``days`` at the end of the period; its usual longest gap is ``usual_days``."""

    device: str
    days: int
    usual_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What stands around a period's cases; empty where nobody asked the database.

    Attributes
    ----------
    procedures
        The period's procedures as the store hands them over, for pregnancy status, age and
        the part of acquisitions; ``None`` leaves what needs them out.
    technique
        The columns of :data:`TECHNIQUE_COLUMNS`: pulse rate weighted by duration, and the
        share of continuous fluoroscopy in the time whose mode is known.
    before
        Cases of the patients of the period in the days before it: ``case_id``, ``started``,
        ``patient_pseudonym`` and ``region``.
    silent
        Units that had fallen silent at the end of the period.
    """

    procedures: pd.DataFrame | None = None
    technique: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(TECHNIQUE_COLUMNS)))
    before: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=["case_id", "started", "patient_pseudonym", "region"])
    )
    silent: tuple[SilentUnit, ...] = ()


NOTHING_AROUND = Around()
