"""How much of a peer's data the reader takes before it gives a reason instead.

The largest real dose reports have about 10 levels, 150,000 elements and 4 MB.
"""

from __future__ import annotations

from typing import Final

from alara.errors import UnreadableReason, UnreadableReport

MAX_DEPTH: Final = 32
MAX_ELEMENTS: Final = 1_000_000
MAX_BYTES: Final = 64 * 1024 * 1024
#: Of an image, whose pixels are stepped over and never copied; what is before them is held to MAX_BYTES.
MAX_IMAGE_BYTES: Final = 512 * 1024 * 1024
MAX_INFLATED_BYTES: Final = 32 * 1024 * 1024


class Budget:
    """Counts the elements of one dataset against the limit."""

    __slots__ = ("left",)

    def __init__(self, elements: int = MAX_ELEMENTS) -> None:
        self.left = elements

    def spend(self, elements: int = 1) -> None:
        """Count elements; raises :class:`UnreadableReport` when there are too many."""
        self.left -= elements
        if self.left < 0:
            raise UnreadableReport(UnreadableReason.TOO_MANY_ELEMENTS)


def overrun(needed: int, data: bytes) -> UnreadableReport:
    """Why a length that passes its enclosing end cannot be: the file is cut, or the lengths disagree."""
    if needed > len(data):
        return UnreadableReport(UnreadableReason.TRUNCATED, f"{needed - len(data)} bytes are missing at least.")
    return UnreadableReport(UnreadableReason.MALFORMED, f"A length passes the end of what encloses it at {needed}.")
