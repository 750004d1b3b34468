"""Descriptions from the command line or a CSV file → what each names, one at a time, however long the file is."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from alara.alike import did_you_mean
from alara.audit import UNCLASSIFIED, Classification, Classifier, Confidence
from alara.config import Config
from alara.errors import ConfigError
from alara.knowledge import Knowledge, load
from alara.words import counted

__all__ = ["Descriptions", "Score", "Tally"]

#: Descriptions whose answer is remembered: a department types the same few hundred again and again.
_REMEMBERED = 50_000
#: Unknown labels that an error names; a wrong column has as many as there are rows.
_NAMED = 20


@dataclass(slots=True)
class Tally:
    """How many descriptions came, and how many of them name a procedure."""

    given: int = 0
    answered: int = 0

    @property
    def words(self) -> str:
        unknown = self.given - self.answered
        share = f" ({unknown / self.given:.1%})" if self.given else ""
        return f"{unknown:,} of {self.given:,} not classified{share}"


@dataclass(slots=True)
class Score:
    """Answers held against labels: an empty label names no procedure."""

    given: int = 0
    named: int = 0
    named_answered: int = 0
    answered: int = 0
    right: int = 0
    wrong: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, description: str, label: str, answer: Classification) -> None:
        """Count one; of several procedures in a line any may be the label, as long as the confidence is low."""
        self.given += 1
        self.named += bool(label)
        self.named_answered += bool(label) and answer.answered
        if not answer.answered:
            return
        self.answered += 1
        several = answer.others if answer.confidence is Confidence.LOW else ()
        if label in (answer.procedure_id, *several):
            self.right += 1
        else:
            self.wrong.append((description, label, answer.procedure_id))

    def as_dict(self) -> dict[str, object]:
        return {
            "descriptions": self.given,
            "named": self.named,
            "named_answered": self.named_answered,
            "answered_share": self.named_answered / self.named if self.named else None,
            "answered": self.answered,
            "right": self.right,
            "right_share": self.right / self.answered if self.answered else None,
            "wrong": [
                {"description": text, "label": label, "procedure_id": given} for text, label, given in self.wrong
            ],
        }


class Descriptions:
    """Classifies descriptions with the project's knowledge and the site's own."""

    def __init__(self, config: Config) -> None:
        self.knowledge: Knowledge = load(config.overlay)
        self._classify = lru_cache(_REMEMBERED)(Classifier(self.knowledge).classify)
        self.tally = Tally()

    def answers(self, descriptions: Iterable[str]) -> Iterator[tuple[str, Classification]]:
        """Each description with its answer, in their order; ``tally`` counts them."""
        for description in descriptions:
            answer = self._classify(description)
            self.tally.given += 1
            self.tally.answered += answer.answered
            yield description, answer

    def score(self, labelled: Iterable[tuple[int, str, str]]) -> Score:
        """How many of the descriptions are answered, and how many answers are the label.

        Parameters
        ----------
        labelled
            The line, the description and its label: an id of the catalogue; blank and ``unclassified`` both mean
            that it names no procedure.

        Raises
        ------
        ConfigError
            With each label that is no id of the catalogue and the line where it first stands.
        """
        score = Score()
        unknown: dict[str, int] = {}
        for line, description, given in labelled:
            label = "" if given.strip() == UNCLASSIFIED else given.strip()
            if label and label not in self.knowledge.procedures:
                unknown.setdefault(label, line)
            elif not unknown:
                score.add(description, label, self._classify(description))
        if unknown:
            raise _no_procedures(unknown, self.knowledge)
        return score


def _no_procedures(lines: Mapping[str, int], knowledge: Knowledge) -> ConfigError:
    """The error for labels that are no procedures, each with the line where it first stands."""
    named = {entry.id: entry.name for entry in knowledge.procedures.values()}
    faults = [
        f"line {line:,}: there is no procedure {label!r}. {did_you_mean(label, named)}".rstrip(" .")
        for label, line in itertools.islice(lines.items(), _NAMED)
    ]
    more = f", of which the first {_NAMED}" if len(lines) > _NAMED else ""
    return ConfigError(
        f"{counted(len(lines), 'label')} that the catalogue does not have{more}:",
        hint="alara catalogue list shows the ids; blank and unclassified mean that a description names none.",
        faults=faults,
    )
