"""What a node is told: where it listens, who may call, and how much it bears."""

from __future__ import annotations

from dataclasses import dataclass

from alara.node.tls import TlsFiles
from alara.peers import Peer

__all__ = ["NodeSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSettings:
    """Settings of one node. Times are in seconds, sizes in bytes."""

    host: str = "0.0.0.0"  # noqa: S104 - C-arms call from outside
    port: int = 11112  # 0 is any free port
    aet: str = "ALARA"
    require_called_aet: bool = False
    allowed_calling: tuple[str, ...] = ()  # empty: anyone
    allowed_addresses: tuple[str, ...] = ()  # addresses and networks (10.1.2.0/24); empty: anywhere
    tls: TlsFiles | None = None  # None: plain connections
    peers: tuple[Peer, ...] = ()  # where those listen who ask for storage commitment
    report_port: int = 104  # of a requester that is not among the peers
    report_pause_s: float = 5.0  # before a report is tried again, doubled each time
    max_associations: int = 64
    max_associations_per_address: int = 16
    max_waiting: int = 128  # connections that have not asked for an association yet
    seat_timeout_s: float = 5.0  # how long a caller waits for a free association before it is told to try again
    yield_after_s: float = 5.0  # an association that is idle for longer gives up its place when others wait for one
    request_timeout_s: float = 15.0  # from the connection to the request of an association
    pdu_timeout_s: float = 15.0  # from the first byte of a PDU to its last
    message_timeout_s: float = 600.0  # from the first PDU of a message to its last
    idle_timeout_s: float = 120.0  # between two PDUs
    max_pdu_bytes: int = 1 << 20
    max_request_bytes: int = 1 << 18  # of a PDU that is not data: pynetdicom makes 40 times its size of a request
    advertised_pdu_bytes: int = 1 << 17
    max_object_bytes: int = 64 << 20
    max_bytes_in_flight: int = 128 << 20  # of unfinished objects in memory; one address may have half
    stop_timeout_s: float = 10.0
