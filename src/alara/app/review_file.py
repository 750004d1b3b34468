"""Review entries as CSV: exported, imported, and a copy of them all beside the inbox.

Reports come again from the inbox when a database is lost; what people said
does not. So each entry that is written is also in ``reviews.csv`` of the data
folder, which ``alara backup`` copies: ``alara review import`` brings it back.
The copy only ever grows: what it holds and the database does not stays in it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

from alara.app.csvs import Sheet, open_csv, plain
from alara.config import Config
from alara.errors import AlaraError, StorageError, UsageError
from alara.files import replace_file
from alara.reviews import Action, ReviewEntry, Verdict, check_code, check_note, in_order
from alara.store import Store

__all__ = ["COPY", "Imported", "as_csv", "copy_path", "export", "import_file", "keep_copy", "not_in_database"]

COPY: Final = "reviews.csv"
_CASE_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,32}")
_REASONS: Final = re.compile(r"[a-z_]+(?: [a-z_]+)*|")
_REQUIRED: Final = ("case_id", "at", "action", "closed_as", "by")


@dataclass(frozen=True, slots=True)
class Imported:
    """How many entries a file holds, how many of them were new, and how many belong to no case of the database."""

    entries: int
    added: int
    unplaced: int
    dry_run: bool


def copy_path(config: Config) -> Path:
    return config.data_dir / COPY


def as_csv(entries: Iterable[ReviewEntry]) -> bytes:
    """Entries in order as CSV, in the columns of ``REVIEW_ENTRIES``; the same entries give the same bytes."""
    import pandas as pd

    from alara.report.columns import REVIEW_ENTRIES
    from alara.report.csv import frame_csv

    rows = [
        (
            entry.entry_id,
            entry.case_id,
            entry.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            entry.action.value,
            entry.verdict.value if entry.verdict is not None else "",
            entry.by,
            entry.note,
            entry.reasons,
        )
        for entry in in_order(entries)
    ]
    return frame_csv(pd.DataFrame(rows, columns=[column.name for column in REVIEW_ENTRIES]), REVIEW_ENTRIES)


def export(config: Config) -> bytes:
    """Every entry of the database as CSV."""
    with Store.open(config.database_url, create=False) as store:
        return as_csv(store.reviews().every)


def import_file(config: Config, path: Path, *, dry_run: bool = False) -> Imported:
    """Take entries in from CSV, all or none; those that are there already change nothing.

    Entries whose case is not in the database are kept as well: its reports may come later.

    Raises
    ------
    UsageError
        When a row is not an entry, or was changed after it was written.
    """
    with open_csv(path) as stream:
        entries = in_order(_entries(stream))
    if dry_run:
        with Store.open(config.database_url, create=False) as store:
            known = set(store.reviews().every)
            places = {entry.case_id: store.place_of(entry.case_id) for entry in entries}
        unplaced = sum(places[entry.case_id] is None for entry in entries)
        return Imported(len(entries), len(set(entries) - known), unplaced, dry_run=True)
    with Store.open(config.database_url) as store:
        added = store.import_reviews(entries)
        keep_copy(config, store)
        unplaced = len(set(entries) & set(store.reviews().unplaced))
    return Imported(len(entries), added, unplaced, dry_run=False)


def keep_copy(config: Config, store: Store) -> None:
    """Bring the copy up to what the database holds now; what only the copy holds stays in it.

    Raises
    ------
    StorageError
        When the disk refuses; the entries are in the database all the same.
    """
    path = copy_path(config)

    def write(entries: Sequence[ReviewEntry]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace_file(path, as_csv([*_in_copy(path), *entries]))

    try:
        store.copy_reviews(write)
    except OSError as error:
        raise StorageError(
            f"The entry is in the database, but its copy {path} cannot be written: {error.strerror or error}.",
            hint="Make room, then: alara review export FILE keeps a copy elsewhere.",
        ) from error


def not_in_database(config: Config, entries: Iterable[ReviewEntry]) -> int:
    """How many entries the copy holds that are not among these; 0 when there is no copy that can be read."""
    with suppress(AlaraError), open_csv(copy_path(config)) as stream:
        return len(set(_entries(stream)) - set(entries))
    return 0


def _in_copy(path: Path) -> list[ReviewEntry]:
    """The entries of the copy; one that cannot be read is set aside under another name, and not lost."""
    if not path.exists():
        return []
    try:
        with path.open("rb") as stream:
            return list(_entries(stream))
    except UsageError:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        path.replace(path.with_name(f"{path.stem}.unreadable-{digest[:8]}{path.suffix}"))
        return []


def _entries(stream: BinaryIO) -> Iterator[ReviewEntry]:
    sheet = Sheet(stream, *_REQUIRED)
    for number, cells in sheet.rows("entry_id", *_REQUIRED, "note", "reasons"):
        try:
            yield _entry(*map(plain, cells))
        except UsageError as error:
            raise UsageError(f"Line {number}: {error.message}", hint=error.hint) from error


def _entry(
    entry_id: str, case_id: str, at: str, action: str, closed_as: str, by: str, note: str, reasons: str
) -> ReviewEntry:
    entry = ReviewEntry(
        case_id=case_id,
        at=_time(at),
        action=_action(action),
        verdict=_verdict(closed_as),
        by=by,
        note=note,
        reasons=reasons,
    )
    written = entry_id == entry.entry_id
    entry = replace(entry, by=check_code(by, written=written), note=check_note(note, written=written))
    if not _CASE_ID.fullmatch(case_id) or not _REASONS.fullmatch(reasons):
        raise UsageError("The case id or a reason is not one.", hint="alara review export shows how they look.")
    if (entry.action is Action.CLOSED) != (entry.verdict is not None):
        raise UsageError("What is closed has a finding, what is reopened has none.", hint="Mend closed_as.")
    if entry_id and entry_id != entry.entry_id:
        raise UsageError(
            "The entry was changed after it was written.", hint="Take its row from the first export, or empty entry_id."
        )
    return entry


def _time(text: str) -> datetime:
    with suppress(ValueError):
        at = datetime.fromisoformat(text)
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    raise UsageError(f"{text!r} is not a time with its zone.", hint="For example 2026-11-02T09:30:00Z")


def _action(text: str) -> Action:
    with suppress(ValueError):
        return Action(text)
    raise UsageError(f"{text!r} is not an action.", hint=f"There are {', '.join(Action)}.")


def _verdict(text: str) -> Verdict | None:
    with suppress(ValueError):
        return Verdict(text) if text else None
    raise UsageError(f"{text!r} is nothing that a case is closed as.", hint=f"There are {', '.join(Verdict)}.")
