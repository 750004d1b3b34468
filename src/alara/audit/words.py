"""A description as operators type it → the concepts that it names.

Case, accents, punctuation and sides do not matter. Spinal levels become their
region. Words after a negation or in a history do not count. A misspelt word
counts as the one word of the lexicon that is one slip away, alone or within a
phrase, and the reading says so.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from alara.audit.spelling import Spelling
from alara.knowledge import Concept, Expansion, Knowledge, WordKind

__all__ = ["Reading", "WordReader", "map_key", "normalise"]

#: Of a site's map: words and numbers alone. They stay apart, since T1/2 and T12 are different levels.
_MAP_WORD = re.compile(r"[^\W_]+")
_TOKEN = re.compile(r"[a-z0-9]+|[,;+&()|]")
_LEVEL = re.compile(r"(?:(?:th|[ctdls])\d{1,3})+")
_LEVEL_REGIONS = {"c": "cervical", "t": "thoracic", "d": "thoracic", "l": "lumbar", "s": "sacral"}
#: Abbreviations that punctuation would tear apart.
_SLASHED = {
    "w/o": " without ",
    "s/p": " statuspost ",
    "r/o": " ruleout ",
    "h/o": " history ",
    " c/t ": " cervicalorthoracic ",
}
_SIDE = re.compile(
    "l|r|lt|rt|left|right|bil|bilat|bilateral|bilaterally|links|rechts|li|re|bds|beidseits"
    "|gauche|droite?|gche|izq|izquierd[ao]|der|derech[ao]"
)
_CLAUSE_END = re.compile("[,;+&()|]|and|und|et|y|e|mit|with|avec|con|plus|then|for|fur|pour|para")
#: How many words a negation or a history takes with it, when no technique ends it before.
_SCOPE_WORDS = {"negation": 2, "history": 3}
#: Words of so few letters or less are recognised through a slip only where they are no abbreviation of an act.
_SHORT_WORD = 5
_SHORT_KINDS = frozenset({WordKind.TARGET, WordKind.REGION, WordKind.WORD})
#: What German and Dutch put between the parts of a compound.
_LINKS = ("", "s", "n", "en", "es")
#: Words remembered before they are forgotten again: accession numbers in descriptions never come twice.
_REMEMBERED = 100_000


@dataclass(frozen=True, slots=True)
class Reading:
    """The concepts of a text; ``misspelt`` when one was recognised through a slip of the keyboard."""

    concepts: frozenset[str]
    misspelt: bool = False


@dataclass(frozen=True, slots=True)
class _Match:
    length: int
    concepts: tuple[str, ...]
    misspelt: bool = False


_NOTHING = _Match(1, ())

#: What follows the first word, and the concepts that the whole names.
_Phrase = tuple[tuple[str, ...], tuple[str, ...]]


class WordReader:
    """Reads descriptions with the lexicon of the knowledge."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._kinds = {name: concept.kind for name, concept in knowledge.concepts.items()}
        self._exact: dict[str, tuple[str, ...]] = {}
        self._beginnings: dict[str, tuple[str, ...]] = {}
        self._endings: dict[str, tuple[str, ...]] = {}
        self._phrases: dict[str, list[_Phrase]] = defaultdict(list)
        for form, concepts in _forms(knowledge.concepts.values(), knowledge.expansions.values()):
            self._add(form, concepts)
        for phrases in self._phrases.values():
            phrases.sort(key=lambda phrase: (-len(phrase[0]), phrase[0]))
        self._beginning_lengths = sorted({len(stem) for stem in self._beginnings}, reverse=True)
        self._ending_lengths = sorted({len(stem) for stem in self._endings}, reverse=True)
        self._forgiving = {first: kept for first, phrases in self._phrases.items() if (kept := self._bearing(phrases))}
        singles = {**self._exact, **{f"{stem}*": concepts for stem, concepts in self._beginnings.items()}}
        singles = {form: concepts for form, concepts in singles.items() if self._may_be_misspelt(form, concepts)}
        later = [word for phrases in self._forgiving.values() for rest, _ in phrases for word in rest]
        self._spelling = Spelling([*singles, *self._forgiving, *later])
        self._singles = {form.rstrip("*"): concepts for form, concepts in singles.items()}
        self._alike: dict[str, tuple[str, ...]] = {}
        self._words: dict[str, _Match] = {}

    def read(self, text: str) -> Reading:
        """The concepts that a text names, without those that it negates or that are history."""
        tokens = _TOKEN.findall(normalise(text))
        concepts: set[str] = set()
        misspelt = False
        muted = 0
        position = 0
        while position < len(tokens):
            token = tokens[position]
            match = self._match(tokens, position)
            position += match.length
            if not match.concepts:
                muted = 0 if _CLAUSE_END.fullmatch(token) else muted - (muted > 0 and _is_word(token))
            elif match.concepts[0] in _SCOPE_WORDS:
                muted = _SCOPE_WORDS[match.concepts[0]]
            elif muted:
                muted = 0 if self._names_a_technique(match) else muted - 1
            else:
                concepts.update(match.concepts)
                misspelt |= match.misspelt
        return Reading(frozenset(concepts), misspelt)

    def _add(self, form: str, concepts: tuple[str, ...]) -> None:
        first, *rest = form.split()
        if rest:
            self._phrases[first].append((tuple(rest), concepts))
        elif form.startswith("*"):
            self._endings[form.strip("*")] = concepts
        elif form.endswith("*"):
            self._beginnings[form.strip("*")] = concepts
        else:
            self._exact[form] = concepts

    def _match(self, tokens: list[str], position: int) -> _Match:
        """The longest form that begins here; a phrase with a slip comes before a word with one."""
        token = tokens[position]
        if token in self._phrases:
            phrase = _phrase(self._phrases[token], _fits, tokens, position)
            phrase = phrase or _phrase(self._forgiving.get(token, ()), self._nearly_fits, tokens, position)
            if phrase:
                return phrase
        match = self._words.get(token)
        if match is None:
            if len(self._words) > _REMEMBERED:
                self._words.clear()
                self._alike.clear()
            match = self._words[token] = self._word(token)
        if not match.concepts or match.misspelt:
            for first in self._words_alike(token):
                if phrase := _phrase(self._forgiving.get(first, ()), self._nearly_fits, tokens, position):
                    return phrase
        return match

    def _nearly_fits(self, token: str, pattern: str) -> bool:
        return _fits(token, pattern) or (
            token[0] == pattern[0] and token not in self._exact and pattern.rstrip("*") in self._words_alike(token)
        )

    def _words_alike(self, token: str) -> tuple[str, ...]:
        alike = self._alike.get(token)
        if alike is None:
            alike = self._alike[token] = tuple(sorted(self._spelling.alike(token)))
        return alike

    def _word(self, token: str) -> _Match:
        if concepts := self._exact.get(token):
            return _Match(1, concepts)
        if _LEVEL.fullmatch(token):
            return _Match(1, tuple(dict.fromkeys(_LEVEL_REGIONS[letter] for letter in re.findall("[ctdls]", token))))
        beginning = self._stem(token[:n] for n in self._beginning_lengths if n <= len(token))
        length = next((n for n in self._ending_lengths if token[-n:] in self._endings), 0)
        if length:
            beginning = beginning or self._first_part(token[:-length])
            return _Match(1, beginning + self._endings[token[-length:]])
        return _Match(1, beginning) if beginning else self._corrected(token)

    def _first_part(self, part: str) -> tuple[str, ...]:
        """What the first part of a compound names: *leber* of Leberbiopsie, *heup* of heupinjectie."""
        parts = (part.removesuffix(link) for link in _LINKS if part.endswith(link))
        return next((self._exact[word] for word in parts if word in self._exact), ())

    def _stem(self, candidates: Iterator[str]) -> tuple[str, ...]:
        return next((self._beginnings[stem] for stem in candidates if stem in self._beginnings), ())

    def _corrected(self, token: str) -> _Match:
        """The concept one slip away, when there is just one."""
        found = {self._singles[word] for word in self._words_alike(token) if word in self._singles}
        return _Match(1, found.pop(), misspelt=True) if len(found) == 1 else _NOTHING

    def _bearing(self, phrases: Iterable[_Phrase]) -> list[_Phrase]:
        """The phrases that may have a slip: what changes the meaning of other words is taken as it stands."""
        return [phrase for phrase in phrases if self._kinds.get(phrase[1][0]) is not WordKind.CONTROL]

    def _may_be_misspelt(self, form: str, concepts: tuple[str, ...]) -> bool:
        """What changes the meaning of other words is taken as it stands, and so is a short abbreviation of an act."""
        kind = self._kinds.get(concepts[0])
        if len(form.rstrip("*")) <= _SHORT_WORD:
            return len(concepts) == 1 and kind in _SHORT_KINDS
        return kind is not WordKind.CONTROL

    def _names_a_technique(self, match: _Match) -> bool:
        return any(self._kinds[concept] is WordKind.ACT for concept in match.concepts)


def normalise(text: str) -> str:
    """Small letters without accents; abbreviations with a stroke as words."""
    text = unicodedata.normalize("NFKD", text.casefold())
    if not text.isascii():
        text = "".join(letter for letter in text if not unicodedata.combining(letter))
    if "/" in text:
        for stroke, word in _SLASHED.items():
            text = text.replace(stroke, word)
    return text


def map_key(text: str) -> str:
    """What a site's map knows a description by: its words and numbers, whatever stands between them."""
    return " ".join(_MAP_WORD.findall(normalise(text)))


def _forms(concepts: Iterable[Concept], expansions: Iterable[Expansion]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for concept in concepts:
        for form in concept.forms:
            yield form, (concept.id,)
    for expansion in expansions:
        for form in expansion.forms:
            yield form, expansion.concepts


def _phrase(
    phrases: Iterable[_Phrase], fits: Callable[[str, str], bool], tokens: list[str], position: int
) -> _Match | None:
    """The phrase that goes on from here as the text does."""
    for rest, concepts in phrases:
        following = tokens[position + 1 : position + 1 + len(rest)]
        if len(following) == len(rest) and all(map(fits, following, rest)):
            return _Match(1 + len(rest), concepts, misspelt=fits is not _fits)
    return None


def _fits(token: str, pattern: str) -> bool:
    return token.startswith(pattern[:-1]) if pattern.endswith("*") else token == pattern


def _is_word(token: str) -> bool:
    return token.isalpha() and not _SIDE.fullmatch(token)
