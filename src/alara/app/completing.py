"""What a value on the command line may be, for the completion of a shell: at once, or nothing.

A shell waits for it at every key, so this imports neither the store nor the knowledge, and asks no server.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib.resources import files

from alara.app.looking import database_file, looked_at
from alara.config import Config

__all__ = ["cases", "entries", "periods", "reviewed_cases"]

#: More than anybody reads in a shell.
_MOST = 100
_WAIT_S = 0.1
#: From the newest month to the one before it, by the index of the starts; not through all procedures.
_MONTHS = """
WITH RECURSIVE newest(day) AS (
    SELECT max(started_local) FROM procedures WHERE {place}
    UNION ALL
    SELECT (SELECT max(started_local) FROM procedures WHERE {place} AND started_local < substr(day, 1, 7))
    FROM newest WHERE day IS NOT NULL
)
SELECT substr(day, 1, 7) FROM newest WHERE day IS NOT NULL LIMIT :most
"""
_CASES = """
SELECT case_id, substr(started_local, 1, 10) FROM procedures
WHERE case_id >= :first AND case_id < :after ORDER BY started_local DESC LIMIT :most
"""
_REVIEWED = """
SELECT DISTINCT case_id, '' FROM reviews WHERE case_id >= :first AND case_id < :after ORDER BY case_id LIMIT :most
"""


def periods(config: Config, beginning: str, *, every_site: bool = False) -> list[str]:
    """The months that have procedures, the newest first; their quarters once a Q is typed.

    Raises
    ------
    sqlite3.Error
        When the file is no database.
    """
    place = "1" if every_site else "site = :site"
    months = [month for (month,) in _asked(config, _MONTHS.format(place=place), site=config.site)]
    quarters = dict.fromkeys(f"{month[:4]}-Q{(int(month[5:]) + 2) // 3}" for month in months)
    found = [*quarters] if "-q" in beginning.casefold() else months
    return [period for period in found if period.casefold().startswith(beginning.casefold())]


def cases(config: Config, beginning: str) -> list[tuple[str, str]]:
    """The case ids that begin so, the newest first, each with its day.

    Raises
    ------
    sqlite3.Error
        When the file is no database.
    """
    return [(case, day) for case, day in _asked(config, _CASES, **_from(beginning))]


def reviewed_cases(config: Config, beginning: str) -> list[tuple[str, str]]:
    """The case ids that have an entry of a review.

    Raises
    ------
    sqlite3.Error
        When the file is no database.
    """
    return [(case, day) for case, day in _asked(config, _REVIEWED, **_from(beginning))]


def entries(config: Config, table: str, beginning: str) -> list[tuple[str, str]]:
    """The ids of a table of the knowledge (procedures, policies, backgrounds) that begin so, each with its name.

    Raises
    ------
    OSError, ValueError
        When a file of the site's own cannot be read, or is not TOML.
    """
    found = tomllib.loads((files("alara") / "knowledge" / "data" / f"{table}.toml").read_text(encoding="utf-8"))
    if config.overlay is not None and (own := config.overlay / f"{table}.toml").is_file():
        found |= tomllib.loads(own.read_text(encoding="utf-8"))
    named = ((key, entry.get("name", "")) for key, entry in found.items() if isinstance(entry, dict))
    return [(key, str(name)) for key, name in named if key.startswith(beginning)]


def _from(beginning: str) -> dict[str, str]:
    """The ids from a beginning to before what no longer begins so; they are of letters and digits."""
    return {"first": beginning.casefold(), "after": f"{beginning.casefold()}~"}


def _asked(config: Config, question: str, **values: str) -> Iterator[tuple[str, ...]]:
    path = database_file(config)
    if path is None or not path.is_file():
        return
    with looked_at(path, wait_s=_WAIT_S) as connection:
        yield from connection.execute(question, {**values, "most": _MOST})
