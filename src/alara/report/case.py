"""One case: the procedure as assembled, and each report that it was assembled from. No names or IDs of people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.text import Text

from alara.model import Procedure
from alara.report import one
from alara.store import ProcedureDetail, ReportDetail
from alara.words import counted

__all__ = ["case_as_dict", "print_case"]


def case_as_dict(detail: ProcedureDetail) -> dict[str, Any]:
    """The case as values that JSON can hold, in the names of ``alara read --json``."""
    procedure = detail.procedure
    return {
        "case_id": detail.case_id,
        "site": detail.site,
        "kind": procedure.kind.value,
        "started": one.local_time(procedure.started),
        "ended": one.local_time(procedure.ended),
        "device": detail.device,
        "equipment": one.equipment_as_dict(detail.equipment),
        "patient": one.patient_as_dict(procedure.patient),
        "descriptions": list(_descriptions(procedure)),
        "procedure_codes": [one.code_as_dict(code) for code in procedure.procedure_codes],
        "totals": one.plane_as_dict(procedure.totals),
        "planes": [one.plane_as_dict(plane) for plane in procedure.planes],
        "events": [one.event_as_dict(event) for event in procedure.events],
        "reports": [_report(report) for report in detail.reports],
        "quirks": list(procedure.quirks),
        "findings": one.findings_as_dicts(procedure.findings),
    }


def _report(detail: ReportDetail) -> dict[str, Any]:
    return {
        "digest": detail.digest,
        "sop_instance_uid": detail.report.sop_instance_uid,
        "received_at": detail.received_at.isoformat(),
        "sending_ae": detail.provenance.sending_ae,
        "address": detail.provenance.address,
        "events": len(detail.report.events),
        "events_counted": len(detail.counted),
        "gave_way": detail.gave_way,
    }


def print_case(detail: ProcedureDetail, console: Console) -> None:
    """The case for people, in 80 columns: what it is, plane by plane, event by event, its reports, findings."""
    procedure = detail.procedure
    started = f", {procedure.started.local:%Y-%m-%d %H:%M}" if procedure.started else ""
    console.print(Text(f"Case {detail.case_id}: {procedure.kind.value} on {detail.device}{started}", style="bold"))
    if text := " · ".join(_descriptions(procedure)):
        console.print(Text(text))
    console.print()
    console.print(one.planes_table(procedure))
    if procedure.events:
        console.print(one.events_table(procedure))
    console.print(Text("Reports", style="bold"))
    for report in detail.reports:
        console.print(Text(f"- {_arrival(report)}"))
    one.print_quirks(procedure.quirks, console)
    one.print_findings(procedure.findings, console)


def _arrival(detail: ReportDetail) -> str:
    sender = detail.provenance.sending_ae or "imported"
    if detail.gave_way:
        what = "doses in a header, given way to what tells better"
    elif detail.report.events:
        what = f"{counted(len(detail.report.events), 'event')}, {len(detail.counted)} counted here"
    else:
        what = "no events"
    return f"{detail.received_at:%Y-%m-%d %H:%M} UTC, {sender}: {what}; file {detail.digest[:16]}"


def _descriptions(procedure: Procedure) -> Iterator[str]:
    texts = (
        procedure.requested_procedure_description,
        procedure.performed_procedure_description,
        procedure.study_description,
    )
    return iter(dict.fromkeys(filter(None, texts)))
