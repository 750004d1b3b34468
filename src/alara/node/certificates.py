"""Until when certificates are good.

Python tells it only of a certificate that somebody has shown; so the node
shows its own to itself, in a handshake in memory.
"""

from __future__ import annotations

import ssl
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from alara.errors import ConfigError
from alara.node.tls import TlsFiles, own_context, server_context

__all__ = ["authorities_end", "certificate_ends", "lets_itself_in"]

#: Flights of a handshake are four at most; one that has not ended by then never does.
_ROUNDS: Final = 8


def certificate_ends(files: TlsFiles) -> datetime:
    """When the node's own certificate ends, aware.

    Raises
    ------
    ConfigError
        When certificate and key cannot be used, do not belong together, or are not good at this moment.
    """
    # Whom the node would let in is another question: here it calls itself.
    server = server_context(TlsFiles(certificate=files.certificate, key=files.key))
    try:
        return _end_of(_shown_by(server, own_context(files)))
    except ssl.SSLCertVerificationError as error:
        raise ConfigError(
            f"The certificate {files.certificate} is not good: {error.verify_message}.",
            hint="Renew it (docs/node.md, TLS), then start the node again.",
        ) from error


def authorities_end(path: Path) -> datetime:
    """When the first of the authorities in a file ends, aware.

    Raises
    ------
    ConfigError
        When the file has none.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_verify_locations(path)
    except (ssl.SSLError, OSError) as error:
        raise ConfigError(
            f"{path} has no certificates in PEM form that can be read.",
            hint="tls_client_ca names the file of the authorities.",
        ) from error
    ends = [_end_of(certificate) for certificate in context.get_ca_certs()]
    if not ends:
        raise ConfigError(
            f"{path} has no certificate of an authority: nobody could show one of theirs.",
            hint="tls_client_ca names the file of the authorities that made the C-arms' certificates.",
        )
    return min(ends)


def lets_itself_in(files: TlsFiles) -> bool:
    """Whether the node would take its own certificate from a caller, as those show it who ask how it is."""
    try:
        _shown_by(server_context(files), own_context(files))
    except ssl.SSLError:
        return False
    return True


def _end_of(certificate: dict[str, Any]) -> datetime:
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), tz=UTC)


def _shown_by(server: ssl.SSLContext, client: ssl.SSLContext) -> dict[str, Any]:
    """The certificate that a server shows a client, who verifies it."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    caller = client.wrap_bio(to_client, to_server)
    answerer = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(_ROUNDS):
        for side in (caller, answerer):
            with suppress(ssl.SSLWantReadError):
                side.do_handshake()
    return dict(caller.getpeercert() or {})
