"""Which columns of the procedures grouped statistics ask: what a database need not send is not fetched."""

from __future__ import annotations

from typing import Final

from alara.audit.measured import DESCRIPTION_COLUMNS

__all__ = ["GROUPS_ASK"]

#: All that ``run(…, groups_only=True)`` looks at.
GROUPS_ASK: Final = (
    *DESCRIPTION_COLUMNS,
    "kind",
    "started",
    "age_years",
    "p_ka_gycm2",
    "ka_r_mgy",
    "fluoroscopy_time_s",
)
