"""A description as operators type it → the concepts that it names.

Case, accents, punctuation and sides do not matter. Spinal levels become their
region. Words after a negation or in a history do not count. A misspelt word
counts as the one word of the lexicon that is one slip away, and the reading
says so.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

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
_FUZZY_MIN_LETTERS = 6
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


class WordReader:
    """Reads descriptions with the lexicon of the knowledge."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._kinds = {name: concept.kind for name, concept in knowledge.concepts.items()}
        self._exact: dict[str, tuple[str, ...]] = {}
        self._beginnings: dict[str, tuple[str, ...]] = {}
        self._endings: dict[str, tuple[str, ...]] = {}
        self._phrases: dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]] = defaultdict(list)
        for form, concepts in _forms(knowledge.concepts.values(), knowledge.expansions.values()):
            self._add(form, concepts)
        for phrases in self._phrases.values():
            phrases.sort(key=lambda phrase: (-len(phrase[0]), phrase[0]))
        self._beginning_lengths = sorted({len(stem) for stem in self._beginnings}, reverse=True)
        self._ending_lengths = sorted({len(stem) for stem in self._endings}, reverse=True)
        self._slips = self._index_of_slips()
        self._longest_slip = max(map(len, self._slips), default=0) + 1
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
        """The longest form that begins here."""
        token = tokens[position]
        for rest, concepts in self._phrases.get(token, ()):
            following = tokens[position + 1 : position + 1 + len(rest)]
            if len(following) == len(rest) and all(map(_fits, following, rest)):
                return _Match(1 + len(rest), concepts)
        match = self._words.get(token)
        if match is None:
            if len(self._words) > _REMEMBERED:
                self._words.clear()
            match = self._words[token] = self._word(token)
        return match

    def _word(self, token: str) -> _Match:
        if concepts := self._exact.get(token):
            return _Match(1, concepts)
        if _LEVEL.fullmatch(token):
            return _Match(1, tuple(dict.fromkeys(_LEVEL_REGIONS[letter] for letter in re.findall("[ctdls]", token))))
        beginning = self._stem(token[:n] for n in self._beginning_lengths if n <= len(token))
        ending = next((self._endings[token[-n:]] for n in self._ending_lengths if token[-n:] in self._endings), ())
        if beginning or ending:
            return _Match(1, beginning + ending)
        return self._corrected(token)

    def _stem(self, candidates: Iterator[str]) -> tuple[str, ...]:
        return next((self._beginnings[stem] for stem in candidates if stem in self._beginnings), ())

    def _corrected(self, token: str) -> _Match:
        """The concept one slip away, when there is just one."""
        if len(token) < _FUZZY_MIN_LETTERS or not token.isalpha():
            return _NOTHING
        found: set[tuple[str, ...]] = set()
        for length in range(_FUZZY_MIN_LETTERS, min(len(token), self._longest_slip) + 1):
            start = token[:length]
            for key in _slips(start):
                for word, concepts in self._slips.get(key, ()):
                    if word[0] == token[0] and _one_slip_apart(start, word):
                        found.add(concepts)
        return _Match(1, found.pop(), misspelt=True) if len(found) == 1 else _NOTHING

    def _index_of_slips(self) -> dict[str, list[tuple[str, tuple[str, ...]]]]:
        index: dict[str, list[tuple[str, tuple[str, ...]]]] = defaultdict(list)
        for word, concepts in (*self._exact.items(), *self._beginnings.items()):
            if len(word) >= _FUZZY_MIN_LETTERS and self._kinds.get(concepts[0]) is not WordKind.CONTROL:
                for key in _slips(word):
                    index[key].append((word, concepts))
        return dict(index)

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


def _fits(token: str, pattern: str) -> bool:
    return token.startswith(pattern[:-1]) if pattern.endswith("*") else token == pattern


def _is_word(token: str) -> bool:
    return token.isalpha() and not _SIDE.fullmatch(token)


def _slips(word: str) -> Iterator[str]:
    """The word and the word less any one letter: two words one slip apart share one of these."""
    yield word
    for index in range(len(word)):
        yield word[:index] + word[index + 1 :]


def _one_slip_apart(a: str, b: str) -> bool:
    """One letter more, less or other, or two neighbours changed over."""
    if abs(len(a) - len(b)) > 1:
        return False
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    rest_a, rest_b = a[start:], b[start:]
    return (
        rest_a[1:] == rest_b[1:]
        or rest_a[1:] == rest_b
        or rest_a == rest_b[1:]
        or (rest_a[:2] == rest_b[1::-1] and rest_a[2:] == rest_b[2:])
    )
