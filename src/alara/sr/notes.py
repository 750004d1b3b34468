"""What the reader notes while it reads: findings, and the quirks that it met."""

from __future__ import annotations

from alara.findings import Finding, FindingCode

__all__ = ["Notes"]

_LONGEST_TEXT = 80
_LISTED_EVENTS = 8


class Notes:
    """Collects the findings and quirks of one report; the same finding of many events becomes one."""

    def __init__(self) -> None:
        self.quirks: dict[str, None] = {}
        self._events: dict[tuple[FindingCode, str, str], list[int]] = {}
        #: Whether any concept of the report was recognised by its text.
        self.by_meaning = False
        #: Number of the event that is being read, counted from 1; 0 outside any event.
        self.event = 0

    def add(self, code: FindingCode, text: str = "", where: str = "") -> None:
        """Note a finding with the raw text or the numbers, and where in the report it was."""
        self._events.setdefault((code, _short(text), where), []).append(self.event)

    def quirk(self, quirk_id: str) -> None:
        """Note that a quirk was met."""
        self.quirks[quirk_id] = None

    def findings(self) -> tuple[Finding, ...]:
        """All findings, in the order in which each was first met."""
        return tuple(Finding(code, text, _where(where, at)) for (code, text, where), at in self._events.items())


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}… ({len(text)} characters)"


def _where(where: str, events: list[int]) -> str:
    numbers = sorted({event for event in events if event})
    if not numbers:
        return where
    listed = ", ".join(str(number) for number in numbers[:_LISTED_EVENTS])
    more = len(numbers) - _LISTED_EVENTS
    named = f"event{'s' if len(numbers) > 1 else ''} {listed}{f' and {more} more' if more > 0 else ''}"
    return f"{where}, {named}" if where else named
