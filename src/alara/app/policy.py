"""The policies: what each says, whether the knowledge is right, which cases of a month a change would change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from alara.config import Config
from alara.errors import NothingFound, UsageError
from alara.knowledge import Knowledge, Status, load

if TYPE_CHECKING:
    from alara.audit import Audit, Change, Period

__all__ = ["Checked", "Diff", "Side", "check", "diff"]


@dataclass(frozen=True, slots=True)
class Checked:
    """Knowledge that loaded without an error, and what a site's folder replaces in it and adds, by table."""

    knowledge: Knowledge
    folder: Path | None
    replaced: Mapping[str, tuple[str, ...]]
    added: Mapping[str, tuple[str, ...]]

    @property
    def proposals(self) -> int:
        """How many procedures have grades that are the project's proposal."""
        return sum(entry.status is Status.PROPOSAL for entry in self.knowledge.procedures.values())

    @property
    def recalled(self) -> int:
        """How many coefficients come from a source that was recalled and not seen."""
        return sum(entry.status is Status.RECALLED for entry in self.knowledge.coefficients.values())


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: a policy, the folder of knowledge laid over the project's, and its audit."""

    policy: str
    folder: Path | None
    audit: Audit


@dataclass(frozen=True, slots=True)
class Diff:
    """Two sides, and the cases that they see differently, of so many."""

    period: Period
    first: Side
    second: Side
    procedures: int
    cases: tuple[Change, ...]


def check(folder: Path | None) -> Checked:
    """Load the project's knowledge, with a site's folder laid over it.

    Raises
    ------
    ConfigError
        With everything that is wrong, of all files at once.
    """
    own, knowledge = load(), load(folder)
    replaced, added = {}, {}
    for name in (field.name for field in fields(Knowledge) if field.name != "digest"):
        before, after = getattr(own, name), getattr(knowledge, name)
        replaced[name] = tuple(key for key in after if key in before and after[key] != before[key])
        added[name] = tuple(key for key in after if key not in before)
    return Checked(knowledge, folder, replaced, added)


def diff(config: Config, first: str, second: str, period_text: str) -> Diff:
    """The cases of a period that two policies see differently.

    Parameters
    ----------
    first, second
        A policy by id; ``POLICY@DIR`` is the policy with the knowledge of a folder instead of the site's own.
    period_text
        As :func:`alara.app.audit.audit_period` takes it.

    Raises
    ------
    UsageError
        When a policy or the period is not known.
    ConfigError
        When a folder's knowledge is wrong.
    NothingFound
        When the database holds no procedure of that period.
    """
    from alara.audit import Period, changes, run
    from alara.store import Store

    period = Period.parse(period_text)
    with Store.open(config.database_url, create=False) as store:
        procedures = store.procedures(period.start, period.end, site=config.site)
    if procedures.empty:
        raise NothingFound(
            f"The database holds no procedure of {period.label} at site {config.site!r}.", hint="alara list"
        )

    def side(text: str) -> Side:
        policy, at, folder_text = text.partition("@")
        if at and not folder_text:
            raise UsageError(f"{text!r} names no folder after @.", hint="POLICY@DIR, or POLICY alone.")
        folder = Path(folder_text).expanduser() if at else config.overlay
        audit = run(
            procedures,
            period=period,
            knowledge=load(folder),
            policy=policy,
            background=config.background,
            site=config.site,
        )
        return Side(policy, folder, audit)

    one, two = side(first), side(second)
    return Diff(period, one, two, one.audit.headline.procedures, changes(one.audit, two.audit))
