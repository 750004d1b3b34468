"""How fast the node takes objects in, beside DCMTK's storescp and Orthanc, in one run.

    python -m benchmarks.node [--objects 500] [--runs 3]

The load is that of a clinic's day: of 500 generated reports 480 have 26 to 97
KB and 20 have 1.3 MB. Ours is ``alara listen`` as it is installed: every object
is durable before it is answered, and read into the database beside; storescp
syncs nothing and reads nothing. The receivers take turns, so that a busy
minute of the machine falls on all of them; figures are medians over the runs.

Senders: DCMTK's dcmsend as it comes (Nagle's algorithm on, as in most C-arms)
and with TCP_NODELAY, one process an association; and one of our own on bare
sockets, which costs next to nothing and knows how long each C-STORE took, from
its first byte to its response.

*The disk* is what no durable receiver can be faster than: the same bytes written
to a file, synced, renamed, and their folder synced, by as many threads as there
are associations, and nothing else.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from alara.inbox import part10
from alara.inbox.disk import NewFile, SharedSync, write_all
from alara.samples.load import generate
from alara.sop_classes import X_RAY_RADIATION_DOSE_SR
from benchmarks.rawsender import RawSender
from benchmarks.receivers import ORTHANC, Receiver, alara, dcmtk_environment, knock, orthanc, storescp

_EXPLICIT = "1.2.840.10008.1.2.1"
_LARGE_BYTES = (1_200_000, 1_600_000)
_SMALL_BYTES = (26_000, 97_000)

#: The name of a receiver, and what begins it.
RECEIVERS: dict[str, Receiver] = {"alara": alara, "storescp": storescp, "Orthanc": orthanc}


@dataclass
class Figures:
    """Of all runs of one receiver with one sender."""

    rates: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def line(self) -> str:
        cuts = statistics.quantiles([1e3 * second for second in self.seconds], n=100) if self.seconds else None
        times = f"{cuts[49]:9.1f}{cuts[98]:9.1f}" if cuts else f"{'':18}"
        spread = f"{min(self.rates):.0f}-{max(self.rates):.0f}"
        return f"{statistics.median(self.rates):11.0f}{spread:>12}{times}{statistics.median(self.cpu_ms):10.2f}"


@dataclass(frozen=True)
class Report:
    """A report as a DICOM file, and what a sender must know of it."""

    data: bytes
    uid: str
    dataset: bytes


def load(count: int) -> list[Report]:
    """Reports of the sizes that the module names, one in 25 of them large, the same in every run."""
    small = _reports(generate(10 * count, 9), *_SMALL_BYTES)
    large = _reports(generate(count, 250, seed=7), *_LARGE_BYTES)
    return [next(large if number % 25 == 0 else small) for number in range(count)]


def _reports(files: Iterator[bytes], least_bytes: int, most_bytes: int) -> Iterator[Report]:
    for data in files:
        meta, start = part10.parse(data) or sys.exit("a generated report has no header")
        if meta.transfer_syntax_uid == _EXPLICIT and least_bytes <= len(data) <= most_bytes:
            yield Report(data, meta.sop_instance_uid, data[start:])


def bare(port: int, reports: list[Report], associations: int, no_delay: bool) -> tuple[float, list[float]]:
    """The seconds of the whole, and of each C-STORE, with our own sender."""

    def deliver(share: list[Report]) -> list[float]:
        with RawSender("127.0.0.1", port, X_RAY_RADIATION_DOSE_SR, _EXPLICIT, no_delay=no_delay) as sender:
            return [sender.store(report.uid, report.dataset) for report in share]

    shares = [reports[number::associations] for number in range(associations)]
    began = time.perf_counter()
    with ThreadPoolExecutor(associations) as pool:
        times = [second for share in pool.map(deliver, shares) for second in share]
    return time.perf_counter() - began, times


def dcmsend(port: int, reports: list[Report], associations: int, no_delay: bool) -> tuple[float, list[float]]:
    """The seconds of the whole, with one dcmsend an association."""
    with ExitStack() as stack:
        folders = [Path(stack.enter_context(tempfile.TemporaryDirectory())) for _ in range(associations)]
        for number, report in enumerate(reports):
            (folders[number % associations] / f"{number}.dcm").write_bytes(report.data)
        began = time.perf_counter()
        senders = [
            subprocess.Popen(
                ["/usr/bin/dcmsend", "-v", "+sd", "127.0.0.1", str(port), str(folder)],
                env=dcmtk_environment(no_delay=no_delay),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            for folder in folders
        ]
        with ThreadPoolExecutor(associations) as pool:
            told = list(pool.map(lambda sender: sender.communicate()[0], senders))
        seconds = time.perf_counter() - began
    succeeded = sum(text.count("Received C-STORE Response (Success)") for text in told)
    if succeeded != len(reports):
        sys.exit(f"dcmsend: {succeeded} of {len(reports)} stored")
    return seconds, []


def the_disk(reports: list[Report], associations: int, to: Figures) -> None:
    """One run of what the disk alone takes for the reports."""

    def write(share: list[Report]) -> list[float]:
        times = []
        for report in share:
            began = time.perf_counter()
            write_all([NewFile(new / report.uid, report.dataset)], tmp, sync)
            times.append(time.perf_counter() - began)
        return times

    with tempfile.TemporaryDirectory() as root:
        tmp, new, sync = Path(root) / "tmp", Path(root) / "new", SharedSync()
        tmp.mkdir()
        new.mkdir()
        began, before_s = time.perf_counter(), time.process_time()
        with ThreadPoolExecutor(associations) as pool:
            for times in pool.map(write, [reports[number::associations] for number in range(associations)]):
                to.seconds.extend(times)
        to.rates.append(len(reports) / (time.perf_counter() - began))
        to.cpu_ms.append(1e3 * (time.process_time() - before_s) / len(reports))


Sender = Callable[[int, list[Report], int, bool], tuple[float, list[float]]]

#: Name, sender, TCP_NODELAY, associations, and one in how many of the reports it sends.
TRIALS: list[tuple[str, Sender, bool, int, int]] = [
    ("dcmsend as it comes", dcmsend, False, 1, 5),
    ("dcmsend, TCP_NODELAY", dcmsend, True, 1, 1),
    ("dcmsend, TCP_NODELAY", dcmsend, True, 4, 1),
    ("bare, TCP_NODELAY", bare, True, 1, 1),
    ("bare, TCP_NODELAY", bare, True, 4, 1),
]


def run(
    receiver: Receiver, sender: Sender, reports: list[Report], associations: int, no_delay: bool, to: Figures
) -> float:
    """One run into its figures; the seconds that ours still read into the database after the last answer."""
    with tempfile.TemporaryDirectory() as root, receiver(Path(root), no_delay) as (port, pid):
        before_s = _cpu_s(pid)
        seconds, times = sender(port, reports, associations, no_delay)
        knock(port)  # storescp waits for its children when the next caller comes
        to.cpu_ms.append(1e3 * (_cpu_s(pid) - before_s) / len(reports))
        to.rates.append(len(reports) / seconds)
        to.seconds.extend(times)
        return _behind_s(Path(root) / "data" / "inbox" / "new") if receiver is alara else 0.0


def _cpu_s(pid: int) -> float:
    """CPU time of the receiving process and of the children that it has waited for (storescp forks)."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system)


def _behind_s(new: Path) -> float:
    began = time.perf_counter()
    while any(new.iterdir()) and time.perf_counter() - began < 60:
        time.sleep(0.05)
    return time.perf_counter() - began


def idle_percent(associations: int = 20, seconds: float = 5.0) -> float:
    """How much of one core our whole family of processes takes while so many associations are open and silent."""
    with tempfile.TemporaryDirectory() as root, alara(Path(root), True) as (port, pid), ExitStack() as stack:
        for number in range(associations):
            source = f"127.0.0.{number % 2 + 1}"  # one address has not so many places
            sender = RawSender("127.0.0.1", port, X_RAY_RADIATION_DOSE_SR, _EXPLICIT, no_delay=True, source=source)
            stack.enter_context(sender)
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        time.sleep(2.0)
        before_s = sum(sum(process.cpu_times()[:2]) for process in family)
        time.sleep(seconds)
        return 100 * (sum(sum(process.cpu_times()[:2]) for process in family) - before_s) / seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--objects", type=int, default=500)
    parser.add_argument("--runs", type=int, default=3)
    chosen = parser.parse_args()
    reports = load(chosen.objects)
    receivers = {name: receiver for name, receiver in RECEIVERS.items() if name != "Orthanc" or Path(ORTHANC).exists()}
    behind_s: dict[tuple[str, int], list[float]] = defaultdict(list)
    head = f"{'objects/s':>11}{'from-to':>12}{'p50 ms':>9}{'p99 ms':>9}{'CPU ms':>10}"
    print(f"{'sender':22}{'assoc.':>7} {'receiver':10}{head}")
    for name, sender, no_delay, associations, share in TRIALS:
        # Orthanc takes its turn with one kind of sender, or a run would take a quarter of an hour.
        figures = {receiver: Figures() for receiver in receivers if receiver != "Orthanc" or sender is bare}
        disk = Figures()
        for _, receiver in itertools.product(range(chosen.runs), figures):
            if receiver == "alara" and sender is bare:
                the_disk(reports, associations, disk)
            # Orthanc gets few enough that its turn does not take minutes.
            part = reports[: len(reports) // (10 if receiver == "Orthanc" else share)]
            late_s = run(receivers[receiver], sender, part, associations, no_delay, figures[receiver])
            if receiver == "alara":
                behind_s[name, associations].append(late_s)
        for receiver in figures:
            print(f"{name:22}{associations:7} {receiver:10}{figures[receiver].line()}", flush=True)
        if disk.rates:
            print(f"{name:22}{associations:7} {'the disk':10}{disk.line()}", flush=True)
    for (name, associations), seconds in behind_s.items():
        print(
            f"all in the database after the last answer to {name} ({associations}): {statistics.median(seconds):.1f} s"
        )
    print(f"20 idle associations: {idle_percent():.1f} % of a core")


if __name__ == "__main__":
    main()
