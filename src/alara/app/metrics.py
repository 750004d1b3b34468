"""Metrics of the node for Prometheus, served on the loopback address alone.

Counters come from the node's events; what the inbox and the disk say is looked
up when somebody asks. Labels name kinds of events, never callers or people.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from alara.config import Config
from alara.errors import AlaraError, ConfigError, NetworkError
from alara.extras import install
from alara.inbox import Inbox
from alara.node import EventKind, NodeEvent

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.metrics_core import Metric

__all__ = ["serve_metrics", "try_metrics"]

_HOST: Final = "127.0.0.1"


@contextmanager
def serve_metrics(config: Config, inbox: Inbox) -> Iterator[Callable[[NodeEvent], None]]:
    """Serve the metrics while the context lasts; yields what is to be told of every event of the node.

    Raises
    ------
    ConfigError
        When prometheus-client is not installed.
    NetworkError
        When the port cannot be had.
    """
    _check_installed()
    from prometheus_client import CollectorRegistry, start_http_server

    registry = CollectorRegistry()
    counters = _Counters(registry)
    registry.register(_InboxGauges(inbox))
    try:
        server, thread = start_http_server(config.metrics_port, addr=_HOST, registry=registry)
    except OSError as error:
        raise _not_to_be_had(config, error) from error
    try:
        yield counters
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def try_metrics(config: Config) -> None:
    """See whether :func:`serve_metrics` could, before anything is made for it; raises what that would."""
    _check_installed()
    try:
        socket.create_server((_HOST, config.metrics_port)).close()
    except OSError as error:
        raise _not_to_be_had(config, error) from error


def _check_installed() -> None:
    if find_spec("prometheus_client") is None:
        raise ConfigError(
            "Metrics need the package prometheus-client, which is not installed.",
            hint=f"{install('metrics')}, or leave out --metrics-port.",
        )


def _not_to_be_had(config: Config, error: OSError) -> NetworkError:
    return NetworkError(
        f"The metrics cannot be served on {_HOST}:{config.metrics_port}: {error.strerror or error}.",
        hint="Choose another port with --metrics-port.",
    )


class _Counters:
    """What happened at the node since it started."""

    def __init__(self, registry: CollectorRegistry) -> None:
        from prometheus_client import Counter, Gauge

        self._events = Counter(
            "alara_node_events", "Events at the node, as in its log, by kind.", ["kind"], registry=registry
        )
        for kind in EventKind:
            self._events.labels(kind.value)
        self._bytes = Counter("alara_received_bytes", "Bytes of datasets that were stored.", registry=registry)
        self._last = Gauge(
            "alara_last_object_timestamp_seconds", "When the last object was stored; 0 for never.", registry=registry
        )

    def __call__(self, event: NodeEvent) -> None:
        self._events.labels(event.kind.value).inc()
        if event.kind in (EventKind.STORED, EventKind.DUPLICATE):
            self._bytes.inc(event.size_bytes or 0)
            self._last.set(time.time())


class _InboxGauges:
    """What waits, what is set aside and what the disk has left, at the moment of asking."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    def collect(self) -> Iterator[Metric]:
        from prometheus_client.metrics_core import GaugeMetricFamily

        try:
            waiting = self._inbox.waiting()
        except AlaraError:  # the disk refuses: gauges that are absent say so
            return
        for name, meaning, value in (
            ("alara_inbox_waiting", "Objects that wait to be read.", waiting.count),
            ("alara_inbox_oldest_waiting_seconds", "Age of the oldest of them; 0 without any.", waiting.oldest_s),
            ("alara_quarantined", "Objects in quarantine.", waiting.quarantined),
            ("alara_disk_free_bytes", "Free space on the disk of the inbox.", waiting.free_bytes),
        ):
            yield GaugeMetricFamily(name, meaning, value=value)
