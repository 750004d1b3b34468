"""How far a long run is, how fast it goes and how long it will take."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Final

__all__ = ["Pace"]

#: The rate is that of the last half minute or so: what is known already goes by faster than what is new.
_WINDOW_S: Final = 30.0


class Pace:
    """The rate of what is told to it; ``clock`` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque([(clock(), 0)])

    def told(self, done: int, of: int = 0) -> str:
        """In words, such as ``1200 of 5000, 310/s, 12 s left``; without an end where that is not known."""
        now = self._clock()
        self._seen.append((now, done))
        while len(self._seen) > 2 and now - self._seen[1][0] > _WINDOW_S:
            self._seen.popleft()
        since, before = self._seen[0]
        rate = (done - before) / (now - since) if now > since else 0.0
        words = [f"{done} of {of}" if of else f"{done} done"]
        if rate > 0:
            words.append(f"{rate:.0f}/s" if rate >= 1 else f"{60 * rate:.0f}/min")
            if of > done:
                words.append(f"{_duration((of - done) / rate)} left")
        return ", ".join(words)


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"
