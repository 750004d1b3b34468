"""The question for the procedures of some days: which columns, and of which rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, select

from alara.model import Plane
from alara.store import tables

__all__ = ["columns_of", "in_order", "started_between", "wanted"]

_RENAMED: Final = {
    "started": tables.procedures.c.started_local,
    "planes": tables.procedures.c.plane_count,
    "events": tables.procedures.c.event_count,
    "reports": tables.procedures.c.report_count,
    "findings": tables.procedures.c.finding_codes,
}
_BY_NAME: Final[dict[str, ColumnElement[Any]]] = {
    **{column.name: column for column in (*tables.planes.c, *tables.procedures.c)},
    **_RENAMED,
}


def columns_of(names: Sequence[str]) -> list[ColumnElement[Any]]:
    """The columns of the tables that are called so in the frame, but for what is told of a unit."""
    return [_BY_NAME[name] for name in names]


def wanted(names: Sequence[str], start: date, end: date, site: str | None) -> Select[Any]:
    """These columns of the procedures that started from ``start`` until before ``end``, in no particular order."""
    return whole(select(*columns_of(names))).where(*started_between(start, end, site))


def whole(asked: Select[Any]) -> Select[Any]:
    """From each procedure and its total over all planes."""
    procedures, planes = tables.procedures, tables.planes
    of_procedure = (planes.c.procedure_id == procedures.c.id) & (planes.c.plane == Plane.ALL.value)
    return asked.select_from(procedures.join(planes, of_procedure))


def in_order(asked: Select[Any]) -> Select[Any]:
    """By start, then case."""
    return asked.order_by(tables.procedures.c.started_local, tables.procedures.c.case_id)


def started_between(start: date, end: date, site: str | None) -> list[ColumnElement[bool]]:
    """What holds for a procedure of these days (and of this site)."""
    procedures = tables.procedures.c
    first, last = (datetime.combine(day, time()) for day in (start, end))
    days = [procedures.started_local >= first, procedures.started_local < last]
    return days if site is None else [*days, procedures.site == site]
