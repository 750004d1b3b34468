"""The folder of an audit: all files made first, then put in place one by one, the manifest last.

A folder whose manifest agrees with its files is whole. After a stop in the
middle it does not, and writing again mends it.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from alara.audit import Audit
from alara.audit.standing_out import stand_out
from alara.errors import StorageError
from alara.knowledge import Knowledge, load
from alara.report import extras
from alara.report.beside import NOTHING, Beside
from alara.report.columns import CASES, SUMMARY, check
from alara.report.csv import columns_csv, frame_csv
from alara.report.manifest import manifest, sha256
from alara.report.page import page
from alara.report.tables import tables

__all__ = ["contents", "put", "write", "write_groups"]


def write(
    audit: Audit,
    folder: Path,
    knowledge: Knowledge | None = None,
    beside: Beside | None = None,
    also: Sequence[str] = (),
) -> tuple[Path, ...]:
    """Write an audit's files into a folder, which is made when it does not exist.

    Parameters
    ----------
    knowledge
        What the audit was made with: the project's own when ``None``.
    beside
        What is written with it where it is there: the plan of ultrasound slots, what the department has said.
    also
        Extras: ``xlsx`` for a workbook, ``pdf`` for the page on A4. One of an earlier audit that is not asked for
        again is removed, since it would say other numbers than the files beside it.

    Returns
    -------
    tuple of Path
        ``procedures.csv``, ``summary.csv``, ``reviews.csv``, ``insights.csv``, ``devices.csv``,
        ``columns.csv``, ``report.html``, the extras and
        ``manifest.json``; before the page ``operators.csv``, where
        operators are told apart, and ``plan.csv``, when there is a plan.

    Raises
    ------
    StorageError
        When the folder or a file in it cannot be written; the files of an earlier audit then stay as they were.
    ValueError
        When the audit was made with other knowledge, or a frame of it breaks the contract of columns.
    """
    return put(contents(audit, knowledge if knowledge is not None else load(), beside, also), folder)


def write_groups(audit: Audit, folder: Path, knowledge: Knowledge | None = None) -> tuple[Path, ...]:
    """Write ``summary.csv``, ``columns.csv`` and ``manifest.json`` alone: nothing of a single case.

    Raises as :func:`write` does.
    """
    _check(audit, knowledge if knowledge is not None else load())
    made = {"summary.csv": frame_csv(audit.summary, SUMMARY), "columns.csv": columns_csv({"summary.csv": SUMMARY})}
    return put({**made, "manifest.json": manifest(audit, made)}, folder)


def put(made: Mapping[str, bytes], folder: Path) -> tuple[Path, ...]:
    """Put files of these contents into a folder, in this order, all made before the first is in place.

    Raises
    ------
    StorageError
        When the folder or a file in it cannot be written.
    """
    try:
        return _put(made, folder)
    except OSError as error:
        raise StorageError(
            f"The audit cannot be written to {folder}: {error.strerror or error}.",
            hint="Name a folder that you may write to, on a disk with room.",
        ) from error


def contents(
    audit: Audit, knowledge: Knowledge, beside: Beside | None = None, also: Sequence[str] = ()
) -> Mapping[str, bytes]:
    """The bytes of each file by name, the manifest last; same audit, same bytes."""
    _check(audit, knowledge)
    beside = beside or NOTHING
    standing = beside.standing_out or stand_out(audit, knowledge)
    audit, beside = standing.marked(audit), replace(beside, standing_out=standing)
    found = tables(audit, standing, beside)
    made = {f"{each.name}.csv": frame_csv(each.frame, each.columns) for each in found}
    made["columns.csv"] = columns_csv({f"{each.name}.csv": each.columns for each in found})
    digests = [(f"{name}, SHA-256", sha256(content)) for name, content in made.items()]
    made["report.html"] = page(audit, knowledge, digests, beside)
    made |= extras.made(also, audit, found, made["report.html"])
    made["manifest.json"] = manifest(audit, made)
    return made


def _check(audit: Audit, knowledge: Knowledge) -> None:
    if knowledge.digest != audit.knowledge_digest:
        raise ValueError("The audit was made with other knowledge than the page would explain it with.")
    check(audit.cases, CASES)
    check(audit.summary, SUMMARY)


def _put(made: Mapping[str, bytes], folder: Path) -> tuple[Path, ...]:
    folder.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=".writing-", dir=folder))
    try:
        for name, content in made.items():
            (beside / name).write_bytes(content)
        for name in (*extras.NAMES.values(), "operators.csv", "plan.csv"):
            if name not in made:
                (folder / name).unlink(missing_ok=True)
        return tuple((beside / name).replace(folder / name) for name in made)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
