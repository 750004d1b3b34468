"""Pure functions from procedures to an audit: no file, no clock, no network."""

from __future__ import annotations

from alara.audit.answers import UNCLASSIFIED, Classification, Confidence
from alara.audit.changes import Change, changes
from alara.audit.classify import Classifier
from alara.audit.dose import EffectiveDoseEstimate, NotEstimated, background_days, choose_coefficient, estimate
from alara.audit.groups import SUMMARY_COLUMNS, comparable
from alara.audit.period import Period
from alara.audit.rows import CASE_COLUMNS
from alara.audit.run import Audit, Headline, Share, run
from alara.audit.skin import PeakSkinDose, alarms, peak_skin_dose, reached
from alara.audit.trends import Trends, first_day
from alara.audit.ultrasound import Review, UsReview, review
from alara.audit.unmapped import Unmapped, unmapped
from alara.audit.words import map_key

__all__ = [
    "CASE_COLUMNS",
    "SUMMARY_COLUMNS",
    "UNCLASSIFIED",
    "Audit",
    "Change",
    "Classification",
    "Classifier",
    "Confidence",
    "EffectiveDoseEstimate",
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
    "changes",
    "choose_coefficient",
    "comparable",
    "estimate",
    "first_day",
    "map_key",
    "peak_skin_dose",
    "reached",
    "review",
    "run",
    "unmapped",
]
