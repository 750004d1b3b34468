"""Values of settings from a file, the environment or a flag: each parser returns the value or says what is allowed.

Each takes whatever TOML gives, or a text, and raises ``ValueError`` with the end
of a sentence that begins with the setting's name.
"""

from __future__ import annotations

import ipaddress
import json
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from alara.peers import Peer, parse_peers

__all__ = [
    "ae_title",
    "ae_titles",
    "count",
    "count_or_none",
    "database",
    "flag",
    "host",
    "networks",
    "operators",
    "optional_path",
    "optional_text",
    "path",
    "peers",
    "port",
    "slots",
    "text",
]

_WHOLE = re.compile(r"[0-9]{1,9}")
_MOST_SLOTS = 10_000
_AE_TITLE = re.compile(r"[\x21-\x5b\x5d-\x7e](?:[\x20-\x5b\x5d-\x7e]{0,14}[\x21-\x5b\x5d-\x7e])?")


def text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be a text that is not empty")
    return _one_line(value)


def optional_text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a text")
    return _one_line(value)


_NEARLY_A_URL: Final = re.compile(r"(?i)(postgres(ql)?|sqlite|mysql|mssql|oracle)(\+\w+)?(:|//)")


def database(value: object) -> str:
    """A SQLite file or the URL of a server; a URL that lost a sign is no name of a file."""
    text = optional_text(value)
    if "://" not in text and _NEARLY_A_URL.match(text):
        raise ValueError("is neither a file nor a URL, which has :// after its driver")
    return text


def _one_line(value: str) -> str:
    """A text without control characters: the environment of a child process cannot hold all of them."""
    if any(unicodedata.category(letter) == "Cc" for letter in value.strip()):
        raise ValueError("must be a text of one line, without control characters")
    return value.strip()


def port(value: object) -> int:
    if isinstance(value, bool) or not _WHOLE.fullmatch(str(value)) or int(str(value)) > 65535:
        raise ValueError("must be a port number from 0 (any free port) to 65535")
    return int(str(value))


def count(value: object) -> int:
    if isinstance(value, bool) or not _WHOLE.fullmatch(str(value)) or int(str(value)) < 1:
        raise ValueError("must be a whole number from 1 to 999999999")
    return int(str(value))


def count_or_none(value: object) -> int:
    if isinstance(value, bool) or not _WHOLE.fullmatch(str(value)):
        raise ValueError("must be a whole number from 0 to 999999999")
    return int(str(value))


def slots(value: object) -> int:
    """Slots a week: what no department has is a slip of the keyboard."""
    if isinstance(value, bool) or not _WHOLE.fullmatch(str(value)) or int(str(value)) > _MOST_SLOTS:
        raise ValueError(f"must be a whole number from 0 to {_MOST_SLOTS}, the most slots a week that are planned with")
    return int(str(value))


def host(value: object) -> str:
    name = text(value)
    if re.fullmatch(r"[\d.]+|.*:.*", name):
        try:
            ipaddress.ip_address(name)
        except ValueError as error:
            raise ValueError(
                "must be an IPv4 address, an IPv6 address or the name of a host, without a port"
            ) from error
    return name


def ae_title(value: object) -> str:
    title = text(value)
    if not _AE_TITLE.fullmatch(title):
        raise ValueError("must be an AE title: 1 to 16 characters without a backslash")
    return title


def ae_titles(value: object) -> tuple[str, ...]:
    """AE titles as a list, or as a text: JSON, or with commas between."""
    try:
        return tuple(ae_title(part) for part in _listed(value) if part != "")
    except ValueError as error:
        raise ValueError("must be a list of AE titles, each of 1 to 16 characters without a backslash") from error


def _listed(value: object) -> list[Any] | tuple[Any, ...]:
    """A list as it is, or from a text: a list of texts in JSON, else what stands between commas."""
    if isinstance(value, str):
        try:
            parts = json.loads(value)
        except ValueError:
            parts = None
        sound = isinstance(parts, list) and all(isinstance(part, str) for part in parts)
        return parts if sound and isinstance(parts, list) else value.split(",")
    if isinstance(value, list | tuple):
        return value
    raise ValueError("is no list")


def networks(value: object) -> tuple[str, ...]:
    """Addresses and networks as a list, or as a text as for AE titles; 10.1.2.3/24 is the network 10.1.2.0/24."""
    try:
        return tuple(str(ipaddress.ip_network(text(part), strict=False)) for part in _listed(value) if part != "")
    except ValueError as error:
        raise ValueError("must be a list of addresses and networks, such as 10.1.2.3 and 10.1.2.0/24") from error


def operators(value: object) -> str:
    """What is kept of operators: nothing, or keyed codes."""
    if value not in ("off", "codes"):
        raise ValueError("must be off or codes")
    return str(value)


def flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if str(value).lower() not in words:
        raise ValueError("must be true or false")
    return words[str(value).lower()]


def peers(value: object) -> Mapping[str, Peer]:
    return parse_peers(value, {"aet": ae_title, "host": host, "port": port, "count": count, "flag": flag})


def path(value: object) -> Path:
    given = Path(text(str(value) if isinstance(value, Path) else value))
    try:
        return given.expanduser()
    except RuntimeError as error:
        raise ValueError("must be a path; the user after ~ has no home folder here") from error


def optional_path(value: object) -> Path | None:
    return None if value == "" else path(value)
