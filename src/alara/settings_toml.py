"""A settings file as it lies on a disk: reading it, and saying what is wrong with it in sentences of our own."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

from alara.alike import alike

__all__ = ["SettingsFileError", "beside", "is_there", "read_settings", "shown", "unknown"]

#: Settings that name a file or a folder; a URL in their place stays as it is.
_PATHS: Final = ("data_dir", "database", "key_file", "knowledge", "tls_certificate", "tls_client_ca", "tls_key")
_PATHS_OF_A_PEER: Final = ("ca_file", "credentials")
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_PLACE: Final = re.compile(r"\(at line (\d+), column \d+\)")
_LONGEST_SHOWN: Final = 60


class SettingsFileError(ValueError):
    """What is wrong with the file as a whole, as the end of a sentence that begins with its name."""


def is_there(path: Path) -> bool:
    """Whether something has this name: also a folder, a link to nothing, or what may not be looked at."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def read_settings(path: Path) -> dict[str, Any]:
    """The tables and values of a TOML file; an empty file has none. A byte order mark of UTF-8 is passed over.

    Raises
    ------
    SettingsFileError
        When it cannot be read, is no text in UTF-8, or no TOML.
    """
    try:
        held = path.read_bytes()
    except IsADirectoryError as error:
        raise SettingsFileError("cannot be read: it is a folder, and must be a file in TOML") from error
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no file can have this name"
        raise SettingsFileError(f"cannot be read ({why})") from error
    if held.startswith(_UTF16):
        raise SettingsFileError("is text in UTF-16; save it as UTF-8")
    try:
        return tomllib.loads(held.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = held.count(b"\n", 0, error.start) + 1
        raise SettingsFileError(f"is not TOML: line {line} is no text in UTF-8; save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        place = _PLACE.search(str(error))
        where = f"line {place[1]}" if place else "its end"
        raise SettingsFileError(
            f'is not TOML: it cannot be understood at {where}; a line is name = value, with texts in "quotes",'
            " and each name stands once"
        ) from error
    except RecursionError as error:
        raise SettingsFileError("is not TOML: it is nested too deeply") from error


def beside(file: Path, table: Mapping[str, Any]) -> dict[str, Any]:
    """The same table with each path that is not absolute taken from the file's folder, so that it holds anywhere."""
    placed = {name: _placed(file, value) if name in _PATHS else value for name, value in table.items()}
    peers = placed.get("peers")
    if isinstance(peers, dict):
        placed["peers"] = {
            name: {key: _placed(file, value) if key in _PATHS_OF_A_PEER else value for key, value in peer.items()}
            if isinstance(peer, dict)
            else peer
            for name, peer in peers.items()
        }
    return placed


def _placed(file: Path, value: object) -> object:
    if not isinstance(value, str) or not value.strip() or "://" in value or value.strip().startswith("~"):
        return value
    return str(file.parent / value.strip())


def unknown(name: str, raw: object, known: Collection[str]) -> str:
    """That there is no such setting, and the one that was probably meant."""
    what = f"there is no table [{name}]" if isinstance(raw, Mapping) else f"there is no setting {name!r}"
    what += "" if "site" in known else " of a site"
    near = alike(name, [*known, "sites"], most=1)
    if near:
        return f"{what}; did you mean {near[0]!r}?"
    return f"{what}; settings stand at the top, before any table" if isinstance(raw, Mapping) else what


def shown(raw: object) -> str:
    """A wrong value for a sentence: a long one is cut, a table is not repeated."""
    if isinstance(raw, Mapping):
        return "a table"
    if isinstance(raw, bool):
        return str(raw).lower()
    text = repr(raw) if isinstance(raw, str | int | float | list | tuple) else str(raw)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
