"""All that was kept, read again by this version: into a database beside the live one, compared, then put in its place.

The live database is not touched until the end, and then in one transaction. A
run that was stopped is gone on with: what this very version has read already
is in the database beside. Nothing is taken out of the live database unless
that is asked for: a report whose original is gone, or that cannot be read any
more, stops the change.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import alara
from alara.app.ingest import ATTEMPTS, BATCH
from alara.app.keys import check_same_key, load_key, operator_codes
from alara.app.readers import ReaderPool, Reading
from alara.app.site_notes import SiteNotes
from alara.config import Config
from alara.errors import StorageError, UnreadableReason
from alara.inbox import Inbox
from alara.store import Change, Difference, Incoming, Store
from alara.words import counted

__all__ = ["Plan", "Reingest"]

_PERHAPS_KILLED: Final = (UnreadableReason.READER_DIED, UnreadableReason.READER_TIMED_OUT)


@dataclass(frozen=True, slots=True)
class Plan:
    """What would change. ``unreadable``: reason by digest of what is kept and cannot be read now."""

    difference: Difference
    unreadable: dict[str, str] = field(default_factory=dict)
    #: Digests of the quarantine that can be read now.
    recovered: tuple[str, ...] = ()

    @property
    def losses(self) -> frozenset[str]:
        """Digests of reports that the database would no longer have."""
        return self.difference.removed

    def counts(self) -> dict[str, int]:
        """How many reports and cases change, by kind; every kind is named."""
        kinds = Counter(change for case in self.difference.cases for change in case.changes)
        return {
            "reports_same": self.difference.same,
            "reports_changed": len(self.difference.changed),
            "reports_added": len(self.difference.added),
            "reports_removed": len(self.difference.removed),
            "recovered_from_quarantine": len(self.recovered),
            "unreadable": len(self.unreadable),
            **{f"cases_{change.value}": kinds[change] for change in Change},
        }

    def as_dict(self) -> dict[str, Any]:
        return {
            "counts": self.counts(),
            "unreadable": self.unreadable,
            "removed": sorted(self.losses),
            "cases": [
                {
                    "case_id": case.case_id,
                    "changes": [change.value for change in case.changes],
                    "columns": {name: {"old": old, "new": new} for name, (old, new) in case.columns.items()},
                }
                for case in self.difference.cases
            ],
        }


class Reingest:
    """One run over one inbox; a context manager.

    Parameters
    ----------
    dry_run
        Nothing will be put in place, so that a role that only reads the database will do.

    Raises
    ------
    DatabaseError
        When there is no database to compare with, it refuses, or its role may not replace what it holds.
    ConfigError
        When the key is another than the one that the database was written with.
    """

    def __init__(self, config: Config, *, dry_run: bool = False, readers: int | None = None) -> None:
        self._config = config
        self._inbox = Inbox(config.inbox_dir)
        self._pseudonyms = load_key(config)
        self._readers = readers or os.cpu_count() or 1
        with Store.open(config.database_url, create=False) as live:
            check_same_key(live, self._pseudonyms, config)
            if not dry_run:
                live.check_may_replace()
            self._sites = live.sites()
        self._noted = SiteNotes(config)
        self._of_site = {site: config.of_site(site) for site in {config.site, *self._sites.values()}}
        self._path = config.data_dir / f".reingest-{self._fingerprint()}.sqlite"
        for other in config.data_dir.glob(".reingest-*.sqlite*"):
            if not other.name.startswith(self._path.name):
                other.unlink(missing_ok=True)  # of another version: nothing of it can be gone on with
        self._fresh = Store.open(f"sqlite:///{self._path.absolute()}", case_id=self._pseudonyms.case)
        self._unreadable: dict[str, str] = {}

    def __enter__(self) -> Reingest:
        return self

    def __exit__(self, *_: object) -> None:
        self._fresh.close()

    def plan(self, progress: Callable[[int, int], None] = lambda *_: None) -> Plan:
        """Read everything that is not read yet, and say what would change; the live database stays as it is.

        Parameters
        ----------
        progress
            Called with how many objects are done, and of how many.
        """
        done = self._fresh.digests()
        aside = [one.digest for one in self._inbox.quarantined()]
        kept = self._inbox.kept_in_order()
        wanted = [digest for digest in (*kept, *aside) if digest not in done]
        total = len(done) + len(wanted)
        progress(len(done), total)
        for count in self._read(wanted):
            progress(len(done) + count, total)
        now = self._fresh.digests()
        with Store.open(self._config.database_url, create=False) as live:
            found = live.difference(self._fresh)
        unreadable = {digest: why for digest, why in self._unreadable.items() if digest not in set(aside)}
        return Plan(found, unreadable, tuple(digest for digest in aside if digest in now))

    def apply(self, plan: Plan, *, accept_losses: bool = False) -> None:
        """Put what was read in the place of the live database, all or nothing.

        Raises
        ------
        StorageError
            When reports would be lost and ``accept_losses`` is not given.
        DatabaseError
            When the database refuses; it is then as it was.
        """
        if plan.losses and not accept_losses:
            raise StorageError(
                f"{counted(len(plan.losses), 'report')} of the database would be lost: no original can be read.",
                hint="alara reingest --dry-run --json names them; --accept-losses goes on without them.",
            )
        accepted = plan.losses if accept_losses else frozenset()
        with Store.open(self._config.database_url, case_id=self._pseudonyms.case) as live:
            live.replace_with(self._fresh, lambda missing: self._catch_up(missing - accepted))
        for digest in plan.recovered:
            self._inbox.release(digest)
            self._inbox.keep([digest])
        self.discard()

    def discard(self) -> None:
        """Remove the database beside, when there is nothing to go on with."""
        self._fresh.close()
        for path in self._path.parent.glob(f"{self._path.name}*"):
            path.unlink()

    def _catch_up(self, missing: set[str]) -> None:
        for _ in self._read(sorted(missing, key=self._inbox.received_at)):
            pass
        if lost := missing - self._fresh.digests():
            raise StorageError(
                f"{counted(len(lost), 'report')} arrived meanwhile that cannot be read; nothing was changed.",
                hint="alara reingest --dry-run",
            )

    def _read(self, digests: Sequence[str]) -> Iterator[int]:
        """Read and store in the order given; yields how many are done."""
        count = 0
        batch: list[Reading] = []
        with ReaderPool(self._config.inbox_dir, self._readers) as pool:
            for reading in self._certain(pool, digests):
                count += 1
                if reading.report is None:
                    reason = reading.unreadable.reason.value if reading.unreadable else "not_loaded"
                    self._unreadable[reading.digest] = reason
                    continue
                batch.append(reading)
                if len(batch) == BATCH:
                    self._fresh.save([self._incoming(one) for one in batch])
                    batch = []
                    yield count
        self._fresh.save([self._incoming(one) for one in batch])
        yield count

    def _certain(self, pool: ReaderPool, digests: Sequence[str]) -> Iterator[Reading]:
        """Readings in the order of the digests; one whose reader was lost is read again, as ingest does."""
        held: dict[str, Reading] = {}
        waiting = iter(digests)
        due = next(waiting, None)
        for readings in pool.read(digests):
            for reading in readings:
                held[reading.digest] = self._once_more(reading)
            while due in held:
                yield held.pop(due)
                due = next(waiting, None)

    def _once_more(self, reading: Reading) -> Reading:
        for _ in range(1, ATTEMPTS):
            if reading.unreadable is None or reading.unreadable.reason not in _PERHAPS_KILLED:
                break
            with ReaderPool(self._config.inbox_dir) as pool:
                (reading,) = (one for readings in pool.read([reading.digest]) for one in readings)
        return reading

    def _incoming(self, reading: Reading) -> Incoming:
        assert reading.report is not None
        site = self._sites.get(reading.digest) or self._noted.of(reading.digest)
        return Incoming(
            digest=reading.digest,
            report=reading.report,
            provenance=reading.provenance,
            received_at=self._inbox.received_at(reading.digest),
            site=site,
            patient_pseudonym=self._pseudonyms.patient(reading.report.patient_id, site),
            operator_codes=operator_codes(
                reading.report, self._pseudonyms, self._of_site.get(site) or self._config.of_site(site)
            ),
        )

    def _fingerprint(self) -> str:
        """What decides how a report is read and stored: this code, the key, and where operators have codes."""
        coded = sorted(site for site, config in self._of_site.items() if config.codes_operators)
        sources = hashlib.sha256(f"{self._pseudonyms.version} {self._config.site} {coded}".encode())
        for path in _sources():
            sources.update(path.read_bytes())
        return sources.hexdigest()[:16]


def _sources() -> Iterable[Path]:
    return sorted(Path(alara.__file__).parent.rglob("*.py"))
