"""Codes out of code sequences (PS3.3 section 8), each remembered by its bytes."""

from __future__ import annotations

from typing import Final

from alara.model import Code
from alara.sr.elements import (
    SEQUENCE_END_BYTES,
    UNDEFINED,
    Element,
    first_item,
    tag,
)
from alara.sr.limits import Budget
from alara.sr.memos import MEMO_BYTES, Memos
from alara.sr.text import TextDecoder

__all__ = ["Codes"]

_CODE_VALUES: Final = frozenset(
    tag(0x0008, element)
    for element in (
        0x0100,  # Code Value
        0x0119,  # Long Code Value
        0x0120,  # URN Code Value
    )
)
_CODING_SCHEME: Final = tag(0x0008, 0x0102)
_CODE_MEANING: Final = tag(0x0008, 0x0104)


class Codes:
    """Reads the code sequences of one dataset.

    Parameters
    ----------
    data
        The dataset, little endian.
    implicit
        Whether value representations are implicit.
    decode
        Of the dataset's character set.
    budget
        The count of elements that the dataset may still spend.
    memos
        Learns which codes are of this report alone.
    """

    def __init__(self, data: bytes, implicit: bool, decode: TextDecoder, budget: Budget, memos: Memos) -> None:
        self._data = data
        self._implicit = implicit
        self._decode = decode
        self._budget = budget
        self._memos = memos
        #: Codes that are not among those of other reports.
        self._own: dict[bytes, Code | None] = {}

    def at(self, sequence: Element, limit: int) -> tuple[Code | None, int]:
        """The first code of a code sequence, and the position after it."""
        data, start, length, memos = self._data, sequence.start, sequence.length, self._memos
        after = start + length
        if length == UNDEFINED:
            after = data.find(SEQUENCE_END_BYTES, start, start + MEMO_BYTES) + 8
        if start <= after <= limit:
            # the length field is part of the key: the same bytes may end elsewhere under another length
            raw = data[start - 4 : after]
            code = memos.seen.codes.get(raw)
            if code is not None:
                return code, after
            if raw in self._own:
                memos.own += 1
                return self._own[raw], after
        owed, left = memos.owed, self._budget.left
        found, position = first_item(data, sequence, limit, self._implicit, self._budget)
        code = self._code_of(found)
        raw = data[start - 4 : position]
        alike = owed == memos.owed and left == self._budget.left
        if code is not None and alike and len(raw) <= MEMO_BYTES:
            memos.seen.add(memos.seen.codes, raw, code)
        else:
            self._own[raw] = code
            memos.own += 1
        return code, position

    def _code_of(self, found: list[Element]) -> Code | None:
        value = scheme = meaning = ""
        for number, _, start, length in found:
            if number in _CODE_VALUES:
                value = self._decode(self._data[start : start + length])
            elif number == _CODING_SCHEME:
                scheme = self._decode(self._data[start : start + length])
            elif number == _CODE_MEANING:
                meaning = self._decode.aside(self._data[start : start + length])
        return Code(value, scheme, meaning) if value or scheme or meaning else None
