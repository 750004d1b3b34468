"""Doses that a C-arm only shows on its screen, typed into a CSV file (``docs/methods/manual-entry.md``).

All rows are checked before any is imported, and everything that is wrong is
told at once, by line. With one error nothing of the file is imported.
"""

from __future__ import annotations

from collections.abc import Callable

from alara.app.importing import Found, ImportSummary, import_objects
from alara.app.keys import load_key
from alara.app.manual.columns import COLUMNS, template
from alara.app.manual.entry import as_bytes
from alara.app.manual.sheet import ManualSheet, read_sheet
from alara.config import Config

__all__ = ["COLUMNS", "ManualSheet", "import_manual", "read_sheet", "template"]


def import_manual(
    config: Config, sheet: ManualSheet, *, progress: Callable[[ImportSummary], None] = lambda _: None
) -> ImportSummary:
    """Put the entries of a file into the inbox and ingest them, as :func:`alara.app.importing.import_paths` does."""
    pseudonyms = load_key(config)
    rows = (Found(f"line {entry.line}", as_bytes(entry, pseudonyms)) for entry in sheet.entries)
    return import_objects(config, lambda _: rows, progress=progress)
