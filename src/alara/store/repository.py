"""The store: everything that the rest of alara may ask of the database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Engine, text
from sqlalchemy.engine import URL

from alara.reviews import ReviewEntry, next_entry
from alara.store import filling, queries, replacing, reviews, saving, technique, texts
from alara.store.compare import Difference, difference
from alara.store.engine import connect, display_name, parse_url, sqlite_path, writing
from alara.store.frame import procedures_frame
from alara.store.queries import DatabaseInfo, DeviceStatus, ProcedureDetail
from alara.store.reviews import Reviews
from alara.store.saving import CaseId, Incoming, Outcome
from alara.store.schema import SCHEMA, check_schema, open_database

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Store"]


class Store:
    """One database of reports and procedures; a context manager.

    Every method raises ``DatabaseError`` when the database refuses.
    """

    def __init__(self, engine: Engine, url: URL, case_id: CaseId | None) -> None:
        self._engine = engine
        self._url = url
        self._case_id = case_id

    @classmethod
    def open(cls, url: str, *, create: bool = True, case_id: CaseId | None = None) -> Store:
        """Open a database whose schema is this version's.

        Parameters
        ----------
        url
            A SQLAlchemy URL: ``sqlite:////path/of/file`` or ``postgresql+psycopg://…``.
        create
            Make the database when there is none. Otherwise it is opened for reading only.
        case_id
            Makes case ids (study UID, equipment key, kind); needed for :meth:`save`.

        Raises
        ------
        SchemaTooNew
            When a newer alara wrote the database.
        DatabaseError
            When it cannot be opened, is not alara's, or has an older schema.
        """
        parsed = parse_url(url)
        return cls(open_database(parsed, create=create), parsed, case_id)

    def close(self) -> None:
        self._engine.dispose()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def save(self, items: Sequence[Incoming]) -> list[Outcome]:
        """Store a batch of reports and the procedures they change, all or nothing.

        Storing the same again changes nothing, in whatever order and by however
        many processes at a time. One outcome an item, in their order.
        """
        if self._case_id is None:
            raise ValueError("a store that saves is opened with case_id")
        if not items:
            return []
        with writing(self._engine, self._url, may_pause=False) as connection:
            check_schema(connection, self._url)
            return saving.save(connection, items, self._case_id)

    def fill(self, frames: Iterable[pd.DataFrame]) -> int:
        """Store made-up procedures, a frame at a time; how many there were. See :mod:`alara.store.filling`."""
        count = 0
        for frame in frames:
            with writing(self._engine, self._url) as connection:
                filling.fill(connection, frame)
            count += len(frame)
        return count

    def procedures(self, start: date, end: date, *, site: str | None = None) -> pd.DataFrame:
        """The procedures that started from ``start`` until before ``end``, by the C-arm's clock.

        Columns and dtypes are those of ``queries.FRAME``, also when there are no
        rows; P_KA in Gy.cm2, K_a,r in mGy, times in s; NaN is absent.
        """
        with connect(self._engine, self._url) as connection:
            return procedures_frame(connection, start, end, site)

    @property
    def gives_text(self) -> bool:
        """Whether the database gives rows as text, which PostgreSQL does: see :mod:`alara.store.texts`."""
        return texts.are_given(self._engine.dialect)

    def procedures_text(
        self, names: Sequence[str], start: date, end: date, *, site: str | None = None
    ) -> Iterator[str]:
        """Columns of :meth:`procedures`, but for what tells the unit, as texts of many rows in no particular order."""
        with connect(self._engine, self._url) as connection:
            yield from texts.procedures_text(connection, names, start, end, site, ordered=False)

    def technique(self, start: date, end: date, *, site: str) -> pd.DataFrame:
        """How each procedure of a site was irradiated, and of which patient: the columns of ``technique.TECHNIQUE``."""
        with connect(self._engine, self._url) as connection:
            return technique.technique_frame(connection, start, end, site)

    def operator_codes(self, start: date, end: date, *, site: str) -> dict[str, tuple[str, ...]]:
        """The operators' codes of each procedure of a site that has any, by case id."""
        with connect(self._engine, self._url) as connection:
            return technique.operator_codes(connection, start, end, site)

    def seen_before(self, start: date, before: date, end: date, *, site: str) -> pd.DataFrame:
        """Procedures from ``start`` until before ``before`` of the patients who have one from then until ``end``."""
        with connect(self._engine, self._url) as connection:
            return technique.seen_before(connection, start, before, end, site)

    def busy_days(self, start: date, end: date, *, site: str) -> dict[str, tuple[date, ...]]:
        """The days on which each unit of a site irradiated, by the unit in words."""
        with connect(self._engine, self._url) as connection:
            return technique.busy_days(connection, start, end, site)

    def last_started(self, site: str) -> datetime | None:
        """When the latest procedure of a site started, by the C-arm's clock; ``None`` without any."""
        with connect(self._engine, self._url) as connection:
            return queries.last_started(connection, site)

    def extent(self) -> tuple[date, date, int] | None:
        """The days on which the first and the last procedure started, and how many there are; ``None`` without any."""
        with connect(self._engine, self._url) as connection:
            return queries.extent(connection)

    def sites_between(self, start: date, end: date) -> list[str]:
        """The sites with a procedure that started from ``start`` until before ``end``, sorted."""
        with connect(self._engine, self._url) as connection:
            return queries.sites_between(connection, start, end)

    def procedure(self, case_id: str) -> ProcedureDetail | None:
        """Everything about one case; ``None`` when there is none of that id."""
        with connect(self._engine, self._url) as connection:
            return queries.procedure_detail(connection, case_id)

    def reviews(self) -> Reviews:
        """What was said of each case, by the id that the case has now."""
        with connect(self._engine, self._url) as connection:
            return reviews.placed(connection)

    def cases_like(self, beginning: str) -> list[str]:
        """The case ids that begin so; a few of them when there are many."""
        with connect(self._engine, self._url) as connection:
            return reviews.cases_like(connection, beginning)

    def place_of(self, case_id: str) -> tuple[str, date] | None:
        """The site of a case and the day on which it started; ``None`` when there is none of that id."""
        with connect(self._engine, self._url) as connection:
            return reviews.place_of(connection, case_id)

    def add_review(self, entry: ReviewEntry) -> tuple[ReviewEntry, ...]:
        """Put an entry behind the history of its case; the history with it, latest last.

        Two at the same time wait for each other, and both are kept.

        Raises
        ------
        UsageError
            When the entry opens a case that is open.
        """
        with writing(self._engine, self._url) as connection:
            history = reviews.placed(connection).of(entry.case_id)
            new = next_entry(history, entry)
            reviews.add(connection, [new])
            return (*history, new)

    def import_reviews(self, entries: Sequence[ReviewEntry]) -> int:
        """Add the entries that are not here yet, all or nothing; how many that were."""
        with writing(self._engine, self._url) as connection:
            return reviews.add(connection, entries)

    def copy_reviews(self, write: Callable[[Sequence[ReviewEntry]], None]) -> None:
        """Call ``write`` with every entry while nobody can add one: of two copies the later has more."""
        with writing(self._engine, self._url) as connection:
            write(reviews.placed(connection).every)

    def pseudonym_version(self, site: str) -> str:
        """The version of the key behind a site's patient pseudonyms; empty while it has none."""
        with connect(self._engine, self._url) as connection:
            return queries.pseudonym_version(connection, site)

    def report_uids(self) -> Iterator[str]:
        """The SOP Instance UID of every stored report, sorted."""
        with connect(self._engine, self._url) as connection:
            yield from queries.report_uids(connection)

    def status(self, now: datetime | None = None) -> list[DeviceStatus]:
        """Each X-ray unit with its last report and how many came in the 24 hours and 30 days before ``now``."""
        with connect(self._engine, self._url) as connection:
            return queries.device_status(connection, now or datetime.now(UTC))

    def digests(self) -> set[str]:
        """The digests of every stored report and of its copies."""
        with connect(self._engine, self._url) as connection:
            return replacing.digests(connection)

    def sites(self) -> dict[str, str]:
        """The site that every digest was stored for."""
        with connect(self._engine, self._url) as connection:
            return replacing.sites(connection)

    def difference(self, fresh: Store) -> Difference:
        """What would change if ``fresh`` took this database's place."""
        with connect(self._engine, self._url) as old, connect(fresh._engine, fresh._url) as new:
            return difference(old, new)

    def check_may_replace(self) -> None:
        """Raise ``DatabaseError`` where the role that the URL names could not do :meth:`replace_with`."""
        with connect(self._engine, self._url) as connection:
            replacing.check_may_replace(connection, self._url)

    def replace_with(self, fresh: Store, catch_up: Callable[[set[str]], None]) -> None:
        """Put the content of ``fresh`` in this database's place, all or nothing; other writers wait meanwhile.

        Parameters
        ----------
        catch_up
            Called with the digests that are here and not in ``fresh``, while nobody can write here; it stores them
            in ``fresh``, or raises to leave everything as it is.
        """
        with writing(self._engine, self._url) as target:
            if missing := replacing.digests(target) - fresh.digests():
                catch_up(missing)
            with connect(fresh._engine, fresh._url) as source:
                replacing.replace_content(target, source)

    @property
    def schema_version(self) -> str:
        """The version of the schema: a store that is open has this version's."""
        return SCHEMA

    def info(self) -> DatabaseInfo:
        """Where the database is, its schema version, rows a table, and its size."""
        with connect(self._engine, self._url) as connection:
            return DatabaseInfo(
                database=display_name(self._url),
                schema_version=SCHEMA,
                rows=queries.row_counts(connection),
                size_bytes=self._size_bytes(),
            )

    def _size_bytes(self) -> int:
        path = sqlite_path(self._url)
        if path is not None:
            files = (path, path.with_name(f"{path.name}-wal"))
            return sum(file.stat().st_size for file in files if file.exists())
        with connect(self._engine, self._url) as connection:
            size = connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
        return int(size)
