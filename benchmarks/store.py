"""Reports into rows: the store alone, beside a bare ``executemany`` of the same event rows.

Run with ``python -m benchmarks.store``. Figures are medians of three runs on new SQLite files, by the
clock and by the processor time of this process (which other work on the machine disturbs less).
"""

from __future__ import annotations

import hashlib
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
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


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock, and of processor time."""
    begin = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - begin[0], time.process_time() - begin[1]


def save_all(path: Path, items: list[Incoming]) -> tuple[float, float]:
    """Time to store the items in batches."""
    with Store.open(f"sqlite:///{path}", case_id=case_id) as store:
        batches = [items[start : start + BATCH] for start in range(0, len(items), BATCH)]
        return timed(lambda: [store.save(batch) for batch in batches])


def median(runs: Iterable[tuple[float, float]]) -> tuple[float, float]:
    by_clock, of_processor = zip(*runs, strict=True)
    return statistics.median(by_clock), statistics.median(of_processor)


def show(what: str, count: int, unit: str, took: tuple[float, float]) -> None:
    print(f"  {what:<48}{count / took[0]:12,.0f} {unit}/s {count / took[1]:12,.0f} {unit}/CPU-s")


def bare_executemany(path: Path, items: list[Incoming]) -> tuple[float, float]:
    """Time to insert the same event rows, ready made, with the sqlite3 module: the limit."""
    rows = [(item.digest, *map(str, event_row(event, 0).values())) for item in items for event in item.report.events]
    statement = f"INSERT INTO events VALUES ({', '.join('?' * len(rows[0]))})"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"CREATE TABLE events ({', '.join(f'c{at}' for at in range(len(rows[0])))})")

        def insert() -> None:
            for start in range(0, len(rows), BATCH * EVENTS):
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany(statement, rows[start : start + BATCH * EVENTS])
                connection.execute("COMMIT")

        return timed(insert)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        items = [incoming(made_report(number)) for number in range(REPORTS)]
        print(f"{REPORTS} reports of {EVENTS} events, batches of {BATCH}")
        stored = median(save_all(root / f"reports{run}.sqlite", items) for run in range(RUNS))
        show("new reports", REPORTS, "reports", stored)
        show("the same, event rows", REPORTS * EVENTS, "rows", stored)
        bare = median(bare_executemany(root / f"bare{run}.sqlite", items) for run in range(RUNS))
        show("bare executemany of the event rows alone", REPORTS * EVENTS, "rows", bare)
        again = median(save_all(root / f"reports{run}.sqlite", items) for run in range(RUNS))
        show("duplicates", REPORTS, "reports", again)
        many = root / "many.sqlite"
        print(f"{PROCEDURES} reports of 2 events, batches of {BATCH}")
        small = [incoming(made_report(number, events=2)) for number in range(PROCEDURES)]
        show("new reports", PROCEDURES, "reports", save_all(many, small))
        with Store.open(f"sqlite:///{many}", create=False) as store:
            store.procedures(date(2000, 1, 1), date(2000, 1, 2))  # imports pandas
            frame = median(timed(lambda: store.procedures(date(2026, 10, 1), date(2026, 11, 1))) for _ in range(RUNS))
        show(f"frame of {PROCEDURES} procedures ({frame[0]:.3f} s)", PROCEDURES, "rows", frame)


if __name__ == "__main__":
    main()
