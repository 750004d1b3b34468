"""What a row says by itself, whoever did what: age group, field area, skin dose; and how many rows say so.

The first pass of an audit counts the rows by what they are recognised by
(:func:`occurring`). What was done is then looked up once for each of these
groups and not for each row, and the headline is a sum over them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import narwhals as nw
from narwhals.typing import FrameT

from alara.audit.dose import age_edges
from alara.audit.figures import stepped
from alara.audit.skin import Alarm, alarms, interval, is_substantial, skin_factors
from alara.knowledge import Knowledge

__all__ = [
    "COUNTED",
    "DESCRIPTION_COLUMNS",
    "OCCURRING",
    "TEXTS",
    "Measures",
    "measured",
    "measures",
    "occurring",
    "with_texts",
]

#: What a procedure is recognised by; distinct combinations are classified once.
DESCRIPTION_COLUMNS = (
    "performed_procedure_description",
    "study_description",
    "requested_procedure_description",
    "protocol_names",
    "procedure_codes",
    "target_regions",
    "lateralities",
)
#: The texts of a row that may not be missing.
TEXTS = (*DESCRIPTION_COLUMNS, "kind")
#: What tells the groups of :func:`occurring` apart.
OCCURRING = (*TEXTS, "age_group")
#: What is counted of them.
COUNTED = ("n", "incomplete", "implausible", "measurable", "substantial")

#: 1 Gy.cm2 / 1 mGy = 1,000 cm2.
_CM2_PER_GYCM2_PER_MGY = 1000.0


@dataclass(frozen=True, slots=True)
class Measures:
    """What the numbers of a row are held against.

    ``age_edges`` are the ages at which another coefficient may apply, ``field_area_cm2`` the smallest and the largest
    P_KA / K_a,r that can be right, ``skin_factors`` the smallest and the largest peak skin dose per K_a,r.
    """

    age_edges: Sequence[float]
    field_area_cm2: tuple[float, float]
    skin_factors: tuple[float, float]
    alarms: Sequence[Alarm]


def measures(knowledge: Knowledge) -> Measures:
    """As the knowledge has them."""
    return Measures(
        age_edges=age_edges(knowledge.coefficients.values()),
        field_area_cm2=(knowledge.thresholds["field_area_low"].value, knowledge.thresholds["field_area_high"].value),
        skin_factors=skin_factors(knowledge),
        alarms=alarms(knowledge),
    )


def with_texts(procedures: FrameT) -> FrameT:
    """The rows with an empty text for a missing one. It costs an engine more than the counting that follows."""
    return procedures.with_columns(*(nw.col(name).fill_null("") for name in TEXTS))


def measured(procedures: FrameT, held_against: Measures) -> FrameT:
    """The rows, no text of :data:`TEXTS` missing (:func:`with_texts`), with what follows from their own numbers.

    ``age_group``, ``field_area_cm2``, the bounds of the peak skin dose; and whether they are ``whole``, ``measurable``
    (P_KA is there and fits) and ``substantial``, which may be unknown and then do not hold, and ``implausible``.
    """
    rows = procedures.with_columns(_age_group(held_against.age_edges), _field_area(), _whole().alias("whole"))
    # What several columns ask is a column of its own first: an engine works it out as often as it is written.
    rows = rows.with_columns(_fitting(*held_against.field_area_cm2).alias("fitting"))
    has_p_ka = nw.col("p_ka_gycm2") >= 0
    rows = rows.with_columns(
        (has_p_ka & nw.col("fitting")).alias("measurable"), (has_p_ka & ~nw.col("fitting")).alias("implausible")
    )
    rows = rows.with_columns(*interval(held_against.skin_factors, ~nw.col("implausible")))
    return rows.with_columns(is_substantial(held_against.alarms).alias("substantial"))


def occurring(rows: FrameT) -> FrameT:
    """How many of the measured rows there are of each :data:`OCCURRING`: the columns of :data:`COUNTED`."""
    # Of a number that may have a wrong unit no threshold is said to be reached.
    substantial = nw.col("substantial") & ~nw.col("implausible")
    marks = (
        nw.when(nw.col("whole")).then(0).otherwise(1).alias("incomplete"),
        _one_where(nw.col("implausible")).alias("implausible"),
        _one_where(nw.col("measurable")).alias("measurable"),
        _one_where(substantial).alias("substantial"),
    )
    groups = rows.select(*OCCURRING, *marks).group_by(*OCCURRING)
    return groups.agg(nw.len().alias("n"), *(nw.col(name).sum() for name in COUNTED if name != "n"))


def _one_where(holds: nw.Expr) -> nw.Expr:
    return nw.when(holds).then(1).otherwise(0)


def _age_group(edges: Sequence[float]) -> nw.Expr:
    """The number of edges at or below the age; an unknown age is an adult's, above them all."""
    return stepped(nw.col("age_years"), edges, range(len(edges) + 1)).alias("age_group")


def _field_area() -> nw.Expr:
    area = nw.col("p_ka_gycm2") / nw.col("ka_r_mgy") * _CM2_PER_GYCM2_PER_MGY
    return nw.when(nw.col("ka_r_mgy") > 0).then(area).alias("field_area_cm2")


def _fitting(smallest_cm2: float, largest_cm2: float) -> nw.Expr:
    """Whether P_KA and K_a,r fit together, or one of them is missing; never unknown.

    The field area is held against its bounds here and nowhere else. An area of
    zero is a dose of zero, and not a wrong unit.
    """
    area = nw.col("field_area_cm2")
    return area.is_null() | (area <= 0) | ((area >= smallest_cm2) & (area <= largest_cm2))


def _whole() -> nw.Expr:
    """Fluoroscopy needs P_KA and a fluoroscopy time, radiography P_KA alone."""
    return (nw.col("p_ka_gycm2") >= 0) & ((nw.col("fluoroscopy_time_s") >= 0) | (nw.col("kind") == "radiography"))
