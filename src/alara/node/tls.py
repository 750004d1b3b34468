"""TLS by BCP 195 without downgrading (PS3.15 sections B.10 and B.12): 1.3, or 1.2 with forward secrecy and GCM.

There is no falling back to a plain connection, an older version or a weaker
suite. A handshake is made in the caller's own thread, under a deadline, so that
one who says nothing holds up nobody.
"""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alara.errors import ConfigError
from alara.peers import Peer

__all__ = [
    "HandshakeRefused",
    "TlsFiles",
    "caller_context",
    "handshake",
    "own_context",
    "peer_context",
    "server_context",
    "wrap",
]

#: What RFC 9325 recommends for TLS 1.2; the suites of TLS 1.3 all have forward secrecy and AEAD.
_SUITES: Final = "ECDHE+AESGCM"

#: OpenSSL's names for what went wrong, and ours.
_REASONS: Final = {
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "no client certificate",
    "UNSUPPORTED_PROTOCOL": "its TLS is older than 1.2",
    "WRONG_VERSION_NUMBER": "it does not speak TLS",
    "HTTP_REQUEST": "it does not speak TLS",
    "NO_SHARED_CIPHER": "it shares no cipher suite of BCP 195",
    "TLSV1_ALERT_UNKNOWN_CA": "it does not trust the certificate of this node",
    "SSLV3_ALERT_BAD_CERTIFICATE": "it does not trust the certificate of this node",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "it does not trust the certificate of this node",
}


#: The same for one's own files; of what is no PEM, Python passes no name on.
_OWN: Final[dict[str | None, str]] = {
    "KEY_VALUES_MISMATCH": "the key is that of another certificate",
    None: "one of them is not in PEM form",
}


class HandshakeRefused(Exception):
    """The caller spoke, and there is no agreeing on TLS with it; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """PEM files: the node's certificate (with its chain), its key, and the authorities of those who may call.

    Without ``key`` the key stands in the certificate's file. With ``client_ca``
    a caller must show a certificate of one of these authorities.
    """

    certificate: Path
    key: Path | None = None
    client_ca: Path | None = None


def server_context(files: TlsFiles) -> ssl.SSLContext:
    """What the node answers TLS with.

    Raises
    ------
    ConfigError
        When a file cannot be used.
    """
    context = _context(ssl.PROTOCOL_TLS_SERVER)
    _load_own(context, files)
    if files.client_ca is not None:
        _load_authorities(context, files.client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def caller_context(files: TlsFiles | None = None, authorities: Path | None = None) -> ssl.SSLContext:
    """What alara calls others over TLS with: its own certificate where it has one, and whom it trusts.

    The other's certificate must come from ``authorities``, else from those of
    the system. Its host name is not compared: certificates of C-arms and
    archives are made out to all kinds of names, and the profile does not ask for it.

    Raises
    ------
    ConfigError
        When a file cannot be used.
    """
    context = _context(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    if files is not None:
        _load_own(context, files)
    if authorities is not None:
        _load_authorities(context, authorities)
    else:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    return context


def peer_context(peer: Peer, files: TlsFiles | None) -> ssl.SSLContext | None:
    """What a peer is called over TLS with; ``None`` where it speaks none.

    Its certificate must come from its own ``ca_file``, else from the
    authorities of callers, else from those of the system.

    Raises
    ------
    ConfigError
        When a file cannot be used.
    """
    if not peer.tls:
        return None
    authorities = Path(peer.ca_file) if peer.ca_file else files.client_ca if files is not None else None
    return caller_context(files, authorities)


def own_context(files: TlsFiles) -> ssl.SSLContext:
    """What a node calls itself with: its own certificate is shown, and is the one that is trusted."""
    context = caller_context(files, files.certificate)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def wrap(context: ssl.SSLContext, connection: socket.socket) -> ssl.SSLSocket:
    """An accepted connection that is to speak TLS; nothing is sent or read yet."""
    return context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)


def handshake(connection: socket.socket, timeout_s: float) -> None:
    """Agree on TLS with a caller; nothing to do on a plain connection.

    Raises
    ------
    HandshakeRefused
        When the caller spoke and no agreement is possible.
    OSError
        When the caller went away, or said nothing in time.
    """
    if not isinstance(connection, ssl.SSLSocket):
        return
    usual_s = connection.gettimeout()
    connection.settimeout(timeout_s)
    try:
        connection.do_handshake()
    except ssl.SSLCertVerificationError as error:
        raise HandshakeRefused(f"client certificate is not trusted: {error.verify_message}") from error
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
        raise
    except ssl.SSLError as error:
        reason = error.reason or "UNKNOWN"
        raise HandshakeRefused(_REASONS.get(reason, f"TLS failed: {reason.replace('_', ' ').lower()}")) from error
    connection.settimeout(usual_s)


def _context(protocol: int) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_SUITES)
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION | ssl.OP_CIPHER_SERVER_PREFERENCE
    return context


def _load_own(context: ssl.SSLContext, files: TlsFiles) -> None:
    try:
        context.load_cert_chain(files.certificate, files.key, password=_no_password)
    except ssl.SSLError as error:
        raise ConfigError(
            f"The certificate {files.certificate} and its key cannot be used: {_OWN.get(error.reason, error.reason)}.",
            hint="tls_certificate and tls_key name PEM files that belong together.",
        ) from error
    except OSError as error:
        raise _unreadable(files.key or files.certificate, error) from error


def _no_password() -> str:
    raise ConfigError(
        "The key of the certificate has a password, and nobody is there to type it.",
        hint="openssl pkey -in KEY -out PLAIN writes it without one; chmod 600 PLAIN, and name it as tls_key.",
    )


def _load_authorities(context: ssl.SSLContext, path: Path) -> None:
    try:
        context.load_verify_locations(path)
    except ssl.SSLError as error:
        raise ConfigError(
            f"{path} has no certificates in PEM form.", hint="tls_client_ca names the file of the authorities."
        ) from error
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> ConfigError:
    return ConfigError(
        f"{path} cannot be read: {error.strerror or error}.",
        hint="tls_certificate, tls_key and tls_client_ca name PEM files that the node may read.",
    )
