"""An assembled procedure as rows of ``procedures``, ``planes`` and ``findings``."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from alara.model import Code, PlaneTotals, Procedure
from alara.store.assemble import Assembled
from alara.store.grouping import Identity
from alara.store.rows import clean_text, finding_row, fingerprint, moment_columns, patient_columns

__all__ = ["finding_rows", "identity_of", "plane_rows", "procedure_row"]

Row = dict[str, Any]


def identity_of(identity: Identity) -> str:
    """The key of a procedure: study, equipment and kind in fixed length."""
    return fingerprint(*(clean_text(part) for part in identity))


def procedure_row(assembled: Assembled) -> Row:
    """Without its case id and the key of its equipment."""
    procedure = assembled.procedure
    assert procedure.started is not None
    return {
        "identity": identity_of(assembled.identity),
        "site": assembled.site,
        "study_instance_uid": clean_text(procedure.study_instance_uid),
        "kind": procedure.kind.value,
        **moment_columns("started", procedure.started),
        **moment_columns("ended", procedure.ended),
        "study_description": clean_text(procedure.study_description),
        "performed_procedure_description": clean_text(procedure.performed_procedure_description),
        "requested_procedure_description": clean_text(procedure.requested_procedure_description),
        "protocol_names": clean_text("; ".join(procedure.protocol_names)),
        "procedure_codes": _codes(procedure.procedure_codes),
        "target_regions": _codes(event.target_region for event in procedure.events),
        "lateralities": _codes(event.laterality for event in procedure.events),
        **patient_columns(procedure.patient, assembled.patient_pseudonym),
        "p_ka_fluoroscopy_gycm2": _sum(dose.p_ka_fluoroscopy for dose in assembled.accumulated),
        "p_ka_acquisition_gycm2": _sum(dose.p_ka_acquisition for dose in assembled.accumulated),
        "plane_count": len(procedure.planes),
        "event_count": len(procedure.events),
        "report_count": len(assembled.members),
        "quirks": " ".join(procedure.quirks),
        "operator_codes": " ".join(assembled.operator_codes),
        "finding_codes": " ".join(dict.fromkeys(finding.code.value for finding in procedure.findings)),
    }


def plane_rows(procedure: Procedure) -> list[Row]:
    """One row a plane, and one for all planes together."""
    planes = [plane for plane in procedure.planes if plane.plane is not procedure.totals.plane]
    return [_plane_row(plane) for plane in (*planes, procedure.totals)]


def finding_rows(procedure: Procedure) -> list[Row]:
    return [finding_row(finding, position) for position, finding in enumerate(procedure.findings)]


def _plane_row(totals: PlaneTotals) -> Row:
    row: Row = {"plane": totals.plane.value}
    for name, unit, total in (
        ("p_ka", "gycm2", totals.p_ka),
        ("ka_r", "mgy", totals.ka_r),
        ("fluoroscopy_time", "s", totals.fluoroscopy_time),
    ):
        row[f"{name}_stated_{unit}"] = total.stated.amount if total.stated else None
        row[f"{name}_summed_{unit}"] = total.summed.amount if total.summed else None
        row[f"{name}_{unit}"] = total.amount
        row[f"{name}_basis"] = total.basis.value
    return row


def _codes(codes: Iterable[Code | None]) -> str:
    """Codes as ``scheme:value``, each once, joined by spaces."""
    texts = (f"{code.scheme}:{code.value}" for code in codes if code is not None)
    return clean_text(" ".join(dict.fromkeys("_".join(text.split()) for text in texts)))


def _sum(parts: Iterable[Any]) -> float | None:
    known = [part.amount for part in parts if part is not None]
    return math.fsum(known) if known else None
