"""A case with a story."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from alara.errors import UnreadableReason
from alara.findings import FindingCode
from alara.model import DoseReport
from alara.quantities import KermaAreaProduct
from alara.samples.cases import Case
from alara.samples.procedures import PROCEDURES
from alara.sr.build import Dialect

__all__ = ["KINDS", "Special", "with_p_ka"]

#: The procedures of the clinic by their id.
KINDS: Final = {kind.id: kind for kind in PROCEDURES}


@dataclass(frozen=True, slots=True)
class Special:
    """A case with a story.

    Attributes
    ----------
    findings, quirks
        What a reader must say of it and recognise, beside what its C-arm's reports always have.
    procedure_findings
        What must be said of the procedure that it becomes, with the others of its study.
    readable
        The report as far as a reader can know it, where the file does not say all that was meant.
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
    procedure_findings: tuple[FindingCode, ...] = ()
    readable: DoseReport | None = None


def with_p_ka(report: DoseReport, change: Callable[[KermaAreaProduct], KermaAreaProduct | None]) -> DoseReport:
    """The report with every total and event's kerma-area product changed."""

    def changed(p_ka: KermaAreaProduct | None) -> KermaAreaProduct | None:
        return change(p_ka) if p_ka is not None else None

    return replace(
        report,
        accumulated=tuple(replace(dose, p_ka=changed(dose.p_ka)) for dose in report.accumulated),
        events=tuple(replace(event, p_ka=changed(event.p_ka)) for event in report.events),
    )
