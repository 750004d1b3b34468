"""Commands that a sentence names, completed with the flags by which they speak of the same installation.

Every hint is written as if all settings were the defaults: ``alara show CASE``. Before it goes to the screen,
:meth:`alara.config.Config.here` completes it by the table below, which a test holds against the command line.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Final

__all__ = ["TAKES", "completed", "flags_of", "joined", "without_password"]

_DATA: Final = ("data_dir", "database")
_READING: Final = (*_DATA, "key_file", "site")
_KNOWLEDGE: Final = ("data_dir", "knowledge")
_AUDIT: Final = (*_DATA, "site", "knowledge", "policy", "background")

#: Command → the settings that it takes as flags, beside ``--config``. What makes data or settings of its own
#: (init, demo, samples, generate) and what has no settings (read, completion) is not completed.
TAKES: Final = {
    "listen": (
        *_READING,
        "host",
        "port",
        "aet",
        "require_called_aet",
        "allowed_calling",
        "allowed_addresses",
        "tls_certificate",
        "tls_key",
        "tls_client_ca",
        "log_json",
        "metrics_port",
    ),
    "import": _READING,
    "fetch": (*_READING, "aet", "host", "port"),
    "audit": (*_AUDIT, "slots_per_week"),
    "classify": _KNOWLEDGE,
    "catalogue list": _KNOWLEDGE,
    "catalogue show": _KNOWLEDGE,
    "catalogue unmapped": (*_KNOWLEDGE, "database"),
    "catalogue map export": (*_KNOWLEDGE, "database"),
    "catalogue map import": _KNOWLEDGE,
    "dose": (*_KNOWLEDGE, "background"),
    "plan": (*_DATA, "site", "knowledge", "policy", "slots_per_week"),
    "policy check": _KNOWLEDGE,
    "policy diff": (*_DATA, "site", "knowledge", "background"),
    "policy reasons": _KNOWLEDGE,
    "policy show": _KNOWLEDGE,
    "review list": _AUDIT,
    "review show": _AUDIT,
    "review close": _AUDIT,
    "review reopen": _AUDIT,
    "review export": _DATA,
    "review import": _DATA,
    "explain": (*_DATA, "knowledge", "policy", "background"),
    "list": (*_DATA, "site"),
    "show": _DATA,
    "status": (*_DATA, "silent_days", "backlog_minutes", "low_disk_gib"),
    "quarantine list": ("data_dir",),
    "quarantine show": ("data_dir",),
    "quarantine retry": _READING,
    "quarantine drop": ("data_dir",),
    "doctor": (*_READING, "host", "port", "aet", "knowledge"),
    "db info": _DATA,
    "db upgrade": _DATA,
    "reingest": _READING,
    "compare": (*_DATA, "knowledge", "policy", "background"),
    "export": _DATA,
    "backup": (*_DATA, "key_file"),
    "restore": (*_DATA, "key_file"),
    "echo": (),
    "send": (),
    "ingest": (*_READING, "log_json"),
}

_ONE_OF_THEM: Final = "|".join(sorted(TAKES, key=len, reverse=True))
_NAMED: Final = re.compile(rf"(?<![\w./-])alara ({_ONE_OF_THEM})(?![\w-])(?! --(?:config|data-dir|database) )")

_FLAGS: Final = re.compile(r"(?: --[\w-]+(?: (?!--)\S+)?)+")


def completed(text: str, again: Callable[[str], str]) -> str:
    """The text with flags after each command that it names; one that has them is left as it is, and so is each flag.

    Parameters
    ----------
    again
        Gives for ``config`` and for a setting's name the flags that say it, each after a space, or nothing.
    """

    def with_flags(found: re.Match[str]) -> str:
        said = _FLAGS.match(text, found.end())
        given = set(said[0].split()) if said else set()
        names = [name for name in ("config", *TAKES[found[1]]) if f"--{name.replace('_', '-')}" not in given]
        return found[0] + "".join(map(again, names))

    return _NAMED.sub(with_flags, text)


_COPIED: Final = re.compile(
    rf"(?<![\w./-])alara (?:{_ONE_OF_THEM})(?![\w-])"
    r"(?: --[\w-]+(?: (?:'[^']*'|(?!--)\S+))?)*(?: (?:[A-Z_]+|\S*\d\S*)(?=[\s.,;:]|$))?"
)


def joined(text: str, space: str) -> str:
    """The text with another character for the spaces within each command, its flags and a case, period or NAME."""
    return _COPIED.sub(lambda found: found[0].replace(" ", space), text)


def flags_of(name: str, value: object) -> str:
    """A setting as flags of a command line, each after a space; a path is absolute, a password is never shown.

    The URL of a server stands without its password: libpq asks ``~/.pgpass`` then, and no other database is meant.
    """
    flag = f" --{name.replace('_', '-')}"
    if isinstance(value, bool):
        return flag if value else ""
    if isinstance(value, tuple):
        return "".join(f"{flag} {shlex.quote(str(part))}" for part in value)
    text = "" if value is None else str(value.absolute() if isinstance(value, Path) else value)
    return f"{flag} {shlex.quote(_without_secrets(text) if name == 'database' else text)}"


_USER: Final = re.compile(r"://([^/@:?#]*)(:?).*@")
_PARAMETER: Final = re.compile(r"([?&][^=&]*(?:password|passfile|sslkey)[^=&]*=)[^&]*", re.IGNORECASE)


def without_password(text: str) -> str:
    """The URL of a database as it may be shown; a path stays as it is.

    From the first colon of the user's part to the last ``@`` nothing is left,
    also where a password holds an ``@`` or a slash that it should not.
    """
    if not _is_of_a_server(text):
        return text
    return _PARAMETER.sub(
        r"\1***", _USER.sub(lambda found: f"://{found[1]}{':***' if found[2] else ''}@", text, count=1)
    )


def _without_secrets(text: str) -> str:
    """The URL of a database as it may be typed again; a path stays as it is."""
    if not _is_of_a_server(text):
        return text
    base, _, query = _USER.sub(r"://\1@", text, count=1).partition("?")
    parameters = "&".join(each for each in query.split("&") if not _PARAMETER.match(f"&{each}"))
    return f"{base}?{parameters}" if parameters else base


def _is_of_a_server(text: str) -> bool:
    return "://" in text and not text.startswith("sqlite")
