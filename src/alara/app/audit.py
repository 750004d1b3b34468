"""A period's audit: procedures from the database, through the audit, into a folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from alara.config import Config
from alara.errors import NothingFound

if TYPE_CHECKING:
    import pandas as pd

    from alara.audit import Audit, Period
    from alara.audit.standing_out import StandingOut
    from alara.knowledge import Knowledge
    from alara.store import Store

__all__ = ["AuditRun", "audit_period", "no_procedures"]


@dataclass(frozen=True, slots=True)
class AuditRun:
    """The audit, reviews, what stands out, the knowledge that it rests on, and the files that it was written to."""

    audit: Audit
    reviews: pd.DataFrame
    standing_out: StandingOut
    knowledge: Knowledge
    files: tuple[Path, ...]


def audit_period(config: Config, period_text: str, folder: Path | None = None, also: Sequence[str] = ()) -> AuditRun:
    """Audit a period and write it.

    Parameters
    ----------
    config
        Names the database, the policy, the background level and the site.
    period_text
        ``2026-10``, ``2026-Q4``, ``2026`` or ``2026-10-01..2026-10-15``.
    folder
        Where to write; ``audit/<period>`` when ``None``.
    also
        Extras to write: ``xlsx``, ``pdf``.

    Raises
    ------
    UsageError
        When the period, the policy or the background level is not known, or an extra is not installed.
    NothingFound
        When the database holds no procedure of that period.
    DatabaseError, StorageError
        When the database or the folder refuses.
    """
    from alara import knowledge, report
    from alara.app.around import facts_around
    from alara.app.plan import plan_of
    from alara.audit import Period, before, review_rows, run
    from alara.audit.standing_out import stand_out
    from alara.report.beside import Beside
    from alara.report.extras import check_installed
    from alara.store import Store

    check_installed(also)
    period = Period.parse(period_text)
    with Store.open(config.database_url, create=False) as store:
        procedures = store.procedures(period.start, period.end, site=config.site)
        if procedures.empty:
            raise no_procedures(store, period, config.site)
        previous = before(period)
        earlier = store.procedures(previous.start, previous.end, site=config.site)
        histories = store.reviews().by_case
        facts = facts_around(store, period, config)
    known = knowledge.load(config.overlay)
    choices = {"policy": config.policy, "background": config.background, "site": config.site}
    result = run(procedures, period=period, knowledge=known, **choices)
    asked = run(earlier, period=previous, knowledge=known, **choices).cases if len(earlier) else None
    reviews = review_rows(result.cases, histories, asked)
    standing = stand_out(result, known, facts.around(procedures, known))
    result = standing.marked(result)
    beside = Beside(plan=plan_of(result, known, config), reviews=reviews, standing_out=standing)
    files = report.write(result, folder or Path("audit") / period.label, known, beside, also)
    return AuditRun(result, reviews, standing, known, files)


def no_procedures(store: Store, period: Period, site: str) -> NothingFound:
    """What is said where a period holds nothing, with the sites that have something."""
    elsewhere = sorted(store.procedures(period.start, period.end)["site"].unique())
    hint = "alara list shows what it holds; alara status shows what waits."
    if elsewhere:
        hint = f"There are some at {', '.join(map(repr, elsewhere))}: --site names one."
    return NothingFound(f"The database holds no procedure of {period.label} at site {site!r}.", hint=hint)
