"""How long a dose report takes to read: ``python -m benchmarks.reading [folder]``.

Ours against pydicom with plain attribute access over the content tree, both to
typed values per plane and event, in one run, interleaved, medians of CPU time.
The reports are those of ``ALARA_CORPUS``, else of ``../shared/corpus``, else the samples;
the last line is one of 316 events made from the largest of them.
"""

from __future__ import annotations

import os
import re
import sys
import warnings
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from random import Random
from statistics import median
from time import process_time
from typing import Any

import pydicom

from alara.errors import UnreadableReport
from alara.sr import read_bytes

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 5
LARGE = 316

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


def compare(name: str, data: bytes, events: int) -> None:
    """Print one line of the table."""
    ours, theirs = [], []
    for _ in range(ROUNDS):
        theirs.append(milliseconds(read_with_pydicom, data))
        ours.append(milliseconds(read_bytes, data))
    own, other = median(ours), median(theirs)
    figures = f"{len(data) / 1024:8.0f} {events:7} {own:9.2f} {own / events:9.3f} {other:9.1f} {other / own:7.1f}"
    print(f"{name[:40]:40} {figures}")


def main() -> None:
    """Print the table."""
    warnings.simplefilter("ignore")
    given = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("ALARA_CORPUS", "")
    corpus = Path(given) if given else ROOT.parent / "shared" / "corpus"
    folder = corpus if corpus.is_dir() else ROOT / "sample_rdsr"
    found = reports(folder)
    if not found:
        sys.exit(f"No dose reports with events in {folder}.")
    print(f"{'report':40} {'KiB':>8} {'events':>7} {'ms':>9} {'ms/event':>9} {'pydicom':>9} {'ratio':>7}")
    for name, data, events in found[-20:]:
        compare(name, data, events)
    name, data, events = found[-1]
    large = enlarged(data, LARGE)
    compare(f"{LARGE} events made of {name}", large, len(read_bytes(large).events))


if __name__ == "__main__":
    main()
