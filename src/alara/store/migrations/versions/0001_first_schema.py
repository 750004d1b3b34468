"""The first schema: what reports said, and the procedures derived from that."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

#: SQLite numbers rows by itself only when the type is INTEGER to the letter.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LARGEST = "1.7976931348623157e308"


def _amount(table: str, column: str) -> sa.CheckConstraint:
    """Absent, or neither negative nor NaN nor infinite (PostgreSQL sorts NaN above all numbers)."""
    return sa.CheckConstraint(
        f"{column} IS NULL OR ({column} >= 0 AND {column} <= {LARGEST})", name=op.f(f"ck_{table}_{column}_is_an_amount")
    )


def upgrade() -> None:
    op.create_table(
        "equipment",
        sa.Column("id", ID, nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("manufacturer", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("software", sa.Text(), nullable=False),
        sa.Column("device_uid", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_equipment")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_equipment_fingerprint")),
    )
    op.create_table(
        "procedures",
        sa.Column("id", ID, nullable=False),
        sa.Column("identity", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("study_instance_uid", sa.Text(), nullable=False),
        sa.Column("equipment_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("started_local", sa.DateTime(), nullable=False),
        sa.Column("started_offset_min", sa.Integer(), nullable=True),
        sa.Column("ended_local", sa.DateTime(), nullable=True),
        sa.Column("ended_offset_min", sa.Integer(), nullable=True),
        sa.Column("study_description", sa.Text(), nullable=False),
        sa.Column("performed_procedure_description", sa.Text(), nullable=False),
        sa.Column("requested_procedure_description", sa.Text(), nullable=False),
        sa.Column("protocol_names", sa.Text(), nullable=False),
        sa.Column("procedure_codes", sa.Text(), nullable=False),
        sa.Column("target_regions", sa.Text(), nullable=False),
        sa.Column("lateralities", sa.Text(), nullable=False),
        sa.Column("patient_pseudonym", sa.Text(), nullable=False),
        sa.Column("birth_year", sa.Integer(), nullable=True),
        sa.Column("age_years", sa.Double(), nullable=True),
        sa.Column("sex", sa.Text(), nullable=False),
        sa.Column("size_m", sa.Double(), nullable=True),
        sa.Column("weight_kg", sa.Double(), nullable=True),
        sa.Column("pregnancy_status", sa.Text(), nullable=False),
        sa.Column("p_ka_fluoroscopy_gycm2", sa.Double(), nullable=True),
        sa.Column("p_ka_acquisition_gycm2", sa.Double(), nullable=True),
        sa.Column("plane_count", sa.Integer(), nullable=False),
        sa.Column("event_count", sa.Integer(), nullable=False),
        sa.Column("report_count", sa.Integer(), nullable=False),
        sa.Column("quirks", sa.Text(), nullable=False),
        sa.Column("finding_codes", sa.Text(), nullable=False),
        _amount("procedures", "p_ka_acquisition_gycm2"),
        _amount("procedures", "p_ka_fluoroscopy_gycm2"),
        sa.ForeignKeyConstraint(["equipment_id"], ["equipment.id"], name=op.f("fk_procedures_equipment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_procedures")),
        sa.UniqueConstraint("identity", name=op.f("uq_procedures_identity")),
    )
    op.create_index(op.f("ix_procedures_case_id"), "procedures", ["case_id"], unique=False)
    op.create_index(op.f("ix_procedures_equipment_id"), "procedures", ["equipment_id"], unique=False)
    op.create_index(op.f("ix_procedures_site_started_local"), "procedures", ["site", "started_local"], unique=False)
    op.create_index(op.f("ix_procedures_started_local"), "procedures", ["started_local"], unique=False)
    op.create_index(op.f("ix_procedures_study_instance_uid"), "procedures", ["study_instance_uid"], unique=False)
    op.create_table(
        "planes",
        sa.Column("procedure_id", ID, nullable=False),
        sa.Column("plane", sa.String(length=16), nullable=False),
        sa.Column("p_ka_stated_gycm2", sa.Double(), nullable=True),
        sa.Column("p_ka_summed_gycm2", sa.Double(), nullable=True),
        sa.Column("p_ka_gycm2", sa.Double(), nullable=True),
        sa.Column("p_ka_basis", sa.String(length=16), nullable=False),
        sa.Column("ka_r_stated_mgy", sa.Double(), nullable=True),
        sa.Column("ka_r_summed_mgy", sa.Double(), nullable=True),
        sa.Column("ka_r_mgy", sa.Double(), nullable=True),
        sa.Column("ka_r_basis", sa.String(length=16), nullable=False),
        sa.Column("fluoroscopy_time_stated_s", sa.Double(), nullable=True),
        sa.Column("fluoroscopy_time_summed_s", sa.Double(), nullable=True),
        sa.Column("fluoroscopy_time_s", sa.Double(), nullable=True),
        sa.Column("fluoroscopy_time_basis", sa.String(length=16), nullable=False),
        _amount("planes", "fluoroscopy_time_s"),
        _amount("planes", "ka_r_mgy"),
        _amount("planes", "p_ka_gycm2"),
        sa.ForeignKeyConstraint(["procedure_id"], ["procedures.id"], name=op.f("fk_planes_procedure_id")),
        sa.PrimaryKeyConstraint("procedure_id", "plane", name=op.f("pk_planes")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "reports",
        sa.Column("id", ID, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("sop_class_uid", sa.Text(), nullable=False),
        sa.Column("sop_instance_uid", sa.Text(), nullable=False),
        sa.Column("study_instance_uid", sa.Text(), nullable=False),
        sa.Column("equipment_id", ID, nullable=False),
        sa.Column("procedure_id", ID, nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(), nullable=False),
        sa.Column("sending_ae", sa.Text(), nullable=False),
        sa.Column("receiving_ae", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("patient_pseudonym", sa.Text(), nullable=False),
        sa.Column("birth_year", sa.Integer(), nullable=True),
        sa.Column("age_years", sa.Double(), nullable=True),
        sa.Column("sex", sa.Text(), nullable=False),
        sa.Column("size_m", sa.Double(), nullable=True),
        sa.Column("weight_kg", sa.Double(), nullable=True),
        sa.Column("pregnancy_status", sa.Text(), nullable=False),
        sa.Column("study_started_local", sa.DateTime(), nullable=True),
        sa.Column("study_started_offset_min", sa.Integer(), nullable=True),
        sa.Column("content_written_local", sa.DateTime(), nullable=True),
        sa.Column("content_written_offset_min", sa.Integer(), nullable=True),
        sa.Column("started_local", sa.DateTime(), nullable=True),
        sa.Column("started_offset_min", sa.Integer(), nullable=True),
        sa.Column("ended_local", sa.DateTime(), nullable=True),
        sa.Column("ended_offset_min", sa.Integer(), nullable=True),
        sa.Column("study_description", sa.Text(), nullable=False),
        sa.Column("performed_procedure_description", sa.Text(), nullable=False),
        sa.Column("requested_procedure_description", sa.Text(), nullable=False),
        sa.Column("protocol_names_json", sa.Text(), nullable=False),
        sa.Column("procedure_codes_json", sa.Text(), nullable=False),
        sa.Column("procedure_reported_json", sa.Text(), nullable=False),
        sa.Column("intent_json", sa.Text(), nullable=False),
        sa.Column("scope_kind", sa.Text(), nullable=False),
        sa.Column("scope_uid", sa.Text(), nullable=False),
        sa.Column("sources_of_dose_json", sa.Text(), nullable=False),
        sa.Column("person_roles_json", sa.Text(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=True),
        sa.Column("quirks", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["equipment_id"], ["equipment.id"], name=op.f("fk_reports_equipment_id")),
        sa.ForeignKeyConstraint(["procedure_id"], ["procedures.id"], name=op.f("fk_reports_procedure_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.UniqueConstraint("digest", name=op.f("uq_reports_digest")),
    )
    op.create_index(
        op.f("ix_reports_equipment_id_received_at"), "reports", ["equipment_id", "received_at"], unique=False
    )
    op.create_index(op.f("ix_reports_procedure_id"), "reports", ["procedure_id"], unique=False)
    op.create_index(op.f("ix_reports_sop_instance_uid"), "reports", ["sop_instance_uid"], unique=False)
    op.create_index(op.f("ix_reports_study_instance_uid"), "reports", ["study_instance_uid"], unique=False)
    op.create_table(
        "accumulated",
        sa.Column("report_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("plane", sa.String(length=16), nullable=False),
        sa.Column("p_ka_gycm2", sa.Double(), nullable=True),
        sa.Column("p_ka_fluoroscopy_gycm2", sa.Double(), nullable=True),
        sa.Column("p_ka_acquisition_gycm2", sa.Double(), nullable=True),
        sa.Column("ka_r_mgy", sa.Double(), nullable=True),
        sa.Column("ka_r_fluoroscopy_mgy", sa.Double(), nullable=True),
        sa.Column("ka_r_acquisition_mgy", sa.Double(), nullable=True),
        sa.Column("fluoroscopy_time_s", sa.Double(), nullable=True),
        sa.Column("acquisition_time_s", sa.Double(), nullable=True),
        sa.Column("radiographic_frames", sa.BigInteger(), nullable=True),
        sa.Column("reference_point_json", sa.Text(), nullable=False),
        _amount("accumulated", "acquisition_time_s"),
        _amount("accumulated", "fluoroscopy_time_s"),
        _amount("accumulated", "ka_r_acquisition_mgy"),
        _amount("accumulated", "ka_r_fluoroscopy_mgy"),
        _amount("accumulated", "ka_r_mgy"),
        _amount("accumulated", "p_ka_acquisition_gycm2"),
        _amount("accumulated", "p_ka_fluoroscopy_gycm2"),
        _amount("accumulated", "p_ka_gycm2"),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name=op.f("fk_accumulated_report_id")),
        sa.PrimaryKeyConstraint("report_id", "position", name=op.f("pk_accumulated")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "copies",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("report_id", ID, nullable=False),
        sa.Column("received_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name=op.f("fk_copies_report_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_copies")),
    )
    op.create_index(op.f("ix_copies_report_id"), "copies", ["report_id"], unique=False)
    op.create_table(
        "events",
        sa.Column("report_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("plane", sa.String(length=16), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("started_local", sa.DateTime(), nullable=True),
        sa.Column("started_offset_min", sa.Integer(), nullable=True),
        sa.Column("p_ka_gycm2", sa.Double(), nullable=True),
        sa.Column("ka_r_mgy", sa.Double(), nullable=True),
        sa.Column("duration_s", sa.Double(), nullable=True),
        sa.Column("fluoro_mode", sa.Text(), nullable=False),
        sa.Column("pulse_rate_per_s", sa.Double(), nullable=True),
        sa.Column("pulses", sa.BigInteger(), nullable=True),
        sa.Column("frames", sa.BigInteger(), nullable=True),
        sa.Column("pulse_width_ms", sa.Double(), nullable=True),
        sa.Column("exposure_time_ms", sa.Double(), nullable=True),
        sa.Column("kvp", sa.Double(), nullable=True),
        sa.Column("tube_current_ma", sa.Double(), nullable=True),
        sa.Column("filters_json", sa.Text(), nullable=False),
        sa.Column("field_area_cm2", sa.Double(), nullable=True),
        sa.Column("primary_angle_deg", sa.Double(), nullable=True),
        sa.Column("secondary_angle_deg", sa.Double(), nullable=True),
        sa.Column("source_to_detector_mm", sa.Double(), nullable=True),
        sa.Column("source_to_isocenter_mm", sa.Double(), nullable=True),
        sa.Column("source_to_reference_point_mm", sa.Double(), nullable=True),
        sa.Column("table_longitudinal_mm", sa.Double(), nullable=True),
        sa.Column("table_lateral_mm", sa.Double(), nullable=True),
        sa.Column("table_height_mm", sa.Double(), nullable=True),
        sa.Column("patient_orientation", sa.Text(), nullable=False),
        sa.Column("patient_position", sa.Text(), nullable=False),
        sa.Column("reference_point_json", sa.Text(), nullable=False),
        sa.Column("protocol", sa.Text(), nullable=False),
        sa.Column("target_region_json", sa.Text(), nullable=False),
        sa.Column("laterality_json", sa.Text(), nullable=False),
        _amount("events", "duration_s"),
        _amount("events", "field_area_cm2"),
        _amount("events", "ka_r_mgy"),
        _amount("events", "p_ka_gycm2"),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name=op.f("fk_events_report_id")),
        sa.PrimaryKeyConstraint("report_id", "position", name=op.f("pk_events")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "findings",
        sa.Column("id", ID, nullable=False),
        sa.Column("report_id", ID, nullable=True),
        sa.Column("procedure_id", ID, nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.CheckConstraint("(report_id IS NULL) <> (procedure_id IS NULL)", name=op.f("ck_findings_of_one_owner")),
        sa.ForeignKeyConstraint(["procedure_id"], ["procedures.id"], name=op.f("fk_findings_procedure_id")),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name=op.f("fk_findings_report_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_findings")),
        sa.UniqueConstraint("procedure_id", "position", name=op.f("uq_findings_procedure_id_position")),
        sa.UniqueConstraint("report_id", "position", name=op.f("uq_findings_report_id_position")),
    )
