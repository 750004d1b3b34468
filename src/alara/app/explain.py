"""From a case's flags to the files in the inbox: everything that ``alara explain`` shows."""

from __future__ import annotations

from typing import Any

from alara.app.review import audited_month, resolve
from alara.config import Config
from alara.errors import NothingFound, StorageError, UnreadableReport
from alara.inbox import Inbox
from alara.inbox.archive import check, place_of, stored
from alara.report.explained import Explained, FileState, Source
from alara.sr.locate import locate
from alara.store import ProcedureDetail, ReportDetail, Store

__all__ = ["explain"]


def explain(config: Config, beginning: str) -> Explained:
    """Walk from a case's flags to the files.

    Raises
    ------
    NothingFound
        When there is no such case.
    UsageError
        When several case ids begin so.
    """
    from alara.audit import reasons
    from alara.audit.explain import estimate_ground, explanations

    with Store.open(config.database_url, create=False) as store:
        case_id = resolve(store, beginning)
        detail, audited = store.procedure(case_id), audited_month(config, store, case_id)
        history = store.reviews().of(case_id)
    if detail is None or audited is None:
        raise NothingFound(f"Case {case_id} is not in the database any more.", hint=f"alara review show {case_id}")
    audit, knowledge = audited
    cases = audit.cases[audit.cases["case_id"] == case_id]
    row = {str(name): _plain(value) for name, value in cases.iloc[0].items()}
    return Explained(
        case_id=case_id,
        period=audit.period.label,
        policy=audit.policy,
        knowledge_sha256=audit.knowledge_digest,
        case=row,
        detail=detail,
        explanations=explanations(reasons(cases).iloc[0], row, audit.policy, knowledge),
        estimate=estimate_ground(row, knowledge),
        sources=_sources(config, detail),
        history=history,
    )


def _sources(config: Config, detail: ProcedureDetail) -> tuple[Source, ...]:
    if not config.inbox_dir.exists():  # asking for it would make one
        return tuple(Source(report, None, FileState.MISSING, ()) for report in detail.reports)
    inbox = Inbox(config.inbox_dir)
    return tuple(_source(inbox, report) for report in detail.reports)


def _source(inbox: Inbox, report: ReportDetail) -> Source:
    path = None
    try:
        one = stored(inbox, report.digest)
        path = place_of(inbox, one)
        data = check(one)
    except NothingFound:
        return Source(report, None, FileState.MISSING, ())
    except StorageError:
        return Source(report, path, FileState.CHANGED, ())
    try:
        return Source(report, path, FileState.VERIFIED, locate(data))
    except UnreadableReport:  # read once, by a version that took what this one refuses
        return Source(report, path, FileState.VERIFIED, ())


def _plain(value: Any) -> Any:
    """A value of a frame as Python has it; ``None`` where it is missing."""
    if value != value:
        return None
    return value.item() if hasattr(value, "item") else value
