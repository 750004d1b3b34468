"""What opens somebody else's archive: a token, or a user and a password.

They come from the environment (``ALARA_PEER_NAME_TOKEN``, or ``…_USER`` and
``…_PASSWORD``) or from a TOML file that the peer's ``credentials`` names and
that only its owner can read. They are never printed and never logged.
"""

from __future__ import annotations

import os
import re
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path

from alara.errors import ConfigError
from alara.peers import Credentials, Peer

__all__ = ["credentials_of"]

_KEYS = ("token", "user", "password")


def credentials_of(peer: Peer, environ: Mapping[str, str] | None = None) -> Credentials:
    """The credentials of a peer; empty ones when none are set.

    Raises
    ------
    ConfigError
        When the file cannot be read, can be read by others, or holds something else.
    """
    environ = os.environ if environ is None else environ
    prefix = f"ALARA_PEER_{re.sub(r'[^A-Za-z0-9]', '_', peer.name).upper()}_"
    given = {key: environ[prefix + key.upper()] for key in _KEYS if environ.get(prefix + key.upper())}
    if not given and peer.credentials:
        given = _from_file(Path(peer.credentials))
    if ("user" in given) != ("password" in given) or len(given) == len(_KEYS):
        raise ConfigError(
            f"The credentials of {peer.name} are neither a token nor a user with a password.",
            hint=f"{prefix}TOKEN, or {prefix}USER and {prefix}PASSWORD.",
        )
    return Credentials(**given)


def _from_file(path: Path) -> dict[str, str]:
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise ConfigError(f"Others can read the credentials in {path}.", hint=f"chmod 600 {path}")
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"The credentials {path} cannot be read: {error.strerror}.", hint="Name a file that this user may read."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        found = {"": ""}
    if not found or not all(key in _KEYS and isinstance(value, str) and value for key, value in found.items()):
        # Nothing of the file is repeated, not even where it is wrong; nor by a chained exception.
        raise ConfigError(
            f"The credentials {path} are not TOML with token, or with user and password.",
            hint='One line: token = "…"; or two: user = "…" and password = "…".',
        ) from None
    return {str(key): str(value) for key, value in found.items()}
