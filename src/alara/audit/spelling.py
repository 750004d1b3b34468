"""Which words a misspelt one may stand for: those that are one slip of the keyboard away.

A slip is one letter more, less or other, or two neighbours changed over; the
first letter is always right. Beginnings of six letters or more may also go on
after the slip. Of a shorter word all letters must be there but for one lost,
added or changed over: one *other* letter makes another word of it too often,
and so it does at the end of any word.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator

__all__ = ["Spelling"]

_SHORTEST = 4
_SHORTEST_WORD = 5
#: From how many letters on one letter may be another, and the word may go on.
_LONG = 6


class Spelling:
    """Finds the words of a list that a misspelt one may stand for."""

    def __init__(self, forms: Collection[str]) -> None:
        """``forms`` as the lexicon has them: with a * at the end where they may go on."""
        words: dict[str, list[str]] = defaultdict(list)
        self._beginnings = frozenset(word.rstrip("*") for word in forms if word.endswith("*"))
        for word in dict.fromkeys(form.rstrip("*") for form in forms):
            if len(word) >= _SHORTEST_WORD:
                for key in _without_a_letter(word):
                    words[key].append(word)
        self._words = dict(words)
        self._longest = max(map(len, words), default=0) + 1

    def alike(self, typed: str) -> set[str]:
        """The words one slip from what was typed, or from its beginning."""
        if len(typed) < _SHORTEST or not typed.isalpha():
            return set()
        found: set[str] = set()
        for length in range(min(len(typed), _LONG), min(len(typed), self._longest) + 1):
            start = typed[:length]
            for key in _without_a_letter(start):
                if key in self._words:
                    found.update(word for word in self._words[key] if self._stands_for(typed, start, word))
        return found

    def _stands_for(self, typed: str, start: str, word: str) -> bool:
        if start[0] != word[0] or (start != typed and word not in self._beginnings):
            return False
        if not _one_slip_apart(start, word):
            return False
        other_letter = len(start) == len(word) and sorted(start) != sorted(word)
        if len(word) < _LONG or len(start) < _LONG:
            return start == typed and not other_letter
        return start[-1] == word[-1] if other_letter or start != typed else True


def _without_a_letter(word: str) -> Iterator[str]:
    """The word and the word less any letter but the first: two words one slip apart share one of these."""
    yield word
    for index in range(1, len(word)):
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
