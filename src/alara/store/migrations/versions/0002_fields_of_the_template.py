"""The rest of TID 10001: columns for what a report says beside its doses, empty for reports that were read before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_AMOUNTS = (
    "average_tube_current_ma",
    "exposure_uas",
    "focal_spot_mm",
    "field_height_mm",
    "field_width_mm",
    "field_of_view_mm",
    "patient_equivalent_thickness_mm",
    "table_head_tilt_deg",
    "table_horizontal_rotation_deg",
    "table_cradle_tilt_deg",
)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default="")


def upgrade() -> None:
    with op.batch_alter_table("reports") as reports:
        reports.add_column(_text("devices_json"))
        reports.add_column(_text("device_type"))
        for kind in ("detector", "source", "mechanical"):
            reports.add_column(sa.Column(f"{kind}_data_available", sa.Boolean(), nullable=True))
    with op.batch_alter_table("accumulated") as accumulated:
        accumulated.add_column(sa.Column("exposures", sa.BigInteger(), nullable=True))
        accumulated.add_column(_text("detector_type"))
        accumulated.add_column(_text("calibrations_json"))
    with op.batch_alter_table("events") as events:
        events.add_column(_text("anatomy_json"))
        events.add_column(sa.Column("ended_local", sa.DateTime(), nullable=True))
        events.add_column(sa.Column("ended_offset_min", sa.Integer(), nullable=True))
        for name in _AMOUNTS:
            events.add_column(sa.Column(name, sa.Double(), nullable=True))
        for name in ("grid", "details_json", "end_json", "isocenter_json"):
            events.add_column(_text(name))
