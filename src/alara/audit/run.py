"""Procedures of a period → :class:`Audit`: cases, summary, headline and what they rest on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from types import MappingProxyType
from typing import Any

import narwhals as nw
import pandas as pd

from alara._version import __version__
from alara.audit.classify import UNCLASSIFIED
from alara.audit.dose import background as background_level
from alara.audit.figures import rounded
from alara.audit.frames import COUNTS
from alara.audit.groups import summary_rows
from alara.audit.headline import headline_counts
from alara.audit.native import Native, as_is, to_pandas
from alara.audit.period import Period
from alara.audit.rows import CASE_COLUMNS, DESCRIPTION_COLUMNS, audited_rows
from alara.audit.skin import alarms
from alara.audit.tables import cited_by, row_tables
from alara.audit.ultrasound import policy as policy_of
from alara.knowledge import Background, Knowledge, Reference, Status
from alara.words import counted

__all__ = ["Audit", "Headline", "Share", "run"]


@dataclass(frozen=True, slots=True)
class Share:
    """A count, and of how many."""

    count: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The numbers that come first, each with its denominator.

    ``procedures`` are the fluoroscopy procedures; radiography is counted apart and
    in nothing else. ``alternative`` is, for each policy, the procedures for which it
    grades ultrasound an alternative, contested ones among them, of those classified.
    ``contested_by_policy`` are these contested ones. ``contested`` and ``uncontested``
    part the number of the chosen policy; ``awaiting_sign_off`` are those uncontested
    ones whose grade is a proposal. ``implausible`` are the procedures whose P_KA and
    K_a,r do not fit together; nothing is estimated for them. ``substantial`` are
    those that reach a threshold of substantial dose.
    """

    procedures: int
    radiography: int
    not_classified: Share
    low_confidence: Share
    incomplete: Share
    implausible: Share
    substantial: Share
    dose_estimated: Share
    alternative: Mapping[str, Share]
    contested_by_policy: Mapping[str, Share]
    contested: Share
    uncontested: Share
    awaiting_sign_off: Share


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
        engine (DuckDB, Spark), which then does the work.
    policy, background
        Ids of the knowledge.
    native
        Brings a small pandas frame to the engine of ``procedures``.
    groups_only
        Leave ``cases`` empty, so that no single procedure is taken out of the engine.

    Raises
    ------
    UsageError
        When the policy or the background level is not in the knowledge.
    """
    chosen, level = policy_of(knowledge, policy), background_level(knowledge, background)
    rows = nw.from_native(procedures).filter(_within(period))
    tables = row_tables(_descriptions(rows), chosen, level, knowledge, native)
    audited = audited_rows(rows, tables)
    cases = _cases(rounded(audited)) if not groups_only else pd.DataFrame(columns=list(CASE_COLUMNS))
    grades = {name: entry.alternative_grades for name, entry in knowledge.policies.items()}
    small_group = int(knowledge.thresholds["small_group"].value)
    summary = to_pandas(rounded(summary_rows(audited, tables.review, grades, small_group, level.annual_msv)))
    counts = to_pandas(headline_counts(audited, tables.review, grades, _proposals(knowledge)))
    cites = cited_by(counts["procedure_id"].unique(), counts["coefficient_id"].unique(), knowledge)
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
        headline=_headline(counts, list(grades)),
        references=knowledge.cited([*cites, *level.cites, *policy_cites, *skin_cites]),
    )


def _within(period: Period) -> nw.Expr:
    start, end = (datetime.combine(day, time()) for day in (period.start, period.end))
    return (nw.col("started") >= nw.lit(start)) & (nw.col("started") < nw.lit(end))


def _descriptions(rows: Any) -> pd.DataFrame:
    """The distinct descriptions of each kind, so that each is classified once however often it occurs."""
    columns = [*DESCRIPTION_COLUMNS, "kind"]
    texts = rows.select(*(nw.col(name).fill_null("") for name in columns)).group_by(columns).agg(nw.len().alias("n"))
    return to_pandas(texts.select(columns)).sort_values(columns, ignore_index=True)


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


def _headline(counts: pd.DataFrame, policies: list[str]) -> Headline:
    n = {str(name): int(count) for name, count in counts.drop(columns=["procedure_id", "coefficient_id"]).sum().items()}
    procedures, classified = n["fluoroscopy"], n["classified"]
    return Headline(
        procedures=procedures,
        radiography=n["radiography"],
        not_classified=Share(procedures - classified, procedures),
        low_confidence=Share(n["low_confidence"], classified),
        incomplete=Share(n["incomplete"], procedures),
        implausible=Share(n["implausible"], procedures),
        substantial=Share(n["substantial"], procedures),
        dose_estimated=Share(n["dose_estimated"], procedures),
        alternative=MappingProxyType({name: Share(n[f"alternative_{name}"], classified) for name in policies}),
        contested_by_policy=MappingProxyType(
            {name: Share(n[f"contested_{name}"], n[f"alternative_{name}"]) for name in policies}
        ),
        contested=Share(n["contested"], classified),
        uncontested=Share(n["uncontested"], classified),
        awaiting_sign_off=Share(n["awaiting_sign_off"], n["uncontested"]),
    )
