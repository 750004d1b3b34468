"""The row stage: one procedure in, one audited case out, as expressions for any frame that Narwhals reads.

Joins and arithmetic only, so that pandas, DuckDB and Spark run the same code.
The small tables come from :mod:`alara.audit.tables`, in the engine of the caller.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import narwhals as nw
from narwhals.typing import FrameT

from alara.audit.classify import Confidence
from alara.audit.dose import DAYS_PER_YEAR, SMALLEST_MSV, NotEstimated
from alara.audit.reasons import ReasonRules, reasons_column
from alara.audit.skin import PSD_COLUMNS, Alarm, skin_columns
from alara.audit.ultrasound import REASON_RADIOGRAPHY, UsReview

__all__ = ["CASE_COLUMNS", "DESCRIPTION_COLUMNS", "RowTables", "audited_rows"]

#: What a procedure is recognised by; distinct combinations are classified once.
DESCRIPTION_COLUMNS = (
    "performed_procedure_description",
    "study_description",
    "requested_procedure_description",
    "protocol_names",
    "procedure_codes",
    "target_regions",
    "lateralities",
)

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
#: 1 Gy.cm2 / 1 mGy = 1,000 cm2.
_CM2_PER_GYCM2_PER_MGY = 1000.0


@dataclass(frozen=True, slots=True)
class RowTables:
    """The small tables that the rows are joined to, as native frames of the rows' engine.

    ``classification`` is by those description columns that tell the texts apart, ``told_by``,
    and holds the review of each; ``review`` is the same by procedure_id, with the ``regions`` of its fluoroscopy cases;
    ``coefficients`` by procedure_id, region and age_group, whose bounds are ``age_edges``.
    ``skin_factors`` are the smallest and the largest peak skin dose per K_a,r.
    ``field_area_cm2`` are the smallest and the largest P_KA / K_a,r that can be right.
    """

    classification: object
    told_by: Sequence[str]
    review: object
    coefficients: object
    age_edges: Sequence[float]
    field_area_cm2: tuple[float, float]
    background_id: str
    background_msv: float
    skin_factors: tuple[float, float]
    alarms: Sequence[Alarm]
    reasons: ReasonRules


def audited_rows(procedures: FrameT, tables: RowTables) -> FrameT:
    """The cases: the columns of :data:`CASE_COLUMNS`, unrounded and in no particular order."""
    rows = procedures.with_columns(*(nw.col(name).fill_null("") for name in DESCRIPTION_COLUMNS))
    rows = rows.join(nw.from_native(tables.classification), on=list(tables.told_by), how="left")
    rows = rows.with_columns(_age_group(tables.age_edges), _age_band(), *_identity(), *_review())
    rows = rows.join(nw.from_native(tables.coefficients), on=["procedure_id", "region", "age_group"], how="left")
    rows = rows.with_columns(_field_area(), _findings(), _complete(), reasons_column(tables.reasons))
    # What several columns ask is a column of its own first: an engine works it out as often as it is written.
    rows = rows.with_columns(_fitting(*tables.field_area_cm2))
    rows = rows.with_columns(_estimated())
    rows = rows.with_columns(_coefficient_status(), _coefficient_id(), *_effective_dose())
    interval, substantial = skin_columns(tables.skin_factors, tables.alarms)
    rows = rows.with_columns(*_background(tables), *interval)
    rows = rows.with_columns(substantial, nw.lit("").alias("stands_out"))
    return rows.select(*CASE_COLUMNS)


def _identity() -> list[nw.Expr]:
    description = nw.lit("")
    for name in ("protocol_names", "requested_procedure_description", "performed_procedure_description"):
        description = nw.when(nw.col(name) != "").then(nw.col(name)).otherwise(description)
    study = nw.col("study_description")
    return [
        nw.col("started").dt.to_string("%Y-%m-%d").alias("date"),
        nw.when(study != "").then(study).otherwise(description).alias("description"),
    ]


def _age_group(edges: Sequence[float]) -> nw.Expr:
    """The number of edges at or below the age, as text; an unknown age is an adult's."""
    group = nw.lit("adult")
    for number, edge in reversed(list(enumerate(edges))):
        group = nw.when(nw.col("age_years") < edge).then(nw.lit(str(number))).otherwise(group)
    return group.alias("age_group")


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


def _field_area() -> nw.Expr:
    area = nw.col("p_ka_gycm2") / nw.col("ka_r_mgy") * _CM2_PER_GYCM2_PER_MGY
    return nw.when(nw.col("ka_r_mgy") > 0).then(area).alias("field_area_cm2")


def _fitting(smallest_cm2: float, largest_cm2: float) -> nw.Expr:
    """Whether P_KA and K_a,r fit together, or one of them is missing; never unknown.

    The field area is held against its bounds here and nowhere else: what comes
    after asks the status. An area of zero is a dose of zero, and not a wrong unit.
    """
    area = nw.col("field_area_cm2")
    fitting = area.is_null() | (area <= 0) | ((area >= smallest_cm2) & (area <= largest_cm2))
    return fitting.alias("fitting")


def _uncertain() -> nw.Expr:
    return nw.col("match_confidence") == Confidence.LOW.value


def _has_p_ka() -> nw.Expr:
    return nw.col("p_ka_gycm2") >= 0


def _estimated() -> nw.Expr:
    """Whether there is an effective dose; unknown, which is no, without P_KA or a coefficient."""
    return (_has_p_ka() & (nw.col("k_central") >= 0) & ~_uncertain() & nw.col("fitting")).alias("estimated")


def _coefficient_status() -> nw.Expr:
    """How far the coefficient was checked, or the first reason why none is used."""
    status = nw.col("coefficient_status")
    status = nw.when(_uncertain()).then(nw.lit(NotEstimated.UNCERTAIN.value)).otherwise(status)
    status = nw.when(nw.col("fitting")).then(status).otherwise(nw.lit(NotEstimated.IMPLAUSIBLE.value))
    return nw.when(_has_p_ka()).then(status).otherwise(nw.lit(NotEstimated.NO_P_KA.value)).alias("coefficient_status")


def _coefficient_id() -> nw.Expr:
    return nw.when(nw.col("estimated")).then(nw.col("coefficient_id")).otherwise(nw.lit("")).alias("coefficient_id")


def _effective_dose() -> list[nw.Expr]:
    return [
        nw.when(nw.col("estimated"))
        .then(nw.col("p_ka_gycm2") * nw.col(f"k_{part or 'central'}"))
        .alias(_named("effective_dose", part, "_msv"))
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
    """Fluoroscopy needs P_KA and a fluoroscopy time, radiography P_KA alone."""
    whole = (nw.col("p_ka_gycm2") >= 0) & ((nw.col("fluoroscopy_time_s") >= 0) | (nw.col("kind") == "radiography"))
    return nw.when(whole).then(nw.lit("yes")).otherwise(nw.lit("no")).alias("complete")


def _named(stem: str, part: str, unit: str) -> str:
    return f"{stem}_{part}{unit}" if part else f"{stem}{unit}"
