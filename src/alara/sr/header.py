"""Dose in the header of an image or in a performed procedure step (PS3.3 C.4.16, C.8.7; PS3.4 F.7).

What is read: the kerma-area product, the entrance dose and the fluoroscopy time
of the whole image or step, as the totals of a single plane; of a step also its
times, status, station and protocols. Free comments on radiation dose are left.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NamedTuple, TypeVar

from alara.findings import FindingCode
from alara.model import AccumulatedDose, DoseReport, Plane, ReferencePoint, ReportKind
from alara.quantities import AirKerma, Duration, KermaAreaProduct, Quantity
from alara.sr import units
from alara.sr.dataset import Dataset
from alara.sr.draft import Draft
from alara.sr.elements import tag
from alara.sr.facts import Facts, read_moment
from alara.sr.notes import Notes
from alara.sr.numbers import read_number
from alara.sr.report import empty_report, with_doses
from alara.sr.units import Dimension, factor

__all__ = ["read_image", "read_step"]

Q = TypeVar("Q", bound=Quantity)


class _Stated(NamedTuple):
    """A dose element: its tag, its unit by the standard, and whether it is a binary number (US)."""

    number: int
    unit: str
    binary: bool = False


_AREA_DOSE_PRODUCT: Final = _Stated(tag(0x0018, 0x115E), "dGy.cm2")  # Image and Fluoroscopy Area Dose Product
_FLUOROSCOPY_TIME: Final = _Stated(tag(0x0040, 0x0300), "s", binary=True)  # Total Time of Fluoroscopy
_ENTRANCE_DOSE_MGY: Final = _Stated(tag(0x0040, 0x8302), "mGy")  # Entrance Dose in mGy
_ENTRANCE_DOSE: Final = _Stated(tag(0x0040, 0x0302), "dGy", binary=True)  # Entrance Dose

_MODALITY: Final = tag(0x0008, 0x0060)
_STATION_AE: Final = tag(0x0040, 0x0241)  # Performed Station AE Title
_STATION: Final = tag(0x0040, 0x0242)  # Performed Station Name
_LOCATION: Final = tag(0x0040, 0x0243)  # Performed Location
_STARTED: Final = (tag(0x0040, 0x0244), tag(0x0040, 0x0245))  # Performed Procedure Step Start Date, Start Time
_ENDED: Final = (tag(0x0040, 0x0250), tag(0x0040, 0x0251))  # Performed Procedure Step End Date, End Time

#: The kind of what is not fluoroscopy by its modality.
_KINDS: Final = {
    "CT": ReportKind.CT,
    "MG": ReportKind.MAMMOGRAPHY,
    "DX": ReportKind.RADIOGRAPHY,
    "CR": ReportKind.RADIOGRAPHY,
}
#: An entrance dose is where the beam enters the patient, not at a reference point of the C-arm.
_ENTRANCE: Final = ReferencePoint(text="entrance surface of the patient")


def read_image(dataset: Dataset, facts: Facts, notes: Notes) -> DoseReport:
    """Read an image's header; without dose in it, it is no dose report. Pixels are never looked at."""
    dose = _dose(dataset, notes)
    if dose is None:
        return empty_report(dataset, facts, notes, ReportKind.NOT_DOSE)
    report = empty_report(dataset, facts, notes, _kind(dataset, dose))
    if not report.kind.audited:
        return report
    return with_doses(report, Draft(facts.equipment, accumulated=[dose]), notes)


def read_step(dataset: Dataset, facts: Facts, notes: Notes) -> DoseReport:
    """Read a performed procedure step: its attributes as created, as set, or both together, saved as a dataset."""
    equipment = replace(
        facts.equipment,
        station=facts.equipment.station or dataset.text(_STATION) or dataset.text(_STATION_AE),
        location=facts.equipment.location or dataset.text(_LOCATION),
    )
    started = read_moment(dataset, *_STARTED, facts.offset_min, "Performed Procedure Step Start Date", notes)
    ended = read_moment(dataset, *_ENDED, facts.offset_min, "Performed Procedure Step End Date", notes)
    report = read_image(dataset, replace(facts, equipment=equipment), notes)
    return replace(report, started=started or report.started, ended=ended)


def _dose(dataset: Dataset, notes: Notes) -> AccumulatedDose | None:
    ka_r = _read(dataset, _ENTRANCE_DOSE_MGY, AirKerma, units.AIR_KERMA, notes)
    if ka_r is None:
        ka_r = _read(dataset, _ENTRANCE_DOSE, AirKerma, units.AIR_KERMA, notes)
    dose = AccumulatedDose(
        plane=Plane.SINGLE,
        p_ka=_read(dataset, _AREA_DOSE_PRODUCT, KermaAreaProduct, units.KERMA_AREA_PRODUCT, notes),
        ka_r=ka_r,
        fluoroscopy_time=_read(dataset, _FLUOROSCOPY_TIME, Duration, units.TIME, notes),
        reference_point=_ENTRANCE if ka_r is not None else None,
    )
    return dose if dose != AccumulatedDose(plane=Plane.SINGLE) else None


def _kind(dataset: Dataset, dose: AccumulatedDose) -> ReportKind:
    """By the modality; what was fluoroscopy on a radiography unit is fluoroscopy."""
    kind = _KINDS.get(dataset.text(_MODALITY), ReportKind.FLUOROSCOPY)
    fluoroscopic = dose.fluoroscopy_time is not None and dose.fluoroscopy_time.amount > 0
    return ReportKind.FLUOROSCOPY if kind is ReportKind.RADIOGRAPHY and fluoroscopic else kind


def _read(dataset: Dataset, stated: _Stated, kind: type[Q], dimension: Dimension, notes: Notes) -> Q | None:
    """A quantity of the header in its unit of the standard, to the canonical one; ``None`` with a finding."""
    number, unit, binary = stated
    text = dataset.number_text(number, binary=binary)
    if not text:
        return None
    value, problem = read_number(text)
    if value is not None and value < 0:
        value, problem = None, FindingCode.NEGATIVE
    if problem is not None:
        notes.add(problem, f"{text} {unit}", f"({number & 0xFFFF:04X},{number >> 16:04X})")
    by = factor(unit, dimension)
    return kind(value * by) if value is not None and by is not None else None
