"""An echo, or the files of a folder, to another DICOM node, over TLS where its table in the settings says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from alara.app.receive import tls_files
from alara.config import Config
from alara.errors import NothingFound
from alara.node import echo, send
from alara.node.tls import peer_context
from alara.peers import Peer
from alara.words import counted

__all__ = ["SendSummary", "echo_peer", "send_paths"]


@dataclass(slots=True)
class SendSummary:
    """Counts of objects accepted, and for each other file why not."""

    accepted: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)

    def sentence(self) -> str:
        total = self.accepted + len(self.refused)
        return f"{self.accepted} of {counted(total, 'object')} accepted."

    def refusals(self) -> list[str]:
        return [f"{name}: {why}" for name, why in self.refused]

    def as_dict(self) -> dict[str, object]:
        return {"accepted": self.accepted, "refused": [{"file": name, "why": why} for name, why in self.refused]}


def echo_peer(config: Config, peer: Peer, *, calling: str = "", timeout_s: float = 10.0) -> None:
    """Ask a peer whether it is there (C-ECHO).

    Raises
    ------
    NetworkError
        When it cannot be reached, refuses the association or the request; the hint says what to change.
    ConfigError
        When the files of TLS cannot be used.
    """
    tls = peer_context(peer, tls_files(config))
    echo(peer.host, peer.port, calling=calling or config.aet, called=peer.aet, timeout_s=timeout_s, tls=tls)


def send_paths(config: Config, paths: Iterable[Path], peer: Peer, *, calling: str = "") -> SendSummary:
    """Send every file below these paths to a peer by C-STORE.

    Raises
    ------
    NothingFound
        When there is no file.
    NetworkError
        When nobody answers there, or the association is refused.
    ConfigError
        When the files of TLS cannot be used.
    """
    tls = peer_context(peer, tls_files(config))
    summary = SendSummary()
    files = list(_files(paths))
    if not files:
        raise NothingFound(
            "There is nothing to send: no file named .dcm, or without any suffix, is there.",
            hint="alara samples writes some to try with.",
        )
    for sent in send(files, peer.host, peer.port, calling=calling or config.aet, called=peer.aet, tls=tls):
        if sent.ok:
            summary.accepted += 1
        else:
            answer = "" if sent.status is None else f"answered {sent.status:#06x}"
            summary.refused.append((sent.name, " ".join(filter(None, (answer, sent.detail)))))
    return summary


def _files(paths: Iterable[Path]) -> Iterable[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.is_file() and p.suffix.lower() in ("", ".dcm"))
        else:
            yield path
