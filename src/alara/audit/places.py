"""What the C-arm says of the place: the target region and the side, and whether the description agrees.

Operators choose a target region with the C-arm's programme, so it is often the
programme's own: it fills in what a description leaves out, and where both name
a part of the body, and not the same, that is a finding and no correction.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from types import MappingProxyType

from alara.audit.words import normalise
from alara.knowledge import Knowledge

__all__ = ["Places", "region_conflict", "side_conflict"]

#: Regions of coefficients by the parts of the body that they lie in. Two regions that share a part agree.
_PARTS = MappingProxyType(
    {
        "head": {"head"},
        "neck": {"head", "neck"},
        "cervical": {"head", "neck"},
        "shoulder": {"neck", "chest", "arm"},
        "chest": {"neck", "chest", "belly"},
        "thoracic": {"neck", "chest", "belly"},
        "abdomen": {"chest", "belly", "pelvis"},
        "lumbar": {"chest", "belly"},
        "sacrum": {"belly", "pelvis"},
        "pelvis": {"belly", "pelvis"},
        "hip": {"pelvis", "leg"},
        "knee": {"leg"},
        "ankle": {"leg"},
        "foot": {"leg"},
        "elbow": {"arm"},
        "wrist": {"arm"},
        "hand": {"arm"},
        "extremity": {"arm", "leg"},
    }
)
_LEFT = re.compile(r"\b(?:lt|left|links|linke[rsn]?|li|gauche|gche|izq|izquierd[ao]|izd[ao])\b")
_RIGHT = re.compile(r"\b(?:rt|right|rechts|rechte[rsn]?|re(?![-:])|droite?|dch[ao]|derech[ao])\b")
_LEFT_CODES = frozenset({"SCT:7771000", "SRT:G-A101", "SNM3:G-A101"})
_RIGHT_CODES = frozenset({"SCT:24028007", "SRT:G-A100", "SNM3:G-A100"})


class Places:
    """Reads codes of target regions with the knowledge."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._concepts = {name: code.concept for name, code in knowledge.region_codes.items()}

    def concepts(self, target_regions: str) -> frozenset[str]:
        """The concepts of codes as ``scheme:value``, separated by spaces; unknown codes say nothing."""
        codes = (code.replace("SNM3:", "SRT:") for code in target_regions.split())
        return frozenset(self._concepts[code] for code in codes if code in self._concepts)


def region_conflict(region: str, named: Iterable[str]) -> bool:
    """Whether a region lies in another part of the body than all those that the C-arm names."""
    parts = [_PARTS[name] for name in named if name in _PARTS]
    here = _PARTS.get(region, set())
    return bool(here and parts) and all(here.isdisjoint(part) for part in parts)


def side_conflict(texts: Iterable[str], lateralities: str) -> bool:
    """Whether descriptions name one side, and all codes of laterality the other."""
    codes = set(lateralities.split())
    left, right = bool(codes & _LEFT_CODES), bool(codes & _RIGHT_CODES)
    if left == right or codes - _LEFT_CODES - _RIGHT_CODES:
        return False
    text = normalise(" | ".join(texts))
    says_left, says_right = bool(_LEFT.search(text)), bool(_RIGHT.search(text))
    return says_left != says_right and says_left != left
