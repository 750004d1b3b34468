"""What twelve months say beside one: levels, run charts with limits, funnels by X-ray unit and by operator."""

from __future__ import annotations

from alara.audit.trends.funnel import FUNNEL_COLUMNS, binomial_limits, funnel
from alara.audit.trends.levels import LEVEL_COLUMNS, levels
from alara.audit.trends.operators import Operators, by_operator
from alara.audit.trends.rules import Rules
from alara.audit.trends.run_chart import MONTH_COLUMNS, Limits, limits, monthly
from alara.audit.trends.student import student_limit
from alara.audit.trends.twelve import Trends, trends, trends_of
from alara.audit.trends.window import comparable_year, first_day

__all__ = [
    "FUNNEL_COLUMNS",
    "LEVEL_COLUMNS",
    "MONTH_COLUMNS",
    "Limits",
    "Operators",
    "Rules",
    "Trends",
    "binomial_limits",
    "by_operator",
    "comparable_year",
    "first_day",
    "funnel",
    "levels",
    "limits",
    "monthly",
    "student_limit",
    "trends",
    "trends_of",
]
