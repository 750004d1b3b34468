"""What the C-arm says of its exposures against what an operator typed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from alara.findings import FindingCode
from alara.samples.cases import Clinic
from alara.samples.procedures import LEFT, LUMBAR, Typed
from alara.samples.special import KINDS, Special

__all__ = ["disagreements"]


def disagreements(clinic: Clinic, times: Iterator[datetime]) -> Iterator[Special]:
    """A target region and a side that the description contradicts."""
    knee = clinic.case("orbit", "joint", next(times), typed=Typed(KINDS["knee"], "knee inj"))
    yield Special(
        "orbit-region-against-text",
        "the description says knee, the C-arm's programme lumbar spine",
        knee.but(events=tuple(replace(event, target_region=LUMBAR) for event in knee.report.events)),
        procedure_findings=(FindingCode.REGION_TEXT_CONFLICT,),
    )
    hip = clinic.case("arc", "joint", next(times), typed=Typed(KINDS["hip_inj"], "US guided hip inj rt"))
    yield Special(
        "arc-side-against-text",
        "the description says right and names ultrasound, the C-arm left",
        hip.but(events=tuple(replace(event, laterality=LEFT) for event in hip.report.events)),
        procedure_findings=(FindingCode.ULTRASOUND_NAMED, FindingCode.SIDE_TEXT_CONFLICT),
    )
