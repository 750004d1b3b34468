"""What the database knows around a period, for what stands out in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from alara.app.silence import silence_of
from alara.config import Config

if TYPE_CHECKING:
    import pandas as pd

    from alara.audit import Period
    from alara.audit.standing_out import Around, SilentUnit
    from alara.knowledge import Knowledge
    from alara.store import Store

__all__ = ["FactsAround", "facts_around", "silent_units"]

#: As far back as the rhythm of a unit is looked at.
_RHYTHM = timedelta(days=182)


@dataclass(frozen=True, slots=True)
class FactsAround:
    """What was asked of the database, before anything of it is classified."""

    technique: pd.DataFrame
    before: pd.DataFrame
    silent: tuple[SilentUnit, ...]

    def around(self, procedures: pd.DataFrame, knowledge: Knowledge) -> Around:
        """The same with the regions of the cases before the period, beside its own procedures."""
        from alara.audit import Classifier
        from alara.audit.measured import DESCRIPTION_COLUMNS
        from alara.audit.standing_out import Around
        from alara.audit.tables import classification_table

        regions = classification_table(self.before, Classifier(knowledge))[[*DESCRIPTION_COLUMNS, "region"]]
        before = self.before.merge(regions, on=list(DESCRIPTION_COLUMNS), how="left")
        return Around(procedures=procedures, technique=self.technique, before=before, silent=self.silent)


def facts_around(store: Store, period: Period, config: Config) -> FactsAround:
    """Ask the database for a period's technique, its patients' earlier cases and its units' busy days."""
    from alara.audit.standing_out import REPEAT_DAYS

    site = config.site
    window = period.start - timedelta(days=REPEAT_DAYS)
    days = store.busy_days(period.end - _RHYTHM, period.end, site=site)
    return FactsAround(
        technique=store.technique(period.start, period.end, site=site),
        before=store.seen_before(window, period.start, period.end, site=site),
        silent=silent_units(days, config.silent_days),
    )


def silent_units(days: Mapping[str, tuple[date, ...]], silent_days: int) -> tuple[SilentUnit, ...]:
    """The units that had fallen silent on the last day on which any of them irradiated.

    The last day of the data and not the clock: the same data give the same audit.
    """
    from alara.audit.standing_out import SilentUnit

    last = max((busy[-1] for busy in days.values() if busy), default=None)
    if last is None:
        return ()
    judged = ((name, silence_of(busy, last, silent_days)) for name, busy in days.items())
    return tuple(SilentUnit(name, quiet.days, quiet.usual_days) for name, quiet in judged if quiet)
