"""How the databases go about what is asked of them often: by an index, never through a whole table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Connection, event
from store_reports import event as irradiation_event
from store_reports import incoming, report

from alara.store import Store
from alara.store.engine import connect

PROCEDURES = 60_000  # over ten years: a month is one in a hundred

_EQUIPMENT = """
INSERT INTO equipment (id, fingerprint, site, key, manufacturer, model, serial, station, institution, location,
    software, device_uid)
VALUES (1, 'f', 'north', 'k', 'GE OEC', 'Elite', 'SN1', 'C-ARM-1', '', '', '', '')
"""
#: Made by the database itself, since twice as many rows by way of Python would take longer than all of the rest.
_NUMBERS = {
    "sqlite": "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count})",
    "postgresql": "WITH numbers(n) AS (SELECT generate_series(1, {count}))",
}
_STARTED = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%S.000000', '2017-01-01', '+' || (n * 87) || ' minutes')",
    "postgresql": "timestamp '2017-01-01' + n * interval '87 minutes'",
}
_DIGEST = {"sqlite": "printf('%064d', n)", "postgresql": "lpad(n::text, 64, '0')"}
_PROCEDURES = """
INSERT INTO procedures (id, identity, case_id, site, study_instance_uid, equipment_id, kind, started_local,
    study_description, performed_procedure_description, requested_procedure_description, protocol_names,
    procedure_codes, target_regions, lateralities, patient_pseudonym, sex, pregnancy_status, plane_count, event_count,
    report_count, quirks, finding_codes)
{numbers} SELECT n, {digest}, 'case' || n, CASE n % 2 WHEN 0 THEN 'north' ELSE 'south' END, '1.2.' || n, 1,
    'fluoroscopy', {started}, 'Hip injection', '', '', '', '', '', '', 'p', 'F', '', 1, 1, 1, '', '' FROM numbers
"""
_PLANES = """
INSERT INTO planes (procedure_id, plane, p_ka_basis, ka_r_basis, fluoroscopy_time_basis)
{numbers} SELECT n, kind, 'stated', 'stated', 'stated' FROM numbers,
    (SELECT 'all' AS kind UNION SELECT 'single') AS kinds
"""
_REPORTS = """
INSERT INTO reports (id, digest, sop_class_uid, sop_instance_uid, study_instance_uid, equipment_id, procedure_id, kind,
    site, received_at, sending_ae, receiving_ae, address, patient_pseudonym, sex, pregnancy_status, study_description,
    performed_procedure_description, requested_procedure_description, protocol_names_json, procedure_codes_json,
    procedure_reported_json, intent_json, scope_kind, scope_uid, sources_of_dose_json, person_roles_json, devices_json,
    device_type, quirks)
{numbers} SELECT n, {digest}, '', '1.3.' || n, '1.2.' || n, 1, n, 'fluoroscopy', 'north', {started}, '', '', '', 'p',
    'F', '', '', '', '', '[]', '[]', '', '', 'study', '', '[]', '[]', '[]', '', '' FROM numbers
"""


def _fill(connection: Connection) -> None:
    dialect = connection.dialect.name
    words = {
        "numbers": _NUMBERS[dialect].format(count=PROCEDURES),
        "started": _STARTED[dialect],
        "digest": _DIGEST[dialect],
    }
    for statement in (_EQUIPMENT, _PROCEDURES, _PLANES, _REPORTS):
        connection.exec_driver_sql(statement.format(**words).replace("%", "%%" if dialect == "postgresql" else "%"))
    if dialect == "postgresql":  # a server counts its tables by itself in time, a SQLite file never
        for table in ("procedures", "planes", "reports", "equipment"):
            connection.exec_driver_sql(f"ANALYZE {table}")
            if table != "planes":
                connection.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), 1000000)")


@contextmanager
def _watched(store: Store) -> Iterator[list[tuple[str, Any]]]:
    """The SELECTs that the store sends meanwhile, with their parameters."""
    sent: list[tuple[str, Any]] = []

    def remember(_connection, _cursor, statement, parameters, _context, _many) -> None:
        if statement.lstrip().startswith("SELECT"):
            sent.append((statement, parameters))

    event.listen(store._engine, "before_cursor_execute", remember)
    yield sent
    event.remove(store._engine, "before_cursor_execute", remember)


def _scanned(store: Store, sent: list[tuple[str, Any]]) -> list[str]:
    """Large tables that a plan reads from end to end, with the statement."""
    found = []
    with connect(store._engine, store._url) as connection:
        how = "EXPLAIN" if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
        for statement, parameters in sent:
            if "FROM" in statement:
                plan = [str(row[-1]) for row in connection.exec_driver_sql(f"{how} {statement}", parameters)]
                scans = [step for step in plan if re.search(r"(Seq Scan on|^SCAN) (procedures|planes|reports)\b", step)]
                found += [f"{step.strip()}: {statement}" for step in scans]
    return found


@pytest.fixture
def large(store: Store) -> Store:
    with store._engine.begin() as connection:
        _fill(connection)
    return store


def test_no_table_is_read_from_end_to_end_for_a_month_a_case_or_a_batch(large: Store):
    for site in (None, "north"):
        with _watched(large) as sent:
            frame = large.procedures(date(2026, 10, 1), date(2026, 11, 1), site=site)
        assert len(frame) == (513 if site is None else 256)
        assert _scanned(large, sent) == []
    with _watched(large) as sent:
        assert large.procedure("case30000") is not None
    assert _scanned(large, sent) == []
    studies = [{"study_instance_uid": f"1.2.{n}", "sop_instance_uid": f"1.9.{n}"} for n in (70, 700, 70_000)]
    batch = [incoming(report(1, [irradiation_event(1)], **fields)) for fields in studies]
    with _watched(large) as sent:
        large.save(batch)
    assert len(sent) > 5
    assert _scanned(large, sent) == []


def test_a_scan_is_seen(large: Store):
    """What the test above must be able to say."""
    with _watched(large) as sent, large._engine.connect() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM procedures WHERE study_description = 'x'").scalar()
    assert len(_scanned(large, sent)) == 1
