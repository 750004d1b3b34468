"""What twelve months say, as insights: a month beyond its limits, a unit or an operator apart from the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from alara.audit.figures import significant
from alara.audit.standing_out.insight import Insight, Kind
from alara.audit.trends import Trends
from alara.knowledge import Knowledge

__all__ = ["months_beyond", "operators_apart", "units_apart"]

_FIGURES = 3


def months_beyond(trends: Trends, names: Mapping[str, str], knowledge: Knowledge) -> Iterator[Insight]:
    """Procedures whose month is beyond the limits that the months before it set."""
    deviations, family = knowledge.thresholds["run_chart_deviations"], knowledge.thresholds["family_error"]
    for name in trends.outside:
        last = trends.months[trends.months["procedure_id"] == name].iloc[-1]
        low, high, median = (
            significant(value, _FIGURES)
            for value in (trends.charts[name].low, trends.charts[name].high, float(last["p_ka_median_gycm2"]))
        )
        side = "above" if median > high else "below"
        yield Insight(
            kind=Kind.MONTH_BEYOND,
            subject=name,
            what=f"{names[name]}: the median P_KA of {last['month']} is {median:g} Gy·cm², {side} the limits of"
            f" {low:g} to {high:g} that the months before it set.",
            number=median,
            unit="Gy.cm2",
            of=int(last["n"]),
            model=f"XmR chart of ln monthly medians, {deviations.value:g} standard deviations;"
            f" Holm at {family.value:g} over all procedures",
            cites=(*deviations.cites, *family.cites),
            action="Ask what changed that month: unit, protocol, software, mix of patients.",
        )


def units_apart(trends: Trends, knowledge: Knowledge) -> Iterator[Insight]:
    """Units whose share of high cases differs from the others' by more than chance explains."""
    tail, family = knowledge.thresholds["funnel_tail"], knowledge.thresholds["family_error"]
    for unit in trends.units[trends.units["outside"] != ""].to_dict("records"):
        yield Insight(
            kind=Kind.UNIT_APART,
            subject=str(unit["group"]),
            what=f"{unit['group']}: {unit['share']:.0%} of its {unit['n']:,} cases of twelve months lie above the 75th"
            f" percentile of their procedure, where a unit of this size has {unit['low']:.0%} to {unit['high']:.0%}.",
            number=significant(100.0 * unit["share"], _FIGURES),
            unit="%",
            of=int(unit["n"]),
            model=f"exact binomial, limits with {tail.value:.1%} on each side; Holm at {family.value:g} over all units",
            cites=(*tail.cites, *family.cites),
            action="Look at the calibration of its display and at its mix of patients first.",
        )


def operators_apart(trends: Trends, knowledge: Knowledge) -> Iterator[Insight]:
    """Operators whose share of high cases is outside what chance alone explains, where they are told apart."""
    if trends.operators is None:
        return
    tail, family = knowledge.thresholds["funnel_tail"], knowledge.thresholds["family_error"]
    rows = trends.operators.rows
    for one in rows[rows["outside"] != ""].to_dict("records"):
        yield Insight(
            kind=Kind.OPERATOR_APART,
            subject=str(one["group"]),
            what=f"{one['group']}: {one['share']:.0%} of {one['n']:,} cases of twelve months lie above the 75th"
            f" percentile of their procedure, outside the {one['low']:.0%} to {one['high']:.0%} that chance alone"
            " explains for as many on the same units.",
            number=significant(100.0 * one["share"], _FIGURES),
            unit="%",
            of=int(one["n"]),
            model="exact binomial against the same procedure on the same unit, limits with"
            f" {tail.value:.1%} on each side; Holm at {family.value:g} over all operators",
            cites=(*tail.cites, *family.cites),
            action="Ask for what could explain it: patients' size, levels and sides within a procedure, teaching,"
            " the unit's settings. It is no measure of anybody's work.",
        )
