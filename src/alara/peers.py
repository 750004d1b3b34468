"""Other nodes by name: the tables ``[peers.NAME]`` of the settings file.

A peer speaks DICOM (``aet``, ``host``, ``port``) or DICOMweb (``url``), or both.
Secrets are not settings: they stand in the environment or in a file that
``credentials`` names (see :mod:`alara.app.credentials`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

__all__ = ["RETRIEVE", "Credentials", "Peer", "PeersError", "as_text", "parse_peers"]

#: How objects are asked of a DICOM peer: on the same association, or by an association that it opens.
RETRIEVE: Final = ("get", "move")

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")


class PeersError(ValueError):
    """Everything that is wrong with the peers, in one text. It repeats no value: one might be a password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """One other node; what does not apply to it is empty."""

    name: str
    aet: str = ""
    host: str = ""
    port: int = 0
    retrieve: str = "get"
    most_answers: int = 0  # how many answers to a query it gives before it stops without saying so; 0: it says so
    url: str = ""
    credentials: str = ""
    ca_file: str = ""
    tls: bool = False

    @property
    def address(self) -> str:
        """Where it is, for a sentence: ``AET at host:port``, or its URL."""
        return f"{self.aet} at {self.host}:{self.port}" if self.host else self.url


@dataclass(frozen=True, slots=True)
class Credentials:
    """A token, or a user and a password, or nothing; none of it is in its ``repr``."""

    token: str = field(default="", repr=False)
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    def __bool__(self) -> bool:
        return bool(self.token or self.user)


def parse_peers(value: object, checks: Mapping[str, Callable[[Any], Any]]) -> Mapping[str, Peer]:
    """The peers by name, from the tables of the file or the same as JSON.

    Parameters
    ----------
    value
        Name → keys and values.
    checks
        How to check ``aet``, ``host``, ``port``, ``count`` and ``flag``; they raise ValueError.

    Raises
    ------
    PeersError
        With everything that is wrong.
    """
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError as error:
            raise PeersError("peers must be JSON: an object of objects") from error
    if not isinstance(value, Mapping) or not all(isinstance(table, Mapping) for table in value.values()):
        raise PeersError("peers must be tables: [peers.NAME]")
    errors: list[str] = []
    found = {name: _peer(name, table, checks, errors) for name, table in value.items()}
    if errors:
        raise PeersError("; ".join(errors))
    return MappingProxyType({name: peer for name, peer in found.items() if peer is not None})


def as_text(peers: Mapping[str, Peer]) -> str:
    """The peers as JSON that :func:`parse_peers` reads, without what is left at its default."""
    empty = asdict(Peer(name=""))
    tables = {
        name: {key: value for key, value in asdict(peer).items() if key != "name" and value != empty[key]}
        for name, peer in peers.items()
    }
    return json.dumps(tables)


def _peer(
    name: str, table: Mapping[str, object], checks: Mapping[str, Callable[[Any], Any]], errors: list[str]
) -> Peer | None:
    before = len(errors)
    if not _NAME.fullmatch(name):
        errors.append(f"peers.{name!r}: a name has 1 to 32 letters, digits, - and _")
    keys = {
        "aet": checks["aet"],
        "host": checks["host"],
        "port": checks["port"],
        "retrieve": _retrieve,
        "most_answers": checks["count"],
        "url": _url,
        "credentials": _file,
        "ca_file": _file,
        "tls": checks["flag"],
    }
    values: dict[str, Any] = {}
    for key, raw in table.items():
        if key not in keys:
            errors.append(f"peers.{name}: there is no {key!r}; a peer has {', '.join(keys)}")
            continue
        try:
            values[key] = keys[key](raw)
        except ValueError as error:
            errors.append(f"peers.{name}.{key} {error}")
    missing = [key for key in ("aet", "host", "port") if key not in table]
    if missing and ("url" not in table or len(missing) < 3):
        errors.append(f"peers.{name} lacks {' and '.join(missing)}")
    return Peer(name=name, **values) if len(errors) == before else None


def _retrieve(value: object) -> str:
    if value not in RETRIEVE:
        raise ValueError('must be "get" or "move"')
    return str(value)


def _url(value: object) -> str:
    try:
        parts = urlsplit(value if isinstance(value, str) else "")
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound or parts.query or parts.fragment:
        raise ValueError("must be a URL like https://pacs.example/dicom-web")
    if parts.username or parts.password:
        raise ValueError("must hold no user or password: name them in the environment or a credentials file")
    return str(value).rstrip("/")


def _file(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be the path of a file")
    return str(Path(value.strip()).expanduser())
