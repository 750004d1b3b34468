"""What the terminal is written with: a console for a pipe as well, and a table that begins with its head."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.segment import Segment
from rich.table import Table

if TYPE_CHECKING:
    from rich.console import ConsoleOptions, RenderResult

__all__ = ["Terminal", "table"]


class Terminal(Console):
    """A console that leaves it to the command to end when the reader of a pipe has gone."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


class _Listing(Table):
    """A table without the line of blanks that its box has above the head; apart, with an empty line there."""

    apart = False

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        parts = (part for part in super().__rich_console__(console, options) if isinstance(part, Segment))
        if self.apart:
            yield Segment.line()
        begun = False
        for line in Segment.split_lines(parts):
            begun = begun or any(part.text.strip() for part in line)
            if begun:
                yield from line
                yield Segment.line()


def table(*, apart: bool = False, **how: Any) -> Table:
    """A table as alara prints them: a rule below the head, and no edge around the columns.

    ``apart`` leaves a line free above it, where a sentence comes before.
    """
    made = _Listing(**{"box": box.SIMPLE_HEAD, "pad_edge": False, "padding": (0, 1, 0, 0), **how})
    made.apart = apart
    return made
