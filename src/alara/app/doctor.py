"""Is this installation fit to work? Each check says what it found and, when it failed, what to do next."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from alara.alike import did_you_mean
from alara.app import probes
from alara.app.checks import Check, Found, Verdict
from alara.app.doctor_network import check_peers, check_tls
from alara.app.keys import check_same_key, load_key
from alara.app.lacking import lacking
from alara.app.running import ask, running_node
from alara.config import Config
from alara.errors import AlaraError
from alara.inbox import Inbox
from alara.store import Store
from alara.words import counted

__all__ = ["Check", "Verdict", "examine"]

_FULL: Final = (errno.ENOSPC, errno.EDQUOT)
_FREE: Final = "Free some, or move the data folder: --data-dir."
#: Clocks that are set by a time server step by less.
_CLOCK_SLACK_S = 60.0


def examine(config: Config) -> Iterator[Check]:
    """Look at each part in turn, from Python to the node that runs; a failure of one hides no other.

    Folders and a key that do not exist yet are named, not made. A file is written to the inbox and removed, to
    see that the disk takes it.
    """
    for name, look in _CHECKS.items():
        try:
            verdict, found, hint = look(config)
        except AlaraError as error:
            verdict, found, hint = Verdict.FAILED, error.message, error.hint
        except (OSError, ValueError) as error:
            is_full = isinstance(error, OSError) and error.errno in _FULL
            verdict, found = Verdict.FAILED, getattr(error, "strerror", None) or str(error)
            hint = _FREE if is_full else "Check that it exists and that this user may read it."
        yield Check(name, verdict, found, config.here(hint))


def _python(_: Config) -> Found:
    return Verdict.OK, f"Python {sys.version.split()[0]} at {sys.executable}", ""


def _settings(config: Config) -> Found:
    origins = {origin for origin in config.sources.values() if origin != "default"}
    if config.file:
        origins.add(str(config.file))  # also where all that it says is overridden
    return Verdict.OK, f"from {', '.join(sorted(origins)) or 'defaults alone'}; site {config.site!r}", ""


def _key(config: Config) -> Found:
    if not config.key_file.exists() and _holds_procedures(config):
        return (
            Verdict.FAILED,
            f"no key at {config.key_file}, and the database has procedures",
            "Name it: --key-file FILE",
        )
    if not config.key_file.exists():
        return Verdict.NOTE, f"no key yet at {config.key_file}", "It is made with the first report; back it up then."
    pseudonyms = load_key(config)
    if stat.S_IMODE(config.key_file.stat().st_mode) & 0o077:
        return Verdict.FAILED, f"others can read {config.key_file}", f"chmod 600 {config.key_file}"
    if _has_database(config):
        with Store.open(config.database_url, create=False) as store:
            check_same_key(store, pseudonyms, config)
    return Verdict.OK, f"version {pseudonyms.version} at {config.key_file}", ""


def _has_database(config: Config) -> bool:
    return bool(config.database) or (config.data_dir / "alara.sqlite").exists()


def _holds_procedures(config: Config) -> bool:
    if not _has_database(config):
        return False
    with Store.open(config.database_url, create=False) as store:
        return bool(store.info().rows["procedures"])


def _inbox(config: Config) -> Found:
    if config.data_dir.exists() and not config.data_dir.is_dir():
        return Verdict.FAILED, f"{config.data_dir} is not a folder", "Name another with --data-dir."
    if not config.inbox_dir.exists():
        if not os.access(folder := _nearest(config), os.W_OK | os.X_OK):
            return Verdict.FAILED, f"{folder} cannot be written", "Make it this user's, or name another: --data-dir."
        return Verdict.NOTE, f"no inbox yet at {config.inbox_dir}", "alara listen, or alara import PATH…"
    inbox = Inbox(config.inbox_dir)
    try:
        took_s = probes.durable_write(folder := config.inbox_dir / "tmp")
    except OSError as error:
        hint = _FREE if error.errno in _FULL else "Check that it exists, is this user's and can be written."
        return Verdict.FAILED, f"{folder} cannot be written: {error.strerror or error}", hint
    counts, waiting = inbox.counts(), inbox.waiting()
    found = f"{counts.new} waiting, {counts.kept} kept; a durable write takes {1000 * took_s:.0f} ms"
    if waiting.oldest_s > 60 * config.backlog_minutes:
        return (
            Verdict.FAILED,
            f"{counted(counts.new, 'object')} {'waits' if counts.new == 1 else 'wait'}, the oldest for "
            f"{counted(round(waiting.oldest_s / 60), 'minute')}",
            "alara ingest",
        )
    return Verdict.OK, found, ""


def _quarantine(config: Config) -> Found:
    if not config.inbox_dir.exists() or not (count := Inbox(config.inbox_dir).waiting().quarantined):
        return Verdict.OK, "empty", ""
    return Verdict.NOTE, f"{counted(count, 'object')} could not be read", "alara quarantine list"


def _nearest(config: Config) -> Path:
    """The data folder, or the one that it would be made in."""
    return next(path for path in (config.data_dir, *config.data_dir.absolute().parents) if path.is_dir())


def _disk(config: Config) -> Found:
    folder = _nearest(config)
    free = shutil.disk_usage(folder).free
    found = f"{free / 1024**3:.1f} GiB free at {folder}"
    if free < config.low_disk_gib * 1024**3:
        return Verdict.FAILED, found, _FREE
    return Verdict.OK, found, ""


def _clock(config: Config) -> Found:
    newest = Inbox(config.inbox_dir).newest() if config.inbox_dir.exists() else None
    ahead_s = (newest - datetime.now(UTC)).total_seconds() if newest else 0.0
    if ahead_s > _CLOCK_SLACK_S:
        found = f"an object arrived {counted(round(ahead_s / 60), 'minute')} in the future"
        return Verdict.FAILED, found, "Set the clock: timedatectl"
    if probes.clock_is_synchronised() is False:
        return Verdict.NOTE, "the system does not keep its clock by a time server", "timedatectl set-ntp true"
    return Verdict.OK, f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC", ""


def _readers(config: Config) -> Found:
    from alara.app.readers import ReaderPool

    if not config.inbox_dir.exists():
        return Verdict.NOTE, "not tried: they read from an inbox", "alara listen, or alara import PATH…"
    with ReaderPool(config.inbox_dir) as pool:
        pool.start()
    return Verdict.OK, "a reader process starts", ""


def _database(config: Config) -> Found:
    if not _has_database(config):
        return Verdict.NOTE, f"no database yet in {config.data_dir}", "alara listen, or alara import PATH…"
    with Store.open(config.database_url, create=False) as store:
        info = store.info()
    if config.inbox_dir.exists() and (lost := lacking(config, Inbox(config.inbox_dir))):
        return Verdict.FAILED, f"{lost} kept objects are not in it", "alara ingest --again"
    return Verdict.OK, f"schema {info.schema_version}, {counted(info.rows['procedures'], 'procedure')}", ""


def _sites(config: Config) -> Found:
    """The sites of the settings file beside those of the database: a slip in the name of a table has no effect."""
    if not config.sites or not _has_database(config):
        return Verdict.OK, f"site {config.site!r}", ""
    with Store.open(config.database_url, create=False) as store:
        extent = store.extent()
        held = [] if extent is None else store.sites_between(extent[0], extent[1] + timedelta(days=1))
    unknown = [site for site in held if site not in config.sites]
    if unknown:
        meant = "".join(did_you_mean(site, [one for one in config.sites if one not in held]) for site in unknown)
        found = f"the database has {', '.join(map(repr, unknown))}, of which the settings file has no table"
        return Verdict.NOTE, found, f"{meant}A table [sites.NAME] holds what is otherwise there."
    return Verdict.OK, f"{', '.join(map(repr, config.sites))}", ""


def _knowledge(config: Config) -> Found:
    from alara import knowledge

    loaded = knowledge.load(config.overlay)
    for kind, name, known in (
        ("policy", config.policy, loaded.policies),
        ("background", config.background, loaded.backgrounds),
    ):
        if name not in known:
            return Verdict.FAILED, f"there is no {kind} {name!r}", f"Choose one of: {', '.join(known)}."
    return Verdict.OK, f"{len(loaded.procedures)} procedures, digest {loaded.digest[:12]}", ""


def _port(config: Config) -> Found:
    where = f"{config.host}:{config.port}"
    if config.inbox_dir.exists() and Inbox(config.inbox_dir).holder():
        return Verdict.OK, "held by the node of this inbox", ""
    if not config.port:
        return Verdict.NOTE, "any free port", "Give it a number, so that C-arms find it: port in alara.toml."
    if reason := probes.why_no_port(config.host, config.port):
        return (
            Verdict.FAILED,
            f"{where} cannot be had: {reason}",
            "Stop the program that has it, or choose another: --port.",
        )
    return Verdict.OK, f"{where} is free for {config.aet}", ""


def _node(config: Config) -> Found:
    if not config.inbox_dir.exists():
        return Verdict.NOTE, "no node has run here", "alara listen"
    node = running_node(config, Inbox(config.inbox_dir))
    if not node.pid:
        return Verdict.NOTE, "no node runs on this inbox", "alara listen"
    if why := ask(config, node):
        return Verdict.FAILED, f"{node.aet} answers, and does not store: {why}", "alara status"
    return Verdict.OK, f"{node.aet} answers at {node.host}:{node.port}, process {node.pid}", ""


_CHECKS: dict[str, Callable[[Config], Found]] = {
    "Python": _python,
    "Settings": _settings,
    "Pseudonym key": _key,
    "Disk": _disk,
    "Clock": _clock,
    "Inbox": _inbox,
    "Quarantine": _quarantine,
    "Readers": _readers,
    "Database": _database,
    "Sites": _sites,
    "Knowledge": _knowledge,
    "TLS": check_tls,
    "Port": _port,
    "Node": _node,
    "Peers": check_peers,
}
