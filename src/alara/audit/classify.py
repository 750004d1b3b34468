"""What was done: from procedure codes first, then from text, with the rule that matched and how sure that is.

A site's own map says what its own words mean, before any rule. The C-arm's
target region fills in what a text leaves out. Unknown stays unknown: a text
that names only a region, or a C-arm in theatre, has no answer. Several
procedures in one line have one answer, the most central, with low confidence
and the others named.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from alara.audit.answers import UNCLASSIFIED, Classification, Confidence, capped
from alara.audit.codes import Codes
from alara.audit.places import Places, region_conflict, side_conflict
from alara.audit.words import Reading, WordReader, map_key
from alara.findings import FindingCode
from alara.knowledge import GENERAL_REGIONS, Knowledge, Procedure, WordKind, Zone

__all__ = ["UNCLASSIFIED", "Classification", "Classifier", "Confidence"]

#: Concepts that are regions of coefficients under another name; all others are under their own.
_REGION_OF_CONCEPT = {"sacral": "sacrum"}
_SPINE_REGIONS = frozenset({"cervical", "thoracic", "lumbar", "sacrum"})
#: Concepts that leave any answer with low confidence: in doubt, or with an act that the catalogue does not hold.
_UNSURE = frozenset({"doubt", "elsewhere"})
#: The concept of guidance by ultrasound, which no rule asks for.
_ULTRASOUND = "ultrasound"
#: What stands between two procedures of one line.
_JOINED = re.compile(r"[+&;]|\b(?:and|und|et|y)\b", re.IGNORECASE)


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
        self._codes = Codes(knowledge)
        self._places = Places(knowledge)
        self._site_map = {
            map_key(entry.description): entry.procedure_id for entry in knowledge.site_map.values() if entry.description
        }

    def classify(
        self, *descriptions: str, codes: str = "", protocols: str = "", target_regions: str = "", lateralities: str = ""
    ) -> Classification:
        """The procedure of a case.

        Parameters
        ----------
        descriptions
            Texts that name it, the most trusted first; they count as one when only together they say enough.
        codes
            Procedure codes as ``scheme:value``, separated by spaces.
        protocols
            The C-arm's protocol names; they answer only where nothing else does, and never with high confidence.
        target_regions, lateralities
            Codes that the C-arm gave its irradiation events, as ``scheme:value`` separated by spaces.
        """
        texts = [text for text in dict.fromkeys(descriptions) if text.strip()]
        answer = self._of_texts(texts)
        told = answer.conflicts
        here = self._places.concepts(target_regions) if target_regions else frozenset()
        if not answer.answered and not answer.matched_by.startswith("map:"):
            if here and texts:
                answer = self._completed(answer, texts, here)
            if not answer.answered and protocols.strip():
                answer = capped(self._of_text(protocols), Confidence.MEDIUM)
        answer = self._with_codes(answer, codes) if codes else answer
        answer = self._placed(answer, here) if here and answer.answered else answer
        if lateralities and side_conflict(texts, lateralities):
            answer = replace(answer, conflicts=(*answer.conflicts, FindingCode.SIDE_TEXT_CONFLICT))
        return _also(answer, told)

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
        every = [self._of_text(text) for text in texts]
        told = tuple(code for answer in every for code in answer.conflicts)
        answers = [answer for answer in every if answer.answered]
        return _also(self._best(answers) if answers else self._of_unanswered(texts), told)

    def _best(self, answers: Sequence[Classification]) -> Classification:
        """The surest of several answers, less sure where another says something else."""
        order = list(Confidence)
        best = min(answers, key=lambda answer: order.index(answer.confidence))
        differing = [answer for answer in answers if answer.procedure_id not in (best.procedure_id, *best.others)]
        if not differing:
            return best
        cap = Confidence.LOW if any(other.confidence is best.confidence for other in differing) else Confidence.MEDIUM
        others = (*best.others, *(answer.procedure_id for answer in differing))
        return replace(capped(best, cap), others=tuple(dict.fromkeys(others)))

    def _of_unanswered(self, texts: Sequence[str]) -> Classification:
        """Texts of which none answers alone: the site's map knows that they name nothing, or together they do."""
        mapped = [text for text in texts if self._site_map and map_key(text) in self._site_map]
        if mapped or len(texts) == 1:
            return self._of_text((mapped or texts)[0])
        return capped(self._of_text(" | ".join(texts)), Confidence.MEDIUM) if texts else Classification()

    def _of_text(self, text: str) -> Classification:
        reading = self._reader.read(text)
        answer = self._of_reading(text, reading)
        return _also(answer, (FindingCode.ULTRASOUND_NAMED,)) if _ULTRASOUND in reading.concepts else answer

    def _of_reading(self, text: str, reading: Reading) -> Classification:
        if self._site_map and (mapped := self._site_map.get(map_key(text))):
            return self._mapped(mapped, reading.concepts)
        answer = self._by_concepts.get(reading.concepts)
        if answer is None:
            answer = self._by_concepts[reading.concepts] = self._of_concepts(reading.concepts)
        if answer.answered and not answer.others and _JOINED.search(text):
            answer = self._with_clauses(answer, text)
        return capped(answer, Confidence.MEDIUM) if reading.misspelt else answer

    def _mapped(self, procedure_id: str, concepts: frozenset[str]) -> Classification:
        """What the site's own map says of a text; it may say that it names no procedure."""
        if procedure_id == UNCLASSIFIED:
            return Classification(matched_by=f"map:{UNCLASSIFIED}")
        region = self._region(self._procedures[procedure_id], concepts)
        return Classification(procedure_id, region, f"map:{procedure_id}", Confidence.HIGH)

    def _with_clauses(self, answer: Classification, text: str) -> Classification:
        """The answer to a line whose parts name different targets: a hip in one, its bursa in the other."""
        parts = [self._reader.read(part).concepts for part in _JOINED.split(text)]
        said = [(self._of_concepts(concepts), self._targets(concepts)) for concepts in parts]
        own = {target for part, targets in said if part.procedure_id == answer.procedure_id for target in targets}
        others = tuple(
            part.procedure_id
            for part, targets in said
            if part.confidence is Confidence.HIGH
            and part.procedure_id != answer.procedure_id
            and targets
            and own
            and own.isdisjoint(targets)
        )
        return replace(answer, others=others, confidence=Confidence.LOW) if others else answer

    def _targets(self, concepts: frozenset[str]) -> frozenset[str]:
        return frozenset(name for name in concepts if self._concepts[name].kind is WordKind.TARGET)

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
        confidence = Confidence.LOW if others or not _UNSURE.isdisjoint(concepts) else first.confidence
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

    def _completed(self, answer: Classification, texts: Sequence[str], here: frozenset[str]) -> Classification:
        """The answer to a text that says what was done but not where, with the C-arm's one target region."""
        if len(here) != 1:
            return answer
        found = self._of_concepts(self._reader.read(" | ".join(texts)).concepts | here)
        by = f"target_region:{next(iter(here))} {found.matched_by}"
        return capped(replace(found, matched_by=by), Confidence.MEDIUM) if found.answered else answer

    def _placed(self, answer: Classification, here: frozenset[str]) -> Classification:
        """The answer in the region that the C-arm names, where its own is general; a finding where they differ."""
        procedure = self._procedures[answer.procedure_id]
        if answer.region in GENERAL_REGIONS:
            return replace(answer, region=self._region(procedure, here))
        named = {word for concept in here for word in (concept, *self._wholes(concept))}
        if not region_conflict(answer.region, {_REGION_OF_CONCEPT.get(word, word) for word in named}):
            return answer
        conflicts = (*answer.conflicts, FindingCode.REGION_TEXT_CONFLICT)
        return replace(capped(answer, Confidence.MEDIUM), conflicts=conflicts)

    def _with_codes(self, text: Classification, codes: str) -> Classification:
        known = self._codes.known(codes)
        if not known:
            return text
        meant = self._codes.meant(known)
        by = f"code:{known[0]}"
        if text.procedure_id in meant:
            return replace(text, matched_by=f"{by} {text.matched_by}", confidence=Confidence.HIGH)
        usual = self._codes.usual(known) if len(meant) > 1 else meant
        if not usual:
            return text
        procedure = self._procedures[usual[0]]
        answer = Classification(
            procedure.id, procedure.region, by, Confidence.HIGH if len(meant) == 1 else Confidence.MEDIUM
        )
        if not text.answered:
            return answer
        others = tuple(name for name in (text.procedure_id, *text.others) if name != procedure.id)
        conflicts = () if text.confidence is Confidence.LOW else (FindingCode.CODE_TEXT_CONFLICT,)
        return replace(answer, confidence=Confidence.LOW, others=others, conflicts=conflicts)


def _also(answer: Classification, told: Sequence[FindingCode]) -> Classification:
    """The answer with these findings too, each once; that of a text is the first."""
    if not told:
        return answer
    return replace(answer, conflicts=tuple(dict.fromkeys((*told, *answer.conflicts))))


def _rule(procedure: Procedure, text: str, confidence: Confidence) -> _Rule:
    words = text.split()
    wanted = frozenset(word for word in words if not word.startswith("!"))
    banned = frozenset(word[1:] for word in words if word.startswith("!"))
    return _Rule(procedure, "+".join(sorted(wanted)), wanted, banned, confidence)
