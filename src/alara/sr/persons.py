"""Names of persons (PS3.5 6.2, PN): the same person, written in two ways, is one."""

from __future__ import annotations

import unicodedata
from typing import Final

__all__ = ["normal_name"]

#: Family, given and middle name. Prefix and suffix, which follow, are typed on one C-arm and left out on another.
_NAMES: Final = 3


def normal_name(text: str) -> str:
    """A name without what varies between C-arms: other alphabets, prefix, suffix, spaces, width of letters.

    Empty where nobody is named.
    """
    group = next((group for group in text.split("=") if group.strip("^ ")), "")
    parts = unicodedata.normalize("NFKC", group).split("^")[:_NAMES]
    return "^".join(" ".join(part.split()) for part in parts).rstrip("^")
