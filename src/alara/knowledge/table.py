"""A table of knowledge as it was read: the entries without a fault, and what is known of the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["Table"]


Raw = Mapping[str, object]


class Table(dict[str, Any]):
    """Entries by id.

    ``in`` is also true of an entry that has a fault, and of any name where a part of
    the file could not be read: whoever names it makes no fault of his own.

    Attributes
    ----------
    faulty
        The entries that have a fault, as the file gives them.
    raw
        The entries as the file gives them, for what is laid over them.
    whole
        Whether every part of the file could be read.
    """

    def __init__(
        self,
        entries: Mapping[str, Any] = {},
        faulty: Mapping[str, Raw] = {},
        *,
        raw: Mapping[str, Raw] = {},
        whole: bool = True,
    ) -> None:
        super().__init__(entries)
        self.faulty = faulty
        self.raw = raw
        self.whole = whole

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or name in self.faulty or not self.whole

    def with_laid_over(self, site: Table) -> Table:
        """These entries with a site's in the place of those of the same id; faults of both."""
        return Table({**self, **site}, {**self.faulty, **site.faulty}, whole=self.whole and site.whole)

    def names_of_faulty(self, field: str) -> Iterable[tuple[str, str]]:
        """Which names a field of the entries with a fault lists: the id of the entry, and each name."""
        for name, raw in self.faulty.items():
            value = raw.get(field)
            listed = value.split() if isinstance(value, str) else value if isinstance(value, list) else ()
            yield from ((name, str(each)) for each in listed)

    def words_of_faulty(self, field: str) -> Iterable[tuple[str, str]]:
        """Which texts a field of the entries with a fault lists, rules as a whole: the id of the entry, and each."""
        for name, raw in self.faulty.items():
            value = raw.get(field)
            listed = [value] if isinstance(value, str) else value if isinstance(value, list) else ()
            yield from ((name, each) for each in listed if isinstance(each, str))
