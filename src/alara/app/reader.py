"""The reader process: digests in, readings out, until the pipe closes. Run by :mod:`alara.app.readers` alone."""

from __future__ import annotations

import gc
import signal
import sys
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from alara.errors import AlaraError, UnreadableReason, UnreadableReport
from alara.inbox import Inbox
from alara.model import Provenance
from alara.sr import read_bytes, read_provenance
from alara.store import ReadyReport, ready

__all__ = ["READY", "Reading"]

MEMORY_LIMIT_BYTES: Final = 2 * 1024**3
#: The first word of a reader: from here on, what goes wrong is due to what it reads.
READY: Final = "ready"


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of one digest: a report as rows, with who brought it, or why there is none.

    With neither, the bytes could not be loaded just now and stay where they are.
    """

    digest: str
    report: ReadyReport | None = None
    provenance: Provenance = Provenance()
    unreadable: UnreadableReport | None = None


def main(inbox_root: str, descriptor: str) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit_memory()
    inbox = Inbox(Path(inbox_root))
    # A report is a tree without cycles: counting frees it, and collecting costs a third of reading.
    gc.disable()
    with Connection(int(descriptor)) as pipe:
        try:
            pipe.send(READY)
            while True:
                chunk = pipe.recv()
                readings = [_read(inbox, digest) for digest in chunk]
                pipe.send(readings)
                if any(reading.unreadable for reading in readings):
                    gc.collect()  # an error may leave a cycle behind
        except (EOFError, OSError, MemoryError):
            return  # the parent has gone, or has had enough; or this process is full


def _read(inbox: Inbox, digest: str) -> Reading:
    try:
        data = inbox.load(digest)
    except AlaraError:  # gone to another worker, or the disk refuses just now: neither says anything of the report
        return Reading(digest)
    try:
        return Reading(digest, ready(read_bytes(data)), read_provenance(data))
    except UnreadableReport as error:
        # its traceback holds on to all the bytes, and to those of the error behind it
        return Reading(digest, unreadable=UnreadableReport(error.reason, error.detail))
    except MemoryError:
        raise  # this process is full, perhaps of others' doing: let it end, and read the digest again alone
    except Exception as error:  # noqa: BLE001 - a fault of alara's must not stop the others; it is kept and named
        return Reading(digest, unreadable=UnreadableReport(UnreadableReason.READER_FAILED, type(error).__name__))


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # not on Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))


if __name__ == "__main__":
    # Under its own name, so that what it sends is of the classes that the parent knows.
    from alara.app import reader

    reader.main(sys.argv[1], sys.argv[2])
