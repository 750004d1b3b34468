"""Reports into rows: the store alone, beside a bare ``executemany`` of the same event rows.

Run with ``python -m benchmarks.store``. Every figure is the median of three runs on new SQLite files.
"""

from __future__ import annotations

import hashlib
import sqlite3
import statistics
import tempfile
import time
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from alara.model import (
    AccumulatedDose,
    Code,
    DoseReport,
    Equipment,
    EventType,
    Filter,
    IrradiationEvent,
    Moment,
    Patient,
    Plane,
    Provenance,
    ReportKind,
)
from alara.quantities import AirKerma, Duration, KermaAreaProduct
from alara.store import Incoming, Store
from alara.store.rows import event_row

REPORTS, EVENTS, BATCH, RUNS = 1000, 20, 100, 3
PROCEDURES = 10_000
_FIRST_DAY = datetime(2026, 10, 1, 8)


def made_report(number: int, events: int = EVENTS) -> DoseReport:
    """A plain fluoroscopy report; the same number gives the same report."""
    started = _FIRST_DAY + timedelta(minutes=4 * number % (31 * 24 * 60))
    uid = f"1.2.826.0.1.3680043.10.9.{number + 1}"
    return DoseReport(
        sop_class_uid="1.2.840.10008.5.1.4.1.1.88.67",
        sop_instance_uid=f"{uid}.2",
        study_instance_uid=f"{uid}.1",
        kind=ReportKind.FLUOROSCOPY,
        equipment=Equipment("GE OEC", "Elite", f"SN{number % 4}", f"C-ARM-{number % 4}"),
        patient=Patient(birth_year=1960, age_years=66.0, sex="F"),
        content_written=Moment(started + timedelta(minutes=20)),
        study_description="Lumbar facet injection",
        procedure_codes=(Code("64493", "C4", "facet"),),
        accumulated=(
            AccumulatedDose(
                Plane.SINGLE,
                p_ka=KermaAreaProduct(0.05 * events),
                ka_r=AirKerma(0.2 * events),
                fluoroscopy_time=Duration(1.5 * events),
            ),
        ),
        events=tuple(
            _event(f"{uid}.3.{index + 1}", started + timedelta(seconds=30 * index)) for index in range(events)
        ),
        started=Moment(started),
    )


def _event(uid: str, started: datetime) -> IrradiationEvent:
    return IrradiationEvent(
        uid=uid,
        plane=Plane.SINGLE,
        type=EventType.FLUOROSCOPY,
        started=Moment(started),
        p_ka=KermaAreaProduct(0.05),
        ka_r=AirKerma(0.2),
        duration=Duration(1.5),
        fluoro_mode="pulsed",
        pulse_rate_per_s=8.0,
        pulses=12,
        pulse_width_ms=10.0,
        kvp=71.0,
        tube_current_ma=2.4,
        filters=(Filter("Al", 3.0, 3.0),),
        primary_angle_deg=12.5,
        secondary_angle_deg=-4.0,
        source_to_detector_mm=1000.0,
    )


def incoming(report: DoseReport) -> Incoming:
    digest = hashlib.sha256(report.sop_instance_uid.encode()).hexdigest()
    return Incoming(digest, report, Provenance("CARM", "ALARA", "10.0.0.1"), datetime.now(UTC), "main", "k-1")


def case_id(*parts: str) -> str:
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:12]


def save_all(path: Path, items: list[Incoming]) -> float:
    """Seconds to store the items in batches."""
    with Store.open(f"sqlite:///{path}", case_id=case_id) as store:
        begin = time.perf_counter()
        for start in range(0, len(items), BATCH):
            store.save(items[start : start + BATCH])
        return time.perf_counter() - begin


def bare_executemany(path: Path, items: list[Incoming]) -> float:
    """Seconds to insert the same event rows, ready made, with the sqlite3 module: the limit."""
    rows = [(item.digest, *map(str, event_row(event, 0).values())) for item in items for event in item.report.events]
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"CREATE TABLE events ({', '.join(f'c{i}' for i in range(len(rows[0])))})")
        begin = time.perf_counter()
        for start in range(0, len(rows), BATCH * EVENTS):
            connection.execute("BEGIN IMMEDIATE")
            marks = ", ".join("?" * len(rows[0]))
            connection.executemany(f"INSERT INTO events VALUES ({marks})", rows[start : start + BATCH * EVENTS])
            connection.execute("COMMIT")
        return time.perf_counter() - begin


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        single = [incoming(made_report(number)) for number in range(REPORTS)]
        stored = statistics.median(save_all(root / f"single{run}.sqlite", single) for run in range(RUNS))
        again = statistics.median(save_all(root / f"single{run}.sqlite", single) for run in range(RUNS))
        bare = statistics.median(bare_executemany(root / f"bare{run}.sqlite", single) for run in range(RUNS))
        print(f"{REPORTS} reports of {EVENTS} events, batches of {BATCH}:")
        print(f"  stored      {REPORTS / stored:8,.0f} reports/s  {REPORTS * EVENTS / stored:10,.0f} event rows/s")
        print(f"  duplicates  {REPORTS / again:8,.0f} reports/s")
        print(f"  bare sqlite3 executemany of the events alone  {REPORTS * EVENTS / bare:10,.0f} rows/s")
        many = [incoming(made_report(number, events=2)) for number in range(PROCEDURES)]
        filled = save_all(root / "many.sqlite", many)
        print(f"{PROCEDURES} reports of 2 events: {PROCEDURES / filled:,.0f} reports/s")
        with Store.open(f"sqlite:///{root / 'many.sqlite'}", create=False) as store:
            begin = time.perf_counter()
            frame = store.procedures(date(2026, 10, 1), date(2026, 12, 1))
            print(f"  frame of {len(frame)} procedures: {time.perf_counter() - begin:.3f} s")


if __name__ == "__main__":
    main()
