"""How fast and when an archive is asked: objects a second, hours of the day, and waiting after a failure."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from alara.errors import PeerUnavailable, UsageError

__all__ = ["PAUSES_S", "Hours", "Pace", "Stopped"]

T = TypeVar("T")

#: Pauses before each further try of what failed for the moment. The first is none:
#: an archive that closed an association in a pause is there at once.
PAUSES_S: Final = (0.0, 1.0, 5.0, 25.0)

#: The pause before the one further try of an object that the archive could not send.
PAUSE_AFTER_FAILURE_S: Final = 2.0

_HOURS: Final = re.compile(r"(\d{1,2})-(\d{1,2})")


class Stopped(Exception):
    """Somebody asked to stop; what is done is done."""


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours of the day in which an archive may be asked, over midnight when the first is the later one."""

    first: int
    last: int

    @classmethod
    def parse(cls, text: str) -> Hours:
        """Hours such as ``20-06``: from 20:00 until 06:00.

        Raises
        ------
        UsageError
            When the text is something else.
        """
        found = _HOURS.fullmatch(text.strip())
        if found is None or int(found[1]) > 23 or int(found[2]) > 24 or int(found[1]) == int(found[2]):
            raise UsageError(f"{text!r} are no hours of the day.", hint="--hours 20-06 is from 20:00 until 06:00.")
        return cls(int(found[1]), int(found[2]) % 24)

    def wait(self, now: datetime) -> timedelta:
        """How long it is until the hours begin; zero within them. The time is this machine's."""
        within = (now.hour - self.first) % 24 < ((self.last - self.first) % 24 or 24)
        if within:
            return timedelta(0)
        begin = now.replace(hour=self.first, minute=0, second=0, microsecond=0)
        return begin - now if begin > now else begin + timedelta(days=1) - now

    def __str__(self) -> str:
        return f"{self.first:02}:00 to {self.last:02}:00"


class Pace:
    """Waits where waiting is due, and stops where stopping is asked for.

    Parameters
    ----------
    rate
        The most objects a second; 0 is as fast as it goes.
    hours
        When the archive may be asked; ``None`` is always.
    wait
        Sleeps for so many seconds, and says whether to stop.
    rest
        Called with how long before a wait for the hours, to close what should not stay open.
    """

    def __init__(
        self,
        *,
        rate: float = 0.0,
        hours: Hours | None = None,
        wait: Callable[[float], bool],
        rest: Callable[[timedelta], None] = lambda _: None,
        now: Callable[[], datetime] = datetime.now,
    ) -> None:
        self._interval_s = 1 / rate if rate else 0.0
        self._hours, self._wait, self._rest, self._now = hours, wait, rest, now
        self._next = 0.0

    def before_question(self) -> None:
        """Wait for the hours of the archive.

        Raises
        ------
        Stopped
            When that is asked for.
        """
        self._sleep(0.0)
        while self._hours is not None and (until := self._hours.wait(self._now())):
            self._rest(until)
            self._sleep(until.total_seconds())

    def before_object(self) -> None:
        """Wait for the hours, and until the next object may be asked for."""
        self.before_question()
        self._sleep(self._next - time.monotonic())
        self._next = time.monotonic() + self._interval_s

    def persistently(self, ask: Callable[[], T], again: Callable[[T], bool] = lambda _: False) -> T:
        """Ask, and ask again after a pause where that may help.

        Parameters
        ----------
        ask
            The question.
        again
            Whether an answer is a failure that may pass; it gets one more chance only,
            since an archive says the same of what it can never send.

        Raises
        ------
        PeerUnavailable
            From the last try.
        Stopped
            When that is asked for.
        """
        self._sleep(0.0)
        chances = 1
        for pause_s in PAUSES_S:
            try:
                answer = ask()
            except PeerUnavailable:
                self._sleep(pause_s)
                continue
            if not chances or not again(answer):
                return answer
            chances -= 1
            self._sleep(PAUSE_AFTER_FAILURE_S)
        return ask()

    def _sleep(self, seconds: float) -> None:
        if self._wait(max(seconds, 0.0)):
            raise Stopped
