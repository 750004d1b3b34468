"""The procedures of the period, one row each, as the tables and charts of the page show them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from alara.audit import UNCLASSIFIED
from alara.report import charts, numbers
from alara.report.sentences import shown

__all__ = ["Alternatives", "Row", "dose_chart", "rows", "shown_names"]


class Alternatives(NamedTuple):
    """How many cases of a procedure have an uncontested and a contested alternative under a policy, as texts."""

    uncontested: str
    contested: str

    @property
    def words(self) -> str:
        return self.uncontested if self.contested in ("0", numbers.DASH) else f"{self.contested} contested"


@dataclass(frozen=True, slots=True)
class Row:
    """One procedure of the period, in texts."""

    id: str
    name: str
    where: str
    n: str
    suppressed: bool
    contested: bool
    by_policy: tuple[Alternatives, ...]
    fluoroscopy_time: tuple[str, str]
    ka_r: str
    p_ka: tuple[str, str]
    dose: str
    days: str
    dose_msv: float | None

    @property
    def time_words(self) -> str:
        median, p75 = self.fluoroscopy_time
        return median if median == numbers.DASH else f"{median} ({p75})"


def rows(summary: pd.DataFrame, policies: Sequence[str]) -> Iterator[Row]:
    """Largest groups first; suppressed ones last and by name, so that their order tells nothing of their size."""
    order = ["n", "procedure_name", "procedure_id"]
    ordered = summary.sort_values(order, ascending=[False, True, True], na_position="last")
    return (_row(record, policies) for record in ordered.to_dict("records"))


def shown_names(summary: pd.DataFrame) -> dict[str, str]:
    """The names of the procedures that are shown one by one, by id, the largest group first."""
    kept = summary[(summary["suppressed"] != "yes") & (summary["procedure_id"] != UNCLASSIFIED)]
    ordered = kept.sort_values(["n", "procedure_name", "procedure_id"], ascending=[False, True, True])
    return {
        str(name): str(title) for name, title in zip(ordered["procedure_id"], ordered["procedure_name"], strict=True)
    }


def _row(record: dict[Any, Any], policies: Sequence[str]) -> Row:
    suppressed = record["suppressed"] == "yes"
    where = [shown(record[part]) for part in ("zone", "region")]
    return Row(
        id=str(record["procedure_id"]),
        name=shown(record["procedure_name"]),
        where=" · ".join(part.replace("_", " ") for part in where if part != numbers.DASH),
        n=numbers.FEW if suppressed else numbers.count(record["n"]),
        suppressed=suppressed,
        contested=record["contested"] == "yes",
        by_policy=tuple(_alternatives(record, policy) for policy in policies),
        fluoroscopy_time=_pair(record, "fluoroscopy_time_median_s", "fluoroscopy_time_p75_s"),
        ka_r=numbers.significant(record["ka_r_median_mgy"]),
        p_ka=_pair(record, "p_ka_median_gycm2", "p_ka_p75_gycm2"),
        dose=numbers.dose_range(record["effective_dose_median_low_msv"], record["effective_dose_median_high_msv"]),
        days=numbers.days(None, record["background_days_median"], None, dose_msv=record["effective_dose_median_msv"]),
        dose_msv=numbers.sort_key(record["effective_dose_median_msv"]),
    )


def _alternatives(record: dict[Any, Any], policy: str) -> Alternatives:
    """Contested is a property of the procedure, so that its alternatives are all contested or all not."""
    n = numbers.count(record[f"n_{policy}"])
    none = n if n == numbers.DASH else "0"
    return Alternatives(none, n) if record["contested"] == "yes" else Alternatives(n, none)


def _pair(record: dict[Any, Any], first: str, second: str) -> tuple[str, str]:
    return numbers.significant(record[first]), numbers.significant(record[second])


def dose_chart(summary: pd.DataFrame) -> charts.RangeChart:
    """The median effective doses of the procedures that may be shown, each with its low and high."""
    names = [f"effective_dose_median_{part}msv" for part in ("low_", "", "high_")]
    known = summary.dropna(subset=names)
    ranges = {
        str(group): (float(low), float(middle), float(high))
        for group, low, middle, high in known[["procedure_id", *names]].itertuples(index=False)
    }
    return charts.range_chart(ranges, floor=numbers.SMALLEST_MSV)
