"""Questions about what is there: who sends what, what waits, one case, where the node is."""

from __future__ import annotations

import contextlib
import socket
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from alara.config import Config
from alara.errors import DatabaseError, NothingFound
from alara.inbox import Inbox, InboxCounts, Quarantined
from alara.node_records import NodeRecords, read_records
from alara.store import DeviceStatus, ProcedureDetail, Store

if TYPE_CHECKING:
    import pandas as pd

    from alara.audit import Period

__all__ = ["Status", "case", "own_addresses", "procedures", "report_uids", "status"]


_SIOCGIFADDR = 0x8915


@dataclass(frozen=True, slots=True)
class Status:
    """The inbox, the X-ray units, and what the database says of itself; ``database`` is a sentence when it refuses."""

    inbox: InboxCounts
    quarantined: tuple[Quarantined, ...]
    devices: tuple[DeviceStatus, ...]
    schema_version: str
    database_error: str
    node: NodeRecords = NodeRecords()

    def as_dict(self) -> dict[str, Any]:
        return {
            "inbox": asdict(self.inbox),
            "quarantine": [
                {"digest": q.digest, "reason": q.reason.value, "detail": q.detail, "since": q.since.isoformat()}
                for q in self.quarantined
            ],
            "devices": [_device(device) for device in self.devices],
            "schema_version": self.schema_version or None,
            "database_error": self.database_error or None,
            "node": self.node.as_dict(),
        }


def _device(device: DeviceStatus) -> dict[str, Any]:
    return {**asdict(device), "last_received": device.last_received.isoformat()}


def status(config: Config) -> Status:
    """How the node is; what cannot be asked of the database is said, not raised, so that the inbox still shows."""
    if not config.inbox_dir.exists():
        raise NothingFound(
            f"Nothing has been received at {config.data_dir} yet.",
            hint="alara listen, or alara import PATH…; another folder: --data-dir.",
        )
    inbox = Inbox(config.inbox_dir)
    devices: list[DeviceStatus] = []
    schema_version = error = ""
    try:
        with Store.open(config.database_url, create=False) as store:
            devices, schema_version = store.status(), store.info().schema_version
    except DatabaseError as refusal:
        error = refusal.message
    records = read_records(config.node_dir)
    return Status(inbox.counts(), tuple(inbox.quarantined()), tuple(devices), schema_version, error, records)


def report_uids(config: Config) -> Iterator[str]:
    """The SOP Instance UID of every report in the database."""
    with Store.open(config.database_url, create=False) as store:
        yield from store.report_uids()


def procedures(config: Config, period: Period) -> pd.DataFrame:
    """The procedures of a period at every site, oldest first: the columns of ``Store.procedures``."""
    with Store.open(config.database_url, create=False) as store:
        return store.procedures(period.start, period.end)


def case(config: Config, case_id: str) -> ProcedureDetail:
    """Everything about one case.

    Raises
    ------
    NothingFound
        When there is no case of that id.
    """
    with Store.open(config.database_url, create=False) as store:
        detail = store.procedure(case_id)
    if detail is None:
        raise NothingFound(f"There is no case {case_id!r}.", hint="alara list shows case ids.")
    return detail


def own_addresses() -> list[str]:
    """The IPv4 addresses of this machine, loopback only where there is no other; nothing is sent."""
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    except OSError:
        found = set()
    found |= set(_interface_addresses())
    outside = sorted(address for address in found if not address.startswith("127."))
    return outside or ["127.0.0.1"]


def _interface_addresses() -> Iterator[str]:
    """The address of each network interface, as Linux tells it (netdevice(7)); nothing elsewhere."""
    if not sys.platform.startswith("linux"):
        return
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        for _, name in socket.if_nameindex():
            request = name.encode()[:15].ljust(256, b"\0")
            with contextlib.suppress(OSError):
                yield socket.inet_ntoa(fcntl.ioctl(any_socket, _SIOCGIFADDR, request)[20:24])
