"""The plan of ultrasound slots: cases of a month from the database, and whom to route first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alara.config import Config
from alara.errors import NothingFound, StorageError, UsageError
from alara.files import replace_file

if TYPE_CHECKING:
    from alara.audit import Audit
    from alara.audit.plan import Plan
    from alara.knowledge import Knowledge
    from alara.store import Store

__all__ = ["none_to_route", "plan_month", "plan_of", "write_plan", "write_plan_folder"]


def plan_of(audit: Audit, knowledge: Knowledge, config: Config) -> Plan | None:
    """The plan that goes with an audit; ``None`` when no slots are given, or no case may be routed."""
    from alara.audit.plan import make_plan

    if not config.slots_per_week:
        return None
    plan = make_plan(
        audit.cases,
        period=audit.period,
        knowledge=knowledge,
        slots_per_week=config.slots_per_week,
        policy=audit.policy,
        weights=config.plan_weights,
        site=audit.site,
    )
    return plan if plan.candidates else None


def plan_month(config: Config, month: str | None) -> Plan:
    """The plan for a month, or another period, as if its cases came again.

    Parameters
    ----------
    month
        As :func:`alara.app.audit.audit_period` takes it; the month of the latest procedure when ``None``.

    Raises
    ------
    UsageError
        When there are no slots, or the period, the policy or the weighting is not known.
    NothingFound
        When the database holds no procedure of that period, or none that may be routed.
    DatabaseMissing
        When there is no database.
    """
    from alara.store import Store

    with Store.open(config.database_url, create=False) as store:
        if not config.slots_per_week:
            raise UsageError(
                "No ultrasound slots are given, so there is nothing to share out.",
                hint="alara plan --slots-per-week 12, or slots_per_week = 12 in alara.toml.",
            )
        from alara import knowledge
        from alara.app.audit_source import no_procedures
        from alara.audit import Period, run

        period = Period.parse(month or _latest(store, config.site))
        procedures = store.procedures(period.start, period.end, site=config.site)
        if procedures.empty:
            raise no_procedures(store, period, config.site)
    known = knowledge.load(config.overlay)
    result = run(
        procedures,
        period=period,
        knowledge=known,
        policy=config.policy,
        background=config.background,
        site=config.site,
    )
    plan = plan_of(result, known, config)
    if plan is None:
        raise _none_to_route(result)
    return plan


def write_plan(plan: Plan, file: Path) -> None:
    """Write ``plan.csv``.

    Raises
    ------
    StorageError
        When the file cannot be written.
    """
    from alara.report.plan import plan_csv

    try:
        replace_file(file, plan_csv(plan))
    except OSError as error:
        raise StorageError(
            f"The plan cannot be written to {file}: {error.strerror or error}.", hint="Name a file that you may write."
        ) from error


def write_plan_folder(plan: Plan, folder: Path) -> tuple[Path, ...]:
    """Write ``plan.csv``, ``columns.csv`` and ``plan.html`` into a folder, which is made when it does not exist.

    Raises
    ------
    UsageError
        When the folder holds an audit, whose manifest vouches for files of these names.
    StorageError
        When the folder or a file in it cannot be written.
    """
    from alara.report.plan_page import plan_files

    if (folder / "manifest.json").exists():
        raise UsageError(
            f"{folder} holds an audit; a plan in it would change files that its manifest vouches for.",
            hint="Name another folder; alara audit PERIOD --slots-per-week N writes the plan with the audit.",
        )
    made = plan_files(plan)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in made.items():
            replace_file(folder / name, content, mode=0o666)
    except OSError as error:
        raise StorageError(
            f"The plan cannot be written to {folder}: {error.strerror or error}.",
            hint="Name a folder that you may write to, on a disk with room.",
        ) from error
    return tuple(folder / name for name in made)


def _latest(store: Store, site: str) -> str:
    latest = store.last_started(site)
    if latest is None:
        raise NothingFound(
            f"The database holds no procedure at site {site!r}.",
            hint="alara list shows what it holds; alara status shows what waits.",
        )
    return f"{latest:%Y-%m}"


def none_to_route(audit: Audit) -> str:
    """The sentence on a period in which no case may be routed."""
    return (
        f"None of the {audit.headline.procedures} procedures of {audit.period.label} may be routed to ultrasound under "
        f"{audit.policy}."
    )


def _none_to_route(audit: Audit) -> NothingFound:
    return NothingFound(
        none_to_route(audit),
        hint="alara policy reasons shows what the site says of rooms, operators and payers; --policy names another.",
    )
