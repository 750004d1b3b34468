"""The tables of an audit, once: what each CSV and each sheet of the workbook holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from alara.audit import Audit, review_rows
from alara.audit.figures import rounded_table
from alara.audit.plan import plan_frame
from alara.audit.standing_out import StandingOut, insight_rows
from alara.report.beside import Beside
from alara.report.columns import CASES, REVIEWS, SUMMARY, Column
from alara.report.plan_columns import PLAN
from alara.report.standing_columns import DEVICES, INSIGHTS, OPERATORS

__all__ = ["Table", "tables"]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns; ``name`` is that of the file without its ending, ``title`` is for people."""

    name: str
    title: str
    frame: pd.DataFrame
    columns: Sequence[Column]


def tables(audit: Audit, standing: StandingOut, beside: Beside) -> tuple[Table, ...]:
    """The tables of an audit whose cases are marked with what stands out.

    Those of operators and of the plan only where there are any.
    """
    reviews = review_rows(audit.cases, {}) if beside.reviews is None else beside.reviews
    found: tuple[Table, ...] = (
        Table("procedures", "Procedures", audit.cases, CASES),
        Table("summary", "Summary", audit.summary, SUMMARY),
        Table("reviews", "Reviews", reviews, REVIEWS),
        Table("insights", "What to do first", insight_rows(standing.insights), INSIGHTS),
        Table("devices", "X-ray units", standing.devices, DEVICES),
    )
    if beside.trends is not None and beside.trends.operators is not None:
        rows = rounded_table(beside.trends.operators.rows.rename(columns={"group": "operator"}))
        found += (Table("operators", "Operators", rows, OPERATORS),)
    if beside.plan is not None:
        found += (Table("plan", "Slot plan", plan_frame(beside.plan), PLAN),)
    return found
