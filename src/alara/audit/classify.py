"""What was done: from procedure codes first, then from text, with the rule that matched and how sure that is.

Unknown stays unknown: a description that names only a region, or a C-arm in
theatre, has no answer. Several procedures in one line have one answer, the
most central, with low confidence and the others named.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from alara.audit.words import WordReader
from alara.knowledge import GENERAL_REGIONS, Knowledge, Procedure, WordKind, Zone

__all__ = ["UNCLASSIFIED", "Classification", "Classifier", "Confidence"]

#: The procedure id of what is not classified.
UNCLASSIFIED = "unclassified"

_CPT_SCHEMES = frozenset({"C4", "C5", "CPT", "CPT4", "CPT-4"})
_LOINC_SCHEMES = frozenset({"LN", "LOINC"})
#: Concepts that are regions of coefficients under another name; all others are under their own.
_REGION_OF_CONCEPT = {"sacral": "sacrum"}
_SPINE_REGIONS = frozenset({"cervical", "thoracic", "lumbar", "sacrum"})


class Confidence(StrEnum):
    """How sure a classification is; ``none`` when there is none."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NONE = "none"

    def at_most(self, other: Confidence) -> Confidence:
        """The less sure of the two."""
        order = list(Confidence)
        return max(self, other, key=order.index)


@dataclass(frozen=True, slots=True)
class Classification:
    """The answer: which procedure, in which region, by which rule, and what else it may be.

    ``conflict`` is true when the code and the text say different procedures.
    """

    procedure_id: str = UNCLASSIFIED
    region: str = ""
    matched_by: str = ""
    confidence: Confidence = Confidence.NONE
    others: tuple[str, ...] = ()
    conflict: bool = False

    @property
    def answered(self) -> bool:
        return self.procedure_id != UNCLASSIFIED


@dataclass(frozen=True, slots=True)
class _Rule:
    procedure: Procedure
    text: str
    wanted: frozenset[str]
    banned: frozenset[str]
    confidence: Confidence

    def holds(self, concepts: frozenset[str]) -> bool:
        return self.wanted <= concepts and self.banned.isdisjoint(concepts)

    @property
    def rank(self) -> tuple[bool, int, bool, int, str, str]:
        """Which of several rules that hold is tried first."""
        return (
            self.confidence is Confidence.HIGH,
            self.procedure.priority,
            self.procedure.zone is Zone.CENTRAL,
            len(self.wanted),
            self.procedure.id,
            self.text,
        )


class Classifier:
    """Classifies descriptions with the catalogue and the lexicon of the knowledge; remembers what it has seen."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._procedures = knowledge.procedures
        self._concepts = knowledge.concepts
        self._reader = WordReader(knowledge)
        self._regions = {region for entry in knowledge.coefficients.values() for region in entry.regions}
        self._rules: dict[str, list[_Rule]] = defaultdict(list)
        self._used_up: dict[str, frozenset[str]] = {}
        self._by_concepts: dict[frozenset[str], Classification] = {}
        for procedure in knowledge.procedures.values():
            self._add(procedure)
        self._by_code, self._usual = _codes(knowledge)

    def classify(self, *descriptions: str, codes: str = "", protocols: str = "") -> Classification:
        """The procedure of a case.

        Parameters
        ----------
        descriptions
            Texts that name it, the most trusted first; they count as one when only together they say enough.
        codes
            Procedure codes as ``scheme:value``, separated by spaces.
        protocols
            The C-arm's protocol names; they answer only where nothing else does, and never with high confidence.
        """
        text = self._of_texts([text for text in dict.fromkeys(descriptions) if text.strip()])
        if not text.answered and protocols.strip():
            text = _capped(self._of_text(protocols), Confidence.MEDIUM)
        return self._with_codes(text, codes) if codes else text

    def _add(self, procedure: Procedure) -> None:
        rules = [_rule(procedure, text, Confidence.HIGH) for text in procedure.match]
        rules += [_rule(procedure, text, Confidence.MEDIUM) for text in procedure.match_medium]
        for rule in rules:
            self._rules[min(rule.wanted, key=self._commonness)].append(rule)
        named = frozenset(word for rule in rules for word in rule.wanted if self._names(word))
        self._used_up[procedure.id] = named.union(*(self._wholes(word) for word in named))

    def _commonness(self, concept: str) -> tuple[bool, str]:
        return (not self._names(concept), concept)

    def _names(self, concept: str) -> bool:
        return self._concepts[concept].kind in (WordKind.TARGET, WordKind.ACT)

    def _wholes(self, concept: str) -> set[str]:
        """What a concept is a part of, itself left out."""
        wholes: set[str] = set()
        while (concept := self._concepts[concept].within) and concept not in wholes:
            wholes.add(concept)
        return wholes

    def _of_texts(self, texts: Sequence[str]) -> Classification:
        answers = [answer for text in texts if (answer := self._of_text(text)).answered]
        if not answers:
            return _capped(self._of_text(" | ".join(texts)), Confidence.MEDIUM) if len(texts) > 1 else Classification()
        order = list(Confidence)
        best = min(answers, key=lambda answer: order.index(answer.confidence))
        differing = [answer for answer in answers if answer.procedure_id not in (best.procedure_id, *best.others)]
        if not differing:
            return best
        cap = Confidence.LOW if any(other.confidence is best.confidence for other in differing) else Confidence.MEDIUM
        others = (*best.others, *(answer.procedure_id for answer in differing))
        return replace(_capped(best, cap), others=tuple(dict.fromkeys(others)))

    def _of_text(self, text: str) -> Classification:
        reading = self._reader.read(text)
        answer = self._by_concepts.get(reading.concepts)
        if answer is None:
            answer = self._by_concepts[reading.concepts] = self._of_concepts(reading.concepts)
        return _capped(answer, Confidence.MEDIUM) if reading.misspelt else answer

    def _of_concepts(self, concepts: frozenset[str]) -> Classification:
        found: list[_Rule] = []
        left = concepts
        while rule := self._best_rule(left, {other.procedure.id for other in found}):
            found.append(rule)
            left -= self._used_up[rule.procedure.id]
        if not found:
            return Classification(matched_by="unspecified" if "unspecified" in concepts else "")
        first = max(found, key=lambda rule: (rule.procedure.zone is Zone.CENTRAL, rule.procedure.priority))
        others = tuple(rule.procedure.id for rule in found if rule is not first)
        confidence = Confidence.LOW if others or "doubt" in concepts else first.confidence
        region = self._region(first.procedure, concepts)
        return Classification(first.procedure.id, region, f"text:{first.text}", confidence, others)

    def _best_rule(self, concepts: frozenset[str], seen: set[str]) -> _Rule | None:
        holding = [
            rule
            for concept in concepts
            for rule in self._rules.get(concept, ())
            if rule.procedure.id not in seen and rule.holds(concepts)
        ]
        return max(holding, key=lambda rule: rule.rank, default=None)

    def _region(self, procedure: Procedure, concepts: Iterable[str]) -> str:
        """The region of the procedure; where that is general, the one region that the text names."""
        if procedure.region not in GENERAL_REGIONS:
            return procedure.region
        named = {word for concept in concepts for word in (concept, *self._wholes(concept))}
        regions = {_REGION_OF_CONCEPT.get(word, word) for word in named} & self._regions
        if procedure.region == "spine":
            regions &= _SPINE_REGIONS
        return regions.pop() if len(regions) == 1 else procedure.region

    def _with_codes(self, text: Classification, codes: str) -> Classification:
        known = [code for code in map(_canonical_code, codes.split()) if code in self._by_code]
        if not known:
            return text
        sets = [self._by_code[code] for code in known]
        meant = sorted(frozenset.intersection(*sets) or frozenset.union(*sets))
        by = f"code:{known[0]}"
        if text.procedure_id in meant:
            return replace(text, matched_by=f"{by} {text.matched_by}", confidence=Confidence.HIGH)
        usual = [name for code in known if (name := self._usual.get(code))] if len(meant) > 1 else meant
        if not usual:
            return text
        procedure = self._procedures[usual[0]]
        answer = Classification(
            procedure.id, procedure.region, by, Confidence.HIGH if len(meant) == 1 else Confidence.MEDIUM
        )
        if not text.answered:
            return answer
        others = tuple(name for name in (text.procedure_id, *text.others) if name != procedure.id)
        return replace(answer, confidence=Confidence.LOW, others=others, conflict=text.confidence is not Confidence.LOW)


def _rule(procedure: Procedure, text: str, confidence: Confidence) -> _Rule:
    words = text.split()
    wanted = frozenset(word for word in words if not word.startswith("!"))
    banned = frozenset(word[1:] for word in words if word.startswith("!"))
    return _Rule(procedure, "+".join(sorted(wanted)), wanted, banned, confidence)


def _codes(knowledge: Knowledge) -> tuple[dict[str, frozenset[str]], dict[str, str]]:
    """What each code may mean, and what it usually means."""
    meanings: dict[str, set[str]] = defaultdict(set)
    usual: dict[str, str] = {}
    for procedure in knowledge.procedures.values():
        for code in procedure.loinc:
            meanings[f"LN:{code}"].add(procedure.id)
    for entry in knowledge.cpt_codes.values():
        meanings[f"C4:{entry.code}"].add(entry.procedure_id)
        if entry.usual:
            usual[f"C4:{entry.code}"] = entry.procedure_id
    return {code: frozenset(names) for code, names in meanings.items()}, usual


def _canonical_code(code: str) -> str:
    """``scheme:value`` under the DICOM name of its scheme (PS3.16 Table 8-1)."""
    scheme, _, value = code.partition(":")
    scheme = scheme.upper()
    if scheme in _CPT_SCHEMES:
        return f"C4:{value}"
    return f"LN:{value}" if scheme in _LOINC_SCHEMES else code


def _capped(answer: Classification, confidence: Confidence) -> Classification:
    return replace(answer, confidence=answer.confidence.at_most(confidence)) if answer.answered else answer
