"""The X-ray sources of an enhanced report (PS3.16 TID 10041, 10042), which it tells apart by free text alone.

The text (113832) is the plane where it can mean nothing else: a single source
is a single plane; two that are called A and B, of a plane, a tube or a source,
are those planes. Of any others nothing says which is which.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from alara.model import Plane
from alara.sr.content import ContentItem

__all__ = ["planes_of_sources", "source_of"]

_NAMED: Final = re.compile(r"(?:(?:acquisition )?plane |(?:x-?ray )?(?:tube |source ))?([ab])", re.IGNORECASE)


def planes_of_sources(content: Sequence[ContentItem]) -> dict[str, Plane] | None:
    """The plane of each source, by its text; ``None`` when that is not certain.

    What names no source is of the only one; where there are several it makes them uncertain.
    """
    stated = [source_of(item) for item in content if item.name == "accumulated_dose_data"]
    of_events = {source_of(item) for item in content if item.name == "irradiation_event_summary_data"}
    sources = {*stated, *of_events}
    named = sources - {""}
    if len(named) <= 1 and len(stated) <= 1:
        return dict.fromkeys(sources, Plane.SINGLE)
    letters = {source: match[1].upper() for source in named if (match := _NAMED.fullmatch(source)) is not None}
    is_certain = len(stated) == len(set(stated)) and of_events <= set(stated) and letters.keys() == sources
    if not is_certain or sorted(letters.values()) != ["A", "B"]:
        return None
    return {source: Plane(letter) for source, letter in letters.items()}


def source_of(container: ContentItem) -> str:
    """How totals or an event name their X-ray source; empty when they do not."""
    texts = (item.value for item in container.children if item.name == "x_ray_source")
    return next((text for text in texts if isinstance(text, str)), "")
