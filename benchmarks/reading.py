"""How long a dose report takes to read, and how much memory: ``python -m benchmarks.reading [folder]``.

Ours against pydicom with plain attribute access over the content tree, and against
pydicom's raw elements as far as they spare conversions; all three to typed values per
plane and event, in one run, interleaved, medians of CPU time, with the most memory that
ours held (MiB): report by report, then one of 316 events made from the largest of them, then
all of them one after the other. Then a folder of them read by one and by two processes,
medians of as many rounds, and the CPU time of one whole process of ours over it beside
DCMTK's ``dsr2xml``, one process a file as its users run it.
The reports are those of ``ALARA_CORPUS``, else of ``../shared/corpus``, else the samples.
"""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
import tempfile
import tracemalloc
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from io import BytesIO
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter, process_time
from typing import Any

import pydicom

from alara.errors import UnreadableReport
from alara.sr import read_bytes

ROOT = Path(__file__).resolve().parent.parent
DSR2XML = Path("/usr/bin/dsr2xml")
ROUNDS = 5
LARGE = 316
#: How many files the folder of the second table holds, and how often each process reads them.
FOLDER, TURNS = 60, 20

#: One process from its start, as somebody who reads a folder once runs it.
WHOLE = """
import sys
from pathlib import Path
from alara.sr import read_bytes
for path in Path(sys.argv[1]).iterdir():
    read_bytes(path.read_bytes())
"""

EVENT = "113706"
ACCUMULATED = "113702"


def read_with_pydicom(data: bytes) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The values of each plane and event, as one writes it with pydicom: attributes, containers, recursion."""
    dataset = pydicom.dcmread(BytesIO(data))
    planes, events = [], []
    for item in dataset.get("ContentSequence", []):
        concept = item.ConceptNameCodeSequence[0].CodeValue
        if concept == EVENT:
            events.append(_values(item))
        elif concept == ACCUMULATED:
            planes.append(_values(item))
    return planes, events


def _values(container: Any) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for item in container.get("ContentSequence", []):
        concept = item.ConceptNameCodeSequence[0].CodeValue
        kind = item.ValueType
        if kind == "NUM":
            if item.MeasuredValueSequence:
                measured = item.MeasuredValueSequence[0]
                values[concept] = (measured.NumericValue, measured.MeasurementUnitsCodeSequence[0].CodeValue)
        elif kind == "CODE":
            code = item.ConceptCodeSequence[0]
            values[concept] = (code.CodeValue, code.CodingSchemeDesignator)
        elif kind == "TEXT":
            values[concept] = item.TextValue
        elif kind == "UIDREF":
            values[concept] = item.UID
        elif kind == "DATETIME":
            values[concept] = item.DateTime
        elif kind == "CONTAINER":
            values.setdefault(concept, []).append(_values(item))
    return values


_CONTENT, _NAME, _KIND = 0x0040A730, 0x0040A043, 0x0040A040
_MEASURED, _NUMBER, _UNITS, _CODE = 0x0040A300, 0x0040A30A, 0x004008EA, 0x0040A168
_CODE_VALUE, _SCHEME = 0x00080100, 0x00080102
_PLAIN = {b"TEXT": 0x0040A160, b"UIDREF": 0x0040A124, b"DATETIME": 0x0040A120}


def read_with_raw_pydicom(data: bytes) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The same with pydicom's raw elements: sequences are parsed by it, other values stay the bytes that they are."""
    dataset = pydicom.dcmread(BytesIO(data))
    planes, events = [], []
    for item in dataset.get("ContentSequence", []):
        concept = _raw(item[_NAME].value[0], _CODE_VALUE)
        if concept == EVENT.encode():
            events.append(_raw_values(item))
        elif concept == ACCUMULATED.encode():
            planes.append(_raw_values(item))
    return planes, events


def _raw(dataset: Any, number: int) -> bytes:
    """The bytes of an element; pydicom converts some on its own."""
    element = dataset.get_item(number)
    value = b"" if element is None or element.value is None else element.value
    return value.strip(b" \0") if isinstance(value, bytes) else str(value).encode()


def _raw_values(container: Any) -> dict[bytes, Any]:
    values: dict[bytes, Any] = {}
    for item in container[_CONTENT].value if _CONTENT in container else ():
        concept = _raw(item[_NAME].value[0], _CODE_VALUE)
        kind = _raw(item, _KIND)
        if kind == b"NUM":
            for measured in item[_MEASURED].value[:1]:
                number = _raw(measured, _NUMBER)
                unit = _raw(measured[_UNITS].value[0], _CODE_VALUE)
                values[concept] = (float(number) if number and b"\\" not in number else number, unit)
        elif kind == b"CODE":
            code = item[_CODE].value[0]
            values[concept] = (_raw(code, _CODE_VALUE), _raw(code, _SCHEME))
        elif kind in _PLAIN:
            values[concept] = _raw(item, _PLAIN[kind])
        elif kind == b"CONTAINER":
            values.setdefault(concept, []).append(_raw_values(item))
    return values


def reports(folder: Path) -> list[tuple[str, bytes, int]]:
    """Name, bytes and events of each report of a folder that has events, the richest last."""
    found = []
    for path in sorted(folder.rglob("*.dcm")):
        data = path.read_bytes()
        try:
            events = len(read_bytes(data).events)
        except UnreadableReport:
            continue
        if events:
            found.append((path.name, data, events))
    return sorted(found, key=lambda report: report[2])


def enlarged(data: bytes, events: int, seed: int = LARGE) -> bytes:
    """A report with more events: those that it has again, about a third of their numbers changed."""
    random = Random(seed)
    dataset = pydicom.dcmread(BytesIO(data))
    own = [item for item in dataset.ContentSequence if item.ConceptNameCodeSequence[0].CodeValue == EVENT]
    more = [own[number % len(own)] for number in range(events)]
    dataset.ContentSequence = [item for item in dataset.ContentSequence if item not in own] + more
    out = BytesIO()
    dataset.save_as(out)
    seen: set[bytes] = set()

    def change(match: re.Match[bytes]) -> bytes:
        head, number = match.groups()
        if number not in seen or random.random() > 0.3:
            seen.add(number)
            return match[0]
        return head + re.sub(rb"[1-9]", lambda _: str(random.randint(1, 9)).encode(), number)

    return re.sub(rb"(\x40\x00\x0a\xa3DS..)([\d.]+)", change, out.getvalue(), flags=re.DOTALL)


def milliseconds(read: Callable[[bytes], object], data: bytes) -> float:
    """CPU time of one reading."""
    began = process_time()
    read(data)
    return (process_time() - began) * 1000


def peak_mib(data: bytes) -> float:
    """The most memory that reading held at a time beside the bytes themselves."""
    tracemalloc.start()
    try:
        read_bytes(data)
        return tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()


READERS = (read_bytes, read_with_pydicom, read_with_raw_pydicom)


def compare(name: str, reports: list[bytes], events: int) -> None:
    """Print a line of the first table: each reader reads all the reports in turn, some rounds long."""
    taken: dict[Callable[[bytes], object], list[float]] = {read: [] for read in READERS}
    for _ in range(ROUNDS):
        for read in READERS:
            taken[read].append(sum(milliseconds(read, data) for data in reports))
    own, theirs, raw = (median(times) for times in taken.values())
    size = f"{sum(map(len, reports)) / 1024:8.0f} {events:7} {own:9.2f} {own / events:9.3f}"
    most = max(map(peak_mib, reports))
    print(f"{name[:40]:40} {size} {theirs:9.1f} {theirs / own:6.1f} {raw:9.1f} {raw / own:6.1f} {most:6.1f}")


def read_files(paths: list[Path], turns: int = 1) -> int:
    """Read every file of a folder, some turns long."""
    for _ in range(turns):
        for path in paths:
            read_bytes(path.read_bytes())
    return len(paths) * turns


def files_a_second(paths: list[Path], processes: int) -> float:
    """Of a folder that so many processes share, each started and warm before."""
    shares = [paths[number::processes] for number in range(processes)]
    with ProcessPoolExecutor(processes) as pool:
        list(pool.map(read_files, shares))
        began = perf_counter()
        read = sum(pool.map(read_files, shares, [TURNS] * processes))
        return read / (perf_counter() - began)


def cpu_seconds_of(command: list[str]) -> float:
    """CPU time of a whole process, its start included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compare_folder(found: list[tuple[str, bytes, int]]) -> None:
    """Print what a folder takes: ours with one and two processes, our whole process, and ``dsr2xml`` a file."""
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for number in range(FOLDER):
            paths.append(Path(folder) / f"{number:03}.dcm")
            paths[-1].write_bytes(found[number % len(found)][1])
        print(f"\na folder of {FOLDER} reports, {sum(p.stat().st_size for p in paths) / 2**20:.1f} MiB:")
        rates = [(files_a_second(paths, 1), files_a_second(paths, 2)) for _ in range(ROUNDS)]
        one, two = (median(column) for column in zip(*rates, strict=True))
        scale = median(pair / single for single, pair in rates)
        print(f"  one process       {one:8.0f} files/s")
        print(f"  two processes     {two:8.0f} files/s, {scale:.2f} times one")
        compare_processes(folder, paths)


def compare_processes(folder: str, paths: list[Path]) -> None:
    """Print the CPU time a file of one whole process of ours over a folder, and of ``dsr2xml`` over each."""
    if not DSR2XML.exists():
        print("  dsr2xml is not installed")
        return
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(cpu_seconds_of([sys.executable, "-c", WHOLE, folder]) / len(paths) * 1000)
        theirs.append(sum(cpu_seconds_of([str(DSR2XML), str(path)]) for path in paths) / len(paths) * 1000)
    print(f"  a whole process   {median(ours):8.1f} ms CPU a file, its start included")
    print(f"  dsr2xml, each     {median(theirs):8.1f} ms CPU a file")


def main() -> None:
    """Print the tables."""
    warnings.simplefilter("ignore")
    given = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("ALARA_CORPUS", "")
    corpus = Path(given) if given else ROOT.parent / "shared" / "corpus"
    folder = corpus if corpus.is_dir() else ROOT / "sample_rdsr"
    found = reports(folder)
    if not found:
        sys.exit(f"No dose reports with events in {folder}.")
    heads = (
        ("KiB", 8),
        ("events", 7),
        ("ms", 9),
        ("ms/event", 9),
        ("pydicom", 9),
        ("ratio", 6),
        ("raw", 9),
        ("ratio", 6),
    )
    print(f"{'report':40} {' '.join(f'{head:>{width}}' for head, width in heads)} {'MiB':>6}")
    for name, data, events in found[-20:]:
        compare(name, [data], events)
    large = enlarged(found[-1][1], LARGE)
    compare(f"{LARGE} events made of {found[-1][0]}", [large], len(read_bytes(large).events))
    compare("all but that, one after the other", [data for _, data, _ in found], sum(e for _, _, e in found))
    compare_folder(found)


if __name__ == "__main__":
    main()
