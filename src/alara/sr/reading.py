"""From content items to typed values, with a finding for whatever cannot be one.

Equal bytes are one content item, so what an item was read as is remembered by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, TypeVar

from alara.findings import FindingCode
from alara.model import Code, Moment
from alara.quantities import Quantity
from alara.sr import units
from alara.sr.content import ContentItem
from alara.sr.notes import Notes
from alara.sr.numbers import plain_decimal, read_number
from alara.sr.quirks import mean_of_pulses, read_moment_leniently, value_of_leniently
from alara.sr.times import EARLIEST, LATEST
from alara.sr.units import Dimension, factor, is_ucum

__all__ = ["Reader", "Table", "label"]

Q = TypeVar("Q", bound=Quantity)

#: By the name of a concept, the field that it is and how it is read.
Table = Mapping[str, tuple[str, Callable[["Reader", ContentItem], object]]]

_UNREAD: Final = object()
#: Of an item that is not in the table.
_NO_FIELD: Final = "", None, ContentItem()


class Reader:
    """Reads the values of the content items of one report.

    Parameters
    ----------
    notes
        Where findings and quirks go.
    offset_min
        The dataset's offset from UTC in minutes, for times that have none of their own.
    """

    def __init__(self, notes: Notes, offset_min: int | None) -> None:
        self.notes = notes
        self.offset_min = offset_min
        self._known: dict[ContentItem, object] = {}
        self._odd: dict[ContentItem, list[tuple[FindingCode, str]]] = {}
        self._findings: list[tuple[FindingCode, str]] = []
        self._fields: dict[int, dict[ContentItem, tuple[str, object, ContentItem]]] = {}

    def fields(self, items: Iterable[ContentItem], table: Table) -> Iterator[tuple[str, object, ContentItem]]:
        """The fields of a container by the table of its kind, with value and item; none that has no value."""
        known, odd = self._fields.setdefault(id(table), {}), self._odd
        for item in items:
            field = known.get(item)
            if field is None:
                field = known[item] = self._field(item, table)
            elif odd and item in odd:
                self._note(item)
            if field[1] is not None:
                yield field

    def _field(self, item: ContentItem, table: Table) -> tuple[str, object, ContentItem]:
        if item.name is None or item.name not in table:
            return _NO_FIELD
        field, how = table[item.name]
        value = self._read(item, how)
        return field, None if value == "" else value, item

    def read(self, item: ContentItem, how: Callable[[Reader, ContentItem], object]) -> object:
        """What an item says; a concept must always be read in the same way."""
        value = self._known.get(item, _UNREAD)
        if value is _UNREAD:
            value = self._known[item] = self._read(item, how)
        elif item in self._odd:
            self._note(item)
        return value

    def _read(self, item: ContentItem, how: Callable[[Reader, ContentItem], object]) -> object:
        before = len(self._findings)
        value = how(self, item)
        if len(self._findings) > before:
            self._odd[item] = self._findings[before:]
            del self._findings[before:]
            self._note(item)
        return value

    def _note(self, item: ContentItem) -> None:
        for code, text in self._odd[item]:
            self.notes.add(code, text, label(item))

    def number(self, item: ContentItem, dimension: Dimension, *, signed: bool = False) -> float | None:
        """A NUM item in the canonical unit of its dimension, or ``None`` with a finding."""
        text = item.value
        if not isinstance(text, str) or not text:
            if item.qualifier is not None:
                self.notes.quirk("value_with_qualifier")
            else:
                self._find(FindingCode.NO_VALUE, "")
            return None
        unit = item.unit.value if item.unit is not None else ""
        by = dimension.factors.get(unit)
        if by is None:
            by = factor(unit, dimension)
            if by is None:
                self._find(FindingCode.UNKNOWN_UNIT, f"{text} {unit}".strip())
                return None
            if not is_ucum(unit):
                self.notes.quirk("unit_spelling")
        value, problem = plain_decimal(text), None
        if value is not None and by == 1.0 and (-dimension.most if signed else 0.0) <= value <= dimension.most:
            return value
        if value is None:
            value, problem = read_number(text)
        if problem is FindingCode.SEVERAL_VALUES:
            value = mean_of_pulses(item, self.notes)
            problem = problem if value is None else None
        if value is not None and value < 0 and not signed:
            value, problem = None, FindingCode.NEGATIVE
        if value is not None and by != 1.0:
            value = float(f"{value * by:.15g}")  # a decimal in one unit is a decimal in the other
        if value is not None and abs(value) > dimension.most:
            value, problem = None, FindingCode.IMPLAUSIBLE
        if problem is not None:
            self._find(problem, f"{text} {unit}".strip())
        return value

    def quantity(self, item: ContentItem, kind: Callable[[float], Q], dimension: Dimension) -> Q | None:
        """A NUM item as a quantity of the model."""
        value = self.number(item, dimension)
        return None if value is None else kind(value)

    def count(self, item: ContentItem) -> int | None:
        """A NUM item as a count."""
        value = self.number(item, units.COUNT)
        return None if value is None else round(value)

    def text(self, item: ContentItem) -> str:
        """A TEXT or UIDREF item, or the meaning of a CODE item that stands in its place."""
        value = item.value
        if isinstance(value, Code):
            return value.meaning or value.value
        if item.value_type == "TEXT" and item.name in _UID_NAMES:
            self.notes.quirk("uid_as_text")
        return value or ""

    def code(self, item: ContentItem) -> Code | None:
        """A CODE item."""
        return item.value if isinstance(item.value, Code) else None

    def known(self, item: ContentItem) -> str | None:
        """What the model says for the code of a CODE item, ``None`` when the tables do not have it."""
        return value_of_leniently(self.code(item), self.notes)

    def word(self, item: ContentItem) -> str:
        """The model's word for the code of a CODE item, else its meaning as sent, else the code itself."""
        code = self.code(item)
        return "" if code is None else self.known(item) or code.meaning or code.value

    def moment(self, item: ContentItem) -> Moment | None:
        """A DATETIME item."""
        text = item.value if isinstance(item.value, str) else ""
        if not text:
            self._find(FindingCode.NO_VALUE, "")
            return None
        moment = read_moment_leniently(text, self.offset_min, self.notes)
        if moment is None:
            self._find(FindingCode.BAD_TIME, text)
        elif not EARLIEST <= moment.local < LATEST:
            self._find(FindingCode.TIME_IMPLAUSIBLE, text)
        return moment

    def unknown_code(self, item: ContentItem) -> None:
        """Note a code that is not in the set that the template allows."""
        code = item.value
        self._find(
            FindingCode.UNKNOWN_CODE, f"{code.value} {code.scheme} {code.meaning}" if isinstance(code, Code) else ""
        )

    def _find(self, code: FindingCode, text: str) -> None:
        self._findings.append((code, text))


_UID_NAMES: Final = frozenset(("device_observer_uid", "irradiation_event_uid", "scope_uid"))


def label(item: ContentItem) -> str:
    """How a finding names a content item: its meaning as sent and its code."""
    concept = item.concept
    return f"{concept.meaning} ({concept.value})" if concept is not None else "an item without a concept name"
