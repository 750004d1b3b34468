"""Other nodes by name: the tables ``[peers.NAME]`` of the settings file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any, Final

__all__ = ["Peer", "PeersError", "as_text", "parse_peers"]

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")


class PeersError(ValueError):
    """Everything that is wrong with the peers, in one text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """One other node; ``tls``: it wants TLS."""

    name: str
    aet: str = ""
    host: str = ""
    port: int = 0
    tls: bool = False

    @property
    def address(self) -> str:
        """Where it is, for a sentence."""
        return f"{self.aet} at {self.host}:{self.port}"


def parse_peers(value: object, checks: Mapping[str, Callable[[Any], Any]]) -> Mapping[str, Peer]:
    """The peers by name, from the tables of the file or the same as JSON.

    Parameters
    ----------
    value
        Name → keys and values.
    checks
        How to check ``aet``, ``host``, ``port`` and ``flag``; they raise ValueError.

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
    """The peers as JSON that :func:`parse_peers` reads."""
    tables = {
        name: {key: value for key, value in asdict(peer).items() if key != "name"} for name, peer in peers.items()
    }
    return json.dumps(tables)


def _peer(
    name: str, table: Mapping[str, object], checks: Mapping[str, Callable[[Any], Any]], errors: list[str]
) -> Peer | None:
    before = len(errors)
    if not _NAME.fullmatch(name):
        errors.append(f"peers.{name!r}: a name has 1 to 32 letters, digits, - and _")
    keys = {"aet": checks["aet"], "host": checks["host"], "port": checks["port"], "tls": checks["flag"]}
    values: dict[str, Any] = {}
    for key, raw in table.items():
        if key not in keys:
            errors.append(f"peers.{name}: there is no {key!r}; a peer has {', '.join(keys)}")
            continue
        try:
            values[key] = keys[key](raw)
        except ValueError as error:
            errors.append(f"peers.{name}.{key} {error}")
    if missing := [key for key in ("aet", "host", "port") if key not in table]:
        errors.append(f"peers.{name} lacks {' and '.join(missing)}")
    return Peer(name=name, **values) if len(errors) == before else None
