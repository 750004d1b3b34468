"""The columns of ``plan.csv``, in the table's own form (:mod:`alara.report.columns`)."""

from __future__ import annotations

from alara.report.columns import Column, Kind

__all__ = ["PERSON_MSV", "PLAN"]

#: Effective dose summed over people, in UCUM.
PERSON_MSV = "{person}.mSv"


def _text(name: str, meaning: str) -> Column:
    return Column(name, Kind.TEXT, meaning)


def _count(name: str, meaning: str) -> Column:
    return Column(name, Kind.INTEGER, meaning, unit="1")


def _number(name: str, unit: str, meaning: str) -> Column:
    return Column(name, Kind.NUMBER, meaning, unit)


PLAN: tuple[Column, ...] = (
    _count("place", "Place in the order of routing: 1 is the group whose slot averts most."),
    _text("route", "Whether all, some or none of the group get a slot of ultrasound in the plan."),
    _text("procedure_id", "Procedure in the catalogue."),
    _text("procedure_name", "Name of that procedure."),
    _text("zone", "Where in the body: central or appendicular."),
    Column(
        "contested", Kind.FLAG, "Whether the policies grade the procedure differently and both sides have a source."
    ),
    _text("age_band", "Age of the patients, as in procedures.csv; empty when unknown."),
    _text("sex", "Sex of the patients, as in procedures.csv."),
    _count("n", "Cases of the group in the period; empty, as what follows from it, when fewer than five."),
    _count("n_routed", "Of these, with a slot in the plan."),
    _count("n_routed_first_come", "Of these, with a slot when who comes first is served first."),
    _count("n_routed_young_central", "Of these, with a slot when the young with central targets come first."),
    _count("slots", "Slots that a case takes: the minutes of the procedure by those of a slot, rounded up."),
    _number(
        "weight",
        "1",
        "What effective dose counts at this age and sex, relative to a man of 30.",
    ),
    _number("effective_dose_low_msv", "mSv", "Median of the lower ends of effective dose of the procedure."),
    _number("effective_dose_msv", "mSv", "Median of effective dose of the procedure, which is what a slot may avert."),
    _number("effective_dose_high_msv", "mSv", "Median of the upper ends of effective dose of the procedure."),
    _number("success_low", "1", "Lower end of the share of cases that need no fluoroscopy after ultrasound."),
    _number(
        "success",
        "1",
        "Share of cases that need no fluoroscopy after ultrasound, often a proposal.",
    ),
    _number("success_high", "1", "Upper end of that share."),
    _number("value_per_slot_msv", "mSv", "Weighted: weight times success times effective dose, per slot; the order."),
    _number("averted_low_msv", PERSON_MSV, "Lower end of what the routed cases are expected to avert, unweighted."),
    _number(
        "averted_msv",
        PERSON_MSV,
        "What the routed cases are expected to avert: success times dose, unweighted.",
    ),
    _number("averted_high_msv", PERSON_MSV, "Upper end of that."),
    _number("expected_failures", "1", "Routed cases that fluoroscopy is expected to have to finish."),
    _number("weeks_later_median", "wk", "Median of the weeks by which routed cases come later than they did."),
    _number("weeks_later_p90", "wk", "90th percentile of these weeks."),
    Column(
        "suppressed",
        Kind.FLAG,
        "yes where fewer than five cases would show single people; counts are then empty. Doses are empty where they"
        " are medians of fewer than five cases of the procedure.",
    ),
)
