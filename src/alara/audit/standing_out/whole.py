"""An audit and what is around it → :class:`StandingOut`: what stands out, by case, by unit and in order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import narwhals as nw
import pandas as pd

from alara.audit.answers import UNCLASSIFIED
from alara.audit.dose import NotEstimated
from alara.audit.flags import OUTLIER, STANDS_OUT
from alara.audit.groups import comparable
from alara.audit.run import Audit
from alara.audit.standing_out import over_time, sayings
from alara.audit.standing_out.around import NOTHING_AROUND, Around
from alara.audit.standing_out.devices import device_rows
from alara.audit.standing_out.insight import Insight, Kind, ordered
from alara.audit.standing_out.levers import savings
from alara.audit.standing_out.outliers import outliers
from alara.audit.standing_out.pregnancy import asked_of, without_status
from alara.audit.standing_out.repeats import repeats
from alara.audit.trends import Trends
from alara.knowledge import Knowledge

__all__ = ["StandingOut", "stand_out", "with_outliers"]

#: A lever is told where it would have saved this share of the procedure's P_KA.
_WORTH_TELLING = 0.05
#: Texts that the store knows of a case; empty where it was not asked.
_WORDS = ("pregnancy_status", "patient_pseudonym")


@dataclass(frozen=True, slots=True)
class StandingOut:
    """What stands out in a period: ``insights`` in the order in which to act, and one row a unit.

    ``by_case`` is the codes of each case that carries any, joined by spaces.
    ``cases_alone`` says that nobody was asked what is around the cases: then what
    rests on it is unknown, and not absent.
    """

    insights: tuple[Insight, ...]
    devices: pd.DataFrame
    by_case: Mapping[str, str]
    cases_alone: bool

    def marked(self, audit: Audit) -> Audit:
        """The audit with the column ``stands_out`` of its cases filled."""
        codes = audit.cases["case_id"].map(lambda case_id: self.by_case.get(case_id, "")).astype("str")
        return replace(audit, cases=audit.cases.assign(stands_out=codes))


def stand_out(
    audit: Audit, knowledge: Knowledge, around: Around = NOTHING_AROUND, trends: Trends | None = None
) -> StandingOut:
    """What stands out among an audit's cases; each case counts once, in whatever order they come.

    ``around`` is what the store knows around them, ``trends`` what twelve months
    say; of what was not asked nothing is said.
    """
    small_group, enough = (int(knowledge.thresholds[name].value) for name in ("small_group", "reference_level_cases"))
    cases = _with_technique(audit.cases, around)
    counted = _comparable(cases)
    names = {entry.id: entry.name for entry in knowledge.procedures.values()}
    found: list[Insight] = []

    odd = cases[cases["implausible"]]
    reaching = cases[(cases["substantial_dose"] != "") & ~cases["implausible"]]
    found += sayings.substantial(reaching, cases, knowledge, small_group)
    found += sayings.unit_errors(odd, cases, small_group)
    found += sayings.silent_units(around.silent)
    asked, open_ = asked_of(cases), without_status(cases)
    if around.procedures is not None:
        found += sayings.pregnancy(open_, asked, small_group)
    high = _outlying(counted, knowledge)
    found += sayings.outlying(high, names, knowledge.thresholds["outlier"], knowledge.thresholds["false_discoveries"])
    if trends is not None:
        found += over_time.months_beyond(trends, names, knowledge)
        found += over_time.units_apart(trends, knowledge)
        found += over_time.operators_apart(trends, knowledge)
    found += sayings.above_published(counted, knowledge, enough)
    again = repeats(_sights(cases, around), cases["case_id"])
    found += sayings.repeated(again, cases, small_group)
    found += [sayings.lever(each, names) for each in savings(counted, enough=enough) if each.share >= _WORTH_TELLING]
    found += sayings.local_levels(counted, enough, small_group, audit.period.longer)
    found += sayings.quirks(cases, small_group)
    return StandingOut(
        insights=ordered(each.of_sources(knowledge.references) for each in found),
        devices=device_rows(cases, around.silent, small_group=small_group),
        by_case=_by_case(
            {
                Kind.UNIT_ERROR: odd["case_id"],
                Kind.PREGNANCY_STATUS: open_["case_id"] if around.procedures is not None else (),
                Kind.OUTLIER: high["case_id"],
                Kind.REPEAT: again["case_id"],
            }
        ),
        cases_alone=around.procedures is None,
    )


def with_outliers(cases: pd.DataFrame, knowledge: Knowledge) -> pd.DataFrame:
    """The cases with ``stands_out`` filled by the outliers of each calendar month: for what a case is put to a person.

    The same as :func:`stand_out` says of a month's outliers, without all else that it says.
    """
    once = cases[cases["kind"] != "radiography"].drop_duplicates("case_id")
    high: set[str] = set()
    for _, month in once.groupby(once["started"].dt.to_period("M")):
        high |= set(_outlying(_comparable(month), knowledge)["case_id"])
    codes = cases["case_id"].map(lambda case_id: OUTLIER if case_id in high else "").astype("str")
    return cases.assign(**{STANDS_OUT: codes})


def _outlying(counted: pd.DataFrame, knowledge: Knowledge) -> pd.DataFrame:
    enough, far, by_chance = (
        knowledge.thresholds[name].value for name in ("reference_level_cases", "outlier", "false_discoveries")
    )
    return outliers(counted, enough=int(enough), above=far, by_chance=by_chance)


def _with_technique(cases: pd.DataFrame, around: Around) -> pd.DataFrame:
    """The fluoroscopy cases, each once, with what the store knows of them beside; empty where it was not asked."""
    once = cases[cases["kind"] != "radiography"].drop_duplicates("case_id")
    beside = around.procedures
    wanted = ["case_id", "age_years", "pregnancy_status", "p_ka_acquisition_gycm2"]
    known = pd.DataFrame(columns=wanted) if beside is None else beside[wanted].drop_duplicates("case_id")
    both = once.merge(known, on="case_id", how="left")
    both = both.merge(around.technique.drop_duplicates("case_id"), on="case_id", how="left")
    numeric = ("age_years", "p_ka_acquisition_gycm2", "pulse_rate_per_s", "continuous_share")
    both = both.astype(dict.fromkeys(numeric, "float64"))
    both = (
        both.astype(dict.fromkeys(_WORDS, "object"))
        .fillna(dict.fromkeys(_WORDS, ""))
        .astype(dict.fromkeys(_WORDS, "str"))
    )
    implausible = both["coefficient_status"] == NotEstimated.IMPLAUSIBLE.value
    rate = (both["p_ka_gycm2"] / both["fluoroscopy_time_s"]).where((both["fluoroscopy_time_s"] > 0) & ~implausible)
    return both.assign(implausible=implausible, p_ka_rate_gycm2_per_s=rate)


def _comparable(cases: pd.DataFrame) -> pd.DataFrame:
    """The classified cases whose P_KA is above zero and can be compared."""
    counted: pd.DataFrame = nw.to_native(comparable(nw.from_native(cases)))
    return counted[(counted["procedure_id"] != UNCLASSIFIED) & (counted["p_ka_gycm2"] > 0)]


def _sights(cases: pd.DataFrame, around: Around) -> pd.DataFrame:
    wanted = ["case_id", "started", "patient_pseudonym", "region"]
    own = cases[wanted]
    return pd.concat([around.before[wanted], own]) if len(around.before) else own


def _by_case(flagged: Mapping[Kind, Iterable[str]]) -> dict[str, str]:
    codes: dict[str, list[str]] = {}
    for kind, case_ids in flagged.items():
        for case_id in case_ids:
            codes.setdefault(case_id, []).append(kind.value)
    return {case_id: " ".join(carried) for case_id, carried in codes.items()}
