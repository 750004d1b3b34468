"""What an audit can also be written as where an extra is installed: a workbook, a PDF."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec

from alara.audit import Audit
from alara.errors import UsageError
from alara.extras import install
from alara.report.tables import Table

__all__ = ["NAMES", "check_installed", "made"]

#: Extra of the package: (file, what it is, module that makes it).
_EXTRAS = {
    "xlsx": ("audit.xlsx", "A workbook", "xlsxwriter"),
    "pdf": ("report.pdf", "A PDF", "weasyprint"),
}
#: The files, by extra.
NAMES = {extra: name for extra, (name, _, _) in _EXTRAS.items()}


def check_installed(extras: Sequence[str]) -> None:
    """Make sure that what makes these files is here.

    Raises
    ------
    UsageError
        With the command that installs what is missing.
    """
    for extra in extras:
        name, words, module = _EXTRAS[extra]
        if find_spec(module) is None:
            raise UsageError(f"{words} ({name}) needs {module}, which is not installed.", hint=install(extra))
        try:
            import_module(module)
        except OSError as error:  # WeasyPrint without the system's Pango
            raise UsageError(
                f"{words} ({name}) needs a library that this system lacks: {error}.",
                hint="Debian: apt-get install libpango-1.0-0 libpangoft2-1.0-0",
            ) from error


def made(extras: Sequence[str], audit: Audit, tables: Sequence[Table], html: bytes) -> dict[str, bytes]:
    """The bytes of these files by name; ``tables`` are the workbook's, ``html`` is the page, which the PDF prints."""
    contents: dict[str, bytes] = {}
    if "xlsx" in extras:
        from alara.report.xlsx import workbook

        contents[NAMES["xlsx"]] = workbook(audit, tables)
    if "pdf" in extras:
        from alara.report.pdf import printed

        contents[NAMES["pdf"]] = printed(html)
    return contents
