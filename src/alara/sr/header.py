"""Dose in the header of an image or a performed procedure step (PS3.3 C.4.16, C.8.7)."""

from __future__ import annotations

from typing import Final, TypeVar

from alara.findings import FindingCode
from alara.model import AccumulatedDose, DoseReport, Plane, ReportKind
from alara.quantities import AirKerma, Duration, KermaAreaProduct, Quantity
from alara.sr import units
from alara.sr.dataset import Dataset
from alara.sr.draft import Draft
from alara.sr.elements import tag
from alara.sr.facts import Facts
from alara.sr.notes import Notes
from alara.sr.numbers import read_number
from alara.sr.report import empty_report, with_doses
from alara.sr.units import Dimension, factor

__all__ = ["read_report"]

Q = TypeVar("Q", bound=Quantity)

_AREA_DOSE_PRODUCT: Final = tag(0x0018, 0x115E)  # Image and Fluoroscopy Area Dose Product, dGy.cm2
_FLUOROSCOPY_TIME: Final = tag(0x0040, 0x0300)  # Total Time of Fluoroscopy, s
_ENTRANCE_DOSE_MGY: Final = tag(0x0040, 0x8302)  # Entrance Dose in mGy
_ENTRANCE_DOSE: Final = tag(0x0040, 0x0302)  # Entrance Dose, dGy


def read_report(dataset: Dataset, facts: Facts, notes: Notes) -> DoseReport:
    """Read an image's header; without dose in it, it is no dose report. Pixels are never looked at."""
    dose = AccumulatedDose(
        plane=Plane.SINGLE,
        p_ka=_read(dataset, _AREA_DOSE_PRODUCT, "dGy.cm2", KermaAreaProduct, units.KERMA_AREA_PRODUCT, notes),
        ka_r=_read(dataset, _ENTRANCE_DOSE_MGY, "mGy", AirKerma, units.AIR_KERMA, notes)
        or _read(dataset, _ENTRANCE_DOSE, "dGy", AirKerma, units.AIR_KERMA, notes),
        fluoroscopy_time=_read(dataset, _FLUOROSCOPY_TIME, "s", Duration, units.TIME, notes),
    )
    if dose == AccumulatedDose(plane=Plane.SINGLE):
        return empty_report(dataset, facts, notes, ReportKind.NOT_DOSE)
    draft = Draft(facts.equipment, accumulated=[dose])
    return with_doses(empty_report(dataset, facts, notes, ReportKind.FLUOROSCOPY), draft, notes)


def _read(dataset: Dataset, number: int, unit: str, kind: type[Q], dimension: Dimension, notes: Notes) -> Q | None:
    """A quantity of the header in its unit of the standard, to the canonical one; ``None`` with a finding."""
    text = dataset.number_text(number)
    if not text:
        return None
    value, problem = read_number(text)
    if value is not None and value < 0:
        value, problem = None, FindingCode.NEGATIVE
    if problem is not None:
        notes.add(problem, f"{text} {unit}", f"({number & 0xFFFF:04X},{number >> 16:04X})")
    by = factor(unit, dimension)
    return kind(value * by) if value is not None and by is not None else None
