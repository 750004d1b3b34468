"""The cases that the audit asks about, and what the department has said of them: open and closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, timedelta

import pandas as pd

from alara.audit.flags import Flag, flags_of, reasons
from alara.audit.period import Period
from alara.reviews import ReviewEntry, closing

__all__ = ["OPEN", "REVIEW_COLUMNS", "before", "review_rows"]

OPEN, CLOSED = "open", "closed"

_OF_CASE = ["case_id", "date", "site", "device", "procedure_id", "procedure_name", "p_ka_gycm2", "effective_dose_msv"]
#: The columns of the reviews, in order.
REVIEW_COLUMNS = (
    *_OF_CASE,
    "in_period",
    "reasons",
    "state",
    "closed_as",
    "closed_by",
    "last_entry_at",
    "entries",
    "reasons_since",
)
_FLAGS = list(Flag)


def review_rows(
    cases: pd.DataFrame,
    histories: Mapping[str, Sequence[ReviewEntry]],
    earlier: pd.DataFrame | None = None,
    *,
    every: bool = False,
) -> pd.DataFrame:
    """One row a case that has a flag or a history: the columns of :data:`REVIEW_COLUMNS`.

    Open ones first, and of these the most pressing reason first and then the
    larger dose, so that the order of what is to be done is the order of the rows.

    Parameters
    ----------
    cases, earlier
        Audited cases of the period, and of the time before it.
    histories
        The entries of each case by its id, in order; a case that is not among ``cases`` is left out.
    every
        Whether cases without flag and history have rows as well.
    """
    parts = [_rows(cases, histories, in_period="yes", every=every)]
    if earlier is not None and not earlier.empty:
        parts.append(_rows(earlier, histories, in_period="no", every=every))
    rows = pd.concat(parts, ignore_index=True)
    first = rows["reasons"].map(lambda words: min(map(_FLAGS.index, flags_of(words)), default=len(_FLAGS)))
    rows = rows.assign(_closed=rows["state"] == CLOSED, _first=first).sort_values(
        ["_closed", "_first", "effective_dose_msv", "p_ka_gycm2", "case_id"],
        ascending=[True, True, False, False, True],
        na_position="last",
        ignore_index=True,
    )
    return rows[list(REVIEW_COLUMNS)]


def before(period: Period) -> Period:
    """The time before a period that is as long: the month before a month, the quarter before a quarter."""
    start, end = period.start, period.end
    if start.day == end.day == 1:
        months = 12 * (end.year - start.year) + end.month - start.month
        number = 12 * start.year + start.month - 1 - months
        first = date(number // 12, number % 12 + 1, 1) if number >= 12 else date.min
    else:
        first = start - min(end - start, start - date.min)
    last = max(first, start - timedelta(days=1))
    return Period.parse(f"{first.isoformat()}..{last.isoformat()}")


def _rows(
    cases: pd.DataFrame, histories: Mapping[str, Sequence[ReviewEntry]], *, in_period: str, every: bool
) -> pd.DataFrame:
    words = reasons(cases)
    wanted = (words != "") | cases["case_id"].isin(list(histories)) | every
    rows = cases.loc[wanted, _OF_CASE].assign(in_period=in_period, reasons=words[wanted])
    said = [
        _said(histories.get(case_id, ()), now) for case_id, now in zip(rows["case_id"], rows["reasons"], strict=True)
    ]
    names = list(REVIEW_COLUMNS[len(_OF_CASE) + 2 :])
    columns = list(zip(*said, strict=True)) or [()] * len(names)
    texts = dict(zip(names, columns, strict=True))
    return rows.assign(
        **{
            name: pd.Series(values, index=rows.index, dtype="int64" if name == "entries" else "str")
            for name, values in texts.items()
        }
    )


def _said(history: Sequence[ReviewEntry], now: str) -> tuple[str, str, str, str, int, str]:
    """State, finding, code, time (UTC), entries, and the reasons that came after the case was closed."""
    closed = closing(history)
    at = history[-1].at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if history else ""
    if closed is None or closed.verdict is None:
        return OPEN, "", "", at, len(history), ""
    since = " ".join(word for word in now.split() if word not in closed.reasons.split())
    return CLOSED, closed.verdict.value, closed.by, at, len(history), since
