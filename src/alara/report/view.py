"""An audit in the words and numbers that the page shows: values in, texts out, no markup.

Everything that the page says of a period is made in the modules named here and
tested there; the templates only put it in its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import narwhals as nw
import pandas as pd

from alara.audit import Audit, Headline, comparable, review_rows
from alara.audit.standing_out import stand_out
from alara.audit.trends import Rules, trends_of
from alara.knowledge import Knowledge
from alara.report import (
    charts,
    contested,
    filters,
    levels,
    methods,
    numbers,
    quality,
    review,
    reviewed,
    rows,
    scatter,
    standing_out,
)
from alara.report.beside import NOTHING, Beside
from alara.report.methods import Cited
from alara.report.over_time import OverTime, over_time
from alara.report.plan_view import PlanView, plan_view
from alara.report.quality import Tally
from alara.report.reasons import Reasons, reasons
from alara.report.sentences import awaiting, implausible, period_words, substantial, unknown, verdict

__all__ = ["View", "build"]

#: Texts that fit no procedure, shown: the most frequent are worth a rule, the rest are in procedures.csv.
UNMATCHED = 15


@dataclass(frozen=True, slots=True)
class PolicyBar:
    """How many of the classified procedures have an alternative under one policy, and the lengths of its bar.

    ``count`` is without the ``contested`` ones, which its bar is continued by.
    """

    name: str
    count: int
    contested: int
    of: int
    width: float
    contested_width: float
    chosen: bool


@dataclass(frozen=True, slots=True)
class Quality:
    """What must be known of the data before it is trusted; ``summary`` says it in one line."""

    summary: str
    bases: tuple[tuple[str, tuple[Tally, ...]], ...]
    findings: tuple[Tally, ...]
    quirks: tuple[Tally, ...]
    unmatched: tuple[Tally, ...]
    unmatched_left_out: int


@dataclass(frozen=True, slots=True)
class RestsOn:
    """What the numbers rest on."""

    policies: tuple[Cited, ...]
    coefficients: tuple[Cited, ...]
    background: Cited
    references: tuple[Cited, ...]
    versions: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class View:
    """All that the page shows."""

    site: str
    period: str
    first_day: str
    last_day: str
    verdict: str
    awaiting: str
    implausible: str
    substantial: str
    unknown: str
    headline: Headline
    policy_bars: tuple[PolicyBar, ...]
    chosen: PolicyBar
    alternatives: review.Review
    contested_cases: review.Review
    reasons: Reasons
    contested: tuple[contested.Contested, ...]
    rows: tuple[rows.Row, ...]
    boxes: charts.BoxChart
    doses: charts.RangeChart
    plan: PlanView | None
    reviewed: reviewed.Reviewed
    levels: tuple[levels.Level, ...]
    scatter: scatter.Scatter
    filters: filters.Filters
    over_time: OverTime
    standing_out: standing_out.Shown
    quality: Quality
    rests_on: RestsOn


def build(audit: Audit, knowledge: Knowledge, digests: Sequence[tuple[str, str]], beside: Beside = NOTHING) -> View:
    """The view of an audit and of what is beside it; ``digests`` are names and SHA-256 of the files of both."""
    cases, summary, plan = audit.cases, audit.summary, beside.plan
    fluoroscopy = cases[cases["kind"] != "radiography"]
    bars = _policy_bars(audit, knowledge)
    chosen = next(bar for bar in bars if bar.chosen)
    names = {entry.id: entry.name for entry in knowledge.policies.values()}
    statistical = nw.to_native(comparable(nw.from_native(fluoroscopy)))
    shown = rows.shown_names(summary)
    published = levels.levels(shown, knowledge)
    with_p_ka = summary.loc[summary["p_ka_median_gycm2"].notna(), "procedure_id"]
    of_levels = [name for level in published for name in level.cites]
    standing = beside.standing_out or stand_out(audit, knowledge)
    of_standing = [name for each in standing.insights for name in each.cites]
    of_plan = [entry.id for entry in plan.references] if plan else []
    return View(
        site=audit.site,
        period=period_words(audit.period),
        first_day=audit.period.start.isoformat(),
        last_day=(audit.period.end - timedelta(days=1)).isoformat(),
        verdict=verdict(audit, chosen.name),
        awaiting=awaiting(audit),
        implausible=implausible(audit),
        substantial=substantial(audit),
        unknown=unknown(audit),
        headline=audit.headline,
        policy_bars=bars,
        chosen=chosen,
        alternatives=review.review(cases, "alternative exists", names, knowledge.us_reasons, audit.background),
        contested_cases=review.review(cases, "contested", names, knowledge.us_reasons, audit.background),
        reasons=reasons(cases, knowledge),
        contested=tuple(contested.contested(fluoroscopy, summary, knowledge)),
        rows=tuple(rows.rows(summary, list(knowledge.policies))),
        boxes=charts.p_ka_boxes(statistical, with_p_ka, published),
        doses=rows.dose_chart(summary),
        levels=published,
        scatter=scatter.scatter(statistical, shown),
        filters=filters.filters(fluoroscopy),
        plan=plan_view(plan) if plan else None,
        reviewed=reviewed.reviewed(review_rows(cases, {}) if beside.reviews is None else beside.reviews),
        over_time=over_time(beside.trends or trends_of(audit, None, knowledge), audit.period, Rules.of(knowledge)),
        standing_out=standing_out.shown(standing),
        quality=_quality(cases),
        rests_on=_rests_on(audit, knowledge, digests, [*of_levels, *of_plan, *of_standing]),
    )


def _policy_bars(audit: Audit, knowledge: Knowledge) -> tuple[PolicyBar, ...]:
    headline = audit.headline

    def bar(name: str, contested: int, count: int, of: int) -> PolicyBar:
        widths = numbers.width(count, of), numbers.width(contested, of)
        return PolicyBar(knowledge.policies[name].name, count, contested, of, *widths, chosen=name == audit.policy)

    return tuple(
        bar(name, (disputed := headline.contested_by_policy[name].count), share.count - disputed, share.of)
        for name, share in headline.alternative.items()
    )


def _quality(cases: pd.DataFrame) -> Quality:
    unmatched = quality.unmatched(cases)
    return Quality(
        summary=quality.summary(cases),
        bases=tuple(quality.bases(cases)),
        findings=quality.findings(cases),
        quirks=quality.quirks(cases),
        unmatched=unmatched[:UNMATCHED],
        unmatched_left_out=sum(tally.n for tally in unmatched[UNMATCHED:]),
    )


def _rests_on(audit: Audit, knowledge: Knowledge, digests: Sequence[tuple[str, str]], more: Sequence[str]) -> RestsOn:
    cites = {entry.id for entry in audit.references}.union(more)
    return RestsOn(
        policies=tuple(methods.policy(each) for each in knowledge.policies.values()),
        coefficients=tuple(methods.coefficients(audit.cases, knowledge)),
        background=methods.background(audit),
        references=tuple(methods.references(knowledge.cited(cites))),
        versions=(*methods.versions(audit), *digests),
    )
