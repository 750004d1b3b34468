"""What stands out in a period, and what to do first: pure functions over an audit's cases and what is around them."""

from __future__ import annotations

from alara.audit.standing_out.around import NOTHING_AROUND, TECHNIQUE_COLUMNS, Around, SilentUnit
from alara.audit.standing_out.devices import DEVICE_COLUMNS
from alara.audit.standing_out.insight import INSIGHT_COLUMNS, Insight, Kind, insight_rows
from alara.audit.standing_out.repeats import REPEAT_DAYS
from alara.audit.standing_out.whole import StandingOut, stand_out, with_outliers

__all__ = [
    "DEVICE_COLUMNS",
    "INSIGHT_COLUMNS",
    "NOTHING_AROUND",
    "REPEAT_DAYS",
    "TECHNIQUE_COLUMNS",
    "Around",
    "Insight",
    "Kind",
    "SilentUnit",
    "StandingOut",
    "insight_rows",
    "stand_out",
    "with_outliers",
]
