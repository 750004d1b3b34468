"""From the inbox to the database: read, store in one transaction, then move to kept.

A crash between any two steps is a harmless redo: what is still in ``new`` is
read and stored again, and storing the same again changes nothing.
"""

from __future__ import annotations

import gc
import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from alara import logs
from alara.app.ingest_notes import WaitsNote
from alara.app.keys import check_same_key, load_key, operator_codes
from alara.app.readers import ReaderPool, Reading
from alara.app.site_notes import SiteNotes
from alara.config import Config
from alara.errors import (
    AlaraError,
    ConfigError,
    DatabaseBusy,
    DatabaseError,
    StorageError,
    UnreadableReason,
    UnreadableReport,
)
from alara.inbox import Inbox
from alara.store import Incoming, Outcome, Store

__all__ = ["ENDS", "Ingest", "Tally", "follow"]

log = logging.getLogger("alara.ingest")

#: A reader that died or ran late may have been killed from outside: only the third time is the report's own.
ATTEMPTS = 3
BATCH = 256
_POLL_S = 0.2
_RETRY_S = 5.0
#: Objects made before the collector looks among the young: a batch of reports is of about so many.
_COLLECT_AFTER = 100_000


#: How an object can end, and the words for it.
ENDS = {
    "stored": "stored",
    "duplicate": "the same again",
    "conflict": "in conflict (same UID, other content: both kept)",
    "not_dose": "not for this audit",
    "quarantined": "quarantined",
}


@dataclass(slots=True)
class Tally:
    """How many objects ended how (see :data:`ENDS`), and which are in quarantine why: (digest, reason)."""

    ends: Counter[str] = field(default_factory=Counter)
    aside: list[tuple[str, str]] = field(default_factory=list)

    def add(self, end: str) -> None:
        self.ends[end] += 1

    def set_aside(self, digest: str, reason: UnreadableReason) -> None:
        self.ends["quarantined"] += 1
        self.aside.append((digest, reason.value))

    def words(self) -> str:
        """How many ended how, as the part of a sentence; what all can end as is named, none as well."""
        return ", ".join(f"{self.ends[end]:,} {words}" for end, words in ENDS.items())

    def __iadd__(self, other: Tally) -> Tally:
        self.ends += other.ends
        self.aside += other.aside
        return self


class Ingest:
    """One inbox, one database and some readers; a context manager.

    Parameters
    ----------
    config
        Names the inbox, the database, the key of the pseudonyms and the site.
    readers
        How many processes read at the same time.
    is_patient
        Whether a database that others keep locked is waited for, or ends the run.
    """

    def __init__(self, config: Config, *, readers: int = 1, is_patient: bool = True) -> None:
        self._config = config
        self._pseudonyms = load_key(config)
        self._sites = SiteNotes(config)
        self._of_site: dict[str, Config] = {}
        self.inbox = Inbox(config.inbox_dir, before=self._sites.note)
        self._pool = ReaderPool(config.inbox_dir, readers)
        self._store: Store | None = None
        self._is_patient = self._waits = is_patient
        self._lost: list[str] = []  # with a reader that died or was late; to be read again

    def __enter__(self) -> Ingest:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.stop()
        self._forget_store()

    def run(self, digests: Iterable[str]) -> Iterator[Tally]:
        """Ingest these digests; yields what became of each batch as it is done.

        Raises
        ------
        DatabaseError
            When the database refuses; what was not stored is still in ``new``.
        """
        yield from self._read_and_finish(digests)
        while self._lost:
            lost, self._lost = self._lost, []
            yield from self._read_and_finish(lost)

    def run_waiting(self, limit: int | None = None) -> Iterator[Tally]:
        """Ingest what waits and no other worker on this inbox has in hand, at most ``limit``; as :meth:`run`."""
        try:
            yield from self.run(self.inbox.claim(limit))
        finally:
            self.inbox.unclaim()

    def everything(self) -> Iterator[str]:
        """Every digest of the inbox, those of the quarantine released: to make the database anew from its truth."""
        for one in self.inbox.quarantined():
            self.inbox.release(one.digest)
        yield from self.inbox.pending()
        yield from self.inbox.kept()

    def _read_and_finish(self, digests: Iterable[str]) -> Iterator[Tally]:
        batch: list[Reading] = []
        try:
            # one batch is stored while the next is read
            with _collecting_seldom(), ThreadPoolExecutor(1, "store") as beside, self._patient():
                storing: Future[Tally] | None = None
                for readings in self._pool.read(digests):
                    batch.extend(readings)
                    if len(batch) >= BATCH:
                        if storing is not None:
                            yield storing.result()
                        storing = beside.submit(self._finish, batch)
                        batch = []
                if storing is not None:
                    yield storing.result()
                if batch:
                    yield self._finish(batch)
        except AlaraError:
            self._pool.stop()  # what readers still hold is read again next time, not handed out twice
            raise

    @contextmanager
    def _patient(self) -> Iterator[None]:
        """Wait for a locked database, where that is wanted, but not once the run has ended early."""
        self._waits = self._is_patient
        try:
            yield
        except BaseException:
            self._waits = False
            raise

    def _finish(self, batch: list[Reading]) -> Tally:
        tally = Tally()
        self._save([reading for reading in batch if reading.report is not None], tally)
        for reading in batch:
            if reading.unreadable is not None:
                self._set_aside(reading, tally)
        return tally

    def _save(self, readings: list[Reading], tally: Tally) -> None:
        """Store a batch; where alara itself fails on it, one by one, so that only the one that did it is set aside."""
        if not readings:
            return
        try:
            outcomes = self._store_when_free([self._incoming(reading) for reading in readings])
        except AlaraError:
            self._forget_store()
            raise
        except Exception as error:  # noqa: BLE001 - one report must not stop the others
            if len(readings) == 1:
                self._fail(readings[0], error, tally)
            else:
                for reading in readings:
                    self._save([reading], tally)
            return
        self.inbox.keep([reading.digest for reading in readings])
        for reading, outcome in zip(readings, outcomes, strict=True):
            assert reading.report is not None
            end = _END[outcome]
            tally.add("not_dose" if end == "stored" and not reading.report.is_audited else end)
            known = {"digest": reading.digest[:16], "kind": reading.report.kind.value, "outcome": outcome.value}
            logs.tell(log, logging.INFO, "ingested", known)

    def _store_when_free(self, incoming: list[Incoming]) -> list[Outcome]:
        while True:
            try:
                return self._open_store().save(incoming)
            except DatabaseBusy as error:
                if not self._waits:
                    raise
                log.warning("ingest waits: %s", error.message)
                time.sleep(_POLL_S)

    def _fail(self, reading: Reading, error: Exception, tally: Tally) -> None:
        fault = UnreadableReport(UnreadableReason.READER_FAILED, f"Storing it failed: {type(error).__name__}.")
        self._set_aside(Reading(reading.digest, unreadable=fault), tally)

    def _set_aside(self, reading: Reading, tally: Tally) -> None:
        assert reading.unreadable is not None
        reason = reading.unreadable.reason
        if reason in _PERHAPS_KILLED and self.inbox.attempt(reading.digest) < ATTEMPTS:
            logs.tell(log, logging.WARNING, "read_again", {"digest": reading.digest[:16], "reason": reason.value})
            self._lost.append(reading.digest)
            return
        self.inbox.quarantine(reading.digest, reason, reading.unreadable.detail)
        tally.set_aside(reading.digest, reason)
        logs.tell(log, logging.WARNING, "quarantined", {"digest": reading.digest[:16], "reason": reason.value})

    def _incoming(self, reading: Reading) -> Incoming:
        assert reading.report is not None
        site = self._sites.of(reading.digest)
        return Incoming(
            digest=reading.digest,
            report=reading.report,
            provenance=reading.provenance,
            received_at=self.inbox.received_at(reading.digest),
            site=site,
            patient_pseudonym=self._pseudonyms.patient(reading.report.patient_id, site),
            operator_codes=operator_codes(reading.report, self._pseudonyms, self._settings_of(site)),
        )

    def _settings_of(self, site: str) -> Config:
        if site not in self._of_site:
            self._of_site[site] = self._config.of_site(site)
        return self._of_site[site]

    def _open_store(self) -> Store:
        if self._store is None:
            store = Store.open(self._config.database_url, case_id=self._pseudonyms.case)
            check_same_key(store, self._pseudonyms, self._config)
            self._store = store
        return self._store

    def _forget_store(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    """Rows have no cycles: looking for some in thousands of them, many times a batch, would find none."""
    earlier = gc.get_threshold()
    gc.set_threshold(_COLLECT_AFTER, *earlier[1:])
    try:
        yield
    finally:
        gc.set_threshold(*earlier)


_PERHAPS_KILLED = (UnreadableReason.READER_DIED, UnreadableReason.READER_TIMED_OUT)
_END = {
    Outcome.STORED: "stored",
    Outcome.DUPLICATE: "duplicate",
    Outcome.REENCODED: "duplicate",
    Outcome.CONFLICT: "conflict",
}


def follow(config: Config, *, stop: Callable[[], bool]) -> None:
    """Ingest what arrives until ``stop()``; a database or disk that refuses is waited for, never given up on."""
    parent = os.getppid()
    # Reports that come out of a pipe are trees without cycles: to look for some costs a fifth of this process.
    gc.set_threshold(_COLLECT_AFTER)
    with closing(WaitsNote(config.node_dir)) as note, _begun(config, note) as ingest:
        while not stop() and os.getppid() == parent:
            pause = _POLL_S
            try:
                for tally in ingest.run_waiting(limit=4 * BATCH):
                    if tally.ends:
                        pause = 0.0
                note.clear()
            except (ConfigError, DatabaseError, StorageError) as error:
                logs.tell(log, logging.ERROR, "ingest_waits", {"detail": error.message})
                note.waits(error)
                pause = _RETRY_S
            _sleep(pause, stop)


def _begun(config: Config, note: WaitsNote) -> Ingest:
    try:
        # Not patient: it waits in the loop, where it can be stopped.
        return Ingest(config, is_patient=False)
    except AlaraError as error:
        note.waits(error)
        raise


def _sleep(seconds: float, stop: Callable[[], bool]) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and not stop():
        time.sleep(min(_POLL_S, seconds))
