"""Keyed pseudonyms: the same person gets the same word, and nobody without the key can find the person.

HMAC-SHA-256 (RFC 2104) under a secret that lives outside the database, so that
medical record numbers cannot be found by trying them all. The word starts with
the key's version, so that words under different keys are never taken for the same.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from alara.errors import StorageError

__all__ = ["Pseudonymiser"]

_KEY_BYTES = 32


class Pseudonymiser:
    """Makes pseudonyms of patients, codes of operators and case ids of procedures under one key."""

    def __init__(self, key: bytes) -> None:
        if len(key) < _KEY_BYTES:
            raise ValueError(f"a pseudonym key has at least {_KEY_BYTES} bytes")
        self._key = key
        self.version = hashlib.sha256(b"alara key version\0" + key).hexdigest()[:6]

    @classmethod
    def from_file(cls, path: Path) -> Pseudonymiser:
        """The pseudonymiser under the key in a file, which is made (mode 0600) when there is none.

        Raises
        ------
        StorageError
            When the file cannot be read or made, or holds no key.
        """
        try:
            if not path.exists():
                _make_key(path)
            key = bytes.fromhex(path.read_text(encoding="ascii").strip())
            return cls(key)
        except OSError as error:
            raise StorageError(
                f"The pseudonym key {path} cannot be used: {error.strerror}.",
                hint="Name another file with --key-file or ALARA_KEY_FILE.",
            ) from error
        except ValueError as error:
            raise StorageError(
                f"The pseudonym key {path} is not a key of at least {2 * _KEY_BYTES} hexadecimal digits.",
                hint="Restore it from its backup; a new key would make every patient a new one.",
            ) from error

    def patient(self, patient_id: str, site: str) -> str:
        """The pseudonym of a patient ID at a site; empty for an empty ID."""
        return f"{self.version}-{self._word(16, 'patient', site, patient_id)}" if patient_id else ""

    def operators(self, persons: Iterable[str], site: str) -> tuple[str, ...]:
        """The codes of operators at a site, each once, in the order of the codes; upper and lower case are the same."""
        named = {person.casefold() for person in persons if person}
        return tuple(sorted({f"op-{self._word(8, 'operator', site, person)}" for person in named}))

    def case(self, study_instance_uid: str, equipment_key: str, kind: str) -> str:
        """The case id of a procedure: 12 letters and digits that do not lead back to the study."""
        return self._word(12, "case", study_instance_uid, equipment_key, kind)

    def _word(self, length: int, *parts: str) -> str:
        message = "\0".join(parts).encode("utf-8", "surrogatepass")
        digest = hmac.new(self._key, message, hashlib.sha256).digest()
        return base64.b32encode(digest).decode("ascii").lower()[:length]


def _make_key(path: Path) -> None:
    """Write a new key beside its name and link it there, so that two processes agree on one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(_KEY_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        temporary.unlink()
