"""The yardsticks of ``benchmarks.audit``: what somebody would type into DuckDB, texts and coefficients being ready.

``quantiles`` asks the eight quantiles of the summary and nothing else: numbers as they are, texts told by one column,
no age, no headline. ``same`` asks what the audit answers: adults and children apart, what cannot be trusted left
out, numbers in their figures, and what the headline counts; its answer is held against the audit's own.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw
import pandas as pd

from alara.audit import UNCLASSIFIED, Classifier, Period, choose_coefficient, run
from alara.audit.dose import background
from alara.audit.figures import significant
from alara.audit.measured import COUNTED, measured, measures, occurring
from alara.audit.native import to_pandas
from alara.audit.tables import recognised, row_tables
from alara.knowledge import Coefficient, Knowledge, load
from alara.lake import Dataset, open_engine

_QUANTILES = """
SELECT procedure_id, count(*), quantile_cont(p_ka_gycm2, [0.5, 0.75]), quantile_cont(ka_r_mgy, 0.5),
       quantile_cont(fluoroscopy_time_s, [0.5, 0.75]), quantile_cont(p_ka_gycm2 * k_low, 0.5),
       quantile_cont(p_ka_gycm2 * k_central, 0.5), quantile_cont(p_ka_gycm2 * k_high, 0.5)
FROM rows JOIN names USING (study_description) JOIN factors USING (procedure_id, region)
WHERE started >= TIMESTAMP '{start}' AND started < TIMESTAMP '{end}' GROUP BY procedure_id
"""

#: Figures of each number: what the C-arm measured, and what is estimated.
_FIGURES = {"p_ka": 6, "ka_r": 6, "t": 6, "e_low": 2, "e": 2, "e_high": 2}
#: The statistics of the summary in the order of the answer, each with its figures.
_STATISTICS = {
    "p_ka_median_gycm2": 6,
    "p_ka_p75_gycm2": 6,
    "ka_r_median_mgy": 6,
    "fluoroscopy_time_median_s": 6,
    "fluoroscopy_time_p75_s": 6,
    "effective_dose_median_low_msv": 2,
    "effective_dose_median_msv": 2,
    "effective_dose_median_high_msv": 2,
}
_SAME = """
WITH judged AS (
    SELECT *, coalesce(p_ka_gycm2 / nullif(ka_r_mgy, 0) * 1000 NOT BETWEEN {smallest} AND {largest}, false)
                AND p_ka_gycm2 > 0 AS implausible
    FROM (SELECT *, CASE {ages} END AS age_group FROM rows)
    JOIN recognised USING ({told_by}, age_group)
    WHERE started >= TIMESTAMP '{start}' AND started < TIMESTAMP '{end}' AND kind <> 'radiography'
), numbers AS (
    SELECT procedure_id, implausible, certain,
           p_ka_gycm2 >= 0 AND fluoroscopy_time_s >= 0 AS whole,
           CASE WHEN certain AND NOT implausible THEN p_ka_gycm2 END AS p_ka,
           CASE WHEN certain AND NOT implausible THEN ka_r_mgy END AS ka_r,
           CASE WHEN certain THEN fluoroscopy_time_s END AS t,
           p_ka * k_low AS e_low, p_ka * k_central AS e, p_ka * k_high AS e_high
    FROM judged
), scaled AS (SELECT *, {scales} FROM numbers
), figures AS (SELECT procedure_id, implausible, certain, whole, {rounded} FROM scaled)
SELECT procedure_id, count(*), quantile_cont(p_ka, [0.5, 0.75]), quantile_cont(ka_r, 0.5),
       quantile_cont(t, [0.5, 0.75]), quantile_cont(e_low, 0.5), quantile_cont(e, 0.5), quantile_cont(e_high, 0.5),
       count(*) FILTER (implausible), count(*) FILTER (NOT certain), count(*) FILTER (whole), count(e)
FROM figures GROUP BY procedure_id
"""


def quantiles(when: Period, dataset: Path) -> Callable[[], int]:
    """The question as a call that gives the number of rows asked about."""
    connection = _opened(when, dataset)
    knowledge = load()
    classifier = Classifier(knowledge)
    connection.execute("CREATE TABLE names (study_description TEXT, procedure_id TEXT, region TEXT)")
    connection.execute(
        "CREATE TABLE factors (procedure_id TEXT, region TEXT, k_low DOUBLE, k_central DOUBLE, k_high DOUBLE)"
    )
    places = set()
    for (text,) in connection.execute("SELECT DISTINCT study_description FROM rows").fetchall():
        answer = classifier.classify(text)
        connection.execute("INSERT INTO names VALUES (?, ?, ?)", [text, answer.procedure_id, answer.region])
        places.add((answer.procedure_id, answer.region))
    for place in places:
        found = choose_coefficient(knowledge, *place, None)
        values = [found.low, found.central, found.high] if isinstance(found, Coefficient) else [None] * 3
        connection.execute("INSERT INTO factors VALUES (?, ?, ?, ?, ?)", [*place, *values])
    sql = _QUANTILES.format(start=when.start, end=when.end)
    return lambda: sum(row[1] for row in connection.execute(sql).fetchall())


def same(when: Period, dataset: Path) -> Callable[[], int]:
    """As :func:`quantiles`, of the whole question; the fluoroscopy cases of what is not suppressed.

    Raises
    ------
    ValueError
        When its answer is another than the audit's.
    """
    connection = _opened(when, dataset)
    knowledge = load()
    held_against = measures(knowledge)
    rows = measured(nw.from_native(connection.sql("SELECT * FROM rows")), held_against)
    counts = to_pandas(occurring(rows), whole_numbers=[*COUNTED, "age_group"])
    groups = recognised(counts, knowledge.policies["capacity_aware"], knowledge)
    tables = row_tables(groups, background(knowledge, "us_ncrp160"), knowledge)
    connection.register("known", tables.recognised)
    connection.execute("CREATE TABLE recognised AS SELECT * FROM known")
    steps = " ".join(f"WHEN age_years < {edge} THEN {number}" for number, edge in enumerate(held_against.age_edges))
    power = "pow(10.0::DOUBLE, {figures} - 1 - floor(log10({name})))"
    scales = (f"{power.format(figures=n, name=name)} AS {name}_scale" for name, n in _FIGURES.items())
    step = "CASE WHEN {name} > 0 THEN floor({name} * {name}_scale + 0.5000001::DOUBLE) / {name}_scale ELSE {name} END"
    smallest, largest = held_against.field_area_cm2
    sql = _SAME.format(
        start=when.start,
        end=when.end,
        smallest=smallest,
        largest=largest,
        told_by=", ".join(tables.told_by),
        ages=f"{steps} ELSE {len(held_against.age_edges)}",
        scales=", ".join(scales),
        rounded=", ".join(f"{step.format(name=name)} AS {name}" for name in _FIGURES),
    )
    _compare(connection.execute(sql).fetchall(), when, dataset, knowledge)
    return lambda: sum(row[1] for row in connection.execute(sql).fetchall())


def _compare(found: list[Any], when: Period, dataset: Path, knowledge: Knowledge) -> None:
    with open_engine("duckdb") as engine:
        procedures = engine.scan(Dataset(dataset).files(when.start, when.end))
        made = run(procedures, period=when, knowledge=knowledge, native=engine.native, groups_only=True)
    theirs = {row[0]: row for row in found}
    for ours in made.summary.to_dict("records"):
        row = theirs[ours["procedure_id"]]
        answers = (*row[2], row[3], *row[4], *row[5:8])
        for (name, figures), other in zip(_STATISTICS.items(), answers, strict=True):
            mine = ours[name]
            if not pd.isna(mine) and (other is None or mine != significant(other, figures)):
                raise ValueError(f"{name} of {ours['procedure_id']}: {mine} by the audit, {other} by hand")
        if not pd.isna(ours["n_effective_dose"]) and ours["n_effective_dose"] != row[11]:
            raise ValueError(
                f"effective doses of {ours['procedure_id']}: {ours['n_effective_dose']}, by hand {row[11]}"
            )
    procedures = sum(row[1] for row in found)
    uncertain = sum(row[9] for row in found if row[0] != UNCLASSIFIED)
    counts = {
        "procedures": (made.headline.procedures, procedures),
        "implausible": (made.headline.implausible.count, sum(row[8] for row in found)),
        "low confidence": (made.headline.low_confidence.count, uncertain),
        "incomplete": (made.headline.incomplete.count, procedures - sum(row[10] for row in found)),
    }
    for name, (mine, other) in counts.items():
        if mine != other:
            raise ValueError(f"{name}: {mine} by the audit, {other} by hand")


def _opened(when: Period, dataset: Path) -> Any:
    connection = duckdb.connect()
    files = [str(file) for file in Dataset(dataset).files(when.start, when.end)]
    connection.read_parquet(files, hive_partitioning=False).create_view("rows")
    return connection
