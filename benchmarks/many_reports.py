"""Any number of reports in little time: some hundreds are generated, the rest are these under UIDs of their own."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import count, islice

from alara.samples import generate

__all__ = ["many_reports"]

_GENERATED = 500
_UID = re.compile(rb"2\.25\.\d{33}(\d{6})")


def many_reports(reports: int, events: int) -> Iterator[bytes]:
    """Reports of as many procedures; equal arguments give equal bytes."""
    first = list(generate(min(reports, _GENERATED), events, seed=1))
    seen = Counter(uid for data in first for uid in {found[0] for found in _UID.finditer(data)})
    shared = {uid for uid, times in seen.items() if times > 1}  # of the C-arms
    yield from islice((_renamed(data, turn, shared) for turn in count() for data in first), reports)


def _renamed(data: bytes, turn: int, shared: set[bytes]) -> bytes:
    """The same report with every UID of its own changed in its last six digits, by the turn."""

    def other(found: re.Match[bytes]) -> bytes:
        if found[0] in shared:
            return found[0]
        return found[0][:-6] + b"%06d" % ((int(found[1]) + turn) % 1_000_000)

    return _UID.sub(other, data) if turn else data
