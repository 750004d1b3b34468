"""The group stage: cases in, one row a procedure out, as expressions for any frame that Narwhals reads.

Quantiles are exact and interpolate linearly. Groups of fewer than
``small_group`` procedures are suppressed: every count and statistic is empty.
In a larger group a statistic over fewer values than that is empty as well.
Each case is counted, but what cannot be trusted is in no statistic:
:func:`comparable` says what that is, for the charts too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import narwhals as nw
import pandas as pd
from narwhals.typing import FrameT

from alara.audit.classify import Confidence
from alara.audit.dose import DAYS_PER_YEAR, SMALLEST_MSV, NotEstimated
from alara.audit.figures import rounded, rounded_table
from alara.audit.native import to_pandas

__all__ = ["SUMMARY_COLUMNS", "comparable", "summary_rows"]

#: Summary column: the case column that it is taken of, and the quantile.
_STATISTICS = {
    "p_ka_median_gycm2": ("p_ka_gycm2", 0.5),
    "p_ka_p75_gycm2": ("p_ka_gycm2", 0.75),
    "ka_r_median_mgy": ("ka_r_mgy", 0.5),
    "fluoroscopy_time_median_s": ("fluoroscopy_time_s", 0.5),
    "fluoroscopy_time_p75_s": ("fluoroscopy_time_s", 0.75),
    "effective_dose_median_low_msv": ("effective_dose_low_msv", 0.5),
    "effective_dose_median_msv": ("effective_dose_msv", 0.5),
    "effective_dose_median_high_msv": ("effective_dose_high_msv", 0.5),
}
#: Summary column: the case column whose values it counts, those that its statistics are of.
_VALUES = {"n_p_ka": "p_ka_gycm2", "n_effective_dose": "effective_dose_msv"}
#: Of these one may have a wrong unit where they do not fit together.
_FITTING = ("p_ka_gycm2", "ka_r_mgy")
_MEASURED = (*_FITTING, "fluoroscopy_time_s")
#: By so much engines may differ in a quantile, which is one of the rounded numbers or between two of them.
_NOISE = 1e-9
#: An engine holds some eleven bytes of each value that a quantile is of: 1.4 GB.
_VALUES_AT_ONCE = 128_000_000
_POLICY_COUNTS = ("n_us_forward", "n_capacity_aware", "n_fluoro_standard")

#: The columns of the summary, in order.
SUMMARY_COLUMNS = (
    "procedure_id",
    "procedure_name",
    "zone",
    "region",
    "n",
    *_POLICY_COUNTS,
    "contested",
    *_VALUES,
    *_STATISTICS,
    "background_days_median",
    "suppressed",
)


def summary_rows(
    rows: FrameT,
    groups: pd.DataFrame,
    alternative_grades: Mapping[str, Sequence[str]],
    small_group: int,
    background_msv: float,
) -> pd.DataFrame:
    """The summary of fluoroscopy cases by procedure, in no particular order.

    Parameters
    ----------
    rows
        The rows with their effective doses, rounded or not: the statistics are of rounded numbers.
    groups
        The recognised groups that occur among them.
    alternative_grades
        For each policy, the grades under which an alternative exists.
    small_group
        The size below which numbers are left empty.
    background_msv
        The yearly background that the median effective dose is expressed in.
    """
    fluoroscopy = groups[groups["kind"] != "radiography"]
    numbers = _masked(rows.filter(nw.col("kind") != "radiography")).select("procedure_id", *_counted())
    numbers = rounded(numbers)
    summary = _procedures(fluoroscopy)
    for part in _parts(int(summary["n"].sum())):
        found = to_pandas(numbers.group_by("procedure_id").agg(*part))
        summary = summary.merge(found, on="procedure_id")
    table = nw.from_native(summary, eager_only=True).with_columns(
        nw.when(nw.col(f"grade_{policy}").is_in(list(grades))).then(nw.col("n")).otherwise(0).alias(f"n_{policy}")
        for policy, grades in alternative_grades.items()
    )
    table = table.with_columns(_suppressed(small_group), *_large_enough(small_group))
    table = table.with_columns(_background_days(background_msv)).select(*SUMMARY_COLUMNS)
    return rounded_table(table.to_native())


def _procedures(groups: pd.DataFrame) -> pd.DataFrame:
    """What is the same for all cases of a procedure, how many there are, and the region that they name if it is one."""
    by_procedure = groups.groupby("procedure_id")
    regions = by_procedure["region"].agg(["first", "nunique"])
    table = groups.drop(columns=["n", "region"]).drop_duplicates("procedure_id").set_index("procedure_id")
    region = regions["first"].where(regions["nunique"] == 1, "several")
    return table.assign(n=by_procedure["n"].sum(), region=region).reset_index()


def _parts(rows: int) -> Iterator[list[nw.Expr]]:
    """What is asked of the numbers, in as many parts as keep what quantiles hold, each value of a column, in bounds."""
    asked = [nw.col(case).count().alias(f"of_{case}") for case in _counted()]
    at_once = max(1, _VALUES_AT_ONCE // max(1, rows))
    for number, (name, (case, q)) in enumerate(_STATISTICS.items(), start=1):
        asked.append(nw.col(case).quantile(q, interpolation="linear").alias(name))
        if number % at_once == 0 or number == len(_STATISTICS):
            yield asked
            asked = []


def comparable(cases: FrameT) -> FrameT:
    """The cases with each number left empty that belongs in no statistic of its group.

    That is every number where the procedure is uncertain, and P_KA and K_a,r where these do not fit together. For
    the effective dose nothing is to be done: it is not estimated in either case.
    """
    certain = nw.col("match_confidence") != Confidence.LOW.value
    implausible = nw.col("coefficient_status") == NotEstimated.IMPLAUSIBLE.value
    # Columns of their own first: an engine compares texts as often as it is told to.
    judged = cases.with_columns(certain.alias("certain"), implausible.alias("implausible"))
    return _masked(judged).drop("certain", "implausible")


def _masked(judged: FrameT) -> FrameT:
    fitting = nw.col("certain") & ~nw.col("implausible")
    return judged.with_columns(
        nw.when(fitting if name in _FITTING else nw.col("certain")).then(nw.col(name)).alias(name) for name in _MEASURED
    )


def _counted() -> tuple[str, ...]:
    return tuple(dict.fromkeys(case for case, _ in _STATISTICS.values()))


def _suppressed(small_group: int) -> nw.Expr:
    small = nw.col("n") < small_group
    return nw.when(small).then(nw.lit("yes")).otherwise(nw.lit("no")).alias("suppressed")


def _large_enough(small_group: int) -> list[nw.Expr]:
    """Counts and statistics of what is not too small to show."""
    shown = nw.col("n") >= small_group
    counts = [nw.when(shown).then(nw.col(name)).alias(name) for name in ("n", *_POLICY_COUNTS)]
    enough = {case: shown & (nw.col(f"of_{case}") >= small_group) for case in _counted()}
    values = [nw.when(enough[case]).then(nw.col(f"of_{case}")).alias(name) for name, case in _VALUES.items()]
    statistics = [nw.when(enough[case]).then(nw.col(name)).alias(name) for name, (case, _) in _STATISTICS.items()]
    return [*counts, *values, *statistics]


def _background_days(background_msv: float) -> nw.Expr:
    """The days of the median: those of the cases leave the smallest doses out, and their median would be too high."""
    median = nw.col("effective_dose_median_msv")
    days = nw.when(median >= SMALLEST_MSV * (1 - _NOISE)).then(median / background_msv * DAYS_PER_YEAR)
    return days.alias("background_days_median")
