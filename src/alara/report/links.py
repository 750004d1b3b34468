"""Ids of references in a sentence as links to where the page explains them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from markupsafe import Markup, escape

__all__ = ["linked"]

#: Ids stand in brackets: "(S001, GHJ2009)".
_BRACKETS = re.compile(r"\([A-Z][A-Z0-9_]+(?:, [A-Z][A-Z0-9_]+)*\)")


def linked(text: str, ids: Iterable[str]) -> Markup:
    """The text, escaped, in which each id in brackets that is one of ``ids`` leads to ``#ref-ID``."""
    known = frozenset(ids)

    def links(found: re.Match[str]) -> str:
        names = found[0][1:-1].split(", ")
        return f"({', '.join(_link(name) if name in known else name for name in names)})"

    return Markup(_BRACKETS.sub(links, str(escape(text))))  # noqa: S704 - escaped, and ids are capitals and digits


def _link(name: str) -> str:
    return f'<a href="#ref-{name}">{name}</a>'
