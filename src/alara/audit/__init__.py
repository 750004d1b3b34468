"""Pure functions from procedures to an audit: no file, no clock, no network.

``alara.audit(frame, policy)`` is a function of the public interface. Python puts this package under the same name when
it is first imported, so the package can be called as well, and does what that function does.
"""

from __future__ import annotations

import sys
from types import ModuleType

import alara
from alara.audit.answers import UNCLASSIFIED, Classification, Confidence
from alara.audit.changes import Change, changes
from alara.audit.classify import Classifier
from alara.audit.dose import EffectiveDoseEstimate, NotEstimated, background_days, choose_coefficient, estimate
from alara.audit.flags import Flag, flags_of, reasons
from alara.audit.groups import SUMMARY_COLUMNS, comparable
from alara.audit.period import Period
from alara.audit.reviewing import REVIEW_COLUMNS, before, review_rows
from alara.audit.rows import CASE_COLUMNS
from alara.audit.run import Audit, Headline, Share, run
from alara.audit.skin import PeakSkinDose, alarms, peak_skin_dose, reached
from alara.audit.trends import Trends, first_day
from alara.audit.ultrasound import Review, UsReview, review
from alara.audit.unmapped import Unmapped, unmapped
from alara.audit.words import map_key

__all__ = [
    "CASE_COLUMNS",
    "REVIEW_COLUMNS",
    "SUMMARY_COLUMNS",
    "UNCLASSIFIED",
    "Audit",
    "Change",
    "Classification",
    "Classifier",
    "Confidence",
    "EffectiveDoseEstimate",
    "Flag",
    "Headline",
    "NotEstimated",
    "PeakSkinDose",
    "Period",
    "Review",
    "Share",
    "Trends",
    "Unmapped",
    "UsReview",
    "alarms",
    "background_days",
    "before",
    "changes",
    "choose_coefficient",
    "comparable",
    "estimate",
    "first_day",
    "flags_of",
    "map_key",
    "peak_skin_dose",
    "reached",
    "reasons",
    "review",
    "review_rows",
    "run",
    "unmapped",
]

_function = alara.audit


class _Callable(ModuleType):
    __call__ = staticmethod(_function)


sys.modules[__name__].__class__ = _Callable
