"""The X-ray units of a period, one row each: how much, how they are set, what was mended, who is silent."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from alara.audit.figures import rounded_table
from alara.audit.standing_out.around import SilentUnit

__all__ = ["DEVICE_COLUMNS", "device_rows"]

#: Device column: the case column of which it is the median.
_MEDIANS = {
    "pulse_rate_median_per_s": "pulse_rate_per_s",
    "field_area_median_cm2": "field_area_cm2",
    "p_ka_rate_median_gycm2_per_s": "p_ka_rate_gycm2_per_s",
}
DEVICE_COLUMNS = (
    "device",
    "n",
    *_MEDIANS,
    "continuous_share",
    "n_implausible",
    "n_quirks",
    "quirks",
    "silent_days",
    "usual_days",
    "suppressed",
)
_NUMBERS = ("n", "n_implausible", "n_quirks", "silent_days", "usual_days")


def device_rows(cases: pd.DataFrame, silent: Sequence[SilentUnit], *, small_group: int) -> pd.DataFrame:
    """One row a unit, by name, that irradiated in the period or had fallen silent at its end.

    Parameters
    ----------
    cases
        Fluoroscopy cases, each once, with the technique; ``implausible`` says whether P_KA and K_a,r fit.
    small_group
        Below so many cases a unit's counts and medians are left empty; so is a median of fewer values.
    """
    fell_silent = {unit.device: unit for unit in silent}
    groups = {str(name): group for name, group in cases.groupby("device")}
    rows = []
    for name in sorted({*groups, *fell_silent}):
        group = groups.get(name, cases.iloc[:0])
        quiet = fell_silent.get(name)
        shown = len(group) >= small_group
        rows.append(
            {"device": name, "suppressed": "no" if shown or not len(group) else "yes"}
            | {"n": 0 if not len(group) else None}
            | {"silent_days": quiet.days if quiet else None, "usual_days": quiet.usual_days if quiet else None}
            | (_shown(group, small_group) if shown else {"quirks": ""})
        )
    frame = pd.DataFrame(rows, columns=list(DEVICE_COLUMNS))
    numbers = dict.fromkeys(_NUMBERS, "Int64") | dict.fromkeys((*_MEDIANS, "continuous_share"), "float64")
    return rounded_table(frame.astype(numbers))


def _shown(group: pd.DataFrame, small_group: int) -> dict[str, object]:
    enough = {case: group[case].count() >= small_group for case in (*_MEDIANS.values(), "continuous_share")}
    names = sorted({name for joined in group["quirks"] for name in joined.split()})
    return {
        "n": len(group),
        **{name: group[case].median() if enough[case] else None for name, case in _MEDIANS.items()},
        "continuous_share": group["continuous_share"].mean() if enough["continuous_share"] else None,
        "n_implausible": int(group["implausible"].sum()),
        "n_quirks": int((group["quirks"] != "").sum()),
        "quirks": " ".join(names),
    }
