"""Content items of a structured report as values, and their bytes (PS3.3 section C.17.3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Context, Decimal
from functools import lru_cache
from typing import TypeAlias

from alara.model import Code, Moment
from alara.quantities import Quantity
from alara.sr.writing.dialect import NO_UNITS, Dialect, Unit
from alara.sr.writing.encode import Layout

__all__ = [
    "Item",
    "Number",
    "Row",
    "code",
    "container",
    "datetime_text",
    "decimal_text",
    "encode_item",
    "item_elements",
    "moment",
    "number",
    "numbers",
    "offset_text",
    "text",
    "uid",
]

_DS_LENGTH = 16
_VALUE_KEYWORDS = {
    "CODE": "ConceptCodeSequence",
    "CONTAINER": "ContinuityOfContent",
    "DATETIME": "DateTime",
    "NUM": "MeasuredValueSequence",
    "PNAME": "PersonName",
    "TEXT": "TextValue",
    "UIDREF": "UID",
}


#: A measured value of a table: code value (DCM), meaning, amount, unit.
Row: TypeAlias = tuple[str, str, Quantity | float | None, Unit]


@dataclass(frozen=True, slots=True)
class Number:
    """A measured value as it will be written, its unit, or the reason why there is none."""

    written: str
    unit: Code
    qualifier: Code | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One content item; ``relationship`` is to its parent and empty for the root."""

    type: str
    concept: Code | None
    value: str | Code | Number | None = None
    children: tuple[Item, ...] = ()
    relationship: str = "CONTAINS"

    def under(self, relationship: str) -> Item:
        return replace(self, relationship=relationship)

    def having(self, *children: Item) -> Item:
        return replace(self, children=self.children + children)


def code(concept: Code, value: Code) -> Item:
    return Item("CODE", concept, value)


def text(concept: Code, value: str) -> Item:
    return Item("TEXT", concept, value)


def uid(concept: Code, value: str) -> Item:
    return Item("UIDREF", concept, value)


def container(concept: Code, *children: Item) -> Item:
    return Item("CONTAINER", concept, children=children)


def moment(concept: Code, when: Moment, dialect: Dialect, *, offset_min: int | None = None) -> Item:
    """A DATETIME; its offset from UTC is written only where it is not that of the whole report."""
    if concept.value in dialect.written:
        return Item("DATETIME", concept, dialect.written[concept.value])
    written = datetime_text(when.local, dialect)
    if when.utc_offset_min is not None and when.utc_offset_min != offset_min:
        written += offset_text(when.utc_offset_min)
    return Item("DATETIME", concept, written)


def number(concept: Code, amount: float | None, unit: Unit = NO_UNITS, *, comma: bool = False) -> Item:
    """A NUM in the given unit; of no amount an empty one that says ``Value unknown``."""
    if amount is None:
        return Item("NUM", concept, Number("", unit.code, Code("114010", "DCM", "Value unknown")))
    written = decimal_text(Decimal(repr(amount)) / unit.size)
    return Item("NUM", concept, Number(written.replace(".", ",") if comma else written, unit.code))


def numbers(rows: Iterable[Row], dialect: Dialect) -> list[Item]:
    """An item for each row that has an amount."""
    return [
        _number(Code(value, "DCM", meaning), amount.amount if isinstance(amount, Quantity) else amount, unit, dialect)
        for value, meaning, amount, unit in rows
        if amount is not None
    ]


def _number(concept: Code, amount: float, unit: Unit, dialect: Dialect) -> Item:
    if concept.value in dialect.written:
        return Item("NUM", concept, Number(dialect.written[concept.value], unit.code))
    return number(concept, amount, unit, comma=dialect.decimal_comma)


def datetime_text(when: datetime, dialect: Dialect) -> str:
    """DT (PS3.5 6.2) as precise as the make writes it."""
    if not dialect.seconds:
        return when.strftime("%Y%m%d%H%M")
    whole = when.strftime("%Y%m%d%H%M%S")
    digits = dialect.fraction_digits
    return f"{whole}.{when.microsecond:06d}"[: 15 + digits] if digits else whole


def offset_text(minutes: int) -> str:
    """``+0200``."""
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}{abs(minutes) % 60:02d}"


def decimal_text(value: Decimal) -> str:
    """A decimal string of at most 16 characters (PS3.5 6.2, DS), as exact as that allows."""
    for digits in range(_DS_LENGTH, 0, -1):
        rounded = Context(prec=digits).create_decimal(value).normalize()
        for written in (f"{rounded:f}", f"{rounded:E}"):
            if len(written) <= _DS_LENGTH:
                return written
    raise ValueError(f"{value} does not fit a decimal string")


def encode_item(item: Item, layout: Layout, dialect: Dialect) -> bytes:
    """The elements of one content item, in the order of their tags, and of all below it."""
    return _relationship(item.relationship, layout) + b"".join(item_elements(item, layout, dialect).values())


def item_elements(item: Item, layout: Layout, dialect: Dialect) -> dict[str, bytes]:
    """The elements of a content item but for its relationship, by keyword, in the order of their tags."""
    elements = {"ValueType": _value_type(item.type, layout)}
    if item.concept is not None:
        elements["ConceptNameCodeSequence"] = _coded("ConceptNameCodeSequence", dialect.recode(item.concept), layout)
    keyword = _VALUE_KEYWORDS[item.type]
    elements[keyword] = _value(keyword, item, layout, dialect)
    if item.children:
        below = [encode_item(child, layout, dialect) for child in item.children]
        elements["ContentSequence"] = layout.sequence("ContentSequence", below)
    return elements


@lru_cache(maxsize=256)
def _relationship(relationship: str, layout: Layout) -> bytes:
    return layout.element("RelationshipType", relationship) if relationship else b""


@lru_cache(maxsize=256)
def _value_type(value_type: str, layout: Layout) -> bytes:
    return layout.element("ValueType", value_type)


def _coded(keyword: str, value: Code, layout: Layout) -> bytes:
    return _coded_entry(keyword, value.value, value.scheme, value.meaning, layout)


@lru_cache(maxsize=8192)
def _coded_entry(keyword: str, value: str, scheme: str, meaning: str, layout: Layout) -> bytes:
    entry = {"CodeValue": value, "CodingSchemeDesignator": scheme, "CodeMeaning": meaning}
    return layout.element(keyword, [entry])


def _value(keyword: str, item: Item, layout: Layout, dialect: Dialect) -> bytes:
    if isinstance(item.value, Code):
        return _coded(keyword, dialect.recode(item.value), layout)
    if isinstance(item.value, Number):
        return _measured(item.value, layout)
    return layout.element(keyword, "SEPARATE" if item.value is None else item.value)


def _measured(value: Number, layout: Layout) -> bytes:
    if value.qualifier is not None:
        qualifier = _coded("NumericValueQualifierCodeSequence", value.qualifier, layout)
        return layout.sequence("MeasuredValueSequence", ()) + qualifier
    unit = _coded("MeasurementUnitsCodeSequence", value.unit, layout)
    return layout.sequence("MeasuredValueSequence", (unit + layout.element("NumericValue", value.written),))
