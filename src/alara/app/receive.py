"""The node in the foreground, and beside it the process that ingests what the node has made safe."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from types import FrameType

from alara import logs
from alara.app.callers import CALLERS_NOTE, CallerBook
from alara.app.ingest_notes import RestartsNote
from alara.app.keys import load_key
from alara.app.metrics import serve_metrics, try_metrics
from alara.app.site_notes import SiteNotes
from alara.config import Config
from alara.errors import ConfigError, DatabaseError
from alara.inbox import Inbox
from alara.node import Node, NodeEvent, NodeSettings, TlsFiles, try_port
from alara.store import parse_url

__all__ = ["NODE_NOTE", "Stop", "listen", "node_settings", "tls_files", "until_signal"]

log = logging.getLogger("alara.node")

#: The file in the data folder that says where the running node listens.
NODE_NOTE = "node.json"

_CHECK_S = 0.5
_LONGEST_PAUSE_S = 60.0
_GRACE_S = 10.0
#: Receiving comes first: ingest and its readers have what the node leaves of the processors.
_NICENESS = 10


def listen(config: Config, *, ready: Callable[[int], None], stop: Stop) -> None:
    """Serve C-ECHO, C-STORE, performed procedure steps and storage commitment until ``stop`` is set.

    Parameters
    ----------
    config
        Address, AE title and inbox of the node.
    ready
        Called once with the port, when C-arms can be answered.
    stop
        Ends the node: associations in progress are finished first.

    Raises
    ------
    InboxLocked
        When another node holds this inbox.
    NetworkError
        When the port cannot be had.
    StorageError
        When the inbox cannot be written, or the key of the pseudonyms not used.
    ConfigError
        When the files of TLS cannot be used, the database's URL is none, or the key is gone that it was written with.
    """
    parse_url(config.database_url)
    if not config.inbox_dir.exists():  # a port that is taken leaves nothing behind
        try_port(config.host, config.port)
        if config.metrics_port:
            try_metrics(config)
    inbox = Inbox(config.inbox_dir, before=SiteNotes(config).note)
    with contextlib.suppress(DatabaseError):  # it may be down: the node stores, and ingest waits
        load_key(config)
    with inbox.lock():
        callers = CallerBook(config.data_dir / CALLERS_NOTE, own=config.aet)
        with contextlib.ExitStack() as stack:
            listeners: list[Callable[[NodeEvent], None]] = [callers]
            if config.metrics_port:
                listeners.append(stack.enter_context(serve_metrics(config, inbox)))
            stack.callback(callers.write_rest)
            node = Node(node_settings(config), inbox, _all_of(listeners), folder=config.node_dir)
            stack.enter_context(node)
            with _Worker(config) as worker, _announced(config, node.port):
                ready(node.port)
                while not stop.wait(_CHECK_S):
                    worker.keep_alive()
                    callers.write_if_due()


def _all_of(listeners: Sequence[Callable[[NodeEvent], None]]) -> Callable[[NodeEvent], None]:
    def tell(event: NodeEvent) -> None:
        for listener in listeners:
            listener(event)

    return tell


class Stop:
    """A flag that a signal handler may set at any instant: a bool, since a lock could be held just then."""

    def __init__(self) -> None:
        self._is_set = False

    def set(self) -> None:
        self._is_set = True

    def is_set(self) -> bool:
        return self._is_set

    def wait(self, seconds: float) -> bool:
        """Wait at most so long for the flag, and say whether it is set."""
        until = time.monotonic() + seconds
        while not self._is_set and time.monotonic() < until:
            time.sleep(min(0.1, seconds))
        return self._is_set


@contextlib.contextmanager
def until_signal() -> Iterator[Stop]:
    """A flag that SIGINT and SIGTERM set; the second signal of a kind ends the process at once."""
    stop = Stop()
    earlier: dict[signal.Signals, signal._HANDLER] = {}

    def on_signal(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        earlier[number] = signal.signal(number, on_signal)
    try:
        yield stop
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _announced(config: Config, port: int) -> Iterator[None]:
    """Leave word of where the node listens, for ``alara doctor``; what is left of a killed node is overwritten."""
    note = config.data_dir / NODE_NOTE
    said = {"host": config.host, "port": port, "aet": config.aet, "pid": os.getpid()}
    try:
        note.write_text(json.dumps(said))
    except OSError as error:  # a full disk: C-arms are told so with 0xA700, not with silence
        logs.tell(log, logging.ERROR, "not_announced", {"detail": error.strerror})
    try:
        yield
    finally:
        note.unlink(missing_ok=True)


class _Worker:
    """``alara ingest --follow`` as a child; it can die without the node noticing more than a restart."""

    def __init__(self, config: Config) -> None:
        self._environ = os.environ | config.environ()
        self._note = RestartsNote(config.node_dir)
        self._process: subprocess.Popen[bytes]
        self._started_at = 0.0
        self._pause_s = _CHECK_S

    def __enter__(self) -> _Worker:
        self._note.clear()
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._note.close()
        self._process.terminate()
        try:
            self._process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def keep_alive(self) -> None:
        """Start it again when it ended: soon after a long life, ever later after short ones."""
        alive_s = time.monotonic() - self._started_at
        if self._process.poll() is None:
            if alive_s > _LONGEST_PAUSE_S:
                self._note.clear()
            return
        if alive_s > _LONGEST_PAUSE_S:
            self._pause_s = _CHECK_S
        elif alive_s < self._pause_s:
            return
        logs.tell(log, logging.WARNING, "ingest_restarted", {"exit_code": self._process.returncode})
        self._note.ended(
            f"the process that reads keeps ending, the last time with exit code {self._process.returncode}"
        )
        self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)
        try:
            self._start()
        except OSError as error:  # no memory or no process to be had just now: the node goes on storing
            logs.tell(log, logging.ERROR, "ingest_not_started", {"detail": error.strerror})
            self._note.ended(f"the process that reads cannot be started: {error.strerror}")

    def _start(self) -> None:
        self._started_at = time.monotonic()
        command = [sys.executable, "-P", "-m", "alara", "ingest", "--follow"]
        # a session of its own: Ctrl-C in the terminal reaches the node, which then ends the worker in order
        self._process = subprocess.Popen(  # noqa: S603
            command, env=self._environ, stdin=subprocess.DEVNULL, start_new_session=True
        )
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self._process.pid, _NICENESS)


def node_settings(config: Config) -> NodeSettings:
    """The settings of a node of this installation."""
    return NodeSettings(
        host=config.host,
        port=config.port,
        aet=config.aet,
        require_called_aet=config.require_called_aet,
        allowed_calling=config.allowed_calling,
        allowed_addresses=config.allowed_addresses,
        max_associations=config.max_associations,
        max_associations_per_address=config.max_associations_per_address,
        tls=tls_files(config),
        peers=tuple(config.peers.values()),
        report_port=config.report_port,
    )


def tls_files(config: Config) -> TlsFiles | None:
    """The files of TLS; ``None`` when connections are plain."""
    if config.tls_certificate is None:
        if config.tls_key is not None or config.tls_client_ca is not None:
            raise ConfigError(
                "tls_key and tls_client_ca have no effect without tls_certificate.",
                hint="Name the node's certificate with tls_certificate, or leave all three out.",
            )
        return None
    return TlsFiles(certificate=config.tls_certificate, key=config.tls_key, client_ca=config.tls_client_ca)
