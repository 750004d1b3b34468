"""Operators: keyed codes of who administered the irradiation, empty for reports that were read before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    for table in ("reports", "procedures"):
        with op.batch_alter_table(table) as altered:
            altered.add_column(sa.Column("operator_codes", sa.Text(), nullable=False, server_default=""))
