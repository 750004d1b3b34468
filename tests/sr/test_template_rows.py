"""Every row of TID 10001 and of what it includes is a field of the model, or stands in the docs as left out."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import made_reports as made
import pytest

from alara.model import DoseReport, Plane
from alara.sr import read_bytes

HERE = Path(__file__).resolve().parent
DOCS = HERE.parents[1] / "docs" / "methods" / "template.md"
with (HERE / "template_rows.csv").open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file))
#: What holds others and says nothing itself.
CONTAINERS = {"113701", "113702", "113706", "113771", "113870", "122505"}
READ = [row for row in ROWS if row["field"]]
LEFT_OUT = {(row["tid"], row["code"]) for row in ROWS if not row["field"] and row["code"] not in CONTAINERS}


def documented() -> dict[tuple[str, str], str]:
    """Template and code of each row that the docs say is left out, and why."""
    table = re.findall(r"^\| ([0-9A-C, ]+) \| (\d+) \| [^|]+ \| ([^|]+) \|$", DOCS.read_text(encoding="utf-8"), re.M)
    return {(tid, code): why for tids, code, why in table for tid in tids.split(", ")}


def test_every_row_that_is_not_a_field_is_documented_with_its_reason() -> None:
    assert documented().keys() == LEFT_OUT
    assert all(why.strip() for why in documented().values())


def item(row: dict[str, str], *below: bytes) -> bytes:
    """A content item as the row has it, with others below it."""
    nested = (made.sequence(0x40, 0xA730, *below),) if below else ()
    concept, value = (row["code"], row["value"])
    by_scheme = {"scheme": row["scheme"]}
    if row["type"] == "CODE":
        coded = made.code(0x40, 0xA168, *value.split())
        return made.content_item("CODE", concept, coded, *nested, **by_scheme)
    if row["type"] == "NUM":
        measured = made.item(made.code(0x40, 0x8EA, row["unit"], "UCUM"), made.element(0x40, 0xA30A, "DS", value))
        return made.content_item("NUM", concept, made.sequence(0x40, 0xA300, measured), *nested, **by_scheme)
    number, vr = {"TEXT": (0xA160, "UT"), "UIDREF": (0xA124, "UI"), "DATETIME": (0xA120, "DT")}[row["type"]]
    return made.content_item(row["type"], concept, made.element(0x40, number, vr, value), *nested, **by_scheme)


def report_with(row: dict[str, str]) -> DoseReport:
    """A report with one event, in which the row's item stands where the template has it."""
    # a role alone does not tell which device has it
    named = [made.text("113879", "x")] if row["code"] == "113876" else []
    made_item, under = item(row, *named), row["under"]
    while under not in ("root", "event", "accumulated"):
        parent = next((each for each in READ if each["code"] == under), None)
        made_item = item(parent, made_item) if parent is not None else holder(under, made_item)
        under = parent["under"] if parent is not None else {"122505": "accumulated"}.get(under, "event")
    sides = {"113788": "113789", "113789": "113788"}  # one side alone is no field
    other = [made.num(sides[row["code"]], "20", "mm")] if row["code"] in sides else []
    event = made.container("113706", *([made_item] if under == "event" else []), *other)
    totals = made.container("113702", *([made_item] if under == "accumulated" else []))
    return read_bytes(made.part10(made.dataset(*([made_item] if under == "root" else []), totals, event)))


def holder(code: str, *below: bytes) -> bytes:
    if code == "113870":
        return made.content_item("PNAME", code, made.sequence(0x40, 0xA730, *below))
    return made.container(code, *below)


def said(value: Any, path: str) -> list[Any]:
    """The values at a path of names; every item of a tuple is looked at."""
    name, _, rest = path.partition(".")
    found = getattr(value, name)
    values = found if isinstance(found, tuple) else (found,)
    return [each for one in values if one is not None for each in (said(one, rest) if rest else [one])]


@pytest.mark.parametrize("row", READ, ids=[f"{row['tid']}-{row['code']}-{row['type']}" for row in READ])
def test_row_of_the_template_fills_its_field(row: dict[str, str]) -> None:
    empty = read_bytes(made.part10(made.dataset(made.container("113702"), made.container("113706"))))
    values = said(report_with(row), row["field"])
    assert values
    assert values[0] not in (None, "", Plane.UNKNOWN)
    assert values != said(empty, row["field"])


def test_each_field_of_an_event_is_filled_by_some_row_or_made_by_a_quirk() -> None:
    filled = {row["field"].split(".")[1] for row in READ if row["field"].startswith("events.")}
    event = read_bytes(made.report()).events[0]
    beside = {"frames", "field_of_view_mm", "ended"}  # private items; of TID 10042
    assert set(event.__slots__) - filled == beside
