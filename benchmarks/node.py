"""How fast the node takes objects in, beside DCMTK's storescp, in one run.

    python -m benchmarks.node [--objects 500] [--runs 3]

The load is that of a clinic's day: of 500 objects 480 have 26 to 97 KB and 20
have 1.3 MB. Ours makes every object durable before it answers; storescp does
not sync at all.

A sender of our own on bare sockets, with TCP_NODELAY (in storescp too, whose
answers would wait otherwise), over 1 and 4 associations: objects/s from the
first connection to the end of the last sender, percentiles of the time from a
request's first byte to its response. DCMTK's dcmsend over 1 association, as it
comes (Nagle's algorithm on, as in most C-arms) and with TCP_NODELAY.
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from alara.inbox import Inbox, part10
from alara.node import Node, NodeSettings
from alara.sop_classes import X_RAY_RADIATION_DOSE_SR
from benchmarks.rawsender import RawSender

_EXPLICIT = "1.2.840.10008.1.2.1"

Receiver = Callable[[Path, bool], AbstractContextManager[int]]


def load(count: int) -> list[bytes]:
    """Datasets that are not compressible to nothing, sizes as the module says, the same in every run."""
    chance = random.Random(500)
    sizes = [1_300_000 if number % 25 == 0 else chance.randrange(26_000, 97_000) for number in range(count)]
    return [_dataset(f"1.2.826.0.1.{number}", size, chance) for number, size in enumerate(sizes)]


def _dataset(uid: str, size: int, chance: random.Random) -> bytes:
    def element(group: int, number: int, vr: bytes, value: bytes) -> bytes:
        value += (b" " if vr != b"UI" else b"\0") * (len(value) % 2)
        return (
            group.to_bytes(2, "little") + number.to_bytes(2, "little") + vr + len(value).to_bytes(2, "little") + value
        )

    filler = chance.randbytes(size // 2 * 2)
    return b"".join(
        [
            element(0x0008, 0x0016, b"UI", X_RAY_RADIATION_DOSE_SR.encode()),
            element(0x0008, 0x0018, b"UI", uid.encode()),
            element(0x0008, 0x0060, b"CS", b"SR"),
            b"\x42\x00\x11\x00OB\0\0" + len(filler).to_bytes(4, "little") + filler,
        ]
    )


def _serve(root: str, port: int) -> None:
    logging.getLogger("alara.node").setLevel(logging.ERROR)
    settings = NodeSettings(host="127.0.0.1", port=port, max_associations=200, max_associations_per_address=200)
    with Node(settings, Inbox(Path(root) / "inbox")):
        time.sleep(3600)


@contextmanager
def ours(root: Path, _no_delay: bool) -> Iterator[int]:
    """Our node in a process of its own."""
    port = _free_port()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(str(root), port), daemon=True)
    process.start()
    try:
        _await(port)
        yield port
    finally:
        process.kill()
        process.join()


@contextmanager
def storescp(root: Path, no_delay: bool) -> Iterator[int]:
    """DCMTK's storescp, a process an association, writing what it receives as it is."""
    port = _free_port()
    command = ["/usr/bin/storescp", "--fork", "+B", "+xa", "-od", str(root), str(port)]
    environment = _environment(no_delay=no_delay)
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    try:
        _await(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def _environment(*, no_delay: bool) -> dict[str, str]:
    """DCMTK takes the option from its environment."""
    return {**os.environ, **({"TCP_NODELAY": "1"} if no_delay else {})}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _await(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    sys.exit("a receiver did not come up")


def measure(port: int, datasets: list[bytes], associations: int, *, no_delay: bool) -> tuple[float, list[float]]:
    """Objects per second, and the time of each C-STORE in s."""

    def deliver(share: list[bytes]) -> list[float]:
        with RawSender("127.0.0.1", port, X_RAY_RADIATION_DOSE_SR, _EXPLICIT, no_delay=no_delay) as sender:
            return [sender.store(uid_of(dataset), dataset) for dataset in share]

    shares = [datasets[number::associations] for number in range(associations)]
    began = time.perf_counter()
    with ThreadPoolExecutor(associations) as pool:
        times = [second for share in pool.map(deliver, shares) for second in share]
    return len(datasets) / (time.perf_counter() - began), times


def uid_of(dataset: bytes) -> str:
    """The SOP Instance UID that :func:`load` gave."""
    start = 8 + dataset[6] + 8
    return dataset[start : start + dataset[start - 2]].rstrip(b"\0").decode()


def dcmsend(port: int, datasets: list[bytes], folder: Path, *, no_delay: bool) -> float:
    """Objects per second of DCMTK's dcmsend over one association."""
    for number, dataset in enumerate(datasets):
        meta = part10.FileMeta(
            sop_class_uid=X_RAY_RADIATION_DOSE_SR, sop_instance_uid=uid_of(dataset), transfer_syntax_uid=_EXPLICIT
        )
        (folder / f"{number}.dcm").write_bytes(part10.encode(meta) + dataset)
    environment = _environment(no_delay=no_delay)
    began = time.perf_counter()
    command = ["/usr/bin/dcmsend", "-v", "+sd", "127.0.0.1", str(port), str(folder)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - began
    succeeded = (done.stdout + done.stderr).count("Received C-STORE Response (Success)")
    if succeeded != len(datasets):
        sys.exit(f"dcmsend: {succeeded} of {len(datasets)} stored")
    return len(datasets) / seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--objects", type=int, default=500)
    parser.add_argument("--runs", type=int, default=3)
    chosen = parser.parse_args()
    datasets = load(chosen.objects)
    receivers: dict[str, Receiver] = {"alara, durable": ours, "storescp, no sync": storescp}
    print(f"{'receiver':18}{'sender':24}{'assoc.':>7}{'objects/s':>11}{'p50 ms':>9}{'p99 ms':>9}")
    for associations in (1, 4):
        for name, receiver in receivers.items():
            runs = [_raw_run(receiver, datasets, associations) for _ in range(chosen.runs)]
            cuts = statistics.quantiles([second * 1e3 for _, times in runs for second in times], n=100)
            rate = statistics.median(rate for rate, _ in runs)
            print(f"{name:18}{'bare, TCP_NODELAY':24}{associations:7}{rate:11.0f}{cuts[49]:9.1f}{cuts[98]:9.1f}")
    few = datasets[: max(chosen.objects // 5, 1)]
    for no_delay in (False, True):
        for name, receiver in receivers.items():
            rate = statistics.median(_dcmsend_run(receiver, few, no_delay=no_delay) for _ in range(chosen.runs))
            print(f"{name:18}{'dcmsend, TCP_NODELAY' if no_delay else 'dcmsend as it comes':24}{1:7}{rate:11.0f}")


def _raw_run(receiver: Receiver, datasets: list[bytes], associations: int) -> tuple[float, list[float]]:
    with tempfile.TemporaryDirectory() as root, receiver(Path(root), True) as port:
        return measure(port, datasets, associations, no_delay=True)


def _dcmsend_run(receiver: Receiver, datasets: list[bytes], *, no_delay: bool) -> float:
    with (
        tempfile.TemporaryDirectory() as root,
        tempfile.TemporaryDirectory() as folder,
        receiver(Path(root), no_delay) as port,
    ):
        return dcmsend(port, datasets, Path(folder), no_delay=no_delay)


if __name__ == "__main__":
    main()
