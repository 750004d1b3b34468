"""What the terminal is written with: a console for a pipe as well, and a table that begins with its head."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from alara.commands import joined

if TYPE_CHECKING:
    from rich.console import ConsoleOptions, RenderResult

__all__ = ["Terminal", "say", "table", "wrapped"]

#: Stands for a space within a command while lines are made: a private character, which no text has.
_NO_BREAK = "\ue000"


class Terminal(Console):
    """A console that leaves it to the command to end when the reader of a pipe has gone."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def wrapped(text: str, width: int, *, indent: int = 0, hang: int | None = None) -> list[str]:
    """A paragraph in lines of a width; those after the first begin at ``hang``, two columns further in if not said.

    No word and no command is broken, so that it can be copied: it may stick out, on a line of its own.
    """
    lines = wrap(
        joined(text, _NO_BREAK),
        width=width,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 2 if hang is None else hang),
        break_on_hyphens=False,
        break_long_words=False,
    )
    return [line.replace(_NO_BREAK, " ") for line in lines]


def say(console: Console, text: str, *, indent: int = 0, hang: int | None = None, style: str = "") -> None:
    """Print a paragraph, :func:`wrapped` at the width of the console; in a pipe of no known width it is one line."""
    lines = [" " * indent + text] if console.soft_wrap else wrapped(text, console.width, indent=indent, hang=hang)
    for line in lines:
        console.print(Text(line, style=style), soft_wrap=True)


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
