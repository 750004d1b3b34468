"""The columns of ``procedures.csv`` and ``summary.csv``: ONE table of name, unit, type and meaning.

It drives the writing, the checks and ``columns.csv``. The names are a contract
with everyone who reads the files: a test holds them. Units ride in the names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

__all__ = [
    "CASES",
    "CLASSIFIED",
    "EXPLAINED",
    "REVIEWS",
    "REVIEW_ENTRIES",
    "SITES",
    "SUMMARY",
    "Column",
    "Kind",
    "check",
]


class Kind(StrEnum):
    """How a column is written: every missing value is an empty field."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    FLAG = "yes/no"
    DATE = "date YYYY-MM-DD"
    DATETIME = "date and time YYYY-MM-DDThh:mm:ss, local"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of one file: its contract."""

    name: str
    kind: Kind
    meaning: str
    unit: str = ""


def _text(name: str, meaning: str) -> Column:
    return Column(name, Kind.TEXT, meaning)


def _count(name: str, meaning: str) -> Column:
    return Column(name, Kind.INTEGER, meaning, unit="1")


def _flag(name: str, meaning: str) -> Column:
    return Column(name, Kind.FLAG, meaning)


def _number(name: str, unit: str, meaning: str) -> Column:
    return Column(name, Kind.NUMBER, meaning, unit)


_GRADES = (
    "preferred, equivalent, feasible_with_expertise, not_suitable; empty for radiography and what is not classified"
)
_BASIS = "stated, summed (from the events), mixed or absent"

CASES: tuple[Column, ...] = (
    _text("case_id", "Pseudonym of the procedure: a keyed hash, the same for the same procedure at this site."),
    Column("date", Kind.DATE, "Day on which the first irradiation started, by the clock of the C-arm."),
    Column("started", Kind.DATETIME, "When the first irradiation started, by the clock of the C-arm."),
    _text("site", "Site at which the report was received."),
    _text("device", "The X-ray unit: make, model and station."),
    _text("manufacturer", "Make of the X-ray unit, as its report says."),
    _text("model", "Model of the X-ray unit, as its report says."),
    _text("kind", "fluoroscopy or radiography."),
    _text("description", "The description by which the procedure was classified, as the operator typed it."),
    _text("procedure_id", "Procedure in the catalogue; unclassified when the description fits none."),
    _text("procedure_name", "Name of that procedure."),
    _text("zone", "Where in the body: central, appendicular or other."),
    _text("region", "Body region, which selects the dose coefficient."),
    _text("matched_by", "What the procedure was recognised by: a code, a field of text, or both."),
    _text("match_confidence", "How far the classification can be trusted."),
    _text("age_band", "Age of the patient: 0-15, 16-19, then decades, 80+; empty when unknown."),
    _text("sex", "Sex of the patient: F, M, O or empty."),
    _number("fluoroscopy_time_s", "s", "Total fluoroscopy time. A last resort as a measure of dose."),
    _text("fluoroscopy_time_basis", f"Where the fluoroscopy time comes from: {_BASIS}."),
    _number("p_ka_gycm2", "Gy.cm2", "Kerma-area product P_KA of the whole procedure: the primary metric."),
    _text("p_ka_basis", f"Where P_KA comes from: {_BASIS}."),
    _number("ka_r_mgy", "mGy", "Air kerma at the reference point, K_a,r: comparable only within one make of C-arm."),
    _text("ka_r_basis", f"Where K_a,r comes from: {_BASIS}."),
    _number(
        "field_area_cm2",
        "cm2",
        "P_KA divided by K_a,r: outside 5 to 1,000 one of them may have a wrong unit, and nothing is estimated.",
    ),
    _number("effective_dose_low_msv", "mSv", "Lower end of the estimate of effective dose."),
    _number(
        "effective_dose_msv",
        "mSv",
        "Effective dose of a reference adult, estimated from P_KA by region. Not specific to the patient.",
    ),
    _number("effective_dose_high_msv", "mSv", "Upper end of the estimate of effective dose."),
    _text("coefficient_id", "Dose coefficient used; empty when no estimate was made."),
    _text("coefficient_status", "How far its source was checked; without a coefficient, why there is no estimate."),
    _number("background_days_low", "d", "Lower end of the background-equivalent days."),
    _number(
        "background_days",
        "d",
        "Days of natural background with the same effective dose; empty below 0.001 mSv.",
    ),
    _number("background_days_high", "d", "Upper end of the background-equivalent days."),
    _text("background_id", "Background level that the days refer to."),
    _number(
        "psd_low_mgy",
        "mGy",
        "Lower bound of the peak skin dose: K_a,r with every factor between it and the skin at its smallest. Not a"
        " measurement, and empty where P_KA and K_a,r do not fit together.",
    ),
    _number("psd_high_mgy", "mGy", "Upper bound of the peak skin dose: the same with every factor at its largest."),
    _text(
        "substantial_dose",
        "Thresholds of substantial dose that the case reaches, or could reach by the upper bound of its peak skin dose,"
        " as ids. Injections come nowhere near them: there a wrong unit is the first thing to rule out.",
    ),
    _text("grade_us_forward", f"Grade of ultrasound guidance under the policy us_forward: {_GRADES}."),
    _text("grade_capacity_aware", "The same under the policy capacity_aware."),
    _text("grade_fluoro_standard", "The same under the policy fluoro_standard."),
    _flag(
        "contested",
        "A property of the procedure in the catalogue, whichever policy is chosen: the policies grade it differently"
        " and both sides have a citation. What that means for this case is in us_review.",
    ),
    _text(
        "us_review",
        "Under the policy chosen for this audit: alternative exists; contested, where it counts ultrasound as an"
        " alternative and the procedure is contested; or no.",
    ),
    _text("us_reason", "The reason for us_review in words, with its references."),
    _text(
        "us_review_reasons",
        "Reasons and exceptions that are known of a case under review, as codes (alara policy reasons): of the site's"
        " rooms and operators, the catalogue and the report. Empty says that none is known, not that there was none.",
    ),
    _count("planes", "Acquisition planes."),
    _count("events", "Irradiation events, each counted once."),
    _count("reports", "Dose reports that the procedure was assembled from."),
    _text("quirks", "Habits of the make of C-arm that were mended in reading, as ids."),
    _text("findings", "What a reader must know about the numbers, as codes."),
    _flag("complete", "Whether P_KA is there and, for fluoroscopy, a fluoroscopy time."),
    _text(
        "stands_out",
        "Why the case stands out, as codes: unit_error, pregnancy_status_missing, outlier, repeat. A question, and no"
        " answer.",
    ),
)

SUMMARY: tuple[Column, ...] = (
    _text("procedure_id", "Procedure in the catalogue; unclassified for those that fit none."),
    _text("procedure_name", "Name of that procedure."),
    _text("zone", "Where in the body: central, appendicular or other."),
    _text("region", "Body region; several when the descriptions name more than one, or some name one and others none."),
    _count("n", "Procedures; empty when fewer than five."),
    _count("n_us_forward", "Of these, with an ultrasound alternative, contested or not, under us_forward."),
    _count("n_capacity_aware", "Of these, with an ultrasound alternative, contested or not, under capacity_aware."),
    _count("n_fluoro_standard", "Of these, with an ultrasound alternative, contested or not, under fluoro_standard."),
    _flag(
        "contested",
        "A property of the procedure in the catalogue: the policies grade it differently and both sides have a"
        " citation. Its alternatives are then contested ones.",
    ),
    _count("n_p_ka", "Procedures that the statistics of P_KA are of; empty when fewer than five."),
    _count("n_effective_dose", "Procedures that the statistics of effective dose are of; empty when fewer than five."),
    _number(
        "p_ka_median_gycm2",
        "Gy.cm2",
        "Median of P_KA. Here and below without cases whose procedure is uncertain, and without a P_KA and K_a,r that"
        " do not fit together.",
    ),
    _number("p_ka_p75_gycm2", "Gy.cm2", "Upper quartile (75th percentile) of P_KA."),
    _number("ka_r_median_mgy", "mGy", "Median of K_a,r."),
    _number("fluoroscopy_time_median_s", "s", "Median of fluoroscopy time."),
    _number("fluoroscopy_time_p75_s", "s", "Upper quartile (75th percentile) of fluoroscopy time."),
    _number("effective_dose_median_low_msv", "mSv", "Median of the lower ends of effective dose."),
    _number("effective_dose_median_msv", "mSv", "Median of the estimates of effective dose."),
    _number("effective_dose_median_high_msv", "mSv", "Median of the upper ends of effective dose."),
    _number(
        "background_days_median",
        "d",
        "Days of background that the median of effective dose comes to, before that is rounded.",
    ),
    _flag("suppressed", "yes where fewer than five procedures would show single people; the numbers are then empty."),
)

#: The columns of ``reviews.csv``: what the audit asks, and what the department has said.
REVIEWS: tuple[Column, ...] = (
    _text("case_id", "Pseudonym of the procedure, as in procedures.csv."),
    Column("date", Kind.DATE, "Day on which the first irradiation started, by the clock of the C-arm."),
    _text("site", "Site at which the report was received."),
    _text("device", "The X-ray unit: make, model and station."),
    _text("procedure_id", "Procedure in the catalogue; unclassified when the description fits none."),
    _text("procedure_name", "Name of that procedure."),
    _number("p_ka_gycm2", "Gy.cm2", "Kerma-area product P_KA of the whole procedure."),
    _number("effective_dose_msv", "mSv", "Estimate of effective dose, as in procedures.csv."),
    _flag("in_period", "no for a case of the time before the period, as long as it; those are not in procedures.csv."),
    _text("reasons", "Why the audit asks about the case, as codes; empty where only the department does."),
    _text("state", "open, or closed when the latest entry of the case closes it."),
    _text("closed_as", "The reviewer's finding: justified, optimise, equipment, training or data-error."),
    _text("closed_by", "Code of the reviewer who closed it last; never a name."),
    _text("last_entry_at", "Date and time of the latest entry, UTC; empty where there is none."),
    _count("entries", "Entries in the history of the case, which alara review show lists."),
    _text("reasons_since", "Reasons that came after the case was closed, as codes."),
)

#: The columns of ``alara review export`` and ``import``.
REVIEW_ENTRIES: tuple[Column, ...] = (
    _text("entry_id", "What the entry is known by: a hash of all that it says; may be empty in what is imported."),
    _text("case_id", "Pseudonym of the procedure."),
    _text("at", "When the entry was made: date and time to the microsecond, UTC."),
    _text("action", "closed or reopened."),
    _text("closed_as", "The reviewer's finding; empty for reopened."),
    _text("by", "Code of the reviewer; never a name."),
    _text("note", "What the reviewer wrote, without anything of a person."),
    _text("reasons", "Why the audit asked about the case when the entry was made, as codes."),
)

#: The columns of ``sites.csv``: the summary of each site.
SITES: tuple[Column, ...] = (
    _text("site", "Site whose procedures the row is of."),
    *SUMMARY,
)

#: The columns of ``alara classify``.
CLASSIFIED: tuple[Column, ...] = (
    _text("description", "The description as it was given."),
    _text("procedure_id", "Procedure in the catalogue; unclassified when the description fits none."),
    _text("zone", "Where in the body: central or appendicular; empty without a procedure."),
    _text("region", "Body region, which selects the dose coefficient."),
    _text("grade_us_forward", "Grade of ultrasound guidance under the policy us_forward."),
    _text("grade_capacity_aware", "The same under the policy capacity_aware."),
    _text("grade_fluoro_standard", "The same under the policy fluoro_standard."),
    _text("matched_by", "The rule, code or entry of the site's map that it was recognised by."),
    _text("confidence", "high, medium, low (several procedures, or doubt) or none."),
)

#: The columns of ``columns.csv``, which explains the other two.
EXPLAINED: tuple[Column, ...] = (
    _text("file", "File that has the column."),
    _text("column", "Name of the column."),
    _text("unit", "Unit in UCUM; 1 for a count; empty for text."),
    _text("type", "How its values are written."),
    _text("meaning", "What it says."),
)


def check(frame: pd.DataFrame, columns: Sequence[Column]) -> None:
    """Hold a frame to its contract: these columns, in this order, and no other.

    Raises
    ------
    ValueError
        Naming every column that is missing, unknown or out of place.
    """
    due, given = [column.name for column in columns], [str(name) for name in frame.columns]
    missing, unknown = [n for n in due if n not in given], [n for n in given if n not in due]
    faults = [f"missing: {', '.join(missing)}"] if missing else []
    if unknown:
        faults.append(f"unknown: {', '.join(unknown)}")
    if not faults and due != given:
        faults.append("order: the columns stand in another order, or twice")
    if faults:
        raise ValueError(f"The frame breaks the contract of columns ({'; '.join(faults)}).")
