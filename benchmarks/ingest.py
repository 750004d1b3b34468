"""From a folder of reports to rows, as a user does it, and how near storing comes to what a database can take.

``python -m benchmarks.ingest [--reports 1000] [--events 20] [--postgres URL] [--only sqlite]``

First ``import_paths``, which is ``alara import``, into new databases, with the rate of each tenth of the reports and
the most memory of a process. What all processes take to start is measured by an import of one report, told apart, and
not counted to the reports. Then storing alone: reports that are read and ready as rows go in by ``Store.save``, and
the same rows into the same tables, indexes and checks and all, by bare ``executemany`` or ``COPY``, in turn. Where no
server is named one is started from the binaries of the machine, with its disk writes synced. Processor time is of
alara's processes alone, not of the server; other work on the machine disturbs it less than the clock.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import multiprocessing
import resource
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import sqlalchemy

from alara.app.importing import ImportSummary, import_paths
from alara.config import Config
from alara.model import Provenance
from alara.sr import read_bytes
from alara.store import Incoming, Store, ready, tables
from benchmarks.many_reports import many_reports
from tests.postgres_server import binaries, own_server

#: Reports that storing alone is measured with: they are all held in memory, and read before.
_ALONE = 2000
_BATCH = 256
_RUNS = 3
_serial = count()
Rows = dict[str, list[tuple[Any, ...]]]
Bare = Callable[[str, list[Rows]], tuple[float, float]]


@dataclass(frozen=True)
class Imported:
    """When each tenth was stored, in seconds from the start; processor time of all; most memory of one process."""

    tenths: list[float]
    processor_s: float
    peak_bytes: int


def imported(folder: Path, data: Path, database: str, reports: int) -> Imported:
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_imported, (folder, data, database, reports))


def _imported(folder: Path, data: Path, database: str, reports: int) -> Imported:
    tenths: list[float] = []
    began = time.perf_counter()

    def note(summary: ImportSummary) -> None:
        while len(tenths) < 10 and summary.tally.ends.total() >= (len(tenths) + 1) * reports // 10:
            tenths.append(time.perf_counter() - began)

    summary = import_paths(Config(data_dir=data, key_file=data / "key", database=database), [folder], progress=note)
    assert summary.tally.ends["stored"] == reports, summary.as_dict()
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return Imported(
        tenths,
        processor_s=sum(usage.ru_utime + usage.ru_stime for usage in usages),
        peak_bytes=1024 * max(usage.ru_maxrss for usage in usages),
    )


def show_import(name: str, run: Imported, one: Imported, reports: int) -> None:
    ends = run.tenths
    rates = [reports / 10 / (end - begin) for begin, end in zip([0.0, *ends], ends, strict=False)]
    print(f"alara import into {name}: {ends[-1]:.1f} s, {reports / ends[-1]:.0f} reports/s")
    print(f"  by tenths {' '.join(f'{rate:.0f}' for rate in rates)} reports/s")
    each_s = (run.processor_s - one.processor_s) / (reports - 1)
    print(f"  processor time {1000 * each_s:.2f} ms a report, {one.processor_s:.1f} s to start")
    print(f"  largest process {run.peak_bytes / 1024**2:.0f} MiB")


# --- storing alone ---------------------------------------------------------------------------------------


def _case_id(*parts: str) -> str:
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:12]


def _ready(reports: int, events: int) -> list[Incoming]:
    sender, now = Provenance("CARM", "ALARA", "10.0.0.1"), datetime.now(UTC)
    return [
        Incoming(hashlib.sha256(data).hexdigest(), ready(read_bytes(data)), sender, now, "main", "k-1")
        for data in many_reports(reports, events)
    ]


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock, and of processor time of this process."""
    begin = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - begin[0], time.process_time() - begin[1]


def saved(url: str, items: list[Incoming]) -> tuple[float, float]:
    with Store.open(url, case_id=_case_id) as store:
        return _timed(lambda: [store.save(items[at : at + _BATCH]) for at in range(0, len(items), _BATCH)])


def _rows_of(url: str) -> list[Rows]:
    """All rows as the driver takes them, in the batches in which they came: each with its report or procedure."""
    engine = sqlalchemy.create_engine(url)
    batches: list[Rows] = []
    with engine.connect() as connection:
        for table in tables.METADATA.sorted_tables:
            found = connection.exec_driver_sql(f"SELECT * FROM {table.name}")
            names = list(found.keys())
            owners = [names.index(name) for name in ("report_id", "procedure_id", "id") if name in names]
            for row in found:
                owner = next(row[at] for at in owners if row[at] is not None)
                at = (owner - 1) // _BATCH if table.name != "equipment" else 0
                batches += [{} for _ in range(at + 1 - len(batches))]
                batches[at].setdefault(table.name, []).append(tuple(row))
    engine.dispose()
    return batches


def bare_executemany(url: str, batches: list[Rows]) -> tuple[float, float]:
    Store.open(url).close()
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")

        def insert() -> None:
            for batch in batches:
                connection.execute("BEGIN IMMEDIATE")
                for name, some in batch.items():
                    marks = ", ".join("?" * len(some[0]))
                    connection.executemany(f"INSERT INTO {name} VALUES ({marks})", some)
                connection.execute("COMMIT")

        return _timed(insert)


def bare_copy(url: str, batches: list[Rows]) -> tuple[float, float]:
    Store.open(url).close()
    engine = sqlalchemy.create_engine(url)
    with engine.connect() as made:
        connection: Any = made.connection.driver_connection

        def insert() -> None:
            for batch in batches:
                with connection.cursor() as cursor:
                    for name, some in batch.items():
                        with cursor.copy(f"COPY {name} FROM STDIN") as copy:
                            for row in some:
                                copy.write_row(row)
                connection.commit()

        took = _timed(insert)
    engine.dispose()
    return took


def show_alone(
    name: str,
    make_url: Callable[[], str],
    bare: Callable[[str, list[Rows]], tuple[float, float]],
    items: list[Incoming],
) -> None:
    """Ours and the bare driver in turn."""
    ours, theirs = [], []
    gc.disable()  # ingest collects seldom; here thousands of reports are held that it never holds
    for _ in range(_RUNS):
        url = make_url()
        ours.append(saved(url, items))
        batches = _rows_of(url)
        theirs.append(bare(make_url(), batches))
    total = sum(len(rows) for batch in batches for rows in batch.values())
    by = bare.__name__.removeprefix("bare_")
    for at, clock in enumerate(("by the clock", "of processor time")):
        mine, limit = (total / statistics.median(run[at] for run in runs) for runs in (ours, theirs))
        print(f"storing alone into {name}: {mine:,.0f} rows/s {clock}, {len(items) * mine / total:,.0f} reports/s")
        print(f"  bare {by} of the same rows: {limit:,.0f}; ours {mine / limit:.0%} of it")


# --- databases -------------------------------------------------------------------------------------------


@contextmanager
def _databases(root: Path, arguments: argparse.Namespace) -> Iterator[dict[str, Callable[[], str]]]:
    """By name of the engine, what makes the URL of a new database."""
    made: dict[str, Callable[[], str]] = {"SQLite": lambda: f"sqlite:///{root}/{next(_serial)}.sqlite"}
    if arguments.only == "sqlite":
        yield made
    elif arguments.postgres:
        yield made | {"PostgreSQL": lambda: _new_schema(arguments.postgres)}
    elif binaries() is None:
        print("PostgreSQL is not installed: SQLite alone")
        yield made
    else:
        with own_server(synced=True) as server:
            yield made | {"PostgreSQL": lambda: _new_schema(server.url)}


def _new_schema(url: str) -> str:
    name = f"bench_{int(time.time())}_{next(_serial)}"
    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    engine.dispose()
    return f"{url}?options=-csearch_path%3D{name}"


def _folder(root: Path, reports: int, events: int) -> tuple[Path, float]:
    """A folder of reports, a thousand in each folder below, and their mean size in bytes."""
    size = 0
    for number, data in enumerate(many_reports(reports, events)):
        folder = root / "reports" / f"{number // 1000:05d}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number:08d}.dcm").write_bytes(data)
        size += len(data)
    return root / "reports", size / reports


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reports", type=int, default=1000)
    parser.add_argument("--events", type=int, default=20, help="irradiation events a report")
    parser.add_argument("--postgres", default="", metavar="URL", help="a server to use; it keeps the schemas made")
    parser.add_argument("--only", choices=["sqlite"], help="leave the other engine out")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        folder, size = _folder(root, arguments.reports, arguments.events)
        print(f"{arguments.reports} reports of {arguments.events} events, {size / 1024:.0f} KiB each")
        with _databases(root, arguments) as databases:
            for engine, make_url in databases.items():
                one = imported(next(folder.rglob("*.dcm")), root / f"one-{engine}", make_url(), 1)
                run = imported(folder, root / f"data-{engine}", make_url(), arguments.reports)
                show_import(engine, run, one, arguments.reports)
            items = _ready(min(arguments.reports, _ALONE), arguments.events)
            for engine, make_url in databases.items():
                show_alone(engine, make_url, {"SQLite": bare_executemany, "PostgreSQL": bare_copy}[engine], items)


if __name__ == "__main__":
    main()
