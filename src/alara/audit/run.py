"""Procedures of a period → :class:`Audit`: cases, summary, headline and what they rest on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

import narwhals as nw
import pandas as pd

from alara._version import __version__
from alara.audit.answers import UNCLASSIFIED
from alara.audit.dose import background as background_level
from alara.audit.figures import rounded
from alara.audit.frames import COUNTS
from alara.audit.groups import summary_rows
from alara.audit.headline import Headline, Share, headline
from alara.audit.measured import COUNTED, OCCURRING, TEXTS, Measures, measured, measures, occurring, with_texts
from alara.audit.native import Native, as_is, to_pandas
from alara.audit.period import Period
from alara.audit.rows import CASE_COLUMNS, case_rows, estimated_rows
from alara.audit.skin import alarms
from alara.audit.tables import cited_by, recognised, row_tables
from alara.audit.ultrasound import policy as policy_of
from alara.knowledge import Background, Knowledge, Reference, Status
from alara.words import counted

__all__ = ["Audit", "Headline", "Share", "run"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Audit:
    """A period's audit; the same procedures in any order make the same one."""

    period: Period
    site: str
    policy: str
    background: Background
    knowledge_digest: str
    cases: pd.DataFrame
    summary: pd.DataFrame
    headline: Headline
    references: tuple[Reference, ...]
    version: str = __version__

    def __repr__(self) -> str:
        """Short, since a notebook prints it: what was audited, and the first of the counts; frames have their own."""
        head = self.headline
        site = f" at {self.site}" if self.site else ""
        return (
            f"<Audit of {self.period.label}{site} under {self.policy}: {counted(head.procedures, 'procedure')}, "
            f"an ultrasound alternative for {head.uncontested.count:,} of {head.uncontested.of:,} classified, "
            f"{head.contested.count:,} contested; {head.not_classified.count:,} not classified, "
            f"{head.incomplete.count:,} incomplete, {head.implausible.count:,} implausible>"
        )


def run(
    procedures: Any,
    *,
    period: Period,
    knowledge: Knowledge,
    policy: str = "capacity_aware",
    background: str = "us_ncrp160",
    site: str = "",
    native: Native = as_is,
    groups_only: bool = False,
) -> Audit:
    """Audit the procedures that started in a period.

    Parameters
    ----------
    procedures
        One row a procedure, with the columns of ``Store.procedures``: a pandas frame, or a lazy one of another
        engine (DuckDB, Spark), which then does the work. A missing number is null there, and none is NaN or negative.
    policy, background
        Ids of the knowledge.
    native
        Brings a small pandas frame to the engine of ``procedures``.
    groups_only
        Leave ``cases`` empty: what comes out of the engine are the distinct descriptions with their counts, and the
        groups.

    Raises
    ------
    UsageError
        When the policy or the background level is not in the knowledge.
    """
    chosen, level = policy_of(knowledge, policy), background_level(knowledge, background)
    rows, found = _occurring(nw.from_native(procedures).filter(_within(period)), measures(knowledge))
    groups = recognised(found.sort_values(list(OCCURRING), ignore_index=True), chosen, knowledge)
    tables = row_tables(groups, level, knowledge, native)
    estimated = estimated_rows(rows, tables)
    cases = pd.DataFrame(columns=list(CASE_COLUMNS)) if groups_only else _cases(rounded(case_rows(estimated, tables)))
    grades = {name: entry.alternative_grades for name, entry in knowledge.policies.items()}
    small_group = int(knowledge.thresholds["small_group"].value)
    summary = summary_rows(estimated, groups, grades, small_group, level.annual_msv)
    cites = cited_by(groups["procedure_id"].unique(), _used(groups), knowledge)
    policy_cites = [name for entry in knowledge.policies.values() for name in entry.cites]
    policy_cites += [name for entry in knowledge.us_reasons.values() for name in entry.cites]
    skin_cites = [name for entry in knowledge.skin_dose_factors.values() for name in entry.cites]
    skin_cites += [name for alarm in alarms(knowledge) for name in alarm.threshold.cites]
    return Audit(
        period=period,
        site=site,
        policy=chosen.id,
        background=level,
        knowledge_digest=knowledge.digest,
        cases=cases,
        summary=_ordered(summary),
        headline=headline(groups, grades, _proposals(knowledge)),
        references=knowledge.cited([*cites, *level.cites, *policy_cites, *skin_cites]),
    )


def _within(period: Period) -> nw.Expr:
    start, end = (datetime.combine(day, time()) for day in (period.start, period.end))
    return (nw.col("started") >= nw.lit(start)) & (nw.col("started") < nw.lit(end))


def _occurring(procedures: Any, held_against: Measures) -> tuple[Any, pd.DataFrame]:
    """The measured rows and what occurs among them; texts are filled in only where one is missing."""
    rows = measured(procedures, held_against)
    found = to_pandas(occurring(rows), whole_numbers=[*COUNTED, "age_group"])
    if not found[list(TEXTS)].isna().any(axis=None):
        return rows, found
    rows = measured(with_texts(procedures), held_against)
    return rows, to_pandas(occurring(rows), whole_numbers=[*COUNTED, "age_group"])


def _cases(audited: Any) -> pd.DataFrame:
    cases = to_pandas(audited, whole_numbers=COUNTS)
    return cases.sort_values(["started", "case_id"], ignore_index=True)


def _ordered(summary: pd.DataFrame) -> pd.DataFrame:
    """By procedure id, the unclassified last; counts as whole numbers that may be empty."""
    last = summary["procedure_id"] == UNCLASSIFIED
    ordered = summary.assign(_last=last).sort_values(["_last", "procedure_id"], ignore_index=True)
    counts = [name for name in summary.columns if name == "n" or name.startswith("n_")]
    return ordered.drop(columns="_last").astype(dict.fromkeys(counts, "Int64"))


def _proposals(knowledge: Knowledge) -> list[str]:
    return [entry.id for entry in knowledge.procedures.values() if entry.status is Status.PROPOSAL]


def _used(groups: pd.DataFrame) -> Iterable[str]:
    """The coefficients that an effective dose comes from."""
    return groups.loc[(groups["k_central"] >= 0) & (groups["measurable"] > 0), "coefficient_id"].unique()
