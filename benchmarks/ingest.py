"""From a folder of reports to rows in SQLite, as a user does it: ``python -m benchmarks.ingest [REPORTS]``.

Generates reports of 20 irradiation events each, imports half of them and then
all of them with ``alara import`` in a process of its own and a new database
each time. The difference of the two is the rate without start-up.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from alara.samples import generate

EVENTS = 20


def imported(folder: Path, data: Path) -> float:
    """Seconds that ``alara import`` takes for a folder, its start included."""
    environ = os.environ | {"ALARA_DATA_DIR": str(data), "ALARA_KEY_FILE": str(data.with_suffix(".key"))}
    began = time.perf_counter()
    command = [sys.executable, "-m", "alara", "import", str(folder)]
    subprocess.run(command, check=True, env=environ, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    reports = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        half, whole = root / "half", root / "whole"
        half.mkdir()
        whole.mkdir()
        size = 0
        for number, data in enumerate(generate(reports, EVENTS, seed=1)):
            (whole / f"{number:06d}.dcm").write_bytes(data)
            size += len(data)
            if number % 2:
                os.link(whole / f"{number:06d}.dcm", half / f"{number:06d}.dcm")
        times = [(imported(half, root / f"h{n}"), imported(whole, root / f"w{n}")) for n in range(3)]
    half_s, whole_s = (sorted(column)[1] for column in zip(*times, strict=True))
    peak_mib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{reports} reports of {EVENTS} events, {size / reports / 1024:.0f} KiB each; medians of 3")
    print(f"alara import, start included   {whole_s:6.2f} s   {reports / whole_s:6.0f} reports/s")
    print(
        f"the second half alone          {whole_s - half_s:6.2f} s   {reports / 2 / (whole_s - half_s):6.0f} reports/s"
    )
    print(f"largest process                {peak_mib:6.0f} MiB")


if __name__ == "__main__":
    main()
