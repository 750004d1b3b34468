"""The same honest reports in every encoding that a structured report may have, and in two that it may not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from alara.errors import UnreadableReason
from alara.findings import FindingCode
from alara.samples.cases import Clinic
from alara.samples.special import Special

__all__ = ["encodings"]

_IMPLICIT: Final = "1.2.840.10008.1.2"
_PRIVATE: Final = "1.2.840.113619.5.2"  # implicit big endian, of one maker


def encodings(clinic: Clinic, times: Iterator[datetime]) -> Iterator[Special]:
    """Four that conform (PS3.5 Annex A), then a wrong label and a transfer syntax that nobody else knows."""
    conforming: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("implicit-vr", "implicit VR little endian", {"explicit_vr": False}),
        ("undefined-lengths", "explicit VR, sequences of undefined length", {"undefined_lengths": True}),
        ("deflated", "a deflated dataset", {"deflated": True}),
        ("big-endian", "explicit VR big endian, retired in 2006", {"big_endian": True}),
    )
    for slug, about, manner in conforming:
        case = clinic.case("arc", "joint", next(times), events=2)
        yield Special(f"arc-{slug}", about, case, dialect=replace(case.unit.dialect, **manner))
    case = clinic.case("arc", "joint", next(times), events=2)
    yield Special(
        "arc-wrong-transfer-syntax",
        "explicit VR in a file that says implicit VR",
        case,
        regular=False,
        findings=(FindingCode.WRONG_TRANSFER_SYNTAX,),
        dialect=replace(case.unit.dialect, transfer_syntax=_IMPLICIT),
    )
    case = clinic.case("arc", "joint", next(times), events=2)
    yield Special(
        "arc-private-transfer-syntax",
        "a private transfer syntax",
        case,
        regular=False,
        quarantine=UnreadableReason.UNSUPPORTED_TRANSFER_SYNTAX,
        dialect=replace(case.unit.dialect, transfer_syntax=_PRIVATE),
    )
