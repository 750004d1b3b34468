"""Raw tables → typed entries; whatever is wrong is collected, not raised."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

__all__ = ["build", "build_all"]

E = TypeVar("E")
Raw = Mapping[str, object]

_MISSING = " missing"
_ALIKE = 0.75


def build_all(
    cls: type[E], rows: Iterable[Raw], where: str, errors: list[str], below: Collection[str] = ()
) -> tuple[dict[str, E], dict[str, Raw]]:
    """The entries of a table by id, and those with errors as they came; an id that stands twice is an error.

    ``below`` are the ids that the project has, where the table is a site's: an entry with another id
    that lacks fields may be one of them with a slip.
    """
    entries: dict[str, E] = {}
    faulty: dict[str, Raw] = {}
    for number, raw in enumerate(rows, start=1):
        name = str(raw.get("id") or f"entry {number}")
        if name in entries or name in faulty:
            errors.append(f"{where}: {name} stands twice")
        said = len(errors)
        entry = build(cls, raw, f"{where}: {name}", errors)
        if below and name not in below:
            errors[said:] = [_of_new(fault, name, below) for fault in errors[said:]]
        if entry is None:
            faulty[name] = raw
        else:
            entries[name] = entry
    return entries, faulty


def build(cls: type[E], raw: Raw, where: str, errors: list[str]) -> E | None:
    """One entry from names and values as TOML or CSV gives them, or ``None`` with its errors told.

    CSV has nothing but text, so text stands for numbers and truth values as well, words separated by
    spaces for a list, and an empty text for the field's default.
    """
    known = _fields(cast("Hashable", cls))  # a class is hashable, though mypy cannot tell of every class
    problems = [f"{where}: there is no field {name!r}" for name in raw if name not in known]
    values: dict[str, Any] = {}
    missing: list[str] = []
    for name, (field, parse) in known.items():
        value = raw.get(name)
        if value is None or value == "":
            if field.default is MISSING:
                missing.append(name)
            continue
        try:
            values[name] = parse(value)
        except (ValueError, TypeError) as error:
            problems.append(f"{where}: {name} {error}, not {value!r}")
    if missing:
        problems.append(f"{where}: {', '.join(missing)} {'is' if len(missing) == 1 else 'are'}{_MISSING}")
    errors.extend(problems)
    return None if problems else cls(**values)


def _of_new(fault: str, name: str, below: Collection[str]) -> str:
    """What is missing in an entry that the project does not have: it needs all, or its id has a slip."""
    if not fault.endswith(_MISSING):
        return fault
    near = difflib.get_close_matches(name, below, n=1, cutoff=_ALIKE)
    return f"{fault} in a new entry{f'; is it {near[0]}?' if near else ''}"


@cache
def _fields(cls: Any) -> dict[str, tuple[Field[Any], Callable[[Any], Any]]]:
    hints = get_type_hints(cls)
    return {field.name: (field, _parser(hints[field.name])) for field in fields(cls)}


def _parser(hint: Any) -> Callable[[Any], Any]:
    """How a field of this type is read."""
    if get_origin(hint) is UnionType:
        (hint,) = (part for part in get_args(hint) if part is not NoneType)
    if get_origin(hint) is tuple:
        return _list_of(_parser(get_args(hint)[0]))
    if isinstance(hint, type) and is_dataclass(hint):
        return lambda raw: _nested(hint, raw)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return lambda value: _member(hint, value)
    return {str: _text, float: _number, int: _whole, bool: _truth}[hint]


def _list_of(parse: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, ...]]:
    def parse_list(value: Any) -> tuple[Any, ...]:
        parts = value.split() if isinstance(value, str) else value
        if not isinstance(parts, list | tuple):
            raise ValueError("must be a list")
        return tuple(parse(part) for part in parts)

    return parse_list


def _nested(cls: type[Any], raw: Any) -> Any:
    if not isinstance(raw, Mapping):
        raise ValueError("must be a table")
    errors: list[str] = []
    entry = build(cls, raw, cls.__name__.lower(), errors)
    if errors:
        raise ValueError("(" + "; ".join(errors) + ")")
    return entry


def _member(cls: type[StrEnum], value: Any) -> StrEnum:
    if value not in set(cls):
        raise ValueError(f"must be one of {', '.join(cls)}")
    return cls(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a text")
    return value.strip()


def _number(value: Any) -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        raise ValueError("must be a number") from None
    if not math.isfinite(number) or number < 0:
        raise ValueError("must be a finite number that is not negative")
    return number


def _whole(value: Any) -> int:
    number = _number(value)
    if number != int(number):
        raise ValueError("must be a whole number")
    return int(number)


def _truth(value: Any) -> bool:
    words = {True: True, False: False, "yes": True, "no": False}
    if not isinstance(value, bool | str) or value not in words:
        raise ValueError("must be yes or no")
    return words[value]
