"""How many bytes of unfinished objects the node holds, over all associations.

Each association alone is bounded by the largest object that the node takes; 64
of them at once are not. The bytes of all are counted here, and an address may
hold half of them at most, so that no caller alone can spend what others need.
"""

from __future__ import annotations

import threading
from collections import Counter

__all__ = ["InFlight"]


class InFlight:
    """The bytes of objects that have begun to arrive and are not answered yet.

    Parameters
    ----------
    limit_bytes
        How many there may be at a time, over all addresses; one address may hold half.
    patience_s
        How long one waits for room before it is told that there is none.
    """

    def __init__(self, limit_bytes: int, patience_s: float) -> None:
        self._limit_bytes, self._patience_s = limit_bytes, patience_s
        self._changed = threading.Condition()
        self._held: Counter[str] = Counter()
        self._total = 0
        self._waiting = 0

    def take(self, address: str, count: int) -> bool:
        """Have so many bytes more, waiting a little for room; false when there is none."""
        with self._changed:
            if not self._has_room(address, count):
                self._waiting += 1
                try:
                    self._changed.wait_for(lambda: self._has_room(address, count), self._patience_s)
                finally:
                    self._waiting -= 1
                if not self._has_room(address, count):
                    return False
            self._total += count
            self._held[address] += count
            return True

    def give_back(self, address: str, count: int) -> None:
        """Have so many bytes fewer."""
        with self._changed:
            self._total -= count
            self._held[address] -= count
            if not self._held[address]:
                del self._held[address]
            if self._waiting:
                self._changed.notify_all()

    def _has_room(self, address: str, count: int) -> bool:
        return self._total + count <= self._limit_bytes and self._held[address] + count <= self._limit_bytes // 2
