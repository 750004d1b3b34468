"""Other nodes as a user names them: by their name in the settings, as AET@HOST:PORT or HOST:PORT, or by URL."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final

from alara.alike import did_you_mean
from alara.config import Config, load
from alara.errors import ConfigError, UsageError
from alara.peers import Peer

__all__ = ["find_peer", "is_peer"]

_ADDRESS: Final = re.compile(r"([^@]+)@(.+):(\d+)")
#: Without an AE title before it, an IPv6 address stands in brackets: ``::1:104`` might be one without a port.
_HOST_AND_PORT: Final = re.compile(r"(\[[^\[\]@]+\]|[^\[\]:@]+):(\d+)")

#: The name of a peer that the settings do not know.
_UNNAMED = "peer"


def is_peer(config: Config, text: str) -> bool:
    """Whether a text names a peer, rather than the host of one."""
    return text in config.peers or "@" in text or "://" in text or bool(_HOST_AND_PORT.fullmatch(text))


def find_peer(config: Config, text: str, *, aet: str = "") -> Peer:
    """The peer that a text names; what was typed as an address gets it as its name.

    Parameters
    ----------
    aet
        AE title of one that is named as HOST:PORT; where it is empty, the title must be typed too.

    Raises
    ------
    UsageError
        When nothing is known by that name, or the address is none.
    """
    if text in config.peers:
        return config.peers[text]
    if "://" in text:
        return _unnamed(text, {"url": text})
    if found := _ADDRESS.fullmatch(text):
        return _unnamed(text, {"aet": found[1], "host": found[2].strip("[]"), "port": int(found[3])})
    forms = "HOST:PORT ([ADDRESS]:PORT for IPv6) or AET@HOST:PORT" if aet else "AET@HOST:PORT"
    if found := _HOST_AND_PORT.fullmatch(text):
        if not aet:
            raise UsageError(f"{text!r} lacks the AE title of the peer.", hint=f"AET@{text}")
        return _unnamed(text, {"aet": aet, "host": found[1].strip("[]"), "port": int(found[2])})
    if ":" in text:
        raise UsageError(f"{text!r} is no address of a peer.", hint=f"{forms}.")
    known = ", ".join(config.peers) or "none is there yet"
    raise UsageError(
        f"There is no peer {text!r} in the settings.",
        hint=f"{did_you_mean(text, config.peers)}"
        f"[peers.{text}] with aet, host and port in alara.toml ({known}), or {forms}.",
    )


def _unnamed(text: str, table: Mapping[str, object]) -> Peer:
    try:
        checked = load(environ={"ALARA_PEERS": json.dumps({_UNNAMED: table})}).peers[_UNNAMED]
    except ConfigError as error:
        what = error.message.replace(f"ALARA_PEERS: peers.{_UNNAMED}.", "")
        raise UsageError(f"That is no address of a peer: {what}", hint="AET@HOST:PORT, or a URL.") from error
    if not checked.port and not checked.url:
        raise UsageError("That is no address of a peer: its port must be from 1 to 65535.", hint="AET@HOST:PORT.")
    return Peer(name=text, aet=checked.aet, host=checked.host, port=checked.port, url=checked.url)
