"""A PostgreSQL server of the tests' own, from the machine's binaries, or one that is named."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy

from tests.free_ports import free_port

#: A server does not start as root; Debian makes this user for it.
USER = "postgres"


def binaries() -> Path | None:
    """The folder of ``initdb`` and ``pg_ctl``; the newest of Debian's, which are not on the path."""
    on_path = shutil.which("pg_ctl")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda path: int(path.parts[-3]))
    return Path(on_path).parent if on_path else found[-1].parent if found else None


@contextmanager
def server(named: str = "") -> Iterator[str]:
    """The URL of a database on a server that runs meanwhile, or of the one named."""
    if named:
        yield named
        return
    with own_server() as own:
        yield own.url


@dataclass
class Server:
    """A server of the test's own, which it may stop and start."""

    folder: Path
    port: int
    #: Whether it writes as it does where a crash of the machine must lose nothing; tests need not.
    synced: bool = False

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://{USER}@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        unsynced = "" if self.synced else " -c fsync=off -c full_page_writes=off"
        options = f"-h 127.0.0.1 -p {self.port} -k {self.folder}{unsynced}"
        self._control("-w", "-l", self.folder / "log", "-o", options, "start")

    def stop(self) -> None:
        """End it as a crash would: transactions that run are undone."""
        self._control("-m", "immediate", "stop")

    def _control(self, *arguments: str | Path) -> None:
        folder = binaries()
        assert folder is not None
        _run(folder / "pg_ctl", "-D", self.folder / "data", *arguments)


@contextmanager
def own_server(*, synced: bool = False) -> Iterator[Server]:
    """A server that runs meanwhile."""
    folder = binaries()
    assert folder is not None, "no PostgreSQL is installed"
    with tempfile.TemporaryDirectory(prefix="alara-postgres-") as temporary:
        own = Server(Path(temporary), free_port(), synced)
        if os.geteuid() == 0:
            shutil.chown(temporary, USER)
        _run(
            folder / "initdb",
            "-D",
            own.folder / "data",
            "-A",
            "trust",
            "-U",
            USER,
            "-E",
            "UTF8",
            "--no-locale",
            "--no-sync",
        )
        own.start()
        try:
            yield own
        finally:
            own.stop()


def restart(url: str) -> None:
    """Stop a server as a crash would, and start it again; skipped where the server is not the tests' own."""
    engine = sqlalchemy.create_engine(url)
    with engine.connect() as connection:
        data = Path(str(connection.exec_driver_sql("SHOW data_directory").scalar()))
    engine.dispose()
    folder = binaries()
    if folder is None or not data.parent.name.startswith("alara-postgres-"):
        pytest.skip("the server is not the tests' own")
    _run(folder / "pg_ctl", "-D", data, "-w", "-m", "immediate", "-l", data.parent / "log", "restart")


def _run(*command: str | Path) -> None:
    as_user = ["setpriv", "--reuid", USER, "--regid", USER, "--init-groups"] if os.geteuid() == 0 else []
    words = [*as_user, *map(str, command)]
    # not a pipe: the server inherits it and would hold it open
    with tempfile.TemporaryFile() as said:
        done = subprocess.run(words, stdout=said, stderr=said, timeout=120, cwd="/")
        said.seek(0)
        assert done.returncode == 0, said.read().decode(errors="replace")[-2000:]
