"""The review loop: which cases are asked about, and what the department says of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from alara.app.audit_source import no_procedures
from alara.app.review_file import keep_copy, not_in_database
from alara.config import Config
from alara.errors import NothingFound, UsageError
from alara.reviews import Action, ReviewEntry, Verdict, check_code, check_note, closing, next_entry
from alara.store import Reviews, Store

if TYPE_CHECKING:
    import pandas as pd

    from alara.audit import Audit, Period
    from alara.knowledge import Knowledge

__all__ = ["Listed", "Shown", "Written", "audited_month", "close", "listed", "reopen", "resolve", "shown"]

_HINT = "alara review list shows case ids."


@dataclass(frozen=True, slots=True)
class Listed:
    """The rows of ``audit.review_rows``, entries whose case is unknown, and entries that only the copy holds."""

    rows: pd.DataFrame
    unplaced: tuple[ReviewEntry, ...]
    only_in_copy: int


@dataclass(frozen=True, slots=True)
class Shown:
    """One case: its row (``None`` where its procedure is not in the database any more) and its history."""

    case_id: str
    row: dict[str, Any] | None
    history: tuple[ReviewEntry, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """An entry that was written, or would be, and what the case was closed by before."""

    entry: ReviewEntry
    before: ReviewEntry | None
    dry_run: bool


def listed(config: Config, period: Period | None = None) -> Listed:
    """The cases of a period, or of all time, that have a reason or a history.

    Raises
    ------
    NothingFound
        When the database holds no procedure of that period.
    """
    from alara.audit import Period, review_rows

    with Store.open(config.database_url, create=False) as store:
        span = period or Period(date.min, date.max, "all time")
        procedures = store.procedures(span.start, span.end, site=config.site)
        if procedures.empty:
            raise no_procedures(store, span, config.site)
        reviews = store.reviews()
    if period is None:
        first, last = procedures["started"].min().date(), procedures["started"].max().date()
        span = Period(first, last + timedelta(days=1), span.label)
    cases = _audit(config, procedures, span, config.site)[0].cases
    return Listed(review_rows(cases, reviews.by_case), reviews.unplaced, not_in_database(config, reviews.every))


def resolve(store: Store, beginning: str) -> str:
    """The case id that begins so.

    Raises
    ------
    NothingFound
        When there is none.
    UsageError
        When there are several.
    """
    found = store.cases_like(beginning.strip().lower())
    if not found:
        raise NothingFound(f"There is no case {beginning!r}.", hint=_HINT)
    if beginning.strip().lower() in found:
        return beginning.strip().lower()
    if len(found) > 1:
        raise UsageError(f"{beginning!r} begins several case ids: {', '.join(found[:5])}.", hint="Write more of it.")
    return found[0]


def audited_month(config: Config, store: Store, case_id: str) -> tuple[Audit, Knowledge] | None:
    """The audit of the month and site that a case is of; ``None`` when its procedure is not in the database."""
    from alara.audit import Period

    place = store.place_of(case_id)
    if place is None:
        return None
    site, day = place
    month = Period.parse(f"{day:%Y-%m}")
    return _audit(config, store.procedures(month.start, month.end, site=site), month, site)


def shown(config: Config, beginning: str) -> Shown:
    """One case with all that was ever said of it."""
    with Store.open(config.database_url, create=False) as store:
        return _shown(config, store, beginning)


def close(
    config: Config, beginning: str, verdict: Verdict, by: str, note: str = "", *, dry_run: bool = False
) -> Written:
    """Close a case; a case that is closed already is closed anew, and keeps both entries.

    Raises
    ------
    UsageError
        When code or note may not be kept.
    NothingFound
        When there is no such case in the database.
    """
    return _write(config, beginning, Action.CLOSED, verdict, by, note, dry_run=dry_run)


def reopen(config: Config, beginning: str, by: str, note: str = "", *, dry_run: bool = False) -> Written:
    """Open a closed case again.

    Raises
    ------
    UsageError
        When it is open, or when code or note may not be kept.
    NothingFound
        When there is no such case in the database.
    """
    return _write(config, beginning, Action.REOPENED, None, by, note, dry_run=dry_run)


def _write(
    config: Config, beginning: str, action: Action, verdict: Verdict | None, by: str, note: str, *, dry_run: bool
) -> Written:
    by, note = check_code(by), check_note(note)
    with Store.open(config.database_url, create=False) as store:
        case = _shown(config, store, beginning)
    if case.row is None:
        raise NothingFound(f"Case {case.case_id} is not in the database any more.", hint=_HINT)
    entry = ReviewEntry(
        case_id=case.case_id,
        at=datetime.now(UTC),
        action=action,
        verdict=verdict,
        by=by,
        note=note,
        reasons=str(case.row["reasons"]),
    )
    if dry_run:
        return Written(next_entry(case.history, entry), closing(case.history), dry_run=True)
    with Store.open(config.database_url) as store:
        *earlier, written = store.add_review(entry)
        keep_copy(config, store)
    return Written(written, closing(earlier), dry_run=False)


def _shown(config: Config, store: Store, beginning: str) -> Shown:
    from alara.audit import review_rows

    reviews = store.reviews()
    case_id = _present_id(store, reviews, resolve(store, beginning))
    audited = audited_month(config, store, case_id)
    if audited is None:
        return Shown(case_id, None, tuple(entry for entry in reviews.unplaced if entry.case_id == case_id))
    history = reviews.of(case_id)
    cases = audited[0].cases
    rows = review_rows(cases[cases["case_id"] == case_id], {case_id: history}, every=True)
    return Shown(case_id, {str(name): value for name, value in rows.iloc[0].items()}, history)


def _present_id(store: Store, reviews: Reviews, case_id: str) -> str:
    """The id that a case has now, where entries know it by an earlier one."""
    if store.place_of(case_id) is not None:
        return case_id
    heirs = (now for now, history in reviews.by_case.items() if any(entry.case_id == case_id for entry in history))
    return next(heirs, case_id)


def _audit(config: Config, procedures: pd.DataFrame, period: Period, site: str) -> tuple[Audit, Knowledge]:
    from alara import knowledge
    from alara.audit import run
    from alara.audit.standing_out import with_outliers

    known = knowledge.load(config.overlay)
    audit = run(
        procedures, period=period, knowledge=known, policy=config.policy, background=config.background, site=site
    )
    return replace(audit, cases=with_outliers(audit.cases, known)), known
