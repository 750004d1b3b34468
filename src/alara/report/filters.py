"""What the page can be narrowed to: the rooms and the procedures of the period."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from alara.report.sentences import shown

__all__ = ["Filters", "filters"]


@dataclass(frozen=True, slots=True)
class Filters:
    """Rooms by name, and procedures as (id, name), both in the order of the alphabet."""

    rooms: tuple[str, ...]
    procedures: tuple[tuple[str, str], ...]


def filters(cases: pd.DataFrame) -> Filters:
    """The rooms and procedures of these cases."""
    named = cases[["procedure_id", "procedure_name"]].drop_duplicates("procedure_id")
    procedures = {str(name): shown(title) for name, title in named.itertuples(index=False)}
    return Filters(
        rooms=tuple(sorted({shown(device) for device in cases["device"].unique()})),
        procedures=tuple(sorted(procedures.items(), key=lambda item: (item[1].casefold(), item[0]))),
    )
