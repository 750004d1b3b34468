"""The columns of ``insights.csv``, ``devices.csv`` and ``operators.csv``: rows of the one table of columns."""

from __future__ import annotations

from alara.report.columns import Column, Kind

__all__ = ["DEVICES", "INSIGHTS", "OPERATORS"]


def _text(name: str, meaning: str) -> Column:
    return Column(name, Kind.TEXT, meaning)


def _count(name: str, meaning: str, unit: str = "1") -> Column:
    return Column(name, Kind.INTEGER, meaning, unit)


def _number(name: str, unit: str, meaning: str) -> Column:
    return Column(name, Kind.NUMBER, meaning, unit)


INSIGHTS: tuple[Column, ...] = (
    _count("order", "Place in the order in which to do something about it; 1 is first."),
    _text("code", "What kind of thing it is: docs/methods/standing-out.md and levers.md explain each."),
    _text("subject", "Procedure, X-ray unit, operator code or quirk that it is about; empty for the whole period."),
    _text("what", "What stands out, in one sentence."),
    Column("number", Kind.NUMBER, "Its number, in the unit of the next column; empty where a group is too small."),
    _text("unit", "Unit of the number in UCUM; 1 for a count."),
    _count("of", "Procedures that the number is of; empty where it is of none, or of fewer than five."),
    _text("model", "How the number comes about; for an estimate, what it assumes."),
    _text("cites", "References, by id; the page lists them."),
    _text(
        "status",
        "The weakest status of these: seen, derived, second_hand, recalled, title_only, starting_document or proposal.",
    ),
    _text("action", "What to do next."),
    _text("cases", "Cases that it is about, by id, where it is about single ones."),
)

DEVICES: tuple[Column, ...] = (
    _text("device", "The X-ray unit: make, model and station."),
    _count("n", "Fluoroscopy procedures of the period; empty when fewer than five, but 0 where there was none."),
    _number("pulse_rate_median_per_s", "/s", "Median pulse rate of its procedures, each weighted by duration."),
    _number("field_area_median_cm2", "cm2", "Median of P_KA divided by K_a,r."),
    _number("p_ka_rate_median_gycm2_per_s", "Gy.cm2/s", "Median of P_KA per second of fluoroscopy."),
    _number("continuous_share", "1", "Mean share of continuous fluoroscopy in the time whose mode is stated."),
    _count("n_implausible", "Procedures whose P_KA and K_a,r do not fit together."),
    _count("n_quirks", "Procedures in which a habit of the make was mended."),
    _text("quirks", "These habits, as ids."),
    _count("silent_days", "Days without an irradiation at the end of the data, where that is unusual.", "d"),
    _count("usual_days", "Its usual longest gap in days.", "d"),
    Column("suppressed", Kind.FLAG, "yes where fewer than five procedures would show single people."),
)

OPERATORS: tuple[Column, ...] = (
    _text("operator", "Keyed code of who administered the irradiation; rows stand in the order of the codes."),
    _count("n", "Counted cases of twelve months that name this operator alone; none is shown with fewer than five."),
    _count("n_above", "Of these, above the 75th percentile of P_KA of their own procedure."),
    _number("share", "1", "n_above divided by n."),
    _number("expected", "1", "Mean share above among all cases of the same procedures on the same X-ray units."),
    _number("low", "1", "Lower limit of the share that chance alone gives for as many cases."),
    _number("high", "1", "Upper limit of the share that chance alone gives for as many cases."),
    _text(
        "outside",
        "above or below where the share is outside low to high, which chance alone rarely makes it; else empty.",
    ),
)
