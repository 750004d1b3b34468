"""Counts in sentences: 1 file, 2 files."""

from __future__ import annotations

__all__ = ["counted"]


def counted(n: int, thing: str, things: str = "") -> str:
    """A count with its thing, thousands set apart by commas: 1 case, 2,000 cases; ``things`` where no *s* does."""
    return f"{n:,} {thing if n == 1 else things or f'{thing}s'}"
