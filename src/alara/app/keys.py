"""The one key of the pseudonyms: loaded, and held against what the database was written with."""

from __future__ import annotations

from alara.config import Config
from alara.errors import ConfigError
from alara.pseudonym import Pseudonymiser
from alara.store import Store

__all__ = ["check_same_key", "load_key"]


def load_key(config: Config) -> Pseudonymiser:
    """The pseudonymiser of this installation; its key is made when there is none.

    Raises
    ------
    StorageError
        When the key file cannot be used.
    """
    return Pseudonymiser.from_file(config.key_file)


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
