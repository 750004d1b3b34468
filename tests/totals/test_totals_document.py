"""Every worked example of docs/methods/totals.md comes out as the document says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alara.model import (
    AccumulatedDose,
    DoseReport,
    Equipment,
    EventType,
    IrradiationEvent,
    Moment,
    Plane,
    ReportKind,
    Scope,
    ScopeKind,
)
from alara.quantities import AirKerma, KermaAreaProduct
from alara.sop_classes import X_RAY_RADIATION_DOSE_SR
from alara.store.assemble import StoredReport, assemble
from alara.totals import plane_totals

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "methods" / "totals.md"
START = datetime(2026, 10, 5, 9)
EVENTS_GYCM2 = (1.2, 0.9, 0.7, 0.8, 0.4)
#: Not what the examples are about: they state P_KA alone.
BESIDE = {"fluoroscopy_time_missing"}


def rows(head: str) -> list[list[str]]:
    """The rows of the table of the document that begins with this head."""
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    found = []
    for line in lines[lines.index(head) + 2 :]:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")])
    assert found
    return found


def number(text: str) -> float | None:
    return None if text == "none" else float(text)


def p_ka(text: str) -> KermaAreaProduct | None:
    value = number(text)
    return None if value is None else KermaAreaProduct(value)


def codes(cell: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", cell))


def of_plane(stated: str, events: str) -> tuple[float | None, str, set[str]]:
    parts = [] if events == "none" else [p_ka(part.strip()) for part in events.split(",")]
    made = [IrradiationEvent(str(n), Plane.SINGLE, EventType.FLUOROSCOPY, p_ka=each) for n, each in enumerate(parts)]
    (plane,), findings = plane_totals([AccumulatedDose(Plane.SINGLE, p_ka=p_ka(stated))], made)
    return plane.p_ka.amount, plane.p_ka.basis.value, {finding.code.value for finding in findings} - BESIDE


@pytest.mark.parametrize("row", rows("| stated | events | used | basis | findings |"), ids=" ".join)
def test_what_is_used_of_a_plane(row: list[str]) -> None:
    stated, events, used, basis, findings = row
    amount, said_basis, said = of_plane(stated, events)
    assert amount == (None if used == "none" else pytest.approx(float(used)))
    assert (said_basis, said) == (basis, codes(findings))


@pytest.mark.parametrize("row", rows("| stated | events | difference | allowed | findings |"), ids=" ".join)
def test_how_far_totals_may_be_apart(row: list[str]) -> None:
    stated, events, difference, allowed, findings = row
    assert of_plane(stated, events)[2] == codes(findings)
    summed = sum(float(part) for part in events.split(","))
    assert abs(float(stated) - summed) == pytest.approx(float(difference))
    assert (float(difference) <= float(allowed)) == (not codes(findings))


@pytest.mark.parametrize("row", rows("| P_KA Gy·cm² | K_a,r mGy | field cm² | findings |"), ids=" ".join)
def test_the_field_that_two_doses_make(row: list[str]) -> None:
    product, kerma, field, findings = row
    dose = AccumulatedDose(Plane.SINGLE, p_ka=p_ka(product), ka_r=AirKerma(float(kerma)))
    _, found = plane_totals([dose], [])
    said = [finding for finding in found if finding.code.value not in BESIDE]
    assert {finding.code.value for finding in said} == codes(findings)
    assert float(product) / float(kerma) * 1000 == pytest.approx(float(field))
    assert all(f"is {float(field):.3g} cm2" in finding.text for finding in said)


def report(position: int, first: int, last: int, stated: str) -> StoredReport:
    events = tuple(
        IrradiationEvent(
            f"1.2.3.{n}",
            Plane.SINGLE,
            EventType.FLUOROSCOPY,
            Moment(START + timedelta(minutes=n)),
            p_ka=KermaAreaProduct(EVENTS_GYCM2[n - 1]),
        )
        for n in range(first, last + 1)
    )
    written = DoseReport(
        X_RAY_RADIATION_DOSE_SR,
        f"1.2.4.{position}",
        "1.2.5",
        ReportKind.FLUOROSCOPY,
        Equipment(serial="1"),
        content_written=Moment(START + timedelta(minutes=30 + position)),
        scope=Scope(ScopeKind.PERFORMED_PROCEDURE_STEP, f"1.2.6.{position}"),
        accumulated=() if stated == "none" else (AccumulatedDose(Plane.SINGLE, p_ka=p_ka(stated)),),
        events=events,
    )
    return StoredReport(f"{position:064d}", "", START.replace(tzinfo=UTC), "", written)


def reports(cell: str) -> Sequence[StoredReport]:
    found = re.findall(r"(\d)–(\d): ([\d.]+|none)", cell)
    return [report(position, int(first), int(last), dose) for position, (first, last, dose) in enumerate(found)]


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("row", rows("| manner | reports | used | basis | findings |"), ids=lambda row: row[0])
def test_what_reports_of_one_study_amount_to(row: list[str], backwards: bool) -> None:
    _, cell, used, basis, findings = row
    (made,) = assemble(reversed(reports(cell)) if backwards else reports(cell))
    total = made.procedure.totals.p_ka
    assert (total.amount, total.basis.value) == (pytest.approx(float(used)), basis)
    assert {finding.code.value for finding in made.procedure.findings} - BESIDE == codes(findings)
    assert len(made.procedure.events) == 5
