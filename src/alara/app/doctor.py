"""Is this installation fit to work? Each check says what it found and, when it failed, what to do next."""

from __future__ import annotations

import json
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from alara.app.keys import check_same_key, load_key
from alara.config import Config
from alara.errors import AlaraError
from alara.inbox import Inbox
from alara.store import Store

__all__ = ["Check", "Verdict", "examine"]

#: Room for about 10,000 more reports of the usual 60 KB, and some air.
_LOW_DISK_BYTES = 1024**3


class Verdict(StrEnum):
    """How a check ended; only ``failed`` is an error."""

    OK = "ok"
    NOTE = "note"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: what it is, how it is, and what to do."""

    name: str
    verdict: Verdict
    found: str
    next: str = ""

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


def examine(config: Config) -> Iterator[Check]:
    """Check Python, the settings, the key, the inbox, the disk, the database, the knowledge and the node in turn.

    Nothing is changed, but folders and a key that do not exist yet are named, not made.
    """
    for name, look in _CHECKS.items():
        try:
            verdict, found, hint = look(config)
        except AlaraError as error:
            verdict, found, hint = Verdict.FAILED, error.message, error.hint
        except (OSError, ValueError) as error:
            verdict, found, hint = (
                Verdict.FAILED,
                f"{type(error).__name__}: {error}",
                "Check that it exists and that this user may read it.",
            )
        yield Check(name, verdict, found, hint)


_Found = tuple[Verdict, str, str]


def _python(_: Config) -> _Found:
    return Verdict.OK, f"Python {sys.version.split()[0]} at {sys.executable}", ""


def _settings(config: Config) -> _Found:
    given = sorted({origin for origin in config.sources.values() if origin != "default"})
    return Verdict.OK, f"from {', '.join(given) or 'defaults alone'}; site {config.site!r}", ""


def _key(config: Config) -> _Found:
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


def _inbox(config: Config) -> _Found:
    if config.data_dir.exists() and not config.data_dir.is_dir():
        return Verdict.FAILED, f"{config.data_dir} is not a folder", "Name another with --data-dir."
    if not config.inbox_dir.exists():
        return Verdict.NOTE, f"no inbox yet at {config.inbox_dir}", "alara listen, or alara import PATH…"
    counts = Inbox(config.inbox_dir).counts()
    found = f"{counts.new} waiting, {counts.kept} kept, {counts.quarantined} in quarantine"
    return Verdict.OK, found, ""


def _disk(config: Config) -> _Found:
    folder = next(path for path in (config.data_dir, *config.data_dir.absolute().parents) if path.is_dir())
    free = shutil.disk_usage(folder).free
    found = f"{free / 1024**3:.1f} GiB free at {folder}"
    if free < _LOW_DISK_BYTES:
        return Verdict.FAILED, found, "Free some, or move the data folder: --data-dir."
    return Verdict.OK, found, ""


def _database(config: Config) -> _Found:
    if not _has_database(config):
        return Verdict.NOTE, f"no database yet in {config.data_dir}", "alara listen, or alara import PATH…"
    with Store.open(config.database_url, create=False) as store:
        info = store.info()
    if config.inbox_dir.exists():
        lost = sum(1 for _ in Inbox(config.inbox_dir).kept()) - info.rows["reports"] - info.rows["copies"]
        if lost > 0:
            return Verdict.FAILED, f"{lost} kept objects are not in it", f"alara ingest --again{config.flags}"
    return Verdict.OK, f"schema {info.schema_version}, {info.rows['procedures']} procedures", ""


def _knowledge(config: Config) -> _Found:
    from alara import knowledge

    loaded = knowledge.load(config.overlay)
    for kind, name, known in (
        ("policy", config.policy, loaded.policies),
        ("background", config.background, loaded.backgrounds),
    ):
        if name not in known:
            return Verdict.FAILED, f"there is no {kind} {name!r}", f"Choose one of: {', '.join(known)}."
    return Verdict.OK, f"{len(loaded.procedures)} procedures, digest {loaded.digest[:12]}", ""


def _node(config: Config) -> _Found:
    from alara.app.receive import NODE_NOTE

    if not config.inbox_dir.exists():
        return Verdict.NOTE, "no node has run here", f"alara listen{config.flags}"
    if not Inbox(config.inbox_dir).holder():
        return Verdict.NOTE, "no node runs on this inbox", f"alara listen{config.flags}"
    return _echo(json.loads((config.data_dir / NODE_NOTE).read_text()))


def _echo(node: dict[str, Any]) -> _Found:
    from alara.node import echo

    host = "127.0.0.1" if node["host"] in ("0.0.0.0", "::") else node["host"]  # noqa: S104 - compared, not bound
    echo(host, node["port"], calling=node["aet"], called=node["aet"], timeout_s=5.0)
    return Verdict.OK, f"{node['aet']} answers at {host}:{node['port']}, process {node['pid']}", ""


_CHECKS: dict[str, Callable[[Config], _Found]] = {
    "Python": _python,
    "Settings": _settings,
    "Pseudonym key": _key,
    "Inbox": _inbox,
    "Disk": _disk,
    "Database": _database,
    "Knowledge": _knowledge,
    "Node": _node,
}
