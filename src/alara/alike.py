"""What was meant by an id that is not there: suggested by the id, by the name and by the words of both."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher

__all__ = ["alike", "did_you_mean"]

#: Below this nothing is suggested. Two letters of five in the wrong order are at 0.72, one wrong of three at 0.6.
_LIKE = 0.6
#: What is less like by this is not shown beside the best.
_BEHIND = 0.2
#: What begins a word is nearly that word.
_BEGINS = 0.9
_SHORTEST_BEGINNING = 3
#: A word that is only written alike says less than one that is there.
_MISSPELT = 0.9
#: Two words that are less alike than this are two words: hip and itp.
_SLIP = 0.75


def alike(text: str, names: Mapping[str, str] | Iterable[str], most: int = 3) -> list[str]:
    """The ids that a text may mean, the likeliest first; none where nothing is like it.

    Parameters
    ----------
    text
        What was typed: an id with a slip, part of one, or words of a name.
    names
        Ids, or ids with the name of each.
    """
    named = names if isinstance(names, Mapping) else dict.fromkeys(names, "")
    scored = [(_likeness(text, one, name), one) for one, name in named.items()]
    best = max((score for score, _ in scored), default=0.0)
    close = [(score, one) for score, one in scored if score >= max(_LIKE, best - _BEHIND)]
    return [one for _, one in sorted(close, key=lambda pair: (-pair[0], _beside(text, pair[1])))[:most]]


def did_you_mean(text: str, names: Mapping[str, str] | Iterable[str], before: str = "") -> str:
    """The sentence for a hint, with a blank after it; empty where nothing is like the text.

    ``before`` is what each suggestion is to be typed after.
    """
    found = [f"{before}{one}" for one in alike(text, names)]
    return f"Did you mean {', '.join(found[:-1])}{' or ' if found[1:] else ''}{found[-1]}? " if found else ""


def _likeness(text: str, one: str, name: str) -> float:
    """From 0 to 1: the id as a whole, or all of the words that were typed, whichever is more like."""
    typed = _words(text)
    if not typed:
        return 0.0
    of_id, of_both = _words(one), _words(f"{one} {name}")
    by_words = sum(max(_word(word, other) for other in of_both) for word in typed) / len(typed)
    # Of two with the same words, the one whose id or name has few others is meant.
    by_words -= 0.05 * (1 - len(typed) / max(len(typed), len(of_id)))
    return max(_MISSPELT * _ratio(text.casefold(), one.casefold()), by_words)


def _word(typed: str, other: str) -> float:
    if typed == other:
        return 1.0
    if len(typed) >= _SHORTEST_BEGINNING and other.startswith(typed):
        return _BEGINS
    like = _ratio(typed, other)
    return _MISSPELT * like if like >= _SLIP else 0.0


def _ratio(first: str, second: str) -> float:
    return SequenceMatcher(None, first, second, autojunk=False).ratio()


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold())


def _beside(text: str, one: str) -> tuple[int, str]:
    """Of what is equally like: the id that is about as long as what was typed, then by the alphabet."""
    return abs(len(one) - len(text)), one
