"""An ``alara.toml`` that explains itself: every setting with its meaning and its default, commented out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from alara.config import Config, settings
from alara.errors import StorageError, UsageError
from alara.files import replace_file

__all__ = ["settings_text", "write_settings"]

_HEAD = """\
# The settings of alara. What is commented out has its default, which stands here.
# Each can also stand in the environment (ALARA_PORT) or in a flag (--port), which go before this file.
# What applies, and where it came from: alara doctor --settings
"""

_PEERS = """\
# Other nodes by name, for alara fetch and for reports of storage commitment.
# [peers.PACS]
# aet = "PACS"
# host = "10.1.2.3"
# port = 104
"""


def settings_text(given: Mapping[str, object]) -> str:
    """The text of a settings file: the ``given`` settings as they are, all others as comments with their defaults."""
    defaults = Config()
    parts = [_HEAD]
    for name, meaning in settings().items():
        if name == "peers":
            continue  # a table, which TOML wants after all plain settings
        value = given.get(name, getattr(defaults, name))
        mark = "" if name in given else "# "
        parts.append(f"# {meaning[0].upper()}{meaning[1:]}.\n{mark}{name} = {_toml(value)}\n")
    return "\n".join([*parts, _PEERS])


def write_settings(file: Path, given: Mapping[str, object]) -> None:
    """Write a new settings file.

    Raises
    ------
    UsageError
        When the file is there already.
    StorageError
        When the disk refuses.
    """
    if file.exists():
        raise UsageError(
            f"{file} is there already and stays as it is.",
            hint="alara init --dry-run shows what a new one would say; alara doctor --settings what applies.",
        )
    try:
        replace_file(file, settings_text(given).encode("utf-8"), mode=0o644)
    except OSError as error:
        raise StorageError(
            f"{file} cannot be written: {error.strerror}.", hint="alara init FILE, in a folder that you may write to"
        ) from error


def _toml(value: object) -> str:
    """A setting as TOML. Texts are written as JSON, whose escapes TOML shares."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(part) for part in value)}]"
    return json.dumps("" if value is None else str(value), ensure_ascii=False)
