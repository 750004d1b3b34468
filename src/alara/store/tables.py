"""The tables: what reports said, and the procedures derived from that.

=================  ======================================================================
``equipment``      one row a description that an X-ray unit gave of itself at a site
``reports``        one row a report, with every header fact needed to assemble it again
``copies``         other bytes of a report that is already stored (another transfer syntax)
``accumulated``    one row a report and acquisition plane, as stated
``events``         one row a report and irradiation event, as stated
``procedures``     derived: one row a study on one unit and kind, made by ``assemble``
``planes``         derived: one row a procedure and plane, and one for all planes together
``findings``       what is to be known of a report or of a procedure
``reviews``        what a department said of a case, one row an entry; only ever added to
=================  ======================================================================

The first five hold facts and are never changed, but for the two marks that
assembly leaves on them (``reports.procedure_id`` and ``events.counted``).
Names and IDs, of patients and of staff, and birth dates have no column.

Local times are the clock of the C-arm, without a zone; ``received_at`` is UTC.
A column that ends in ``_json`` holds a small value that is shown and never
searched. Everything here is understood by SQLite and PostgreSQL alike.

``reviews`` refers to no other table: entries outlive the case that they were
written for, and a database that is made anew from its reports keeps them.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

__all__ = [
    "METADATA",
    "accumulated",
    "copies",
    "equipment",
    "events",
    "findings",
    "planes",
    "procedures",
    "reports",
    "reviews",
]

METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

#: SQLite numbers rows by itself only when the type is INTEGER to the letter.
_Id = BigInteger().with_variant(Integer, "sqlite")
_Sha256 = String(64)
_LARGEST = "1.7976931348623157e308"


def _id() -> Column[int]:
    return Column("id", _Id, primary_key=True)


def _reference(target: Table, *, part_of_key: bool = False, nullable: bool = False) -> Column[int]:
    name = {"equipment": "equipment", "reports": "report", "procedures": "procedure"}[target.name]
    return Column(f"{name}_id", _Id, ForeignKey(target.c.id), primary_key=part_of_key, nullable=nullable)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _amount(name: str) -> Column[float]:
    return Column(name, Double)


def _moment(name: str) -> tuple[Column[Any], ...]:
    """A time as the C-arm's clock showed it, and its offset from UTC where known."""
    return Column(f"{name}_local", DateTime), Column(f"{name}_offset_min", Integer)


def _total(quantity: str, unit: str) -> tuple[Column[Any], ...]:
    """A quantity as stated, as summed from its events, as used, and which of the two that is."""
    return (
        _amount(f"{quantity}_stated_{unit}"),
        _amount(f"{quantity}_summed_{unit}"),
        _amount(f"{quantity}_{unit}"),
        Column(f"{quantity}_basis", String(16), nullable=False),
    )


def _not_negative(*names: str) -> list[CheckConstraint]:
    """A number, too: PostgreSQL takes NaN and infinity for larger than the largest."""
    return [
        CheckConstraint(f"{name} IS NULL OR ({name} >= 0 AND {name} <= {_LARGEST})", name=f"{name}_is_an_amount")
        for name in names
    ]


equipment = Table(
    "equipment",
    METADATA,
    _id(),
    Column("fingerprint", _Sha256, nullable=False, unique=True),
    _text("site"),
    _text("key"),
    _text("manufacturer"),
    _text("model"),
    _text("serial"),
    _text("station"),
    _text("institution"),
    _text("location"),
    _text("software"),
    _text("device_uid"),
)

procedures = Table(
    "procedures",
    METADATA,
    _id(),
    Column("identity", _Sha256, nullable=False, unique=True),
    Column("case_id", String(32), nullable=False, index=True),
    _text("site"),
    _text("study_instance_uid"),
    _reference(equipment),
    _text("kind"),
    Column("started_local", DateTime, nullable=False),
    Column("started_offset_min", Integer),
    *_moment("ended"),
    _text("study_description"),
    _text("performed_procedure_description"),
    _text("requested_procedure_description"),
    _text("protocol_names"),
    _text("procedure_codes"),
    _text("target_regions"),
    _text("lateralities"),
    _text("patient_pseudonym"),
    Column("birth_year", Integer),
    _amount("age_years"),
    _text("sex"),
    _amount("size_m"),
    _amount("weight_kg"),
    _text("pregnancy_status"),
    _amount("p_ka_fluoroscopy_gycm2"),
    _amount("p_ka_acquisition_gycm2"),
    Column("plane_count", Integer, nullable=False),
    Column("event_count", Integer, nullable=False),
    Column("report_count", Integer, nullable=False),
    _text("quirks"),
    _text("finding_codes"),
    _text("operator_codes"),
    *_not_negative("p_ka_fluoroscopy_gycm2", "p_ka_acquisition_gycm2"),
    Index(None, "site", "started_local"),
    Index(None, "started_local"),
    Index(None, "study_instance_uid"),
    Index(None, "equipment_id"),
)

planes = Table(
    "planes",
    METADATA,
    _reference(procedures, part_of_key=True),
    Column("plane", String(16), primary_key=True),
    *_total("p_ka", "gycm2"),
    *_total("ka_r", "mgy"),
    *_total("fluoroscopy_time", "s"),
    *_not_negative("p_ka_gycm2", "ka_r_mgy", "fluoroscopy_time_s"),
    sqlite_with_rowid=False,
)

reports = Table(
    "reports",
    METADATA,
    _id(),
    Column("digest", _Sha256, nullable=False, unique=True),
    _text("sop_class_uid"),
    _text("sop_instance_uid"),
    _text("study_instance_uid"),
    _reference(equipment),
    _reference(procedures, nullable=True),
    _text("kind"),
    _text("site"),
    Column("received_at", DateTime, nullable=False),
    _text("sending_ae"),
    _text("receiving_ae"),
    _text("address"),
    _text("patient_pseudonym"),
    Column("birth_year", Integer),
    _amount("age_years"),
    _text("sex"),
    _amount("size_m"),
    _amount("weight_kg"),
    _text("pregnancy_status"),
    *_moment("study_started"),
    *_moment("content_written"),
    *_moment("started"),
    *_moment("ended"),
    _text("study_description"),
    _text("performed_procedure_description"),
    _text("requested_procedure_description"),
    _text("protocol_names_json"),
    _text("procedure_codes_json"),
    _text("procedure_reported_json"),
    _text("intent_json"),
    _text("scope_kind"),
    _text("scope_uid"),
    _text("sources_of_dose_json"),
    _text("person_roles_json"),
    _text("devices_json"),
    _text("device_type"),
    Column("detector_data_available", Boolean),
    Column("source_data_available", Boolean),
    Column("mechanical_data_available", Boolean),
    Column("complete", Boolean),
    _text("quirks"),
    _text("operator_codes"),
    Index(None, "sop_instance_uid"),
    Index(None, "study_instance_uid"),
    Index(None, "procedure_id"),
    Index(None, "equipment_id", "received_at"),
)

copies = Table(
    "copies",
    METADATA,
    Column("digest", _Sha256, primary_key=True),
    _reference(reports),
    Column("received_at", DateTime, nullable=False),
    Index(None, "report_id"),
)

accumulated = Table(
    "accumulated",
    METADATA,
    _reference(reports, part_of_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("plane", String(16), nullable=False),
    _amount("p_ka_gycm2"),
    _amount("p_ka_fluoroscopy_gycm2"),
    _amount("p_ka_acquisition_gycm2"),
    _amount("ka_r_mgy"),
    _amount("ka_r_fluoroscopy_mgy"),
    _amount("ka_r_acquisition_mgy"),
    _amount("fluoroscopy_time_s"),
    _amount("acquisition_time_s"),
    Column("radiographic_frames", BigInteger),
    _text("reference_point_json"),
    Column("exposures", BigInteger),
    _text("detector_type"),
    _text("calibrations_json"),
    *_not_negative(
        "p_ka_gycm2",
        "p_ka_fluoroscopy_gycm2",
        "p_ka_acquisition_gycm2",
        "ka_r_mgy",
        "ka_r_fluoroscopy_mgy",
        "ka_r_acquisition_mgy",
        "fluoroscopy_time_s",
        "acquisition_time_s",
    ),
    sqlite_with_rowid=False,
)

events = Table(
    "events",
    METADATA,
    _reference(reports, part_of_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("counted", Boolean, nullable=False),
    _text("uid"),
    Column("plane", String(16), nullable=False),
    Column("type", String(32), nullable=False),
    *_moment("started"),
    _amount("p_ka_gycm2"),
    _amount("ka_r_mgy"),
    _amount("duration_s"),
    _text("fluoro_mode"),
    _amount("pulse_rate_per_s"),
    Column("pulses", BigInteger),
    Column("frames", BigInteger),
    _amount("pulse_width_ms"),
    _amount("exposure_time_ms"),
    _amount("kvp"),
    _amount("tube_current_ma"),
    _text("filters_json"),
    _amount("field_area_cm2"),
    _amount("primary_angle_deg"),
    _amount("secondary_angle_deg"),
    _amount("source_to_detector_mm"),
    _amount("source_to_isocenter_mm"),
    _amount("source_to_reference_point_mm"),
    _amount("table_longitudinal_mm"),
    _amount("table_lateral_mm"),
    _amount("table_height_mm"),
    _text("patient_orientation"),
    _text("patient_position"),
    _text("reference_point_json"),
    _text("protocol"),
    _text("target_region_json"),
    _text("laterality_json"),
    _text("anatomy_json"),
    *_moment("ended"),
    _amount("average_tube_current_ma"),
    _amount("exposure_uas"),
    _amount("focal_spot_mm"),
    _amount("field_height_mm"),
    _amount("field_width_mm"),
    _amount("field_of_view_mm"),
    _amount("patient_equivalent_thickness_mm"),
    _amount("table_head_tilt_deg"),
    _amount("table_horizontal_rotation_deg"),
    _amount("table_cradle_tilt_deg"),
    _text("grid"),
    _text("details_json"),
    _text("end_json"),
    _text("isocenter_json"),
    *_not_negative("p_ka_gycm2", "ka_r_mgy", "duration_s", "field_area_cm2"),
    sqlite_with_rowid=False,
)

findings = Table(
    "findings",
    METADATA,
    _id(),
    _reference(reports, nullable=True),
    _reference(procedures, nullable=True),
    Column("position", Integer, nullable=False),
    Column("code", String(64), nullable=False),
    _text("text"),
    _text("place"),
    CheckConstraint("(report_id IS NULL) <> (procedure_id IS NULL)", name="of_one_owner"),
    UniqueConstraint("report_id", "position"),
    UniqueConstraint("procedure_id", "position"),
)

reviews = Table(
    "reviews",
    METADATA,
    _id(),
    Column("entry_id", String(32), nullable=False, unique=True),
    Column("case_id", String(32), nullable=False, index=True),
    _text("study_instance_uid"),
    Column("written_at", DateTime, nullable=False),
    Column("action", String(16), nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("reviewer_code", String(16), nullable=False),
    _text("note"),
    _text("reasons"),
)
