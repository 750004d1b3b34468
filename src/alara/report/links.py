"""Ids of references in a sentence as links to where the page explains them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from markupsafe import Markup, escape

__all__ = ["linked", "quantities", "source_words"]

#: An id is capitals, digits and underscores.
_ID = re.compile(r"\b[A-Z][A-Z0-9_]+\b")


#: The project's own references in words: an id would look like a paper to look up.
_OWN = {"DESIGN": "chosen by this project", "PROPOSAL": "proposed by this project"}


def source_words(name: str) -> str:
    """How a reference is called where it is cited: its id, or words where it is the project's own."""
    return _OWN.get(name, name)


def linked(text: str, ids: Iterable[str]) -> Markup:
    """The text, escaped, in which each of ``ids`` leads to ``#ref-ID``."""
    known = frozenset(ids)

    def link(found: re.Match[str]) -> str:
        name = found[0]
        return f'<a href="#ref-{name}">{source_words(name)}</a>' if name in known else name

    return Markup(_ID.sub(link, str(escape(text))))  # noqa: S704 - escaped, and an id is nothing but letters


def quantities(text: str) -> Markup:
    """The text, escaped, with quantities and units as the page writes them elsewhere."""
    written = str(escape(text))
    for plain, shown in (
        ("P_KA", "P<sub>KA</sub>"),
        ("K_a,r", "K<sub>a,r</sub>"),
        ("Gy.cm2", "Gy·cm²"),
        ("cm2", "cm²"),
    ):
        written = written.replace(plain, shown)
    return Markup(written)  # noqa: S704 - escaped, and what is put in is our own
