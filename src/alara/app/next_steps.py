"""What to do next for the state that is found: what ``alara`` alone says. It looks, and makes nothing.

It must answer at once, so it asks a SQLite file through the standard library: SQLAlchemy alone takes longer to
import than everything that is asked here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from alara.app.looking import database_file, looked_at
from alara.config import Config, config_places
from alara.inbox import Inbox
from alara.words import counted

__all__ = ["NextSteps", "Step", "looked_for", "next_steps"]


@dataclass(frozen=True, slots=True)
class Step:
    """One command, and what it is good for."""

    command: str
    why: str


@dataclass(frozen=True, slots=True)
class NextSteps:
    """How things are, in a word for programs and in a sentence, and the commands that lead on, the first one first."""

    state: str
    found: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class _Held:
    """What a database holds of a site: how many procedures, some of radiography; its newest days."""

    procedures: int
    radiography: int
    newest: date | None
    newest_whole: date | None


def next_steps(config: Config, *, settings: Path | None, today: date, folder: Path) -> NextSteps:
    """What to do next.

    Parameters
    ----------
    config
        Names the inbox, the database and the site.
    settings
        The settings file that applies; ``None`` without one.
    today
        The day, for which months are over.
    folder
        Where ``alara audit`` would write: an audit is found there, in ``audit/PERIOD``.
    """
    found = _looked(config, settings=settings, today=today, folder=folder)
    return replace(found, steps=tuple(replace(step, command=config.here(step.command)) for step in found.steps))


def _looked(config: Config, *, settings: Path | None, today: date, folder: Path) -> NextSteps:
    """The same with each command as it is where all settings are the defaults."""
    waiting, aside, node = _inbox(config)
    try:
        held = _held(config, today)
    except sqlite3.Error:
        return NextSteps(
            "database",
            f"The database of {config.data_dir} does not answer.",
            (Step("alara doctor", "say what is wrong with it, and name the next command"),),
        )
    if held is None or not held.procedures:
        return _nothing_yet(config, settings, waiting=waiting, aside=aside, node=node)
    steps = [*_month(held, folder), *_care(waiting=waiting, aside=aside, node=node)]
    return NextSteps(steps[0][0], _sentence(config, held), tuple(step for _, step in steps))


def looked_for(config: Config, *, settings: Path | None) -> str:
    """Where settings and data were looked for, and what makes them; empty where either is there, or was named.

    Parameters
    ----------
    settings
        As of :func:`next_steps`.
    """
    file = database_file(config)
    if settings is not None or config.inbox_dir.exists() or file is None or file.exists():
        return ""
    if any(config.sources[name] != "default" for name in ("data_dir", "database")):
        return ""
    places = " or ".join(str(path.absolute()) for path in config_places())
    return (
        f"there are no settings in {places}, and no data in {config.data_dir}. "
        "alara init writes an alara.toml; alara demo shows the whole way once."
    )


def _nothing_yet(config: Config, settings: Path | None, *, waiting: int, aside: int, node: str) -> NextSteps:
    """No procedure is there: because nothing is set up, nothing has come, nothing is read, or nothing could be."""
    status = Step("alara status", "who called, and what was refused or set aside")
    if waiting:
        first = status if node else Step("alara ingest", "read them into the database")
        return NextSteps("waiting", f"{_objects(waiting)} to be read.", (first,))
    if aside:
        found = f"Nothing that came could be read: {aside} set aside."
        return NextSteps("quarantine", found, (Step("alara quarantine list", "why, one by one"), status))
    take = Step("alara import PATH…", "take dose reports from files, folders and zip archives")
    if node:
        return NextSteps(
            "nothing_received",
            f"The node runs and nothing has been received at {config.data_dir} yet.",
            (Step("alara doctor", "check each part, from the disk to the port"), status, take),
        )
    listen = Step("alara listen", "start the node; it prints what to type into the C-arm")
    if settings is not None or config.inbox_dir.exists():
        return NextSteps("nothing_received", f"Nothing has been received at {config.data_dir} yet.", (listen, take))
    return NextSteps(
        "new",
        "There are no settings and no data here yet.",
        (
            Step("alara demo", "see the whole way once on made-up reports, in half a minute"),
            Step("alara init", "write an alara.toml that explains each setting"),
            listen,
            take,
        ),
    )


def _month(held: _Held, folder: Path) -> Iterator[tuple[str, Step]]:
    """The audit that is due, or where the last one is."""
    if held.newest_whole is not None:
        month = f"{held.newest_whole:%Y-%m}"
        if not (folder / "audit" / month / "manifest.json").is_file():
            yield "not_audited", Step(f"alara audit {month}", "write the page and the CSVs of that month")
            return
        yield "audited", Step(f"xdg-open {Path('audit') / month / 'report.html'}", "the page of the last whole month")
    elif held.newest is not None:
        month = f"{held.newest:%Y-%m}"
        yield "first_month", Step(f"alara audit {month}", "audit the month so far; it is not over yet")
    else:
        yield "no_dates", Step("alara list", "no report says when it was made: see which they are")


def _care(*, waiting: int, aside: int, node: str) -> Iterator[tuple[str, Step]]:
    if waiting and not node:
        yield "waiting", Step("alara ingest", f"{_objects(waiting)} to be read")
    if aside:
        yield "quarantine", Step("alara quarantine list", f"{aside} could not be read")
    if not node:
        yield "node_down", Step("alara listen", "no node runs here: start it")
    yield "status", Step("alara status --check", "who sends what, and what wants seeing to")


def _sentence(config: Config, held: _Held) -> str:
    cases = counted(held.procedures - held.radiography, "procedure")
    if held.radiography:
        cases += f" and {held.radiography:,} of radiography"
    newest = f", the newest of {held.newest.isoformat()}" if held.newest else ""
    return f"{config.site}: {cases}{newest}."


def _objects(count: int) -> str:
    return f"{count} objects wait" if count != 1 else "1 object waits"


def _inbox(config: Config) -> tuple[int, int, str]:
    """How many objects wait and are set aside, and the process of the node; an inbox that is not there has none."""
    if not config.inbox_dir.is_dir():
        return 0, 0, ""
    inbox = Inbox(config.inbox_dir)
    waiting = inbox.waiting()
    return waiting.count, waiting.quarantined, inbox.holder()


def _held(config: Config, today: date) -> _Held | None:
    """What the database holds; ``None`` without one.

    Raises
    ------
    sqlite3.Error
        When a SQLite file is no database of ours.
    AlaraError
        When a server refuses.
    """
    first_of_month = today.replace(day=1)
    path = database_file(config)
    if path is None:
        return _asked_of_server(config, first_of_month)
    if not path.is_file():
        return None
    with looked_at(path) as connection:
        (count, radiography) = connection.execute(
            "SELECT count(*), count(*) FILTER (WHERE kind = 'radiography') FROM procedures WHERE site = ?",
            [config.site],
        ).fetchone()
        newest = "SELECT max(started_local) FROM procedures WHERE site = ?"
        (last,) = connection.execute(newest, [config.site]).fetchone()
        (whole,) = connection.execute(
            f"{newest} AND started_local < ?",
            [config.site, first_of_month.isoformat()],
        ).fetchone()
    return _Held(count, radiography, _day(last), _day(whole))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text[:10]) if text else None


def _asked_of_server(config: Config, first_of_month: date) -> _Held:
    """The same of a database server, through the store."""
    from alara.store import Store

    with Store.open(config.database_url, create=False) as store:
        frame = store.procedures(date.min, date.max - timedelta(days=1), site=config.site)
    started = frame["started"].dropna()
    whole = started[started < first_of_month.isoformat()]
    return _Held(
        len(frame),
        int((frame["kind"] == "radiography").sum()),
        started.max().date() if len(started) else None,
        whole.max().date() if len(whole) else None,
    )
