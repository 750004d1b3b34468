"""Fluoroscopy time against P_KA, one dot a case, both on logarithmic axes.

The dots of one procedure in one room are one path, a dozen bytes a dot, so that ten thousand cases stay a small part
of the page and the filters of the page can hide a procedure or a room. The table behind it is by procedure, for
groups that ``summary.csv`` shows; what is suppressed there is drawn without its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from alara.report import numbers
from alara.report.charts import LogAxis, Tick
from alara.report.sentences import shown

__all__ = ["PointGroup", "Scatter", "ScatterRow", "scatter"]

#: The plot is so many units wide and high; a unit is less than a dot.
SIZE = 1000
#: A statistic over fewer values than this would show single people, as in ``summary.csv``.
SMALLEST = 5


@dataclass(frozen=True, slots=True)
class PointGroup:
    """The dots of one procedure in one room; ``procedure_id`` and ``name`` are empty where the group is too small."""

    procedure_id: str
    name: str
    room: str
    path: str


@dataclass(frozen=True, slots=True)
class ScatterRow:
    """One procedure in the table behind the dots, in texts."""

    procedure_id: str
    name: str
    n: str
    time: str
    p_ka: str
    rate: str


@dataclass(frozen=True, slots=True)
class Scatter:
    """The dots, their axes, and the table that holds the same by procedure; ``n`` cases have both numbers."""

    n: int
    of: int
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    groups: tuple[PointGroup, ...]
    rows: tuple[ScatterRow, ...]


def scatter(cases: pd.DataFrame, names: Mapping[str, str]) -> Scatter:
    """The dots of the cases with a fluoroscopy time and a P_KA above zero.

    Parameters
    ----------
    cases
        Fluoroscopy cases that may be compared.
    names
        The names of the procedures that may be shown, by id, in the order of the table.
    """
    both = cases.loc[(cases["fluoroscopy_time_s"] > 0) & (cases["p_ka_gycm2"] > 0)]
    across, up = LogAxis.around(both["fluoroscopy_time_s"]), LogAxis.around(both["p_ka_gycm2"])
    if across is None or up is None:
        return Scatter(0, len(cases), (), (), (), ())
    places = pd.DataFrame(
        {
            "procedure": both["procedure_id"].where(both["procedure_id"].isin(list(names)), ""),
            "room": [shown(device) for device in both["device"]],
            "x": [round(across.at(value) * SIZE / 100) for value in both["fluoroscopy_time_s"]],
            "y": [SIZE - round(up.at(value) * SIZE / 100) for value in both["p_ka_gycm2"]],
        }
    )
    groups = tuple(
        PointGroup(str(procedure), names.get(str(procedure), ""), str(room), _path(group))
        for (procedure, room), group in places.groupby(["procedure", "room"], sort=True, observed=True)
    )
    return Scatter(len(both), len(cases), across.ticks, up.ticks, groups, _rows(both, names))


def _path(group: pd.DataFrame) -> str:
    """A dot a place, drawn as a line without length; places that coincide are drawn once."""
    return "".join(f"M{x} {y}h0" for x, y in sorted(set(zip(group["x"], group["y"], strict=True))))


def _rows(both: pd.DataFrame, names: Mapping[str, str]) -> tuple[ScatterRow, ...]:
    rate = 60 * both["p_ka_gycm2"] / both["fluoroscopy_time_s"]
    by_procedure = both.assign(rate=rate).groupby("procedure_id", observed=True)
    medians = by_procedure[["fluoroscopy_time_s", "p_ka_gycm2", "rate"]].median()
    counts = by_procedure.size()
    return tuple(
        ScatterRow(name, title, numbers.count(int(counts[name])), *map(numbers.significant, medians.loc[name]))
        for name, title in names.items()
        if counts.get(name, 0) >= SMALLEST
    )
