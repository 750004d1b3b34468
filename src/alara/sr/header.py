"""Dose in the header of an image or in a performed procedure step (PS3.3 C.4.16, C.8.7; PS3.4 F.7).

What is read: the kerma-area product, the entrance dose, the fluoroscopy time and
the number of exposures of the whole image or step, as the totals of a single
plane; when it began; of a step also its end, status, station and protocols.
What is left: free comments on radiation dose (0040,0310), in which anything may
stand; the exposure dose sequence of a step (0040,030E) and the technique in an
image header, which state no dose; and (0018,9473), which is of one image and by
the standard does not add up to the dose of a series.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NamedTuple, TypeVar

from alara.findings import FindingCode
from alara.model import AccumulatedDose, DoseReport, Moment, Plane, ReferencePoint, ReportKind
from alara.quantities import AirKerma, Duration, KermaAreaProduct, Quantity
from alara.sr import units
from alara.sr.dataset import Dataset
from alara.sr.draft import Draft
from alara.sr.elements import tag
from alara.sr.facts import Facts, as_figures, read_moment
from alara.sr.notes import Notes
from alara.sr.numbers import read_number
from alara.sr.quirks import read_moment_leniently
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

_EXPOSURES: Final = tag(0x0040, 0x0301)  # Total Number of Exposures
_SOURCE_TO_ENTRANCE: Final = tag(0x0040, 0x0306)  # Distance Source to Entrance, mm
_ACQUIRED: Final = tag(0x0008, 0x002A)  # Acquisition DateTime
_ACQUIRED_ON_AT: Final = (tag(0x0008, 0x0022), tag(0x0008, 0x0032))  # Acquisition Date, Acquisition Time

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
    acquired = _acquired(dataset, facts, notes)
    report = empty_report(dataset, facts, notes, _kind(dataset, dose))
    report = replace(report, started=acquired or report.started)
    if not report.kind.audited:
        return report
    return with_doses(report, Draft(facts.equipment, accumulated=[dose]), notes)


def _acquired(dataset: Dataset, facts: Facts, notes: Notes) -> Moment | None:
    """When an image was acquired, in the offset from UTC that the time itself states, else in the dataset's."""
    text = dataset.text(_ACQUIRED)
    moment = read_moment_leniently(text, facts.offset_min, notes) if text else None
    if text and moment is None:
        notes.add(FindingCode.BAD_TIME, as_figures(text), "Acquisition DateTime")
    return moment or read_moment(dataset, *_ACQUIRED_ON_AT, facts.offset_min, "Acquisition Date", notes)


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
        reference_point=_entrance(dataset, notes) if ka_r is not None else None,
    )
    if dose == AccumulatedDose(plane=Plane.SINGLE):
        return None
    exposures = dataset.number_text(_EXPOSURES, binary=True)
    is_count = exposures.isdecimal() and len(exposures) <= len("65535")
    return replace(dose, exposures=int(exposures)) if is_count else dose


def _entrance(dataset: Dataset, notes: Notes) -> ReferencePoint:
    """Where an entrance dose is stated, with its distance from the source where that is known."""
    text = dataset.text(_SOURCE_TO_ENTRANCE)
    distance_mm, problem = read_number(text) if text else (None, None)
    if problem is not None:
        notes.add(problem, f"{text} mm", "(0040,0306)")
    return replace(_ENTRANCE, source_to_reference_point_mm=distance_mm if (distance_mm or 0.0) > 0 else None)


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
