"""How many bytes of unfinished objects the node holds, over all associations.

Each association alone is bounded by the largest object that the node takes; 64
of them at once are not. So the bytes of all are counted here, and an address
may hold half of them at most: no caller alone can spend what others need. Where
there is no room, an object that has stalled makes it, or else the one that
began last. The one that began first always gets through, and whoever lost is
told to try again.
"""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import threading
import time
from typing import Final

__all__ = ["InFlight", "Unfinished", "give_large_blocks_back"]

#: An object that has not grown for so long, in s, is the first to make room.
_STALLED_S: Final = 5.0

# Of mallopt(3).
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8


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
        self.limit_bytes, self.patience_s = limit_bytes, patience_s
        self.changed = threading.Condition()
        self.objects: dict[int, Unfinished] = {}
        self.total = 0
        self._numbers = itertools.count()

    def begin(self, address: str) -> Unfinished:
        """An object of a caller that is going to arrive."""
        with self.changed:
            number = next(self._numbers)
            self.objects[number] = Unfinished(self, number, address)
            return self.objects[number]

    def has_room(self, address: str, count: int) -> bool:
        """Whether so many bytes more may be held for an address; with the lock held, as all that follows."""
        if self.total + count <= self.limit_bytes // 2:
            return True
        return self.total + count <= self.limit_bytes and self._of(address) + count <= self.limit_bytes // 2

    def _of(self, address: str) -> int:
        return sum(one.size for one in self.objects.values() if one.address == address)

    def make_room(self, wanted: Unfinished, count: int) -> bool:
        """Let objects go until one may grow; false when it is itself the next to go."""
        while not self.has_room(wanted.address, count):
            is_own = self._of(wanted.address) + count > self.limit_bytes // 2
            held = [
                one
                for one in self.objects.values()
                if one is wanted or (one.may_go and (one.address == wanted.address or not is_own))
            ]
            late = time.monotonic() - _STALLED_S
            loser = max(held, key=lambda one: (one is not wanted and one.grew_at < late, one.number))
            if loser is wanted:
                return False
            loser.let_go()
        return True


class Unfinished:
    """One object that is arriving. ``content`` is ``None`` once it had to go."""

    def __init__(self, in_flight: InFlight, number: int, address: str) -> None:
        self._in_flight = in_flight
        self.number, self.address = number, address
        self.content: bytearray | None = bytearray()
        self.grew_at = time.monotonic()
        self._is_whole = False

    @property
    def size(self) -> int:
        return len(self.content or b"")

    @property
    def may_go(self) -> bool:
        return bool(self.content) and not self._is_whole

    def add(self, data: memoryview) -> None:
        """Take more bytes of it, waiting a little for room; without room it goes."""
        with self._in_flight.changed:
            if self.content is None:
                return
            if not self._in_flight.make_room(self, len(data)):
                self._in_flight.changed.wait_for(
                    lambda: self.content is None or self._in_flight.has_room(self.address, len(data)),
                    self._in_flight.patience_s,
                )
                if self.content is None or not self._in_flight.has_room(self.address, len(data)):
                    self.let_go()
                    return
            self.content += data
            self._in_flight.total += len(data)
            self.grew_at = time.monotonic()

    def finish(self) -> bytearray | None:
        """The whole object, which from now on stays until it is forgotten; ``None`` when it had to go."""
        with self._in_flight.changed:
            self._is_whole = True
            return self.content

    def give_up(self) -> None:
        """Let it go: it is not wanted any more."""
        with self._in_flight.changed:
            self.let_go()

    def let_go(self) -> None:
        """The same, with the lock held."""
        self._in_flight.total -= self.size
        self.content = None
        self._in_flight.changed.notify_all()

    def forget(self) -> None:
        """It has been answered, or its association has ended."""
        with self._in_flight.changed:
            self._in_flight.objects.pop(self.number, None)
            self.let_go()


def give_large_blocks_back() -> None:
    """Let the C library return large blocks to the system as soon as they are free.

    glibc would learn from every block of up to 32 MB that is freed to keep such
    blocks, in each of many arenas: a flood of large objects then costs memory
    for ever. A setting of the whole process; other C libraries do without.
    """
    with contextlib.suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_MMAP_THRESHOLD, 4 << 20)
        mallopt(_M_ARENA_MAX, 2)
