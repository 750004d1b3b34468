"""A case with a story."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from alara.errors import UnreadableReason
from alara.findings import FindingCode
from alara.samples.cases import Case
from alara.samples.procedures import PROCEDURES
from alara.sr.build import Dialect

__all__ = ["KINDS", "Special"]

#: The procedures of the clinic by their id.
KINDS: Final = {kind.id: kind for kind in PROCEDURES}


@dataclass(frozen=True, slots=True)
class Special:
    """A case with a story.

    Attributes
    ----------
    findings, quirks
        What a reader must say of it and recognise, at least; the quirks beside those of its C-arm.
    dialect
        Its own manner, where it differs from its C-arm's.
    regular
        Whether validators have nothing to say.
    """

    slug: str
    about: str
    case: Case
    regular: bool = True
    findings: tuple[FindingCode, ...] = ()
    dialect: Dialect | None = None
    quarantine: UnreadableReason | None = None
    quirks: tuple[str, ...] = ()
