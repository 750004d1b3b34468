"""Procedures of a period → :class:`Audit`: cases, summary, headline and what they rest on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import narwhals as nw
import pandas as pd

from alara._version import __version__
from alara.audit.classify import UNCLASSIFIED
from alara.audit.dose import NotEstimated
from alara.audit.dose import background as background_level
from alara.audit.figures import rounded
from alara.audit.groups import summary_rows
from alara.audit.period import Period
from alara.audit.rows import audited_rows
from alara.audit.skin import alarms
from alara.audit.tables import cited_by, row_tables
from alara.audit.trends import NO_TRENDS, Trends, first_day, trends
from alara.audit.ultrasound import UsReview
from alara.audit.ultrasound import policy as policy_of
from alara.knowledge import Background, Knowledge, Policy, Reference, Status

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


@dataclass(frozen=True, slots=True, kw_only=True)
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
    trends: Trends = NO_TRENDS
    version: str = __version__


def run(
    procedures: pd.DataFrame,
    *,
    period: Period,
    knowledge: Knowledge,
    policy: str = "capacity_aware",
    background: str = "us_ncrp160",
    site: str = "",
    earlier: pd.DataFrame | None = None,
) -> Audit:
    """Audit the procedures that started in a period.

    Parameters
    ----------
    procedures
        One row a procedure, with the columns of ``Store.procedures``.
    policy, background
        Ids of the knowledge.
    earlier
        Procedures of the same columns from before the period, as far back as its
        twelve months go: they are in ``trends`` and in nothing else.

    Raises
    ------
    UsageError
        When the policy or the background level is not in the knowledge.
    """
    chosen, level = policy_of(knowledge, policy), background_level(knowledge, background)
    year = _cases(_within_reach(procedures, earlier, period), chosen, level, knowledge)
    cases = year[year["started"] >= pd.Timestamp(period.start)].reset_index(drop=True)
    grades = {name: entry.alternative_grades for name, entry in knowledge.policies.items()}
    small_group, enough = (int(knowledge.thresholds[name].value) for name in ("small_group", "reference_level_cases"))
    summary = nw.to_native(summary_rows(nw.from_native(cases), grades, small_group, level.annual_msv))
    cites = cited_by(cases["procedure_id"].unique(), cases["coefficient_id"].unique(), knowledge)
    policy_cites = [name for entry in knowledge.policies.values() for name in entry.cites]
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
        headline=_headline(cases, knowledge),
        references=knowledge.cited([*cites, *level.cites, *policy_cites, *skin_cites]),
        trends=trends(year, period, small_group=small_group, enough=enough),
    )


def _cases(procedures: pd.DataFrame, chosen: Policy, level: Background, knowledge: Knowledge) -> pd.DataFrame:
    tables = row_tables(procedures, chosen, level, knowledge)
    cases: pd.DataFrame = nw.to_native(audited_rows(nw.from_native(procedures), tables))
    return rounded(cases.sort_values(["started", "case_id"], ignore_index=True))


def _within_reach(procedures: pd.DataFrame, earlier: pd.DataFrame | None, period: Period) -> pd.DataFrame:
    """The period's procedures, and of the earlier ones those of its twelve months: nothing counts twice."""
    own = procedures[procedures["started"].between(*_bounds(period), inclusive="left")]
    if earlier is None:
        return own
    window = pd.Timestamp(first_day(period)), pd.Timestamp(period.start)
    before = earlier[earlier["started"].between(*window, inclusive="left")]
    return pd.concat([before, own]) if len(before) else own


def _bounds(period: Period) -> tuple[pd.Timestamp, pd.Timestamp]:
    return pd.Timestamp(period.start), pd.Timestamp(period.end)


def _ordered(summary: pd.DataFrame) -> pd.DataFrame:
    """By procedure id, the unclassified last; counts as whole numbers that may be empty."""
    last = summary["procedure_id"] == UNCLASSIFIED
    ordered = summary.assign(_last=last).sort_values(["_last", "procedure_id"], ignore_index=True)
    counts = [name for name in summary.columns if name == "n" or name.startswith("n_")]
    return rounded(ordered.drop(columns="_last").astype(dict.fromkeys(counts, "Int64")))


def _headline(cases: pd.DataFrame, knowledge: Knowledge) -> Headline:
    fluoroscopy = cases[cases["kind"] != "radiography"]
    classified = fluoroscopy[fluoroscopy["procedure_id"] != UNCLASSIFIED]
    procedures = len(fluoroscopy)

    def among(mask: pd.Series, of: int) -> Share:
        return Share(int(mask.sum()), of)

    graded = {
        name: classified[f"grade_{name}"].isin(entry.alternative_grades) for name, entry in knowledge.policies.items()
    }
    disputed = classified["contested"] == "yes"
    uncontested = classified["us_review"] == UsReview.ALTERNATIVE
    proposals = [entry.id for entry in knowledge.procedures.values() if entry.status is Status.PROPOSAL]
    implausible = fluoroscopy["coefficient_status"] == NotEstimated.IMPLAUSIBLE
    return Headline(
        procedures=procedures,
        radiography=len(cases) - procedures,
        not_classified=Share(procedures - len(classified), procedures),
        low_confidence=among(classified["match_confidence"] == "low", len(classified)),
        incomplete=among(fluoroscopy["complete"] == "no", procedures),
        implausible=among(implausible, procedures),
        substantial=among(fluoroscopy["substantial_dose"] != "", procedures),
        dose_estimated=among(fluoroscopy["effective_dose_msv"].notna(), procedures),
        alternative=MappingProxyType({name: among(mask, len(classified)) for name, mask in graded.items()}),
        contested_by_policy=MappingProxyType(
            {name: among(mask & disputed, int(mask.sum())) for name, mask in graded.items()}
        ),
        contested=among(classified["us_review"] == UsReview.CONTESTED, len(classified)),
        uncontested=among(uncontested, len(classified)),
        awaiting_sign_off=among(uncontested & classified["procedure_id"].isin(proposals), int(uncontested.sum())),
    )
