"""One thing that stands out in a period, with what it rests on and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import pandas as pd

from alara.audit import flags
from alara.knowledge import Reference, Status

__all__ = ["INSIGHT_COLUMNS", "Insight", "Kind", "insight_rows", "ordered", "weakest"]


class Kind(StrEnum):
    """What stands out; the order is the order in which to do something about it.

    What a patient may need comes before all, then what may make numbers wrong,
    what is open, what the numbers say, what may be improved, and last what is
    good to know.
    """

    SUBSTANTIAL = "substantial_dose"
    UNIT_ERROR = "unit_error"
    SILENT_UNIT = "silent_unit"
    PREGNANCY_STATUS = "pregnancy_status_missing"
    OUTLIER = flags.OUTLIER
    MONTH_BEYOND = "month_beyond_limits"
    UNIT_APART = "unit_apart"
    OPERATOR_APART = "operator_apart"
    PUBLISHED_LEVEL = "above_published_level"
    REPEAT = "repeat"
    LEVER_PULSED = "lever_pulsed"
    LEVER_PULSE_RATE = "lever_pulse_rate"
    LEVER_FIELD = "lever_field_area"
    LEVER_ACQUISITION = "lever_acquisition"
    LEVER_TIME = "lever_time"
    LOCAL_LEVEL = "local_level"
    QUIRK = "quirk"


_ORDER = list(Kind)
#: How an action names the command that explains a case.
_EXPLAIN = "alara explain CASE"
#: Never one before another: in the order of their codes.
_UNRANKED = frozenset((Kind.OPERATOR_APART,))
_LEVERS = frozenset(kind for kind in Kind if kind.value.startswith("lever_"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Insight:
    """What stands out, in one sentence and one number.

    Attributes
    ----------
    subject
        The procedure's id, the unit, the operator's code or the quirk that it is about; empty for the whole period.
    number, unit, of
        The number in its unit (UCUM), and how many procedures it is of; ``None`` where a group
        is too small to show.
    model
        How the number comes about, in words; for an estimate also what it assumes.
    cites
        Ids of references of the knowledge.
    action
        What to do next.
    cases
        Ids of the cases that it is about, in order, where it is about single cases.
    status
        The weakest status among the references that it cites; ``None`` until it was looked up.
    """

    kind: Kind
    subject: str = ""
    what: str
    number: float | None
    unit: str
    of: int | None
    model: str
    cites: tuple[str, ...]
    action: str
    cases: tuple[str, ...] = ()
    status: Status | None = None

    def of_sources(self, references: Mapping[str, Reference]) -> Insight:
        """This insight with the status of its sources, and with the id of its case where it is of just one."""
        return replace(self, action=self._action(), status=weakest(references[name].status for name in self.cites))

    def _action(self) -> str:
        if len(self.cases) != 1:
            return self.action
        command = f"alara explain {self.cases[0]}"
        if _EXPLAIN in self.action:
            return self.action.replace(_EXPLAIN, command)
        return f"{self.action} The case: {command}"

    @property
    def is_lever(self) -> bool:
        return self.kind in _LEVERS


INSIGHT_COLUMNS = (
    "order", "code", "subject", "what", "number", "unit", "of", "model", "cites", "status", "action", "cases",
)  # fmt: skip


def weakest(statuses: Iterable[Status]) -> Status | None:
    """The one that can be trusted least; ``None`` of none."""
    return max(statuses, key=list(Status).index, default=None)


def ordered(insights: Iterable[Insight]) -> tuple[Insight, ...]:
    """What to do first, first; of one kind the largest number first, and levers among each other alike.

    Operators stand in the order of their codes.
    """

    def place(insight: Insight) -> tuple[int, float, int, str]:
        kind = _ORDER.index(insight.kind)
        group = _ORDER.index(Kind.LEVER_PULSED) if insight.is_lever else kind
        number = 0.0 if insight.kind in _UNRANKED else insight.number or 0.0
        return group, -number, kind, insight.subject

    return tuple(sorted(insights, key=place))


def insight_rows(insights: Iterable[Insight]) -> pd.DataFrame:
    """One row an insight, in the order given: the columns of :data:`INSIGHT_COLUMNS`."""
    rows = [
        (
            place,
            each.kind.value,
            each.subject,
            each.what,
            each.number,
            each.unit,
            each.of,
            each.model,
            " ".join(each.cites),
            each.status or "",
            each.action,
            " ".join(each.cases),
        )
        for place, each in enumerate(insights, start=1)
    ]
    return pd.DataFrame(rows, columns=list(INSIGHT_COLUMNS)).astype({"number": "float64", "of": "Int64"})
