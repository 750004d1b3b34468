"""One case from its flags to its files, as values, and as plain ones for JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from alara.audit.explain import Explanation, Ground
from alara.report import one
from alara.report.review_list import entry_as_dict
from alara.reviews import ReviewEntry
from alara.sr.locate import Located
from alara.store import ProcedureDetail, ReportDetail

__all__ = ["Explained", "FileState", "Source", "explained_as_dict"]


class FileState(StrEnum):
    """What became of the file behind a report."""

    words: str

    def __new__(cls, code: str, words: str = "") -> FileState:
        member = str.__new__(cls, code)
        member._value_ = code
        member.words = words
        return member

    VERIFIED = "verified", "its bytes have the digest that the database holds"
    CHANGED = "changed", "its bytes are not those that the database read: restore it from a backup"
    MISSING = "missing", "it is not in the inbox: restore it from a backup"


@dataclass(frozen=True, slots=True)
class Source:
    """One report of the case: its file, whether that is still what was read, and where its values stand in it."""

    report: ReportDetail
    path: Path | None
    state: FileState
    located: tuple[Located, ...]

    def counts(self, one: Located) -> bool | None:
        """Whether the event of a value counts in this case; ``None`` for a value of no event."""
        if not one.event_uid:
            return None
        events = self.report.report.events
        return any(event.uid == one.event_uid for at, event in enumerate(events) if at in self.report.counted)


@dataclass(frozen=True, slots=True)
class Explained:
    """One case: why the audit asks, what its numbers come from, and what was said of it."""

    case_id: str
    period: str
    policy: str
    knowledge_sha256: str
    case: dict[str, Any]
    detail: ProcedureDetail
    explanations: tuple[Explanation, ...]
    estimate: Ground | None
    sources: tuple[Source, ...]
    history: tuple[ReviewEntry, ...]


def explained_as_dict(found: Explained) -> dict[str, Any]:
    """Everything as values that JSON can hold: the flags, and under ``sources`` each value's place in its file."""
    procedure = found.detail.procedure
    return {
        "case_id": found.case_id,
        "period": found.period,
        "policy": found.policy,
        "knowledge_sha256": found.knowledge_sha256,
        "case": {name: _plain(value) for name, value in found.case.items()},
        "flags": [_flag(explanation) for explanation in found.explanations],
        "estimate": _ground(found.estimate) if found.estimate is not None else None,
        "totals": one.plane_as_dict(procedure.totals),
        "planes": [one.plane_as_dict(plane) for plane in procedure.planes],
        "events": len(procedure.events),
        "findings": [
            {**plain, "words": finding.code.words}
            for plain, finding in zip(one.findings_as_dicts(procedure.findings), procedure.findings, strict=True)
        ],
        "sources": [_source(source) for source in found.sources],
        "history": [entry_as_dict(entry) for entry in found.history],
    }


def _flag(found: Explanation) -> dict[str, Any]:
    return {
        "flag": found.flag.value,
        "words": found.flag.words,
        "rule": found.rule,
        "numbers": {name: _plain(value) for name, value in found.numbers.items()},
        "grounds": [_ground(ground) for ground in found.grounds],
        "quantities": list(found.quantities),
    }


def _ground(found: Ground) -> dict[str, Any]:
    return {
        "kind": found.kind,
        "id": found.id,
        "says": found.says,
        "note": found.note,
        "value": found.value,
        "unit": found.unit,
        "case_value": found.case_value,
        "status": found.status.value,
        "citations": [
            {"id": each.id, "citation": each.citation, "where": each.where, "status": each.status.value}
            for each in found.references
        ],
    }


def _source(source: Source) -> dict[str, Any]:
    detail = source.report
    return {
        "sop_instance_uid": detail.report.sop_instance_uid,
        "digest": detail.digest,
        "file": str(source.path) if source.path is not None else None,
        "state": source.state.value,
        "received_at": detail.received_at.isoformat(),
        "gave_way": detail.gave_way,
        "values": [
            {
                "quantity": each.quantity,
                "place": each.place,
                "concepts": [one.code_as_dict(code) for code in each.concepts],
                "value": each.value,
                "unit": each.unit,
                "event_uid": each.event_uid,
                "plane": each.plane,
                "counted": source.counts(each),
            }
            for each in source.located
        ],
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
