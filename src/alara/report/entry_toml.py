"""An entry of the knowledge as it would stand in its TOML file: what a site copies a field from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

__all__ = ["entry_as_toml"]

_WIDTH = 120


def entry_as_toml(entry: Any) -> str:
    """The table of an entry, named by its id; fields that have their default are left out.

    Numbers are as they are, texts in quotes, a list on one line or else one of its values a line.
    """
    lines = [f"[{entry.id}]"]
    for field in fields(entry):
        value = getattr(entry, field.name)
        if field.name != "id" and value != field.default:
            lines.append(_line(field.name, value))
    return "\n".join(lines) + "\n"


def _line(name: str, value: Any) -> str:
    line = f"{name} = {_value(value)}"
    if not isinstance(value, tuple) or len(line) <= _WIDTH:
        return line
    return "\n".join((f"{name} = [", *(f"    {_value(each)}," for each in value), "]"))


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(str(value), ensure_ascii=False)  # what JSON escapes, TOML escapes in the same way
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_value, value))}]"
    table: Mapping[str, Any] = value if isinstance(value, Mapping) else asdict(value)
    return f"{{ {', '.join(f'{name} = {_value(each)}' for name, each in table.items())} }}"
