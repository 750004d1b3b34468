"""Which cases of a period two audits see differently: another policy, or other knowledge."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from alara.audit.run import Audit

__all__ = ["Change", "changes"]

#: What is compared: what was done, what the policy says of it, and the coefficient of its dose.
_COMPARED = ("procedure_id", "us_review", "coefficient_id")


@dataclass(frozen=True, slots=True)
class Change:
    """A case, and each thing that differs: its column, what the first audit says, what the second."""

    case_id: str
    procedure_id: str
    procedure_name: str
    differs: tuple[tuple[str, str, str], ...]


def changes(first: Audit, second: Audit) -> tuple[Change, ...]:
    """The fluoroscopy cases that differ, in the order of the first audit; both are of the same procedures.

    ``procedure_id`` and its name are those of the second.
    """
    columns = ["case_id", "procedure_name", "kind", *_COMPARED]
    both = first.cases[columns].merge(second.cases[columns], on="case_id", suffixes=("_first", "_second"))
    both = both[both["kind_first"] != "radiography"]
    differing = pd.Series(False, index=both.index)
    for name in _COMPARED:
        differing |= both[f"{name}_first"] != both[f"{name}_second"]
    return tuple(
        Change(
            case_id=row["case_id"],
            procedure_id=row["procedure_id_second"],
            procedure_name=row["procedure_name_second"],
            differs=tuple(
                (name, row[f"{name}_first"], row[f"{name}_second"])
                for name in _COMPARED
                if row[f"{name}_first"] != row[f"{name}_second"]
            ),
        )
        for row in both[differing].to_dict("records")
    )
