"""What alara knows, as plain frozen values in the standard's words.

A :class:`DoseReport` is what one DICOM object said. A :class:`Procedure` is
what all reports of one study on one device amount to. Nothing here reads a
byte, a row or a clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Generic, Self, TypeVar

from alara.findings import Finding
from alara.quantities import AirKerma, Area, Duration, KermaAreaProduct, Quantity

__all__ = [
    "AccumulatedDose",
    "Basis",
    "Calibration",
    "Code",
    "Device",
    "DoseReport",
    "EndPosition",
    "Equipment",
    "EventDetails",
    "EventType",
    "Filter",
    "IrradiationEvent",
    "IsocenterPosition",
    "Moment",
    "Patient",
    "Plane",
    "PlaneTotals",
    "Procedure",
    "Provenance",
    "ReferencePoint",
    "ReportKind",
    "Scope",
    "ScopeKind",
    "Total",
]


class ReportKind(StrEnum):
    """What a report is about. Only the first two reach the audit."""

    FLUOROSCOPY = "fluoroscopy"
    RADIOGRAPHY = "radiography"
    CT = "ct"
    MAMMOGRAPHY = "mammography"
    RADIOPHARMACEUTICAL = "radiopharmaceutical"
    PATIENT_DOSE = "patient_dose"  # organ doses, computed from exposures (TID 10030)
    OTHER_X_RAY = "other_x_ray"
    NOT_DOSE = "not_dose"

    @property
    def audited(self) -> bool:
        return self in (ReportKind.FLUOROSCOPY, ReportKind.RADIOGRAPHY)


class Basis(StrEnum):
    """Where a number comes from."""

    STATED = "stated"
    SUMMED = "summed"
    MIXED = "mixed"
    ABSENT = "absent"


class Plane(StrEnum):
    """Acquisition plane (CID 10003): 113622, 113620, 113621."""

    SINGLE = "single"
    A = "A"
    B = "B"
    UNKNOWN = "unknown"
    ALL = "all"


class EventType(StrEnum):
    """Irradiation event type (CID 10002): 44491008, 113611, 113612, 113613."""

    FLUOROSCOPY = "fluoroscopy"
    STATIONARY_ACQUISITION = "stationary_acquisition"
    STEPPING_ACQUISITION = "stepping_acquisition"
    ROTATIONAL_ACQUISITION = "rotational_acquisition"
    UNKNOWN = "unknown"


class ScopeKind(StrEnum):
    """Scope of accumulation (CID 10000): 113014, 113015, 113016, 113852, 113970."""

    STUDY = "study"
    SERIES = "series"
    PERFORMED_PROCEDURE_STEP = "performed_procedure_step"
    IRRADIATION_EVENT = "irradiation_event"
    PROCEDURE_STEP_TO_THIS_POINT = "procedure_step_to_this_point"
    UNKNOWN = "unknown"


class _Value:
    """A value that travels between processes as its fields alone: twice as fast as what dataclasses do."""

    __slots__: tuple[str, ...] = ()

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        return type(self), tuple(getattr(self, name) for name in self.__slots__)


@dataclass(frozen=True, slots=True)
class Code(_Value):
    """A coded entry. Two codes are the same when value and scheme are; the meaning is free text."""

    value: str
    scheme: str
    meaning: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Moment(_Value):
    """A date and time as the C-arm's clock showed it, with the offset from UTC where known."""

    local: datetime
    utc_offset_min: int | None = None

    @property
    def utc(self) -> datetime | None:
        """The same instant in UTC (naive), or ``None`` when the offset is unknown."""
        if self.utc_offset_min is None:
            return None
        return self.local - timedelta(minutes=self.utc_offset_min)


@dataclass(frozen=True, slots=True)
class Equipment:
    """The X-ray unit, as the device observer and the equipment module name it."""

    manufacturer: str = ""
    model: str = ""
    serial: str = ""
    station: str = ""
    institution: str = ""
    location: str = ""
    software: str = ""
    device_uid: str = ""

    @property
    def key(self) -> str:
        """What tells this unit from another: its serial or UID, else all that it says of itself."""
        if self.serial:
            return f"serial:{self.manufacturer}|{self.model}|{self.serial}".casefold()
        if self.device_uid:
            return f"uid:{self.device_uid}"
        return f"name:{self.manufacturer}|{self.model}|{self.station}|{self.institution}".casefold()

    def may_be(self, other: Equipment) -> bool:
        """Whether two descriptions may be of one unit: nothing that both of them state tells them apart."""
        if self.serial and other.serial:
            return self.serial.casefold() == other.serial.casefold()
        pairs = (
            (self.device_uid, other.device_uid),
            (self.station, other.station),
            (self.model, other.model),
            (self.manufacturer, other.manufacturer),
        )
        return all(not mine or not theirs or mine.casefold() == theirs.casefold() for mine, theirs in pairs)


@dataclass(frozen=True, slots=True)
class Device(_Value):
    """A device that took part (TID 1021), by the word for its role: ``irradiating`` where another one reports."""

    role: str
    name: str = ""
    manufacturer: str = ""
    model: str = ""
    serial: str = ""
    device_uid: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """What the audit may know of a person. The ID is for the pseudonym alone and never shown."""

    patient_id: str = field(default="", repr=False)
    birth_year: int | None = None
    age_years: float | None = None
    sex: str = ""
    size_m: float | None = None
    weight_kg: float | None = None
    pregnancy_status: str = ""

    @property
    def bmi_kg_m2(self) -> float | None:
        if not self.size_m or not self.weight_kg:
            return None
        return self.weight_kg / self.size_m**2


@dataclass(frozen=True, slots=True)
class Provenance:
    """Who brought an object, from its file meta information (PS3.10 Table 7.1-1); empty when it was imported."""

    sending_ae: str = ""
    receiving_ae: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """Scope of accumulation: over what the totals run, and the UID of that."""

    kind: ScopeKind = ScopeKind.UNKNOWN
    uid: str = ""


@dataclass(frozen=True, slots=True)
class ReferencePoint(_Value):
    """Where K_a,r is stated: a code (CID 10025), or the text that the vendor wrote instead."""

    code: Code | None = None
    text: str = ""
    source_to_reference_point_mm: float | None = None


@dataclass(frozen=True, slots=True)
class Calibration(_Value):
    """How a dose meter was calibrated (container 122505 of TID 10002); who did it is not kept.

    The factor is as stated and applied to nothing. The uncertainty is in per cent of a value.
    """

    device: str = ""
    calibrated: Moment | None = None
    factor: float | None = None
    uncertainty_percent: float | None = None
    protocol: str = ""
    dose_index: str = ""
    acquisition_protocol: str = ""


@dataclass(frozen=True, slots=True)
class AccumulatedDose(_Value):
    """One plane's totals as the report states them (TID 10002 with 10004, 10006, 10007)."""

    plane: Plane = Plane.UNKNOWN
    p_ka: KermaAreaProduct | None = None
    p_ka_fluoroscopy: KermaAreaProduct | None = None
    p_ka_acquisition: KermaAreaProduct | None = None
    ka_r: AirKerma | None = None
    ka_r_fluoroscopy: AirKerma | None = None
    ka_r_acquisition: AirKerma | None = None
    fluoroscopy_time: Duration | None = None
    acquisition_time: Duration | None = None
    radiographic_frames: int | None = None
    reference_point: ReferencePoint | None = None
    exposures: int | None = None
    detector_type: str = ""
    calibrations: tuple[Calibration, ...] = ()


@dataclass(frozen=True, slots=True)
class Filter(_Value):
    """One added X-ray filter; the material is the common name (``Cu``, ``Al``, …) or as sent."""

    material: str
    thickness_min_mm: float | None = None
    thickness_max_mm: float | None = None


@dataclass(frozen=True, slots=True)
class EndPosition(_Value):
    """Where C-arm and table stood when an event ended, as far as they are stated (TID 10003C)."""

    primary_angle_deg: float | None = None
    secondary_angle_deg: float | None = None
    source_to_detector_mm: float | None = None
    table_longitudinal_mm: float | None = None
    table_lateral_mm: float | None = None
    table_height_mm: float | None = None
    table_head_tilt_deg: float | None = None
    table_horizontal_rotation_deg: float | None = None
    table_cradle_tilt_deg: float | None = None


@dataclass(frozen=True, slots=True)
class IsocenterPosition(_Value):
    """C-arm and table in the coordinates of the isocentre (TID 10003C, CID 10008), at the start and at the end."""

    primary_angle_deg: float | None = None
    secondary_angle_deg: float | None = None
    detector_rotation_deg: float | None = None
    primary_end_angle_deg: float | None = None
    secondary_end_angle_deg: float | None = None
    detector_rotation_end_deg: float | None = None
    table_x_mm: float | None = None
    table_y_mm: float | None = None
    table_z_mm: float | None = None
    table_x_end_mm: float | None = None
    table_y_end_mm: float | None = None
    table_z_end_mm: float | None = None


@dataclass(frozen=True, slots=True)
class EventDetails(_Value):
    """What few C-arms say of an event (TID 10003 with 10003A, B, C), and what most say of none.

    Words are the model's own for a code that it knows, else as sent. The indices
    are those of IEC 62494-1. ``fluoro_level`` is the name of the dose level that
    the operator chose. ``pulses_derived`` says how the number of pulses was come by.
    """

    label: str = ""
    label_type: str = ""
    fluoro_level: str = ""
    image_view: str = ""
    projection_name: str = ""
    detector_mount: str = ""
    anode_target: str = ""
    pulses_derived: str = ""
    half_value_layer_mm: float | None = None
    entrance_exposure_mgy: float | None = None
    exposure_index: float | None = None
    target_exposure_index: float | None = None
    deviation_index: float | None = None
    column_angle_deg: float | None = None
    source_to_table_mm: float | None = None
    repeated: bool | None = None
    repeated_because: str = ""
    rejected: bool | None = None
    rejected_because: str = ""


@dataclass(frozen=True, slots=True)
class IrradiationEvent(_Value):
    """One irradiation event (TID 10003 with 10003A, B, C).

    ``field_area``, ``field_height_mm`` and ``field_width_mm`` are of the collimated
    field. ``field_of_view_mm`` is the nominal size of the detector's active field:
    the diameter of an image intensifier, the diagonal of a flat panel.
    """

    uid: str
    plane: Plane = Plane.UNKNOWN
    type: EventType = EventType.UNKNOWN
    started: Moment | None = None
    p_ka: KermaAreaProduct | None = None
    ka_r: AirKerma | None = None
    duration: Duration | None = None
    fluoro_mode: str = ""
    pulse_rate_per_s: float | None = None
    pulses: int | None = None
    frames: int | None = None
    pulse_width_ms: float | None = None
    exposure_time_ms: float | None = None
    kvp: float | None = None
    tube_current_ma: float | None = None
    filters: tuple[Filter, ...] = ()
    field_area: Area | None = None
    primary_angle_deg: float | None = None
    secondary_angle_deg: float | None = None
    source_to_detector_mm: float | None = None
    source_to_isocenter_mm: float | None = None
    source_to_reference_point_mm: float | None = None
    table_longitudinal_mm: float | None = None
    table_lateral_mm: float | None = None
    table_height_mm: float | None = None
    patient_orientation: str = ""
    patient_position: str = ""
    reference_point: ReferencePoint | None = None
    protocol: str = ""
    target_region: Code | None = None
    laterality: Code | None = None
    anatomy: Code | None = None
    ended: Moment | None = None
    average_tube_current_ma: float | None = None
    exposure_uas: float | None = None
    focal_spot_mm: float | None = None
    grid: str = ""
    field_height_mm: float | None = None
    field_width_mm: float | None = None
    field_of_view_mm: float | None = None
    patient_equivalent_thickness_mm: float | None = None
    table_head_tilt_deg: float | None = None
    table_horizontal_rotation_deg: float | None = None
    table_cradle_tilt_deg: float | None = None
    details: EventDetails | None = None
    end: EndPosition | None = None
    isocenter: IsocenterPosition | None = None

    @property
    def magnification(self) -> float | None:
        """By how much the detector shows larger what lies in the isocentre; ``None`` where a distance is unknown.

        Distance source to detector divided by distance source to isocentre.
        """
        if not self.source_to_detector_mm or not self.source_to_isocenter_mm:
            return None
        return self.source_to_detector_mm / self.source_to_isocenter_mm

    @property
    def p_ka_gycm2(self) -> float | None:
        return self.p_ka.amount if self.p_ka is not None else None

    @property
    def ka_r_mgy(self) -> float | None:
        return self.ka_r.amount if self.ka_r is not None else None

    @property
    def duration_s(self) -> float | None:
        return self.duration.amount if self.duration is not None else None


Q = TypeVar("Q", bound=Quantity)


@dataclass(frozen=True, slots=True)
class Total(_Value, Generic[Q]):
    """One quantity as stated, as summed from events, and which of the two the audit uses."""

    stated: Q | None = None
    summed: Q | None = None
    value: Q | None = None
    basis: Basis = Basis.ABSENT

    @property
    def amount(self) -> float | None:
        """The value used, in the canonical unit of its quantity; ``None`` when absent."""
        return self.value.amount if self.value is not None else None


@dataclass(frozen=True, slots=True)
class PlaneTotals(_Value):
    """The totals of one acquisition plane, or of all planes together (:attr:`Plane.ALL`)."""

    plane: Plane
    p_ka: Total[KermaAreaProduct] = Total()
    ka_r: Total[AirKerma] = Total()
    fluoroscopy_time: Total[Duration] = Total()

    @property
    def p_ka_gycm2(self) -> float | None:
        return self.p_ka.amount

    @property
    def ka_r_mgy(self) -> float | None:
        return self.ka_r.amount

    @property
    def fluoroscopy_time_s(self) -> float | None:
        return self.fluoroscopy_time.amount


@dataclass(frozen=True, slots=True)
class DoseReport:
    """What one DICOM object said of dose. Everything absent is ``None`` or empty, never zero.

    ``operators`` is who administered the irradiation, each once: by ID, or by name where there is none.
    It is for the operators' codes alone and never shown.
    """

    sop_class_uid: str
    sop_instance_uid: str
    study_instance_uid: str
    kind: ReportKind
    equipment: Equipment = Equipment()
    patient: Patient = Patient()
    study_started: Moment | None = None
    content_written: Moment | None = None
    study_description: str = ""
    performed_procedure_description: str = ""
    requested_procedure_description: str = ""
    protocol_names: tuple[str, ...] = ()
    procedure_codes: tuple[Code, ...] = ()
    procedure_reported: Code | None = None
    intent: Code | None = None
    scope: Scope = Scope()
    sources_of_dose: tuple[Code, ...] = ()
    person_roles: tuple[Code, ...] = ()
    operators: tuple[str, ...] = field(default=(), repr=False)
    devices: tuple[Device, ...] = ()
    device_type: str = ""
    detector_data_available: bool | None = None
    source_data_available: bool | None = None
    mechanical_data_available: bool | None = None
    complete: bool | None = None
    accumulated: tuple[AccumulatedDose, ...] = ()
    events: tuple[IrradiationEvent, ...] = ()
    planes: tuple[PlaneTotals, ...] = ()
    totals: PlaneTotals = PlaneTotals(Plane.ALL)
    started: Moment | None = None
    ended: Moment | None = None
    quirks: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def is_audited(self) -> bool:
        """Whether it takes part in a procedure: it tells of projection X-rays."""
        return self.kind.audited


@dataclass(frozen=True, slots=True)
class Procedure:
    """All reports of one study on one device, with each irradiation event counted once."""

    study_instance_uid: str
    equipment: Equipment
    kind: ReportKind
    patient: Patient = Patient()
    started: Moment | None = None
    ended: Moment | None = None
    study_description: str = ""
    performed_procedure_description: str = ""
    requested_procedure_description: str = ""
    protocol_names: tuple[str, ...] = ()
    procedure_codes: tuple[Code, ...] = ()
    planes: tuple[PlaneTotals, ...] = ()
    totals: PlaneTotals = PlaneTotals(Plane.ALL)
    events: tuple[IrradiationEvent, ...] = ()
    report_uids: tuple[str, ...] = ()
    quirks: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
