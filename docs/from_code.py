"""Reference pages from the tables of the code: settings, columns, findings, quirks, reasons, exit codes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path

from alara import errors
from alara.app.settings_file import settings_text
from alara.config import Config, settings
from alara.errors import AlaraError, UnreadableReason
from alara.findings import FindingCode
from alara.report.columns import CASES, CLASSIFIED, SUMMARY, Column
from alara.sr.quirks import QUIRKS

__all__ = ["pages", "write"]


def write(folder: Path) -> None:
    """Write the pages that differ from what is there, so that nothing is built again in vain."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        file = folder / f"{name}.md"
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")


def pages() -> dict[str, str]:
    """Each page by the name of its file, without suffix."""
    return {
        "configuration": _configuration(),
        "columns": _columns(),
        "findings": _findings(),
        "quirks": _quirks(),
        "errors": _errors(),
    }


def _configuration() -> str:
    defaults = {field.name: field.default for field in fields(Config)}
    rows = [
        (f"`{name}`", f"{meaning[0].upper()}{meaning[1:]}.", _default(defaults[name]))
        for name, meaning in settings().items()
    ]
    return (
        "# Configuration\n\nA setting has one name everywhere: `port` in `alara.toml`, `ALARA_PORT` in the environment,"
        " `--port` on the command line. One file is taken, the first of: the one that `--config` names, the one that"
        " `ALARA_CONFIG` names, `./alara.toml`, `~/.config/alara/alara.toml` (or `$XDG_CONFIG_HOME/alara/alara.toml`);"
        " `alara listen`, `status` and `doctor` say which it was. The environment goes before it, and a flag before"
        " both. A path in the file that is not absolute begins at the file's own folder. What is in the file's place"
        " and cannot be read, an unknown name or a wrong value ends a command with exit code 2.\n\n"
        "Commands that are printed as the next to type carry what was given by flag, and `--config` where another"
        " folder would not find the same file; a URL with a password is left out, so let the file or the environment"
        " hold that."
        " `alara doctor --settings` shows what applies and where it came from.\n\n"
        + _table(("setting", "meaning", "default"), rows)
        + "\n## The file\n\nAs `alara init` writes it; paths of a user's home are shortened.\n\n```toml\n"
        + settings_text({}).replace(str(Path.home()), "~")
        + "```\n"
    )


def _default(value: object) -> str:
    if isinstance(value, str | int | tuple) or value is None:
        shown = {True: "true", False: "false"}.get(value, value) if isinstance(value, bool) else value
        return f"`{shown}`" if shown not in ("", None, ()) else "empty"
    return "see below"


def _columns() -> str:
    parts = ["# Columns\n\nNames are a contract: a change of one is in the changelog. `columns.csv` says the same.\n"]
    tables = {"procedures.csv": CASES, "summary.csv": SUMMARY, "alara classify": CLASSIFIED}
    parts += [f"## {title}\n\n{_column_table(columns)}" for title, columns in tables.items()]
    return "\n".join(parts)


def _column_table(columns: Sequence[Column]) -> str:
    rows = [(f"`{each.name}`", each.unit, each.kind.value, each.meaning) for each in columns]
    return _table(("column", "unit", "type", "meaning"), rows)


def _findings() -> str:
    rows = [(f"`{code.value}`", code.words) for code in FindingCode]
    intro = (
        "# Findings\n\nWhat a reader must know about a number. What each does is in [findings](/methods/findings.md)."
    )
    return f"{intro}\n\n{_table(('code', 'meaning'), rows)}"


def _quirks() -> str:
    rows = [(f"`{q.id}`", q.seen_on, q.condition, q.mending, q.reason) for q in QUIRKS.values()]
    return (
        "# Quirks\n\nWays in which real reports differ from the standard, each with what is mended and why.\n\n"
        + _table(("quirk", "seen on", "when", "what is mended", "why"), rows)
    )


def _errors() -> str:
    kinds = [getattr(errors, name) for name in errors.__all__]
    codes = [(f"`{kind.__name__}`", str(kind.exit_code)) for kind in kinds if issubclass(kind, AlaraError)]
    reasons = [(f"`{reason.value}`", reason.words) for reason in UnreadableReason]
    return (
        "# Errors\n\nEvery error says in one sentence what is wrong, and on a second line the next command.\n\n"
        f"{_table(('error', 'exit code'), codes)}\n## Why something is in quarantine\n\n"
        f"{_table(('reason', 'meaning'), reasons)}"
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)
