"""An audit as files and on the terminal, and one report for people and for scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from alara.audit import Audit
    from alara.knowledge import Knowledge
    from alara.report.beside import Beside

__all__ = ["write", "write_groups"]


def write(
    audit: Audit,
    folder: Path,
    knowledge: Knowledge | None = None,
    beside: Beside | None = None,
    also: Sequence[str] = (),
) -> tuple[Path, ...]:
    """Write an audit's files into a folder: see :func:`alara.report.files.write`.

    The templates and the frames are imported only now, so that ``alara read`` need not wait for them.
    """
    from alara.report.files import write as write_files

    return write_files(audit, folder, knowledge, beside, also)


def write_groups(audit: Audit, folder: Path, knowledge: Knowledge | None = None) -> tuple[Path, ...]:
    """Write an audit's grouped statistics alone: see :func:`alara.report.files.write_groups`."""
    from alara.report.files import write_groups as write_files

    return write_files(audit, folder, knowledge)
