"""Backfill: what an archive has of past days into the inbox, day by day, so that it can stop and go on.

Each day is asked for as a whole, and in halves when the archive says that it
has more than it answers. What a day has is fetched object by object; what is
here already, by an earlier run or from the C-arm itself, is not fetched again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from datetime import date, datetime, timedelta

from alara.app.fetch_landing import Landing, open_archive
from alara.app.fetch_pace import Pace, Stopped
from alara.app.fetch_state import Journal, Past, job_file
from alara.app.fetch_summary import FetchSummary, Wanted
from alara.app.ingest import Ingest
from alara.config import Config
from alara.errors import AlaraError, DatabaseError, NetworkError, PeerUnavailable
from alara.node.archive import Archive, Found, Retrieved, TooManyAnswers, Window
from alara.peers import Peer
from alara.store import Store

__all__ = ["fetch"]

#: A day is done for good only when it is so far back: reports reach an archive late.
_SETTLED = timedelta(days=2)


def fetch(
    config: Config,
    peer: Peer,
    wanted: Wanted,
    *,
    wait: Callable[[float], bool],
    progress: Callable[[FetchSummary], None] = lambda _: None,
) -> FetchSummary:
    """Fetch from an archive what is not here yet, and read it into the database.

    Parameters
    ----------
    wait
        Sleeps for so many seconds, and says whether to stop.
    progress
        Called with the summary so far, often.

    Raises
    ------
    ConfigError, NetworkError
        Before anything was fetched: the archive is not there, or does not let us ask.
    StorageError
        When another process works on the same job.
    """
    summary = FetchSummary(
        days=((wanted.until - wanted.since).days + 1) * len(wanted.modalities), dry_run=wanted.dry_run
    )
    landing = Landing(config)
    summary.read_by_node = landing.has_node
    with ExitStack() as stack:
        archive = stack.enter_context(
            open_archive(config, peer, landing, images=wanted.modalities != ("SR",), receive=not wanted.dry_run)
        )
        ingest = None if wanted.dry_run or landing.has_node else stack.enter_context(Ingest(config))
        run = _Run(archive, landing, ingest, summary, known=_known(config), progress=progress, wanted=wanted, wait=wait)
        for modality in wanted.modalities:
            file = job_file(config.data_dir / "fetch", peer.name, modality)
            journal = None if wanted.dry_run else stack.enter_context(Journal.open(file))
            run.job(modality, journal, journal.past if journal else Journal.read(file))
    return summary


def _known(config: Config) -> frozenset[str]:
    """SOP Instance UIDs of the reports that the database has; none while there is no database."""
    try:
        with Store.open(config.database_url, create=False) as store:
            return frozenset(store.report_uids())
    except DatabaseError:
        return frozenset()  # a database that is not there yet; one that refuses is told by who ingests


class _Run:
    """One run: the archive, what is here, and what became of it so far."""

    def __init__(
        self,
        archive: Archive,
        landing: Landing,
        ingest: Ingest | None,
        summary: FetchSummary,
        *,
        known: frozenset[str],
        progress: Callable[[FetchSummary], None],
        wanted: Wanted,
        wait: Callable[[float], bool],
    ) -> None:
        self._archive, self._landing, self._ingest, self._summary = archive, landing, ingest, summary
        self._known, self._progress, self._wanted = known, progress, wanted
        self._pace = Pace(rate=wanted.rate, hours=wanted.hours, wait=wait, rest=self._rest)
        self._journal: Journal | None = None
        self._past = Past()
        self._modality = ""
        self._has_answered = False
        self._failures = 0

    def job(self, modality: str, journal: Journal | None, past: Past) -> None:
        """Ask for every day of a modality; ends early, and says so in the summary, when the archive is gone."""
        self._modality, self._journal, self._past = modality, journal, past
        if self._summary.stopped or self._summary.broke_off:
            return
        try:
            if self._ingest is not None:  # what an earlier run was killed over
                self._read(self._ingest.inbox.pending())
            for window in Window.days(self._wanted.since, self._wanted.until):
                self._day(window)
        except Stopped:
            self._summary.stopped = True
        except AlaraError as error:
            if not self._has_answered:
                raise
            self._summary.broke_off = error
        if self._summary.stopped or self._summary.broke_off:
            self._settle()

    def _day(self, window: Window) -> None:
        if window.day in self._past.days and not self._wanted.again:
            self._summary.days_done_before += 1
            return
        self._pace.before_question()
        self._tell(str(window.day))
        failures = self._failures
        self._window(window)
        self._summary.days_asked += 1
        self._settle()
        if self._journal is not None and self._failures == failures and window.day <= _today() - _SETTLED:
            self._journal.done(window.day)

    def _window(self, window: Window) -> None:
        try:
            studies = self._studies(window)
        except TooManyAnswers as error:
            self._has_answered = True
            halves = window.halves()
            if halves is None:
                self._fails(str(window), f"{error.message} Nothing shorter can be asked")
            for half in halves or ():
                self._window(half)
            return
        except PeerUnavailable:
            raise
        except NetworkError as error:
            if not self._has_answered:
                raise
            self._fails(str(window), error.message)
            return
        self._has_answered = True
        self._mended(str(window))
        self._summary.studies += len(studies)
        for number, uid in enumerate(studies, start=1):
            if uid:
                self._study(uid)
            else:
                self._fails(f"{window}, study {number}", "the archive gives no usable UID of it")

    def _studies(self, window: Window) -> list[str]:
        if not self._has_answered:  # the first question of all: what is wrong is told at once
            return self._archive.studies(window, self._modality)
        return self._pace.persistently(lambda: self._archive.studies(window, self._modality))

    def _study(self, uid: str) -> None:
        key = f"study {uid}"
        try:
            found = self._pace.persistently(lambda: self._objects(uid))
        except PeerUnavailable:
            raise
        except NetworkError as error:
            self._fails(key, error.message)
            return
        self._mended(key)
        for one in found:
            self._object(one)

    def _objects(self, study_uid: str) -> list[Found]:
        found: list[Found] = []
        for series in self._archive.series(study_uid, self._modality):
            if not series.uid:
                raise NetworkError(
                    "The archive gives no usable UID of a series.",
                    hint="Try its other side: alara fetch --from takes DICOM and DICOMweb.",
                )
            whole = Found(series)
            found += [whole] if self._is_here(whole.key) else self._archive.objects(series)
        return found

    def _is_here(self, key: str) -> bool:
        return key in self._past.objects or key in self._known

    def _object(self, found: Found) -> None:
        number = 1 if found.uid else found.series.objects or 1
        self._summary.found += number
        if self._is_here(found.key):
            self._summary.here += number
            self._mended(found.key)
            return
        if self._journal is None:
            return
        self._pace.before_object()
        got = self._retrieve(found)
        self._summary.fetched += got.objects
        if got.failure:
            self._fails(found.key, got.failure)
        else:
            self._summary.failed.pop(found.key, None)
            self._journal.has(found.key)
        self._tell(self._summary.now)

    def _retrieve(self, found: Found) -> Retrieved:
        try:
            return self._pace.persistently(lambda: self._archive.retrieve(found), lambda got: got.may_pass)
        except PeerUnavailable as error:
            self._archive.close()
            self._archive.check()  # it is gone: the run ends here; it is there: it was this object
            return Retrieved(0, error.message)

    def _fails(self, key: str, why: str) -> None:
        self._failures += 1
        self._summary.failed[key] = why.rstrip(".")
        if self._journal is not None:
            self._journal.failed(key, why.rstrip("."))

    def _mended(self, key: str) -> None:
        self._summary.failed.pop(key, None)
        if self._journal is not None:
            self._journal.mended(key)

    def _settle(self) -> None:
        """Read what came into the database, and make the journal durable."""
        if self._journal is not None:
            self._journal.sync()
        if self._ingest is None:
            self._landing.drain()
            return
        try:
            self._read(self._landing.drain())
        except AlaraError as error:
            if self._summary.broke_off is None:
                raise
            del error  # the first reason is the one to tell; what waits in the inbox is read by the next run

    def _read(self, digests: Iterable[str]) -> None:
        if self._ingest is not None:
            for tally in self._ingest.run(digests):
                self._summary.tally += tally
                self._tell(self._summary.now)

    def _rest(self, until: timedelta) -> None:
        self._archive.close()
        self._settle()
        self._tell(f"waiting {until} for {self._wanted.hours}")

    def _tell(self, now: str) -> None:
        self._summary.now = now
        self._progress(self._summary)


def _today() -> date:
    """Today on this machine's clock, which is taken to be the archive's."""
    return datetime.now().astimezone().date()
