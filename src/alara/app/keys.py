"""The one key of the pseudonyms: made once, loaded, and held against what the database was written with."""

from __future__ import annotations

from alara.config import Config
from alara.errors import ConfigError, DatabaseMissing
from alara.pseudonym import Pseudonymiser
from alara.store import ReadyReport, Store

__all__ = ["check_same_key", "load_key", "operator_codes"]


def load_key(config: Config) -> Pseudonymiser:
    """The pseudonymiser of this installation; its key is made when there is none and no data were written with one.

    Raises
    ------
    StorageError
        When the key file cannot be used.
    ConfigError
        When it is gone and the database's pseudonyms were made with it: a new key would make every patient a new one.
    DatabaseError
        When it is gone and the database cannot be asked.
    """
    if not config.key_file.exists() and (held := _held_version(config)):
        raise ConfigError(
            f"The database's pseudonyms were made with key {held}, and {config.key_file} is not there.",
            hint="Name that key: --key-file, ALARA_KEY_FILE or key_file in alara.toml; or restore it from its backup.",
        )
    return Pseudonymiser.from_file(config.key_file)


def _held_version(config: Config) -> str:
    """The version of the key behind the database's pseudonyms; empty where there are none, or no database."""
    try:
        with Store.open(config.database_url, create=False) as store:
            return store.pseudonym_version(config.site)
    except DatabaseMissing:
        return ""


def check_same_key(store: Store, pseudonyms: Pseudonymiser, config: Config) -> None:
    """Refuse another key than the one behind the pseudonyms that the database holds.

    Raises
    ------
    ConfigError
        When the versions differ: every patient would become a new one.
    """
    held = store.pseudonym_version(config.site)
    if held and held != pseudonyms.version:
        raise ConfigError(
            f"The database's pseudonyms were made with key {held}, and {config.key_file} is key {pseudonyms.version}.",
            hint="Name the key that was used before: --key-file, ALARA_KEY_FILE or key_file in alara.toml.",
        )


def operator_codes(report: ReadyReport, pseudonyms: Pseudonymiser, config: Config) -> tuple[str, ...]:
    """The codes of a report's operators; none where the department has not decided that they are told apart.

    Nor of a report that no audit counts: nobody would need them.
    """
    if not config.codes_operators or not report.is_audited:
        return ()
    return pseudonyms.operators(report.operators, config.site)
