"""Sites side by side: each audited by its own settings and knowledge, grouped statistics alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from alara.app.audit_source import Lake, by_site
from alara.config import Config
from alara.errors import NothingFound

if TYPE_CHECKING:
    from alara.audit import Audit

__all__ = ["Comparison", "compare_sites"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The audit of each site, without cases, and the files that they were written to."""

    audits: Mapping[str, Audit]
    files: tuple[Path, ...]


def compare_sites(
    config: Config, period_text: str, folder: Path | None = None, *, lake: Lake | None = None
) -> Comparison:
    """Audit a period at every site that has procedures in it, and write the groups of each.

    Parameters
    ----------
    config
        Names the database; ``config.of_site`` the policy, the background level and the knowledge of each site.
    folder
        Where to write; ``sites/<period>`` when ``None``.
    lake
        The dataset to read in place of the database, and what computes over it.

    Raises
    ------
    UsageError
        When the period, or the policy or the background level of a site is not known.
    NothingFound
        When no site has a procedure of that period.
    DatabaseError, StorageError
        When the database or the folder refuses.
    """
    from alara import knowledge
    from alara.audit import Period, run
    from alara.report.sites import write_sites

    period = Period.parse(period_text)
    audits: dict[str, Audit] = {}
    with by_site(config, period, lake) as (sites, procedures):
        for site in sites:
            own, rows = config.of_site(site), procedures(site)
            made = run(
                rows.procedures,
                period=period,
                knowledge=knowledge.load(own.overlay),
                policy=own.policy,
                background=own.background,
                site=site,
                native=rows.native,
                groups_only=True,
            )
            if made.headline.procedures + made.headline.radiography:
                audits[site] = made
    if not audits:
        raise NothingFound(f"No site has a procedure of {period.label}.", hint="alara list shows what there is.")
    return Comparison(audits, write_sites(audits, folder or Path("sites") / period.label))
