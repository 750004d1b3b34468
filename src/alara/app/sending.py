"""Files of a folder to a DICOM node, and what became of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from alara.errors import NothingFound
from alara.node import send

__all__ = ["SendSummary", "send_paths"]


@dataclass(slots=True)
class SendSummary:
    """Counts of objects accepted, and for each other file why not."""

    accepted: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)

    def sentence(self) -> str:
        total = self.accepted + len(self.refused)
        return f"{self.accepted} of {total} objects accepted."

    def refusals(self) -> list[str]:
        return [f"{name}: {why}" for name, why in self.refused]

    def as_dict(self) -> dict[str, object]:
        return {"accepted": self.accepted, "refused": [{"file": name, "why": why} for name, why in self.refused]}


def send_paths(paths: Iterable[Path], host: str, port: int, *, calling: str, called: str) -> SendSummary:
    """Send every file below these paths by C-STORE.

    Raises
    ------
    NothingFound
        When there is no file.
    NetworkError
        When nobody answers there, or the association is refused.
    """
    summary = SendSummary()
    files = list(_files(paths))
    if not files:
        raise NothingFound(
            "There is nothing to send: no file named .dcm, or without any suffix, is there.",
            hint="alara samples writes some to try with.",
        )
    for sent in send(files, host, port, calling=calling, called=called):
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
