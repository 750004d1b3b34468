"""A period's audit: procedures from the database or a dataset, through the audit, into a folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from alara.app.audit_source import Lake, by_site, nothing_at, source
from alara.config import Config

if TYPE_CHECKING:
    import pandas as pd

    from alara.audit import Audit, Period
    from alara.audit.standing_out import Around, StandingOut
    from alara.knowledge import Knowledge

__all__ = ["AuditRun", "audit_period"]

#: Of a period with more cases the months before are not read with it: eleven times as many would be held in memory.
_MOST_WITH_HISTORY = 20_000
_NO_PLAN = "So there is no plan of the slots."
_NO_PLAN_OF_GROUPS = "Of groups alone there is no plan of the slots: it is made of the cases."


@dataclass(frozen=True, slots=True)
class AuditRun:
    """The audit, reviews and what stands out (``None`` of groups alone), what it rests on, the files that it is in.

    ``no_plan`` says why slots of ultrasound are given and no plan of them is among the files; empty otherwise.
    """

    audit: Audit
    reviews: pd.DataFrame | None
    standing_out: StandingOut | None
    knowledge: Knowledge
    files: tuple[Path, ...]
    no_plan: str = ""


def audit_period(
    config: Config,
    period_text: str,
    folder: Path | None = None,
    also: Sequence[str] = (),
    *,
    lake: Lake | None = None,
    groups_only: bool = False,
) -> AuditRun:
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
    lake
        The dataset to read in place of the database, and what computes over it.
    groups_only
        The grouped statistics alone, without any single case.

    Raises
    ------
    UsageError
        When the period, the policy or the background level is not known, or an extra is not installed.
    NothingFound
        When the database or the dataset holds no procedure of that period.
    DatabaseError, StorageError
        When the database or the folder refuses.
    """
    from alara import knowledge, report
    from alara.app.plan import none_to_route, plan_of
    from alara.audit import Period, run
    from alara.audit.standing_out import NOTHING_AROUND, stand_out
    from alara.audit.trends import trends_of
    from alara.report.beside import Beside
    from alara.report.extras import check_installed

    check_installed(also)
    period = Period.parse(period_text)
    folder = folder or Path("audit") / period.label
    known = knowledge.load(config.overlay)
    choices = {"policy": config.policy, "background": config.background, "site": config.site}
    with source(config, period, lake) as rows:
        result = run(
            rows.procedures, period=period, knowledge=known, native=rows.native, groups_only=groups_only, **choices
        )
        if not result.headline.procedures + result.headline.radiography:
            raise nothing_at(config.site, period, lake)
        if groups_only:
            files = report.write_groups(result, folder, known)
            return AuditRun(result, None, None, known, files, _NO_PLAN_OF_GROUPS if config.slots_per_week else "")
        around = _around(config, period, known, rows.procedures) if lake is None else NOTHING_AROUND
    earlier = _earlier(config, result, known, lake) if len(result.cases) <= _MOST_WITH_HISTORY else None
    trends = trends_of(result, earlier, known, _operators(config, period) if lake is None else None)
    standing = stand_out(result, known, around, trends)
    result = standing.marked(result)
    reviews = _reviews(config, result, earlier, known, lake)
    plan = plan_of(result, known, config)
    no_plan = f"{none_to_route(result)} {_NO_PLAN}" if config.slots_per_week and plan is None else ""
    beside = Beside(
        plan=plan,
        reviews=reviews,
        trends=trends,
        standing_out=standing,
    )
    return AuditRun(result, reviews, standing, known, report.write(result, folder, known, beside, also), no_plan)


def _around(config: Config, period: Period, known: Knowledge, procedures: pd.DataFrame) -> Around:
    """What the database knows around the cases and a dataset of files does not: technique, patients seen before."""
    from alara.app.around import facts_around
    from alara.store import Store

    with Store.open(config.database_url, create=False) as store:
        return facts_around(store, period, config).around(procedures, known)


def _operators(config: Config, period: Period) -> Mapping[str, Sequence[str]] | None:
    """The operators' codes of twelve months' cases; ``None`` where the department tells no operators apart."""
    from alara.audit import first_day
    from alara.store import Store

    if not config.codes_operators:
        return None
    with Store.open(config.database_url, create=False) as store:
        return store.operator_codes(first_day(period), period.end, site=config.site)


def _earlier(config: Config, audit: Audit, known: Knowledge, lake: Lake | None) -> pd.DataFrame:
    """The audited cases of the eleven months before, or of as long before as the period is."""
    from alara.audit import Period, before, first_day, run

    start = min(first_day(audit.period), before(audit.period).start)
    period = Period(start, audit.period.start, f"before {audit.period.label}")
    with by_site(config, period, lake) as (sites, procedures):
        if audit.site not in sites:
            return audit.cases.head(0)
        rows = procedures(audit.site)
        return run(
            rows.procedures,
            period=period,
            knowledge=known,
            native=rows.native,
            policy=audit.policy,
            background=audit.background.id,
            site=audit.site,
        ).cases


def _reviews(
    config: Config, audit: Audit, earlier: pd.DataFrame | None, known: Knowledge, lake: Lake | None
) -> pd.DataFrame:
    """What is asked and was said of the cases, those of the period before among them; a dataset has no answers."""
    from alara.audit import before, review_rows
    from alara.audit.standing_out import with_outliers
    from alara.store import Store

    asked = None
    if earlier is not None and len(earlier):
        since = datetime.combine(before(audit.period).start, time())
        asked = with_outliers(earlier[earlier["started"] >= since], known)
    if lake is not None:
        return review_rows(audit.cases, {}, asked)
    with Store.open(config.database_url, create=False) as store:
        return review_rows(audit.cases, store.reviews().by_case, asked)
