"""What content items were read as, by their exact bytes, so that the same bytes again need no reading.

A report repeats a few hundred distinct items thousands of times, many times in
the same order, and the reports of a device repeat one another. An item of
undefined length may be remembered too: what it parses to depends on its own
bytes alone, so the same bytes again, wherever they stand, end at the same place.
"""

from __future__ import annotations

from typing import Final, TypeVar

from alara.model import Code
from alara.sr.item import ContentItem
from alara.sr.limits import Budget
from alara.sr.text import TextDecoder

__all__ = ["MEMO_BYTES", "SEEN", "Memos", "Seen"]

#: Longest item that is worth remembering; leaf items of real reports have 150 to 300 bytes.
MEMO_BYTES: Final = 1024
#: What every report of a device has again, and what most reports have only once.
_REPEATED: Final = frozenset(("CODE", "TEXT"))
#: The elements whose value alone tells many an item from one before: a number, a UID, a date and time.
_NUMBER: Final = b"\x40\x00\x0a\xa3"
_UID: Final = b"\x40\x00\x24\xa1"
_TIME: Final = b"\x40\x00\x20\xa1"

V = TypeVar("V")
#: An item, the length of its value, the bytes after that, and what reading it spent of the budget.
_Around = tuple[ContentItem, int, bytes, int]


class Seen:
    """What the reports before held, by its bytes: a C-arm sends the same codes and items in every report.

    Only what owes nothing to its own report comes in (:attr:`Memos.owed`),
    so that no report's meaning depends on those before it.
    """

    __slots__ = ("around", "codes", "items")

    MOST: Final = 4096

    def __init__(self) -> None:
        self.codes: dict[bytes, Code] = {}
        self.items: dict[bytes, ContentItem] = {}
        self.around: dict[bytes, _Around] = {}

    def add(self, memo: dict[bytes, V], raw: bytes, value: V) -> None:
        """Remember under the bytes; a memo that is full begins anew."""
        if len(memo) >= self.MOST:
            memo.clear()
        memo[raw] = value


#: By whether value representations are implicit.
SEEN: Final = {False: Seen(), True: Seen()}


class Memos:
    """What the items of one dataset were read as.

    ``own`` counts the names and remembered codes that were used and are of this report alone.
    """

    __slots__ = ("_around", "_budget", "_decode", "items", "own", "seen")

    def __init__(self, implicit: bool, decode: TextDecoder, budget: Budget) -> None:
        self.seen = SEEN[implicit]
        self.items: dict[bytes, ContentItem] = {}
        self.own = 0
        self._decode = decode
        self._budget = budget
        #: By the bytes of an item up to its value.
        self._around: dict[bytes, _Around] = {}

    @property
    def owed(self) -> int:
        """Grows whenever reading owes something to this report alone: its character set, its names or its memos."""
        return self.own + self._decode.beyond_ascii

    def remember(self, item: ContentItem, raw: bytes, value: tuple[int, int], spent: int, *, shared: bool) -> None:
        """Remember an item, and all that stands around its value.

        Parameters
        ----------
        item, raw
            The item and its bytes.
        value
            Where in those the value begins and ends; negative where there is none.
        spent
            Of the budget, by reading it.
        shared
            Whether it owes nothing to its report.
        """
        self.items[raw] = item
        if item.children:
            return
        if shared and not spent and item.value_type in _REPEATED:
            self.seen.add(self.seen.items, raw, item)
        begin, end = value
        if begin >= 0 and isinstance(item.value, str):  # else a code stands behind the value and counts instead of it
            around = (item, end - begin, raw[end:], spent)
            self._around[raw[:begin]] = around
            if shared:
                self.seen.add(self.seen.around, raw[:begin], around)

    def like_before(self, raw: bytes) -> ContentItem | None:
        """An item that one of another report was, or that differs from one in nothing but the characters of its value.

        Its bytes up to the value are those of the one before, all lengths
        among them, so the value ends where that one did; the rest is compared.
        """
        known = self.items.get(raw) or self.seen.items.get(raw)
        if known is not None:
            self.items[raw] = known
            return known
        cut = raw.rfind(_NUMBER) + 8
        if cut == 7:
            cut = max(raw.rfind(_UID), raw.rfind(_TIME)) + 8
            if cut == 7:
                return None
        head = raw[:cut]
        around = self._around.get(head) or self.seen.around.get(head)
        if around is None:
            return None
        before, length, rest, spent = around
        end = cut + length
        if raw[end:] != rest:
            return None
        if spent and head not in self._around:
            # the first of its like in this report spends what it would have without the reports before
            self._around[head] = around
            self._budget.spend(spent)
        item = self.items[raw] = before.with_value(self._decode(raw[cut:end]))
        return item
