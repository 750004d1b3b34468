"""The real reports through the database: what was read is what is stored, and what the audit gets."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from store_reports import case_id

from alara import sr
from alara.errors import UnreadableReport
from alara.store import Incoming, Store
from alara.store.rows import stored_form


@pytest.fixture
def items(corpus: Path) -> list[Incoming]:
    made = []
    for path in sorted(corpus.glob("*.dcm")):
        data = path.read_bytes()
        try:
            report, provenance = sr.read_bytes(data), sr.read_provenance(data)
        except UnreadableReport:
            continue
        made.append(
            Incoming(hashlib.sha256(data).hexdigest(), report, provenance, datetime.now(UTC), "main", "k-patient")
        )
    return made


def test_real_reports_become_procedures_with_the_totals_that_were_read(store: Store, items: list[Incoming]):
    store.save(items)
    audited = [item.report for item in items if item.report.kind.audited]
    frame = store.procedures(date(1990, 1, 1), date(2100, 1, 1)).set_index("case_id")
    assert len(frame) == len(audited)
    for report in audited:
        identifier = case_id(report.study_instance_uid, report.equipment.key, report.kind.value)
        detail = store.procedure(identifier)
        assert detail is not None
        totals = detail.procedure.totals
        assert totals.p_ka == report.totals.p_ka
        assert totals.ka_r == report.totals.ka_r
        assert totals.fluoroscopy_time_s == report.totals.fluoroscopy_time_s
        assert set(detail.procedure.findings) == set(report.findings)
        assert frame.events[identifier] == len(report.events)
        assert detail.reports[0].report == stored_form(report)
