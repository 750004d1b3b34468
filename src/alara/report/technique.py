"""How it was irradiated: dose meters, devices, and what the events say beside their dose; for people and programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from rich.table import Table

from alara.model import AccumulatedDose, Calibration, DoseReport, EventDetails, IrradiationEvent, Moment
from alara.report import terminal

__all__ = ["accumulated_as_dict", "device_lines", "plain", "technique_table", "word_lines"]

#: What a line of the table is called, with its unit, and the field of an event that it is of.
_NUMBERS = (
    ("Pulse width ms", "pulse_width_ms"),
    ("Pulses", "pulses"),
    ("Frames", "frames"),
    ("Exposure time ms", "exposure_time_ms"),
    ("Average tube current mA", "average_tube_current_ma"),
    ("Exposure µA·s", "exposure_uas"),
    ("Focal spot mm", "focal_spot_mm"),
    ("Field area cm²", "field_area"),
    ("Field height mm", "field_height_mm"),
    ("Field width mm", "field_width_mm"),
    ("Field of view mm", "field_of_view_mm"),
    ("Source to detector mm", "source_to_detector_mm"),
    ("Source to isocentre mm", "source_to_isocenter_mm"),
    ("Magnification", "magnification"),
    ("Primary angle °", "primary_angle_deg"),
    ("Secondary angle °", "secondary_angle_deg"),
    ("Table longitudinal mm", "table_longitudinal_mm"),
    ("Table lateral mm", "table_lateral_mm"),
    ("Table height mm", "table_height_mm"),
    ("Table head tilt °", "table_head_tilt_deg"),
    ("Table rotation °", "table_horizontal_rotation_deg"),
    ("Table cradle tilt °", "table_cradle_tilt_deg"),
    ("Patient thickness mm", "patient_equivalent_thickness_mm"),
)
_DETAILS = (
    ("Half value layer mm", "half_value_layer_mm"),
    ("Entrance exposure mGy", "entrance_exposure_mgy"),
    ("Exposure index", "exposure_index"),
    ("Target exposure index", "target_exposure_index"),
    ("Deviation index", "deviation_index"),
)


def plain(part: Any) -> dict[str, Any] | None:
    """A flat part of the model by the names of its fields, for JSON."""
    if part is None:
        return None
    values = {name: getattr(part, name) for name in part.__slots__}
    return {name: v.local.isoformat() if isinstance(v, Moment) else v for name, v in values.items()}


def accumulated_as_dict(dose: AccumulatedDose) -> dict[str, Any]:
    """What is stated of a plane beside its totals and the parts of these."""
    quantities = ("p_ka_fluoroscopy", "p_ka_acquisition", "ka_r_fluoroscopy", "ka_r_acquisition", "acquisition_time")
    units = ("gycm2", "gycm2", "mgy", "mgy", "s")
    stated = [(f"{name}_{unit}", getattr(dose, name)) for name, unit in zip(quantities, units, strict=True)]
    return {
        "plane": dose.plane.value,
        **{name: quantity.amount if quantity is not None else None for name, quantity in stated},
        "radiographic_frames": dose.radiographic_frames,
        "exposures": dose.exposures,
        "detector_type": dose.detector_type,
        "calibrations": [plain(each) for each in dose.calibrations],
    }


def device_lines(report: DoseReport) -> Iterator[str]:
    """Each dose meter's calibration, and each device that took part."""
    for dose in report.accumulated:
        for each in dose.calibrations:
            yield f"Plane {dose.plane.value}: {_calibration(each)}"
    for device in report.devices:
        named = " ".join(filter(None, (device.manufacturer, device.model, device.name)))
        serial = f", serial {device.serial}" if device.serial else ""
        yield f"Device ({device.role}): {named or device.device_uid or 'unnamed'}{serial}"


def _calibration(stated: Calibration) -> str:
    parts = (
        f"calibrated {stated.calibrated.local:%Y-%m-%d}" if stated.calibrated else "calibration without a date",
        f"factor {stated.factor:g}" if stated.factor is not None else "",
        f"uncertainty {stated.uncertainty_percent:g} %" if stated.uncertainty_percent is not None else "",
    )
    return ", ".join(filter(None, (stated.device or "dose meter", *parts)))


def technique_table(events: tuple[IrradiationEvent, ...]) -> Table | None:
    """The least and the most of what the events state, and how many state it; ``None`` when none states any."""
    table = terminal.table()
    table.add_column("Of the events")
    for title in ("least", "most", "stated by"):
        table.add_column(title, justify="right", no_wrap=True)
    details = [event.details for event in events if event.details is not None]
    rows = [(name, _values(events, field)) for name, field in _NUMBERS]
    rows += [(name, _values(details, field)) for name, field in _DETAILS]
    for name, values in rows:
        if values:
            table.add_row(name, f"{min(values):.5g}", f"{max(values):.5g}", f"{len(values)} of {len(events)}")
    return table if table.row_count else None


def _values(holders: tuple[IrradiationEvent, ...] | list[EventDetails], field: str) -> list[float]:
    values = (getattr(holder, field) for holder in holders)
    return [getattr(value, "amount", value) for value in values if value is not None]


def word_lines(events: tuple[IrradiationEvent, ...]) -> Iterator[str]:
    """What the events say in words: each word with how many of them say it."""
    of_details = [event.details or EventDetails() for event in events]
    for title, words in (
        ("Fluoroscopy mode", [event.fluoro_mode for event in events]),
        ("Dose level", [details.fluoro_level for details in of_details]),
        ("Grid", [event.grid for event in events]),
        ("Filters", [_filters(event) for event in events]),
        ("Anode", [details.anode_target for details in of_details]),
        ("View", [details.image_view for details in of_details]),
    ):
        counted = Counter(word for word in words if word)
        if counted:
            yield f"{title}: {', '.join(f'{word} ({number})' for word, number in counted.most_common(6))}"


def _filters(event: IrradiationEvent) -> str:
    thick = [(f.material, f.thickness_max_mm or f.thickness_min_mm) for f in event.filters]
    return " + ".join(f"{mm:g} mm {material}" for material, mm in thick if mm and material)
