"""Under which site an object was received: in the data folder, so that what waits, and a database made anew, have it.

``sites/own`` names the site of whoever took the first object in. Of every other
site there is a file ``sites/of_NAME`` with a digest a line. A line is durable
before its object is, so an object that was acknowledged has its site; a line
without an object does no harm. An inbox of one site never writes but once.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, unquote

from alara.config import Config
from alara.files import sync_folder

__all__ = ["SiteNotes"]

_OWN = "own"
_OTHER = "of_"
_DIGEST = re.compile(rb"^[0-9a-f]{64}$", re.MULTILINE)


class SiteNotes:
    """The notes of one data folder, written for the site of ``config``."""

    def __init__(self, config: Config) -> None:
        self._folder = config.data_dir / "sites"
        self._site = config.site
        self._own = ""
        self._making = threading.Lock()
        self._read: dict[str, tuple[int, frozenset[str]]] = {}  # file → its size when it was read, and its digests

    def note(self, digests: Sequence[str]) -> None:
        """Make durable that these objects, which are about to be taken in, are of this site.

        Raises
        ------
        OSError
            When the disk refuses.
        """
        if self._first_site() == self._site:
            return
        file = self._folder / f"{_OTHER}{quote(self._site, safe='')}"
        is_new = not file.exists()
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            # The line before may have been cut off by a crash: it must not run into this one.
            os.write(descriptor, b"\n" + b"".join(f"{digest}\n".encode("ascii") for digest in digests))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if is_new:
            sync_folder(self._folder)

    def of(self, digest: str) -> str:
        """The site of an object: as it is noted, else that of the inbox, else that of the settings."""
        with suppress(FileNotFoundError), os.scandir(self._folder) as entries:
            for entry in entries:
                if entry.name.startswith(_OTHER) and digest in self._digests(entry):
                    return unquote(entry.name.removeprefix(_OTHER))
        return self._own_site() or self._site

    def _digests(self, entry: os.DirEntry[str]) -> frozenset[str]:
        size, digests = self._read.get(entry.name, (-1, frozenset()))
        if entry.stat().st_size != size:
            data = Path(entry.path).read_bytes()
            digests = frozenset(found.decode("ascii") for found in _DIGEST.findall(data))
            self._read[entry.name] = len(data), digests
        return digests

    def _own_site(self) -> str:
        if not self._own:
            with suppress(FileNotFoundError):
                self._own = (self._folder / _OWN).read_text(encoding="utf-8")
        return self._own

    def _first_site(self) -> str:
        """The inbox's own site, which becomes this one where there is none yet."""
        if own := self._own_site():
            return own
        with self._making:  # associations of a node come at the same instant
            return self._own_site() or self._made_own()

    def _made_own(self) -> str:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = self._folder / f".{_OWN}.{os.getpid()}.{id(self):x}"
        try:
            with open(beside, "w", encoding="utf-8", opener=_private) as file:
                file.write(self._site)
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):  # another process was first
                os.link(beside, self._folder / _OWN)
            sync_folder(self._folder)
            sync_folder(self._folder.parent)
        finally:
            beside.unlink(missing_ok=True)
        return self._own_site()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
