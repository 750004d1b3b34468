"""A period's audit: procedures from the database, through the audit, into a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from alara.config import Config
from alara.errors import NothingFound

if TYPE_CHECKING:
    from alara.audit import Audit, Period
    from alara.knowledge import Knowledge
    from alara.store import Store

__all__ = ["AuditRun", "audit_period"]


@dataclass(frozen=True, slots=True)
class AuditRun:
    """The audit, the knowledge that it rests on, and the files that it was written to."""

    audit: Audit
    knowledge: Knowledge
    files: tuple[Path, ...]


def audit_period(config: Config, period_text: str, folder: Path | None = None) -> AuditRun:
    """Audit a period and write it.

    Parameters
    ----------
    config
        Names the database, the policy, the background level and the site.
    period_text
        ``2026-10``, ``2026-Q4``, ``2026`` or ``2026-10-01..2026-10-15``.
    folder
        Where to write; ``audit/<period>`` when ``None``.

    Raises
    ------
    UsageError
        When the period, the policy or the background level is not known.
    NothingFound
        When the database holds no procedure of that period.
    DatabaseError, StorageError
        When the database or the folder refuses.
    """
    from alara import audit, knowledge, report
    from alara.store import Store

    period = audit.Period.parse(period_text)
    with Store.open(config.database_url, create=False) as store:
        procedures = store.procedures(period.start, period.end, site=config.site)
        if procedures.empty:
            raise _nothing(store, period, config.site)
        earlier = store.procedures(audit.first_day(period), period.start, site=config.site)
    known = knowledge.load(config.overlay)
    result = audit.run(
        procedures,
        period=period,
        knowledge=known,
        policy=config.policy,
        background=config.background,
        site=config.site,
        earlier=earlier,
    )
    files = report.write(result, folder or Path("audit") / period.label, known)
    return AuditRun(result, known, files)


def _nothing(store: Store, period: Period, site: str) -> NothingFound:
    elsewhere = sorted(store.procedures(period.start, period.end)["site"].unique())
    hint = "alara list shows what it holds; alara status shows what waits."
    if elsewhere:
        hint = f"There are some at {', '.join(map(repr, elsewhere))}: --site names one."
    return NothingFound(f"The database holds no procedure of {period.label} at site {site!r}.", hint=hint)
