"""What stands out, and what to do first: on the page, on the terminal and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from alara.audit.standing_out import Insight, Kind, StandingOut
from alara.knowledge import Status
from alara.report import numbers
from alara.report.sentences import case_ids

__all__ = ["DeviceRow", "Shown", "Told", "first_lines", "shown", "standing_as_dict"]

#: Told at the head of the page and on the terminal; the rest is in the tables below and in insights.csv.
FIRST, FIRST_LINES = 5, 3


@dataclass(frozen=True, slots=True)
class Told:
    """One insight in texts."""

    code: str
    what: str
    action: str
    model: str
    cites: tuple[str, ...]
    cases: str


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """One X-ray unit in texts."""

    name: str
    n: str
    pulse_rate: str
    field_area: str
    p_ka_rate: str
    continuous: str
    implausible: str
    quirks: tuple[str, ...]
    silent: str
    suppressed: bool


#: What is said where no database was asked, as of a dataset of files.
CASES_ALONE: Final = (
    "Told from the cases alone: pregnancy status, patients seen before, silent units and technique were not looked at,"
    " and reviews closed in the database count as open."
)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page's section shows: what to do first, levers, what is left, and the units."""

    first: tuple[Told, ...]
    levers: tuple[Told, ...]
    rest: tuple[Told, ...]
    devices: tuple[DeviceRow, ...]
    note: str


def shown(standing: StandingOut) -> Shown:
    """The section's texts; each insight stands in it once, and quirks, which Data quality counts, beside the units."""
    first = first_insights(standing.insights, FIRST)
    left = [each for each in standing.insights if each not in first and each.kind is not Kind.QUIRK]
    return Shown(
        first=tuple(map(_told, first)),
        levers=tuple(_told(each) for each in standing.insights if each.is_lever),
        rest=tuple(_told(each) for each in left if not each.is_lever),
        devices=tuple(_device(record) for record in standing.devices.to_dict("records")),
        note=CASES_ALONE if standing.cases_alone else "",
    )


def first_insights(insights: Sequence[Insight], most: int) -> tuple[Insight, ...]:
    """The first one of each kind, in their order: five silent units must not hide a missing status."""
    seen: dict[str, Insight] = {}
    for each in insights:
        seen.setdefault("lever" if each.is_lever else each.kind.value, each)
    return tuple(seen.values())[:most]


def first_lines(standing: StandingOut) -> Iterator[str]:
    """What to do first, as lines for the terminal; none where nothing stands out."""
    for place, each in enumerate(first_insights(standing.insights, FIRST_LINES), start=1):
        yield f"{place}. {each.what} {each.action}{_doubt(each.status)}"
    if standing.cases_alone:
        yield CASES_ALONE


def _doubt(status: Status | None) -> str:
    """Said only of a source that nobody saw."""
    seen = status in (None, Status.SEEN, Status.DERIVED)
    return "" if seen else f" (source: {str(status).replace('_', ' ')})"


def standing_as_dict(standing: StandingOut) -> list[dict[str, Any]]:
    """The insights in their order, as values for JSON."""
    return [
        {
            "code": each.kind.value,
            "subject": each.subject,
            "what": each.what,
            "number": each.number,
            "unit": each.unit,
            "of": each.of,
            "model": each.model,
            "cites": list(each.cites),
            "status": each.status,
            "action": each.action,
            "cases": list(each.cases),
        }
        for each in standing.insights
    ]


def _told(each: Insight) -> Told:
    return Told(each.kind.value, each.what, each.action, each.model, each.cites, case_ids(each.cases))


def _device(record: dict[Any, Any]) -> DeviceRow:
    suppressed = record["suppressed"] == "yes"
    share = record["continuous_share"]
    quiet = numbers.count(record["silent_days"])
    return DeviceRow(
        name=str(record["device"]),
        n=numbers.FEW if suppressed else numbers.count(record["n"]),
        pulse_rate=numbers.significant(record["pulse_rate_median_per_s"], 2),
        field_area=numbers.significant(record["field_area_median_cm2"], 2),
        p_ka_rate=numbers.significant(record["p_ka_rate_median_gycm2_per_s"], 2),
        continuous=numbers.DASH if share != share else f"{share:.0%}",
        implausible=numbers.count(record["n_implausible"]),
        quirks=tuple(str(record["quirks"]).split()),
        silent="" if quiet == numbers.DASH else f"silent for {quiet} days",
        suppressed=suppressed,
    )
