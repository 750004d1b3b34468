"""Where in an object a number or a word stands: the content item or the element, and its value as encoded.

A content item is named by its place in the tree as the standard names it in
Referenced Content Item Identifier (PS3.3 C.17.3.2.5): the root is 1, its third
item 1.3, the first of that 1.3.1. An element of the header is named by its tag,
in sequences by the tags that lead to it. Nothing of a person is looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from alara.model import Code
from alara.sr.content import ContentItem
from alara.sr.dataset import Dataset
from alara.sr.elements import tag
from alara.sr.notes import Notes
from alara.sr.part10 import open_part10
from alara.sr.quirks import MEANT, ConceptNames

__all__ = ["DESCRIPTION", "FLUOROSCOPY_TIME", "KA_R", "P_KA", "Located", "locate"]

P_KA, KA_R, FLUOROSCOPY_TIME, DESCRIPTION = "p_ka", "ka_r", "fluoroscopy_time", "description"

#: Concept → what it tells of.
_CONCEPTS: Final = {
    "p_ka_total": P_KA,
    "fluoroscopy_p_ka_total": P_KA,
    "acquisition_p_ka_total": P_KA,
    "p_ka": P_KA,
    "ka_r_total": KA_R,
    "fluoroscopy_ka_r_total": KA_R,
    "acquisition_ka_r_total": KA_R,
    "ka_r": KA_R,
    "fluoroscopy_time_total": FLUOROSCOPY_TIME,
    "irradiation_duration": FLUOROSCOPY_TIME,
    "target_region": DESCRIPTION,
    "procedure_reported": DESCRIPTION,
}
#: Elements of the header whose values are text or numbers, with the sequences that lead to them.
_ELEMENTS: Final[tuple[tuple[str, tuple[int, ...]], ...]] = (
    (DESCRIPTION, (tag(0x0008, 0x1030),)),  # Study Description
    (DESCRIPTION, (tag(0x0040, 0x0254),)),  # Performed Procedure Step Description
    (DESCRIPTION, (tag(0x0032, 0x1060),)),  # Requested Procedure Description
    (DESCRIPTION, (tag(0x0040, 0xA370), tag(0x0032, 0x1060))),
    (DESCRIPTION, (tag(0x0040, 0x0270), tag(0x0032, 0x1060))),
    (DESCRIPTION, (tag(0x0018, 0x1030),)),  # Protocol Name
    (DESCRIPTION, (tag(0x0040, 0x0340), tag(0x0018, 0x1030))),
    (P_KA, (tag(0x0018, 0x115E),)),  # Image and Fluoroscopy Area Dose Product
    (KA_R, (tag(0x0040, 0x8302),)),  # Entrance Dose in mGy
    (KA_R, (tag(0x0040, 0x0302),)),  # Entrance Dose
    (FLUOROSCOPY_TIME, (tag(0x0040, 0x0300),)),  # Total Time of Fluoroscopy
)
#: Sequences of codes of the procedure: of the study, as performed, as requested.
_CODES: Final[tuple[tuple[int, ...], ...]] = (
    (tag(0x0008, 0x1032),),
    (tag(0x0040, 0xA372),),
    (tag(0x0032, 0x1064),),
    (tag(0x0040, 0xA370), tag(0x0032, 0x1064)),
    (tag(0x0040, 0x0270), tag(0x0032, 0x1064)),
)
_BINARY: Final = frozenset((tag(0x0040, 0x0300), tag(0x0040, 0x0302)))
_TITLE: Final = tag(0x0040, 0xA043)


@dataclass(frozen=True, slots=True)
class Located:
    """One value: what it tells of, its place, the concepts from the root to it, the value and unit as encoded.

    ``event_uid`` is that of the irradiation event that it is in, ``plane`` the
    code of the acquisition plane of that event or total; empty where there is none.
    """

    quantity: str
    place: str
    concepts: tuple[Code, ...]
    value: str
    unit: str = ""
    event_uid: str = ""
    plane: str = ""


def locate(data: bytes) -> tuple[Located, ...]:
    """Every value of dose, time and description in an object, in its order.

    Raises
    ------
    UnreadableReport
        When the bytes are not a DICOM object.
    """
    dataset = Dataset(open_part10(data), ConceptNames(Notes()))
    found = list(_in_header(dataset))
    if dataset.content is not None:
        title = dataset.codes(_TITLE)[:1]
        found += _in_tree(dataset.content, title)
    return tuple(found)


def _in_header(dataset: Dataset) -> Iterator[Located]:
    for quantity, path in _ELEMENTS:
        number = path[-1]
        if len(path) > 1:
            texts: Sequence[str] = dataset.texts(*path)
        else:
            text = dataset.number_text(number, binary=True) if number in _BINARY else dataset.text(number)
            texts = (text,) if text else ()
        for text in texts:
            yield Located(quantity, _tags(path), (), text)
    for path in _CODES:
        for code in dataset.codes(*path):
            yield Located(DESCRIPTION, _tags(path), (), _code(code))


def _tags(path: Iterable[int]) -> str:
    return " > ".join(f"({number & 0xFFFF:04X},{number >> 16:04X})" for number in path)


def _in_tree(content: Sequence[ContentItem], title: tuple[Code, ...]) -> Iterator[Located]:
    """The items in the order of the document; a stack and not recursion, as the tree's depth is the sender's."""
    waiting = [(item, f"1.{at}", title, "", "") for at, item in reversed(list(enumerate(content, 1)))]
    while waiting:
        item, place, above, event_uid, plane = waiting.pop()
        concepts = (*above, item.concept) if item.concept is not None else above
        quantity = _CONCEPTS.get((item.name or "").removesuffix(MEANT))
        if quantity is not None and item.value is not None:
            value = _code(item.value) if isinstance(item.value, Code) else item.value
            unit = item.unit.value if item.unit is not None else ""
            yield Located(quantity, place, concepts, value, unit, event_uid, plane)
        event_uid = _child(item, "irradiation_event_uid") or event_uid
        plane = _child(item, "acquisition_plane") or plane
        waiting += [
            (child, f"{place}.{at}", concepts, event_uid, plane)
            for at, child in reversed(list(enumerate(item.children, 1)))
        ]


def _child(item: ContentItem, name: str) -> str:
    for child in item.children:
        if child.name == name and child.value is not None:
            return _code(child.value) if isinstance(child.value, Code) else child.value
    return ""


def _code(code: Code) -> str:
    return f"{code.scheme}:{code.value}"
