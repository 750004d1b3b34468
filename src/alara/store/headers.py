"""What the headers of a procedure amount to where no dose report came.

The dose product of an image (PS3.3 C.8.7.2, (0018,115E)) covers its own
acquisition and the fluoroscopy that prepared it; that of a performed procedure
step (PS3.3 C.4.16) all of the step. So those of several images, or of several
steps, add. A time of fluoroscopy in an image is that of its whole step, so of
images the longest stands. Of secondary captures, which show a screen of
numbers that runs on, the one written last stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from alara.findings import Finding, FindingCode
from alara.model import AccumulatedDose, DoseReport
from alara.quantities import Quantity
from alara.store.grouping import Telling

__all__ = ["added_headers"]

Q = TypeVar("Q", bound=Quantity)
_WORDS = {Telling.STEP: "performed procedure step", Telling.IMAGE: "image", Telling.CAPTURE: "secondary capture"}


def added_headers(reports: Sequence[DoseReport], telling: Telling) -> tuple[tuple[AccumulatedDose, ...], list[Finding]]:
    """The dose of a procedure from headers alone (nothing, where none states any), and the finding that says so.

    Parameters
    ----------
    reports
        What each header said, one plane each, in canonical order.
    telling
        What they are headers of.
    """
    stated = [dose for report in reports for dose in report.accumulated]
    how = "added" if telling is not Telling.CAPTURE else "the last counts"
    several = len(stated) > 1
    text = f"{len(stated)} {_WORDS[telling]}{'s' if several else ''}{f', {how}' if several else ''}"
    findings = [Finding(FindingCode.FROM_HEADERS, text)]
    if not several or telling is Telling.CAPTURE:
        return tuple(stated[-1:]), findings
    times = [dose.fluoroscopy_time for dose in stated if dose.fluoroscopy_time is not None]
    dose = AccumulatedDose(
        plane=stated[0].plane,
        p_ka=_sum([dose.p_ka for dose in stated], "P_KA", findings),
        ka_r=_sum([dose.ka_r for dose in stated], "K_a,r", findings),
        fluoroscopy_time=max(times, default=None)
        if telling is Telling.IMAGE
        else _sum([dose.fluoroscopy_time for dose in stated], "fluoroscopy time", findings),
        reference_point=next((d.reference_point for d in reversed(stated) if d.reference_point), None),
    )
    return (dose,), findings


def _sum(parts: Sequence[Q | None], symbol: str, findings: list[Finding]) -> Q | None:
    known = [part for part in parts if part is not None]
    if not known:
        return None
    if len(known) < len(parts):
        text = f"{len(known)} of {len(parts)} headers carry it"
        findings.append(Finding(FindingCode.TOTAL_INCOMPLETE, text, f"{symbol}, headers"))
    return type(known[0]).total(known)
