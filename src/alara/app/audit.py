"""A period's audit: procedures from the database or a dataset, through the audit, into a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from alara.app.audit_source import Lake, source
from alara.config import Config

if TYPE_CHECKING:
    from alara.audit import Audit
    from alara.knowledge import Knowledge

__all__ = ["AuditRun", "audit_period"]


@dataclass(frozen=True, slots=True)
class AuditRun:
    """The audit, the knowledge that it rests on, and the files that it was written to."""

    audit: Audit
    knowledge: Knowledge
    files: tuple[Path, ...]


def audit_period(
    config: Config, period_text: str, folder: Path | None = None, *, lake: Lake | None = None, groups_only: bool = False
) -> AuditRun:
    """Audit a period and write it.

    Parameters
    ----------
    config
        Names the database, the policy, the background level and the site.
    period_text
        ``2026-10``, ``2026-Q4``, ``2026`` or ``2026-10-01..2026-10-15``.
    folder
        Where to write; ``audit/<period>`` when ``None``.
    lake
        The dataset to read in place of the database, and what computes over it.
    groups_only
        The grouped statistics alone, without any single case.

    Raises
    ------
    UsageError
        When the period, the policy or the background level is not known.
    NothingFound
        When the database or the dataset holds no procedure of that period.
    DatabaseError, StorageError
        When the database or the folder refuses.
    """
    from alara import audit, knowledge, report

    period = audit.Period.parse(period_text)
    known = knowledge.load(config.overlay)
    with source(config, period, lake) as rows:
        result = audit.run(
            rows.procedures,
            period=period,
            knowledge=known,
            policy=config.policy,
            background=config.background,
            site=config.site,
            native=rows.native,
            groups_only=groups_only,
        )
    write = report.write_groups if groups_only else report.write
    files = write(result, folder or Path("audit") / period.label, known)
    return AuditRun(result, known, files)
