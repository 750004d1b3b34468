"""How long an audit takes, and how much memory: ``python -m benchmarks.audit [LARGEST]``.

``[--in DIR] [--postgres [URL]] [--spark]``

The grouped statistics of a month, of a year and of two years out of 10⁴ procedures,
ten times as many, and so on up to LARGEST (default 1,000,000): pandas from SQLite,
pandas and DuckDB from PostgreSQL when asked for, pandas and DuckDB (and Spark, when
asked for) from Parquet, and the two yardsticks of ``benchmarks.by_hand``. What an
engine's memory would not hold is left out: of 10⁸ there are DuckDB and the yardsticks.
Each in a process of its own: the first time, imports and the opening of the engine
left out; the second time, with the CPU time of all its threads, which a busy machine
changes less; and the process's peak memory. The CPU time of a server is not in it.
Then the whole audit of a month, files and page included. Then what is done once:
knowledge, and the classification of 100,000 distinct texts.

The data are made once in DIR (default: a temporary folder) and found there again. A
server of the machine's own binaries holds up to 1,000,000 procedures and is gone in
the end; that of URL as many as are asked for, in a schema ``audit1000000`` for each
number, where they are found again.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter, process_time

import psutil
import sqlalchemy

from tests.postgres_server import own_server

PERIODS = {"month": "2026-10", "year": "2026", "2 years": "2025-01-01..2026-12-31"}
#: Beyond these it does not fit into this memory or this patience.
MOST = {"sqlite": 1_000_000, "spark": 10_000_000}
MOST_ON_OWN_SERVER = 1_000_000
ON_SERVER = ("postgres", "postgres duckdb")
#: Procedures of the period itself, which pandas holds as a value a field and DuckDB as the columns asked.
MOST_ASKED = {"postgres": 1_000_000, "postgres duckdb": 5_000_000, "pandas": 5_000_000}
SHARE = {"month": 1 / 24, "year": 1 / 2, "2 years": 1.0}
MOST_WHOLE = 10_000_000
#: Yardsticks: SQL as one would type it.
BY_HAND = ("quantiles", "same by hand")

#: A server that runs meanwhile.
OWN = "own"

#: Engines of this process, which end with it.
_OPEN = ExitStack()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("largest", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--in", dest="folder", type=Path)
    parser.add_argument("--postgres", nargs="?", const=OWN, metavar="URL")
    parser.add_argument("--spark", action="store_true")
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        way, period, dataset, database = given.one
        print(json.dumps(_measured(way, period, Path(dataset), database)))
        return
    with ExitStack() as stack:
        folder = given.folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="alara-bench-")))
        own = given.postgres == OWN
        server = stack.enter_context(own_server()).url if own else given.postgres
        ways = [
            "sqlite",
            *(ON_SERVER if server else []),
            "pandas",
            "duckdb",
            *BY_HAND,
            *(["spark"] if given.spark else []),
        ]
        count = 10_000
        while count <= given.largest:
            _of(count, ways, folder, server if not own or count <= MOST_ON_OWN_SERVER else None)
            count *= 10
    _once()


def _of(count: int, ways: Sequence[str], folder: Path, server: str | None) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    dataset, file = folder / f"ds{count}", folder / f"db{count}.sqlite"
    _make(count, dataset, file)
    on_server = server and _on_server(count, server)
    for period in PERIODS:
        for way in ways:
            on = on_server if way in ON_SERVER else str(file)
            most = MOST_ASKED[way] / SHARE[period] if way in MOST_ASKED else MOST.get(way, count)
            if on and count <= most:
                _show(f"{count:>11,}  {period:8} {way:15}", way, period, dataset, on)
    if count <= MOST_WHOLE:
        for way in ("pandas", "duckdb"):
            _show(f"{count:>11,}  month, all files, {way:8}", f"whole {way}", "month", dataset, str(file))


def _on_server(count: int, server: str) -> str:
    """The URL of so many procedures, in a schema of their own; made where it is not there."""
    from alara.app.generating import Population, generate_database
    from alara.config import Config

    url = f"{server}{'&' if '?' in server else '?'}options=-csearch_path%3Daudit{count}"
    engine = sqlalchemy.create_engine(server)
    with engine.begin() as connection:
        there = sqlalchemy.inspect(connection).has_table("procedures", f"audit{count}")
        if there:
            there = connection.exec_driver_sql(f"SELECT count(*) FROM audit{count}.procedures").scalar_one() == count
        if not there:
            connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS audit{count} CASCADE")
            connection.exec_driver_sql(f"CREATE SCHEMA audit{count}")
    engine.dispose()
    if not there:
        start = perf_counter()
        generate_database(Population(count), Config(database=url))
        print(f"{count:>11,}  made in PostgreSQL in {perf_counter() - start:.1f} s", flush=True)
    return url


def _make(count: int, dataset: Path, database: Path) -> None:
    from alara.app.generating import Population, generate_database, generate_dataset
    from alara.config import Config
    from alara.lake import Dataset

    if not Dataset(dataset).is_current():  # its mark is written last
        shutil.rmtree(dataset, ignore_errors=True)
        start = perf_counter()
        generate_dataset(Population(count), dataset)
        print(f"{count:>11,}  made as Parquet in {perf_counter() - start:.1f} s", flush=True)
    if count <= MOST["sqlite"] and not database.exists():
        start = perf_counter()
        generate_database(Population(count), Config(database=str(database)))
        print(f"{count:>11,}  made as SQLite in {perf_counter() - start:.1f} s", flush=True)


def _show(title: str, way: str, period: str, dataset: Path, database: str) -> None:
    command = [sys.executable, "-m", "benchmarks.audit", "--one", way, period, str(dataset), database]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False, text=True)
    if done.returncode:
        print(f"{title}  did not end: {done.returncode}", flush=True)
        return
    found = json.loads(done.stdout.splitlines()[-1])
    print(
        f"{title}  rows {found['rows']:>11,}  first {found['first_s']:7.2f} s"
        f"  again {found['again_s']:7.2f} s  CPU {found['cpu_s']:6.2f} s  peak {found['peak_mb']:6,.0f} MB",
        flush=True,
    )


def _measured(way: str, period: str, dataset: Path, database: str) -> dict[str, float]:
    """Twice the same in this process: rows, seconds of each, and the peak of memory (of Spark: of its JVM too)."""
    question = _by_hand(way, period, dataset) if way in BY_HAND else _audit(way, period, dataset, database)
    times = []
    rows, cpu = 0, 0.0
    for _ in range(2):
        start, cpu_start = perf_counter(), process_time()
        rows = question()
        times.append(perf_counter() - start)
        cpu = process_time() - cpu_start
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss + sum(map(_peak_kb, psutil.Process().children(True)))
    _OPEN.close()
    return {"rows": rows, "first_s": times[0], "again_s": times[1], "cpu_s": cpu, "peak_mb": peak_kb / 1024}


def _peak_kb(process: psutil.Process) -> int:
    """The most that a process that still runs has held."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))


def _by_hand(way: str, period: str, dataset: Path) -> Callable[[], int]:
    from alara.audit import Period
    from benchmarks import by_hand

    asked = by_hand.quantiles if way == "quantiles" else by_hand.same
    return asked(Period.parse(PERIODS[period]), dataset)


def _audit(way: str, period: str, dataset: Path, database: str) -> Callable[[], int]:
    from alara import report
    from alara.audit import Period, run
    from alara.audit.asked import GROUPS_ASK
    from alara.config import Config
    from alara.knowledge import load
    from alara.lake import Dataset, open_engine
    from alara.lake.from_database import rows_from
    from alara.store import Store

    knowledge, when = load(), Period.parse(PERIODS[period])
    whole, name = way.startswith("whole"), way.split()[-1]

    def database_question() -> int:
        with Store.open(Config(database=database).database_url, create=False) as store:
            procedures = store.procedures(when.start, when.end)
        run(procedures, period=when, knowledge=knowledge, groups_only=True)
        return len(procedures)

    def server_question() -> int:
        with Store.open(database, create=False) as store:
            rows = rows_from(store, engine, GROUPS_ASK, when.start, when.end, None)
        made = run(rows, period=when, knowledge=knowledge, native=engine.native, groups_only=True)
        return made.headline.procedures + made.headline.radiography

    def dataset_question() -> int:
        files = Dataset(dataset).files(when.start, when.end)
        rows = engine.scan(files)
        made = run(rows, period=when, knowledge=knowledge, native=engine.native, groups_only=not whole)
        if whole:
            with tempfile.TemporaryDirectory() as folder:
                report.write(made, Path(folder), knowledge)
        return made.headline.procedures + made.headline.radiography

    if way in ("sqlite", "postgres"):
        return database_question
    engine = _OPEN.enter_context(open_engine(name))
    return server_question if way in ON_SERVER else dataset_question


def _once() -> None:
    from alara.audit import Classifier
    from alara.knowledge import load
    from alara.samples.procedures import PROCEDURES

    start = perf_counter()
    knowledge = load()
    print(f"knowledge: {1000 * (perf_counter() - start):.0f} ms")
    words = [text for kind in PROCEDURES for text in kind.descriptions]
    texts = [f"{words[n % len(words)]} {n} ROOM {n % 7}" for n in range(100_000)]
    classifier = Classifier(knowledge)
    start = perf_counter()
    for text in texts:
        classifier.classify(text)
    print(f"classification of {len(texts):,} distinct texts: {perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()
