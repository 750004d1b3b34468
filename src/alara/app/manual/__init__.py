"""Doses that a C-arm only shows on its screen, typed into a CSV file (``docs/methods/manual-entry.md``).

All rows are checked before any is imported, and everything that is wrong is
told at once, by line. With one error nothing of the file is imported.
"""

from __future__ import annotations

from collections.abc import Callable

from alara.app.importing import ImportSummary, import_objects
from alara.app.manual.columns import COLUMNS, template
from alara.app.manual.entry import as_bytes
from alara.app.manual.sheet import ManualSheet, read_sheet
from alara.config import Config
from alara.pseudonym import Pseudonymiser

__all__ = ["COLUMNS", "ManualSheet", "import_manual", "read_sheet", "template"]


def import_manual(
    config: Config, sheet: ManualSheet, *, progress: Callable[[ImportSummary], None] = lambda _: None
) -> ImportSummary:
    """Put the entries of a file into the inbox and ingest them, as :func:`alara.app.importing.import_paths` does."""
    pseudonyms = Pseudonymiser.from_file(config.key_file)
    return import_objects(config, lambda _: (as_bytes(entry, pseudonyms) for entry in sheet.entries), progress=progress)
