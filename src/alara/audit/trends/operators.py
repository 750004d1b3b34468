"""A funnel by operator code, where the department decided that operators are told apart.

The same as by X-ray unit, but for what is expected: the share above among the
cases of the same procedure on the same unit, so that nobody is held against
the display of a unit on which others do not work. Who alone works on a unit
cannot be told from it, and is not called out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from alara.audit.trends.funnel import counted, funnel
from alara.audit.trends.rules import Rules

__all__ = ["Operators", "by_operator"]

_ALIKE = ("procedure_id", "device")


@dataclass(frozen=True, slots=True)
class Operators:
    """The funnel's rows (``FUNNEL_COLUMNS``), and of how many counted cases no one operator is known.

    ``without`` is how many of the ``counted`` cases name no operator, ``several`` how many more than one.
    """

    rows: pd.DataFrame
    counted: int
    without: int
    several: int


def by_operator(year: pd.DataFrame, codes: Mapping[str, Sequence[str]], rules: Rules) -> Operators:
    """The funnel of comparable cases by the one code of each; ``codes`` are those of a case, by its id."""
    of_case = [tuple(codes.get(case_id, ())) for case_id in year["case_id"]]
    told = year.assign(named=list(map(len, of_case)), operator=[named[0] if named else "" for named in of_case])
    told = told.assign(operator=told["operator"].where(told["named"] == 1))
    named = counted(told, rules)["named"]
    return Operators(
        rows=funnel(told, rules, "operator", _ALIKE),
        counted=len(named),
        without=int((named == 0).sum()),
        several=int((named > 1).sum()),
    )
