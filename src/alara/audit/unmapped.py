"""What operators typed that names no procedure, most frequent first: the work list of a site's own map."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from alara.audit.answers import UNCLASSIFIED
from alara.audit.classify import Classifier
from alara.audit.measured import DESCRIPTION_COLUMNS
from alara.audit.tables import classification_table
from alara.knowledge import Knowledge

__all__ = ["Unmapped", "unmapped"]

#: As the audit chooses the description of a case: the first of these that is not empty.
_SHOWN = (
    "study_description",
    "performed_procedure_description",
    "requested_procedure_description",
    "protocol_names",
    "procedure_codes",
)


@dataclass(frozen=True, slots=True)
class Unmapped:
    """Descriptions without a procedure, with how many cases each has; of how many fluoroscopy procedures.

    ``set_aside`` are the cases of which the site's map says that they name no procedure.
    """

    procedures: int
    set_aside: int
    descriptions: tuple[tuple[str, int], ...]

    @property
    def cases(self) -> int:
        """The cases that are still to be mapped."""
        return sum(n for _, n in self.descriptions)

    @property
    def not_classified(self) -> int:
        """The cases without a procedure, as the audit counts them: to be mapped or set aside."""
        return self.cases + self.set_aside


def unmapped(procedures: pd.DataFrame, knowledge: Knowledge) -> Unmapped:
    """The fluoroscopy procedures that are not classified, by what was typed.

    Parameters
    ----------
    procedures
        One row a procedure, with the columns of ``Store.procedures``.
    """
    rows = procedures[procedures["kind"] != "radiography"]
    rows = rows.assign(**{name: rows[name].fillna("") for name in (*DESCRIPTION_COLUMNS, *_SHOWN)})
    rows = rows.merge(classification_table(rows, Classifier(knowledge)), on=list(DESCRIPTION_COLUMNS), how="left")
    unknown = rows[rows["procedure_id"] == UNCLASSIFIED]
    set_aside = unknown["matched_by"].str.startswith("map:")
    counts: dict[str, int] = {}
    for texts in unknown.loc[~set_aside, list(_SHOWN)].itertuples(index=False, name=None):
        shown = next((text.strip() for text in texts if text.strip()), "")
        counts[shown] = counts.get(shown, 0) + 1
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return Unmapped(len(rows), int(set_aside.sum()), tuple(ordered))
