"""The row stage: one procedure in, one audited case out, as expressions for any frame that Narwhals reads.

Joins and arithmetic only, so that pandas, DuckDB and Spark run the same code.
Rows come from :func:`alara.audit.measured.measured`; the small table that they
are joined to from :mod:`alara.audit.tables`, in the engine of the caller.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import narwhals as nw
from narwhals.typing import FrameT

from alara.audit.dose import DAYS_PER_YEAR, SMALLEST_MSV, NotEstimated
from alara.audit.reasons import ReasonRules, reasons_column
from alara.audit.skin import PSD_COLUMNS, Alarm, substantial_words
from alara.audit.ultrasound import REASON_RADIOGRAPHY, UsReview

__all__ = ["CASE_COLUMNS", "RowTables", "case_rows", "estimated_rows"]

#: The columns of the cases, in order.
CASE_COLUMNS = (
    "case_id",
    "date",
    "started",
    "site",
    "device",
    "manufacturer",
    "model",
    "kind",
    "description",
    "procedure_id",
    "procedure_name",
    "zone",
    "region",
    "matched_by",
    "match_confidence",
    "age_band",
    "sex",
    "fluoroscopy_time_s",
    "fluoroscopy_time_basis",
    "p_ka_gycm2",
    "p_ka_basis",
    "ka_r_mgy",
    "ka_r_basis",
    "field_area_cm2",
    "effective_dose_low_msv",
    "effective_dose_msv",
    "effective_dose_high_msv",
    "coefficient_id",
    "coefficient_status",
    "background_days_low",
    "background_days",
    "background_days_high",
    "background_id",
    *PSD_COLUMNS,
    "grade_us_forward",
    "grade_capacity_aware",
    "grade_fluoro_standard",
    "contested",
    "us_review",
    "us_reason",
    "us_review_reasons",
    "planes",
    "events",
    "reports",
    "quirks",
    "findings",
    "complete",
    "stands_out",
)

_GRADE_COLUMNS = ("grade_us_forward", "grade_capacity_aware", "grade_fluoro_standard")
_ESTIMATES = ("low", "", "high")


@dataclass(frozen=True, slots=True)
class RowTables:
    """The small table that the rows are joined to, and what else they are held against.

    ``recognised`` is a native frame of the rows' engine: for each age group, and each value of those description
    columns that tell the texts apart, ``told_by``, what was done, its review and its coefficient.
    """

    recognised: object
    told_by: Sequence[str]
    background_id: str
    background_msv: float
    alarms: Sequence[Alarm]
    reasons: ReasonRules


def estimated_rows(measured: FrameT, tables: RowTables) -> FrameT:
    """The measured rows with what was done, and the effective dose where it is estimated; all that statistics ask."""
    rows = measured.join(nw.from_native(tables.recognised), on=[*tables.told_by, "age_group"], how="left")
    p_ka = nw.when(nw.col("measurable")).then(nw.col("p_ka_gycm2")).alias("p_ka_that_fits")
    return rows.with_columns(p_ka).with_columns(*_effective_dose())


def case_rows(estimated: FrameT, tables: RowTables) -> FrameT:
    """The cases: the columns of :data:`CASE_COLUMNS`, unrounded and in no particular order."""
    rows = estimated.with_columns(_age_band(), *_identity(), *_review())
    rows = rows.with_columns(_findings(), _complete(), reasons_column(tables.reasons))
    rows = rows.with_columns(_coefficient_status(), _coefficient_id(), *_background(tables))
    return rows.with_columns(substantial_words(tables.alarms), nw.lit("").alias("stands_out")).select(*CASE_COLUMNS)


def _identity() -> list[nw.Expr]:
    description = nw.lit("")
    for name in ("protocol_names", "requested_procedure_description", "performed_procedure_description"):
        description = nw.when(nw.col(name) != "").then(nw.col(name)).otherwise(description)
    study = nw.col("study_description")
    return [
        nw.col("started").dt.to_string("%Y-%m-%d").alias("date"),
        nw.when(study != "").then(study).otherwise(description).alias("description"),
    ]


def _age_band() -> nw.Expr:
    """0-15, 16-19, then decades, 80+; empty when unknown."""
    bands = [(16, "0-15"), (20, "16-19"), *((top, f"{top - 10}-{top - 1}") for top in range(30, 90, 10))]
    band = nw.when(nw.col("age_years") >= 80).then(nw.lit("80+")).otherwise(nw.lit(""))
    for top, name in reversed(bands):
        band = nw.when(nw.col("age_years") < top).then(nw.lit(name)).otherwise(band)
    return band.alias("age_band")


def _review() -> list[nw.Expr]:
    """Grades and outcome; radiography has none."""
    radiography = nw.col("kind") == "radiography"
    instead = dict.fromkeys(_GRADE_COLUMNS, "") | {"contested": "no", "us_review": UsReview.NO.value}
    instead["us_reason"] = REASON_RADIOGRAPHY
    return [
        nw.when(radiography).then(nw.lit(text)).otherwise(nw.col(name)).alias(name) for name, text in instead.items()
    ]


def _coefficient_status() -> nw.Expr:
    """How far the coefficient was checked, or the first reason why none is used."""
    status = nw.col("coefficient_status")
    status = nw.when(nw.col("certain")).then(status).otherwise(nw.lit(NotEstimated.UNCERTAIN.value))
    status = nw.when(nw.col("implausible")).then(nw.lit(NotEstimated.IMPLAUSIBLE.value)).otherwise(status)
    has_p_ka = nw.col("measurable") | nw.col("implausible")
    return nw.when(has_p_ka).then(status).otherwise(nw.lit(NotEstimated.NO_P_KA.value)).alias("coefficient_status")


def _coefficient_id() -> nw.Expr:
    estimated = nw.col("effective_dose_msv") >= 0
    return nw.when(estimated).then(nw.col("coefficient_id")).otherwise(nw.lit("")).alias("coefficient_id")


def _effective_dose() -> list[nw.Expr]:
    """None without a P_KA that fits, or a coefficient."""
    return [
        (nw.col("p_ka_that_fits") * nw.col(f"k_{part or 'central'}")).alias(_named("effective_dose", part, "_msv"))
        for part in _ESTIMATES
    ]


def _background(tables: RowTables) -> list[nw.Expr]:
    """Days of background; none below 1 µSv, where they would only say that a limb is not a trunk."""
    enough = nw.col("effective_dose_msv") >= SMALLEST_MSV
    days = [
        nw.when(enough)
        .then(nw.col(_named("effective_dose", part, "_msv")) / tables.background_msv * DAYS_PER_YEAR)
        .alias(_named("background_days", part, ""))
        for part in _ESTIMATES
    ]
    return [*days, nw.lit(tables.background_id).alias("background_id")]


def _findings() -> nw.Expr:
    """The report's findings, and the conflict between code and description that only the audit can see."""
    found, added = nw.col("findings"), nw.col("audit_findings")
    both = nw.concat_str([found, added], separator=" ")
    either = nw.when(found == "").then(added).otherwise(both)
    return nw.when(added == "").then(found).otherwise(either).alias("findings")


def _complete() -> nw.Expr:
    return nw.when(nw.col("whole")).then(nw.lit("yes")).otherwise(nw.lit("no")).alias("complete")


def _named(stem: str, part: str, unit: str) -> str:
    return f"{stem}_{part}{unit}" if part else f"{stem}{unit}"
