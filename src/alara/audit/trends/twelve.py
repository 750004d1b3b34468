"""Cases of twelve months → :class:`Trends`: what the page's section of that name shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType

import pandas as pd

from alara.audit.figures import rounded_table
from alara.audit.period import Period
from alara.audit.run import Audit
from alara.audit.trends.funnel import FUNNEL_COLUMNS, funnel
from alara.audit.trends.levels import LEVEL_COLUMNS, levels
from alara.audit.trends.operators import Operators, by_operator
from alara.audit.trends.rules import Rules
from alara.audit.trends.run_chart import MONTH_COLUMNS, Limits, limits, monthly
from alara.audit.trends.window import comparable_year, first_day
from alara.knowledge import Knowledge

__all__ = ["Trends", "trends", "trends_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trends:
    """Levels, months and units of twelve months; ``charts`` and ``outside`` are by procedure id.

    ``charts`` holds the limits of procedures whose last month with five cases is
    that of the audit; ``outside`` those whose month is beyond them. Where
    ``history_read`` is false, the months before the period were not asked for.
    ``operators`` is ``None`` where they are not told apart.
    """

    first_day: date | None = None
    history_read: bool = True
    levels: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(LEVEL_COLUMNS)))
    months: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(MONTH_COLUMNS)))
    charts: Mapping[str, Limits] = field(default_factory=lambda: MappingProxyType({}))
    outside: tuple[str, ...] = ()
    units: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(FUNNEL_COLUMNS)))
    operators: Operators | None = None


def trends_of(
    audit: Audit,
    earlier: pd.DataFrame | None,
    knowledge: Knowledge,
    operators: Mapping[str, Sequence[str]] | None = None,
) -> Trends:
    """The trends of an audit; ``earlier`` are audited cases of the eleven months before; ``None`` when not read.

    ``operators`` are the codes of each case by its id; ``None`` where they are not told apart.
    """
    cases = audit.cases if earlier is None or earlier.empty else pd.concat([earlier, audit.cases])
    return replace(trends(cases, audit.period, Rules.of(knowledge), operators), history_read=earlier is not None)


def trends(
    cases: pd.DataFrame, period: Period, rules: Rules, operators: Mapping[str, Sequence[str]] | None = None
) -> Trends:
    """What the twelve months that end with the period say; cases outside of them do not count."""
    year = comparable_year(cases, period)
    months = monthly(year, small_group=rules.small_group)
    last = f"{period.end - pd.Timedelta(days=1):%Y-%m}"
    charts = limits(
        {
            str(name): group["p_ka_median_gycm2"].tolist()
            for name, group in months.groupby("procedure_id")
            if group["month"].iloc[-1] == last
        },
        rules,
    )
    return Trends(
        first_day=first_day(period),
        levels=rounded_table(levels(year, period, small_group=rules.small_group, enough=rules.enough)),
        months=rounded_table(months),
        charts=MappingProxyType(charts),
        outside=tuple(name for name, one in charts.items() if one.outside),
        units=funnel(year, rules),
        operators=None if operators is None else by_operator(year, operators, rules),
    )
