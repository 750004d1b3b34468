"""What the doctor asks of the network's side: the files of TLS, and whether the peers of the settings answer."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from alara.app.checks import Found, Verdict
from alara.app.receive import tls_files
from alara.app.sending import echo_peer
from alara.config import Config
from alara.errors import AlaraError
from alara.words import counted

__all__ = ["check_peers", "check_tls"]

#: A certificate that ends sooner wants seeing to: an authority may take weeks.
_SOON: Final = timedelta(days=30)
_RENEW: Final = "Renew it (docs/node.md, TLS), then start the node again."
#: A C-arm that is switched off must not hold up the doctor.
_PEER_TIMEOUT_S: Final = 3.0


def check_tls(config: Config) -> Found:
    """Whether the files can be read, belong together, and are good for another month."""
    from alara.node.certificates import authorities_end, certificate_ends, lets_itself_in

    files = tls_files(config)
    if files is None:
        return Verdict.OK, "none: connections are plain", ""
    key = files.key or files.certificate
    ends = {str(files.certificate): certificate_ends(files)}
    if stat.S_IMODE(key.stat().st_mode) & 0o007:
        return Verdict.FAILED, f"others can read the key {key}", f"chmod 600 {key}"
    if files.client_ca is not None:
        ends[str(files.client_ca)] = authorities_end(files.client_ca)
    path, first = min(ends.items(), key=lambda pair: pair[1])
    left = first - datetime.now(UTC)
    if left < _SOON:
        when = (
            f"ended on {first:%Y-%m-%d}"
            if left < timedelta(0)
            else f"ends on {first:%Y-%m-%d}, in {counted(left.days, 'day')}"
        )
        return Verdict.FAILED, f"a certificate of {path} {when}", _RENEW
    if not lets_itself_in(files):
        return (
            Verdict.FAILED,
            f"{files.certificate} is of none of the authorities in {files.client_ca}, so nobody here may ask the node",
            f"Append the certificate of its authority to {files.client_ca}: alara status --check shows the node's own.",
        )
    return Verdict.OK, f"{files.certificate} and its key fit; the first of all to end is of {first:%Y-%m-%d}", ""


def check_peers(config: Config) -> Found:
    """Whether the DICOM peers of the settings answer a C-ECHO. Many C-arms do not: that is a note, and no failure."""
    asked = {name: peer for name, peer in config.peers.items() if peer.host}
    if not asked:
        return Verdict.OK, "none in the settings", ""
    silent = list(_silent(config))
    if not silent:
        return Verdict.OK, f"{', '.join(asked)}: each answers", ""
    name, why = silent[0]
    more = f" Nor do {len(silent) - 1} others." if len(silent) > 1 else ""
    return Verdict.NOTE, f"{name} does not answer: {why}{more}", f"alara echo {name}"


def _silent(config: Config) -> Iterator[tuple[str, str]]:
    for name, peer in config.peers.items():
        if peer.host:
            try:
                echo_peer(config, peer, timeout_s=_PEER_TIMEOUT_S)
            except AlaraError as error:
                yield name, error.message
