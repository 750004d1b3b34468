"""Totals that a quirk mended: the reader states one value and means another.

A quirk of a make can say that a stated total is not what it seems (a fluoroscopy
time that stands under acquisition). The reader then keeps what is stated and
gives another value. Of a report's plane totals only these are stored: all
others follow from what is stated and from the events.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from alara.model import AccumulatedDose, Basis, DoseReport, PlaneTotals, Total

__all__ = ["as_meant", "mended"]

_QUANTITIES = ("p_ka", "ka_r", "fluoroscopy_time")


def mended(planes: Iterable[PlaneTotals]) -> tuple[PlaneTotals, ...]:
    """The planes with a mended total, and only these totals."""
    found = ((plane.plane, _mended_values(plane)) for plane in planes)
    return tuple(
        PlaneTotals(plane, **{name: Total(value=value, basis=Basis.STATED) for name, value in values.items()})
        for plane, values in found
        if values
    )


def as_meant(report: DoseReport) -> tuple[AccumulatedDose, ...]:
    """The accumulated doses with mended totals in place of the stated ones."""
    values = {plane.plane: _mended_values(plane) for plane in report.planes}
    return tuple(replace(dose, **values[dose.plane]) if values.get(dose.plane) else dose for dose in report.accumulated)


def _mended_values(plane: PlaneTotals) -> dict[str, Any]:
    totals = {name: getattr(plane, name) for name in _QUANTITIES}
    return {
        name: total.value
        for name, total in totals.items()
        if total.basis is Basis.STATED and total.value is not None and total.value != total.stated
    }
