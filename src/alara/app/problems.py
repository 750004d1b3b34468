"""What somebody should see to, the most urgent first; what each means is in docs/operations.md."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Final

from alara.app.running import ask
from alara.config import Config
from alara.errors import NetworkError
from alara.report.status_view import Problem, StatusView, moment
from alara.words import counted

__all__ = ["problems"]

#: A caller that has not come back for so long is looked for by its silence, no longer by what it could not store.
_GIVEN_UP: Final = timedelta(days=7)


def problems(view: StatusView, config: Config, *, check: bool) -> Iterator[Problem]:
    """The problems of a view; with ``check`` a running node is asked too."""
    for problem in _found(view, config, check=check):
        yield replace(problem, next=config.here(problem.next))


def _found(view: StatusView, config: Config, *, check: bool) -> Iterator[Problem]:
    yield from _of_the_node(view, config, check=check)
    if view.free_bytes < config.low_disk_gib * 1024**3:
        yield Problem(
            kind="disk_low",
            text=f"{view.free_bytes / 1024**3:.1f} GiB are free, less than {config.low_disk_gib}.",
            next="Free some, or move the data folder: --data-dir.",
        )
    if view.database_error:
        yield Problem(kind="database", text=view.database_error, next="alara doctor")
    if view.not_in_database:
        yield Problem(
            kind="database",
            text=f"{counted(view.not_in_database, 'kept object')} {'is' if view.not_in_database == 1 else 'are'}"
            " not in the database: it was lost, or put back from an older copy.",
            next="alara ingest --again",
        )
    if view.node.pid:  # what an ingest that is gone waited for is no news
        yield from _of_ingest(view)
    if view.oldest_waiting_s > 60 * config.backlog_minutes:
        yield Problem(
            kind="backlog",
            text=f"{counted(view.new, 'object')} {'waits' if view.new == 1 else 'wait'} to be read, the oldest for "
            f"{counted(round(view.oldest_waiting_s / 60), 'minute')}.",
            next="alara doctor; the node's log says why ingest waits.",
        )
    if view.quarantined:
        yield Problem(
            kind="quarantine",
            text=f"{counted(view.quarantined, 'object')} {'is' if view.quarantined == 1 else 'are'} in quarantine.",
            next="alara quarantine list",
        )
    for unit in view.units:
        if unit.silent_days is not None:
            yield Problem(
                kind="silent",
                text=f"{unit.label} has sent nothing for {counted(unit.silent_days, 'day')}; "
                f"usually no gap is longer than {unit.usual_gap_days}.",
                next="Press verify at the C-arm, and look at its queue of unsent reports.",
            )


def _of_the_node(view: StatusView, config: Config, *, check: bool) -> Iterator[Problem]:
    if not view.has_inbox:
        text = f"Nothing has been received at {config.data_dir} yet."
        yield Problem(kind="no_inbox", text=text, next="alara listen")
        return
    said = ""
    if not view.node.pid:
        yield Problem(kind="node_down", text=view.node.sentence, next="alara listen")
    elif check:
        try:
            said = ask(config, view.node)
        except NetworkError as error:
            yield Problem(kind="node_down", text=f"The node does not answer. {error.message}", next=error.hint)
    if said:
        text = f"The node stores nothing. It says: {said}."
        yield Problem(kind="not_stored", text=text, next="alara doctor")
    if found := _not_stored(view):
        yield found


def _not_stored(view: StatusView) -> Problem | None:
    rows = [row for row in view.records.unstored if row.again is None and view.at - row.last < _GIVEN_UP]
    if not rows:
        return None
    who = sorted({f"{row.calling} at {row.address}" for row in rows})
    return Problem(
        kind="not_stored",
        text=f"Not stored, {sum(row.count for row in rows)} times since "
        f"{moment(min(row.first for row in rows))} UTC, from {', '.join(who)}: {rows[0].reason}",
        next="Mend that, then let the C-arm send again: it has kept what it was not told to be safe.",
    )


def _of_ingest(view: StatusView) -> Iterator[Problem]:
    for trouble in view.records.ingest:
        is_said = trouble.kind == "database" and view.database_error
        is_once = trouble.restarts and trouble.count < 2  # it was started again, and that may be all
        if not is_said and not is_once:
            yield Problem(
                kind=trouble.kind,
                text=f"What is stored is not read since {moment(trouble.since)} UTC, "
                f"{trouble.count} {'try' if trouble.count == 1 else 'tries'}: {trouble.text}",
                next="alara doctor; nothing is lost, and ingest goes on by itself.",
            )
