"""Reference pages from the tables of the code: settings, columns, findings, quirks, reasons, exit codes.

``python docs/from_code.py`` writes the one that stands in the repository, of exit codes, anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path

from alara import errors
from alara.app.settings_file import settings_text
from alara.cli import exit_codes as exit_code
from alara.config import Config, settings
from alara.errors import AlaraError, UnreadableReason
from alara.findings import FindingCode
from alara.report.columns import CASES, CLASSIFIED, SUMMARY, Column
from alara.sr.quirks import QUIRKS

__all__ = ["exit_codes", "pages", "write"]


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
    reasons = [(f"`{reason.value}`", reason.words) for reason in UnreadableReason]
    return (
        "# Errors\n\nEvery error says in one sentence what is wrong, and on a second line the next command.\n\n"
        "What each ends a command with is in [exit codes](/reference/exit-codes.md).\n\n"
        "## Why something is in quarantine\n\n"
        f"{_table(('reason', 'meaning'), reasons)}"
    )


def exit_codes() -> str:
    """The page docs/reference/exit-codes.md, which stands in the repository for those who read it there."""
    kinds = [getattr(errors, name) for name in errors.__all__]
    named = {
        code: ", ".join(f"`{kind.__name__}`" for kind in kinds if _ends_with(kind, code)) for code in exit_code.MEANINGS
    }
    codes = [(str(code), meaning, named[code]) for code, meaning in exit_code.MEANINGS.items()]
    commands = [(f"`alara {command}`", str(code), when) for (command, code), when in exit_code.BY_COMMAND.items()]
    return (
        "# Exit codes\n\nWhatever calls alara can go by these."
        " Anything but 0 wants a look; `alara status --check` is for"
        " what watches the machine.\n\n"
        + _table(("code", "meaning", "errors of `alara.errors`"), codes)
        + "\n## Codes of single commands\n\nWhere a command did what it was asked, and still ends with another code"
        " than 0. Errors end it as in the table above.\n\n" + _table(("command", "code", "when"), commands)
    )


def _ends_with(kind: type, code: int) -> bool:
    return issubclass(kind, AlaraError) and kind.exit_code == code


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


if __name__ == "__main__":
    (Path(__file__).parent / "reference" / "exit-codes.md").write_text(exit_codes(), encoding="utf-8")
